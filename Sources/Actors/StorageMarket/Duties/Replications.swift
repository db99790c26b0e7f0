import Checkpoints
import Kernel
import Messages
import OrderedCollections
import Primitives

/// Uploads for which copies are wanted, on their way into the blob directory.
struct Replications: Sendable, Codable {
    private struct Wish: Sendable {
        let request: ReplicateRequest
        let asker: ReplyAddress<ReplicateContent>
    }

    @LiveOnly private var wishes: OrderedDictionary<UInt64, Wish> = [:]

    /// Keeps an upload, if others would take the request.
    mutating func begin(
        _ query: ReplicateContent,
        for asker: ReplyAddress<ReplicateContent>,
        rate: FixedPoint,
        number: UInt64
    ) -> [StorageMarketAction] {
        let rent = Prices.dailyRent(of: Int64(query.content.upload.size), rate: rate)
        let request = Self.request(query, rent)
        if let failure = Self.flaw(of: request, rent) ?? self.excess {
            return [.replicated(.failure(failure), asker)]
        }
        guard !query.content.isDryRun else { return [.replicated(.success(request), asker)] }
        self.wishes[number] = Wish(request: request, asker: asker)
        return [.keep(query.content.upload, task: number)]
    }

    private static func request(_ query: ReplicateContent, _ rent: FixedPoint)
        -> ReplicateRequest
    {
        let (content, upload) = (query.content, query.content.upload)
        return ReplicateRequest(
            content: ContentDescription(
                contentHash: upload.hash,
                contentType: content.contentType,
                contentSize: Int64(upload.size),
                filename: content.filename,
                description: content.description,
                tags: content.tags
            ),
            copyCount: query.copyCount,
            reputationStake: query.stake ?? rent
        )
    }

    private static func flaw(of request: ReplicateRequest, _ rent: FixedPoint) -> ContentFailure? {
        guard request.content.contentSize > 0 else {
            return ContentFailure("the artefact is empty; there is nothing to keep")
        }
        guard request.reputationStake >= rent else {
            return ContentFailure(
                "the stake is \(request.reputationStake), less than a day's rent of \(rent); nobody would "
                    + "accept"
            )
        }
        do {
            try request.check(at: Timestamp(milliseconds: 0))
            return nil
        } catch {
            return ContentFailure(error)
        }
    }

    private var excess: ContentFailure? {
        self.wishes.count < StorageMarketLimits.tasksMax
            ? nil
            : ContentFailure(
                Refusal(
                    .busy,
                    "\(StorageMarketLimits.tasksMax) uploads are on their way; try again later"
                )
            )
    }

    /// The device finished a task.
    ///
    /// - Returns: what follows; nil when it was not about one of these uploads.
    mutating func reported(_ report: BlobReport) -> [StorageMarketAction]? {
        guard let wish = self.wishes.removeValue(forKey: report.task) else { return nil }
        switch report.outcome {
        case .stored: return [.replicated(.success(wish.request), wish.asker)]
        case .failed(let error):
            return [.replicated(.failure(ContentFailure(error)), wish.asker)]
        default:
            let failure = ContentFailure("the blob directory did something else than asked")
            return [.replicated(.failure(failure), wish.asker)]
        }
    }
}
