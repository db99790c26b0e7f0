import Messages
import OrderedCollections
import Primitives

/// The rules of content: who holds what, and how artefacts are shared, fetched and checked.
///
/// The market's own messages are kept and relayed.
struct StorageMarketStateMachine: Sendable {
    /// A share or fetch that the local API waits for.
    private enum Work: Sendable {
        case share(SharedContent)
        /// Bytes at hand to be written.
        case keep
        /// An artefact on disk to be read whole.
        case check(FetchContent)
        case fetch(ContentFetch)
    }

    private(set) var index = ContentIndex()
    /// Accepted messages of the market, for the digest.
    private var messages: OrderedSet<MessageID> = []
    private var work: OrderedDictionary<UInt64, Work> = [:]
    private var nextTask: UInt64 = 1

    // MARK: The local API

    mutating func share(_ query: ShareContent) -> (task: UInt64, actions: [StorageMarketAction]) {
        let content = SharedContent(query)
        let task = self.begin(.share(content))
        guard let flaw = content.flaw else { return (task, [.keep(query.upload, task: task)]) }
        self.work[task] = nil
        return (task, [.shared(task: task, .failure(flaw))])
    }

    mutating func fetch(_ query: FetchContent, blobs: any BlobDevice)
        -> (task: UInt64, actions: [StorageMarketAction])
    {
        guard blobs.size(of: query.hash) != nil else {
            let task = self.begin(.keep)
            return (task, self.obtain(query, replacing: false, task))
        }
        // What lies on a disk may have changed there; nothing is handed out unread.
        let task = self.begin(.check(query))
        return (
            task,
            [query.adopt ? .adopt(query.hash, task: task) : .verify(query.hash, task: task)]
        )
    }

    /// Gets an artefact that is not on disk, or no longer whole.
    private mutating func obtain(_ query: FetchContent, replacing isDamaged: Bool, _ task: UInt64)
        -> [StorageMarketAction]
    {
        if let inline = query.inline {
            self.work[task] = .keep
            return [.store(inline, query.hash, adopt: query.adopt, task: task)]
        }
        let hosts = OrderedSet(query.likelyProviders + self.index.hosts(of: query.hash))
        let fetch = ContentFetch(query, candidates: Array(hosts), replacing: isDamaged)
        self.work[task] = .fetch(fetch)
        return self.advance(task)
    }

    private mutating func begin(_ work: Work) -> UInt64 {
        let task = self.nextTask
        self.nextTask += 1
        self.work[task] = work
        return task
    }

    private mutating func end(_ task: UInt64, _ outcome: Result<StoredBlob, ContentFailure>)
        -> [StorageMarketAction]
    {
        guard self.work.removeValue(forKey: task) != nil else { return [] }
        return [.ended(task: task, outcome)]
    }

    /// Tasks under way.
    var isFull: Bool { self.work.count >= StorageMarketLimits.tasksMax }

    /// The blob directory finished a task.
    mutating func reported(_ report: BlobReport) -> [StorageMarketAction] {
        switch (report.outcome, self.work[report.task]) {
        case (let outcome, .share(let content)):
            self.work[report.task] = nil
            let kept = outcome.map { ShareContent.Kept(hash: $0.hash, offer: content.payload) }
            return [.shared(task: report.task, kept.mapError { ContentFailure("\($0)") })]
        case (.failure(.damaged), .check(let query)), (.failure(.unknown), .check(let query)):
            return self.obtain(query, replacing: true, report.task)
        case (.failure(.wrongHash), .fetch(var fetch)), (.failure(.wrongSize), .fetch(var fetch)):
            // The peer sent something else: start anew with the next one.
            fetch.nextCandidate()
            self.work[report.task] = .fetch(fetch)
            return self.advance(report.task)
        case (.success(let stored), _):
            return self.end(report.task, .success(stored))
        case (.failure(let error), _):
            return self.end(report.task, .failure(ContentFailure("\(error)")))
        }
    }

    // MARK: Fetching

