import DequeModule
import Messages
import OrderedCollections
import Primitives

/// Pieces of artefacts that peers wait for (R-06-013).
///
/// A few are read at a time, the others wait for their turn, so that what peers ask for takes a
/// bounded part of memory.
struct PieceServing: Sendable {
    private struct Job: Sendable {
        let task: UInt64
        let exchange: InboundExchange
        let request: ContentRequest
        /// Bytes to read, at least one.
        let count: Int
        /// Bytes of the whole artefact.
        let size: Int

        var read: StorageMarketAction {
            .read(
                self.request.contentHash,
                offset: Int(clamping: self.request.offset),
                count: self.count,
                task: self.task
            )
        }

        func answer(_ data: [UInt8]) -> StorageMarketAction {
            // Size 0 means "not held" (D-71): also for bytes that the disk does not give back, and
            // never for a place at or past the end.
            PieceServing.answer(self.exchange, self.request, data, of: data.isEmpty ? 0 : self.size)
        }
    }

    private var reading: OrderedDictionary<UInt64, Job> = [:]
    private var waiting: Deque<Job> = []

    /// Answers a peer, at once or when the bytes have been read.
    ///
    /// - Parameters:
    ///   - request: what the peer wants.
    ///   - exchange: where it waits.
    ///   - size: bytes of the artefact; nil when it is not held.
    ///   - task: a fresh number for the device.
    /// - Returns: the answer, or the read that comes before it.
    mutating func serve(
        _ request: ContentRequest,
        to exchange: InboundExchange,
        size: Int?,
        task: UInt64
    ) -> [StorageMarketAction] {
        let size = size ?? 0
        let offset = Int(clamping: request.offset)
        let count = max(0, min(Int(clamping: request.length), size - min(size, offset)))
        guard count > 0 else { return [Self.answer(exchange, request, [], of: size)] }
        let job = Job(
            task: task,
            exchange: exchange,
            request: request,
            count: count,
            size: size
        )
        guard self.waiting.count < StorageMarketLimits.piecesWaitingMax else {
            return [job.answer([])]
        }
        self.waiting.append(job)
        return self.readNext()
    }

    /// The device finished a task.
    ///
    /// - Returns: what follows; nil when it was not about a piece.
    mutating func reported(_ report: BlobReport) -> [StorageMarketAction]? {
        guard let job = self.reading.removeValue(forKey: report.task) else { return nil }
        let data: [UInt8] = if case .piece(let bytes) = report.outcome { bytes } else { [] }
        return [job.answer(data)] + self.readNext()
    }

    private mutating func readNext() -> [StorageMarketAction] {
        guard self.reading.count < StorageMarketLimits.piecesReadMax,
            let job = self.waiting.popFirst()
        else { return [] }
        self.reading[job.task] = job
        return [job.read]
    }

    private static func answer(
        _ exchange: InboundExchange,
        _ request: ContentRequest,
        _ data: [UInt8],
        of size: Int
    ) -> StorageMarketAction {
        let piece = ContentResponse(
            contentHash: request.contentHash,
            offset: request.offset,
            data: data,
            totalSize: Int64(size)
        )
        return .answer(exchange, piece)
    }
}