    private mutating func advance(_ task: UInt64) -> [StorageMarketAction] {
        guard case .fetch(let fetch) = self.work[task] else { return [] }
        guard let peer = fetch.candidate else {
            let failure = ContentFailure(
                "\(fetch.reason)no reachable node gave \(fetch.hash); ask its author to share it, or "
                    + "try later"
            )
            return [.discard(task: task)] + self.end(task, .failure(failure))
        }
        let exchange = OutboundExchange(
            opener: .storageMarket,
            id: task,
            peer: peer,
            streamProtocol: .content
        )
        return [.request(exchange, fetch.nextRequest)]
    }

    /// A piece arrived.
    mutating func responded(_ response: ContentResponse, on exchange: OutboundExchange)
        -> [StorageMarketAction]
    {
        guard case .fetch(var fetch) = self.work[exchange.id], fetch.candidate == exchange.peer
        else { return [] }
        switch fetch.take(response) {
        case .useless:
            fetch.nextCandidate()
            self.work[exchange.id] = .fetch(fetch)
            return [.discard(task: exchange.id)] + self.advance(exchange.id)
        case .more:
            self.work[exchange.id] = .fetch(fetch)
            return [.append(response.data, task: exchange.id)] + self.advance(exchange.id)
        case .complete(let size):
            self.work[exchange.id] = .fetch(fetch)
            return [
                .append(response.data, task: exchange.id),
                .finish(fetch.hash, size: size, adopt: fetch.adopt, task: exchange.id),
            ]
        }
    }

    /// A peer did not answer.
    mutating func failed(_ exchange: OutboundExchange) -> [StorageMarketAction] {
        guard case .fetch(var fetch) = self.work[exchange.id], fetch.candidate == exchange.peer
        else { return [] }
        fetch.nextCandidate()
        self.work[exchange.id] = .fetch(fetch)
        return [.discard(task: exchange.id)] + self.advance(exchange.id)
    }

    // MARK: Judging

    mutating func judge(_ admitted: AdmittedMessage, blobs: any BlobDevice)
        -> [StorageMarketAction]
    {
        switch (admitted.message.payload, admitted.origin) {
        case (.contentRequest(let request), .exchange(let exchange)):
            return [.answer(exchange, .contentResponse, Self.piece(request, blobs))]
        case (.copyQuery(let query), .exchange(let exchange)):
            let has = blobs.size(of: query.contentHash) != nil
            return [.answer(exchange, .copyQueryResponse, .object([("has_copy", .bool(has))]))]
        case (.contentResponse(let response), .answer(let exchange)):
            return self.responded(response, on: exchange)
        case (_, .exchange), (_, .answer):
            let refusal = Refusal(.rule, "\(admitted.message.typeName) is not expected here")
            return [.refuse(admitted, refusal)]
        default:
            self.apply(admitted.message)
            return [.accept(admitted)]
        }
    }

    /// Folds an accepted message, now or at replay.
    mutating func apply(_ message: Message) {
        guard message.type?.isStorageType == true else { return }
        self.messages.append(message.id)
        if case .share(let share) = message.payload { self.index.add(share, from: message.from) }
    }

    private static func piece(_ request: ContentRequest, _ blobs: any BlobDevice) -> JSONValue {
        let size = blobs.size(of: request.contentHash) ?? 0
        let offset = Int(clamping: request.offset)
        let count = max(0, min(Int(clamping: request.length), size - min(size, offset)))
        let data =
            count > 0 ? blobs.read(request.contentHash, offset: offset, count: count) ?? [] : []
        // Size 0 means "not held" (D-71): also for bytes that the disk does not give back, and never
        // for a place at or past the end.
        let isUnreadable = count > 0 && data.isEmpty
        return .object([
            ("content_hash", .string(request.contentHash.hex)),
            ("offset", .integer(request.offset)),
            ("data", .string(Base64.encode(data))),
            ("total_size", .integer(isUnreadable ? 0 : Int64(size))),
        ])
    }

    /// Digest of what the log determines.
    var digest: Bytes32 {
        let ids = self.messages.sorted().map { "\($0)\n" }
        return SHA256Digest.hash(Array((ids + self.index.lines).joined().utf8))
    }
}

extension MessageType {
    /// Broadcasts that the storage market owns.
    fileprivate var isStorageType: Bool {
        switch self {
        case .share, .replicateRequest, .replicateAccept, .copyAssignment, .copyReceived,
            .challengeResult, .flag, .rentPayment, .rentTransfer, .rentTransferAck,
            .contentWithdraw:
            true
        default: false
        }
    }
}
