import Kernel
import Messages
import OrderedCollections
import Primitives

/// The rules of content: which nodes hold what, and how artefacts are shared, fetched and checked.
///
/// It reads nothing: what lies on the disk it knows from the reports of the device, and bytes come in
/// with them. The market's own messages are kept and relayed.
struct StorageMarketStateMachine: Sendable {
    private var held: HeldArtefacts
    private var index = ContentIndex()
    /// Accepted messages of the market, for the digest.
    private var messages: OrderedSet<MessageID> = []
    private var tasks = ContentTasks()
    private var pieces = PieceServing()
    private var lastTask: UInt64 = 0

    /// Begins with the artefacts that the device holds, and their sizes in bytes.
    init(held: [ContentHash: Int] = [:]) { self.held = HeldArtefacts(held) }

    /// A fresh task number, which neither the device nor a peer was given before.
    private mutating func nextTask() -> UInt64 {
        self.lastTask += 1
        return self.lastTask
    }

    // MARK: The local API

    /// A local caller shares an upload.
    mutating func share(_ query: ShareContent, for asker: ReplyAddress<ShareContent>)
        -> [StorageMarketAction]
    {
        self.tasks.share(query, for: asker, task: self.nextTask())
    }

    /// A local caller wants an artefact.
    mutating func fetch(_ query: FetchContent, for asker: ReplyAddress<FetchContent>)
        -> [StorageMarketAction]
    {
        self.tasks.fetch(
            query,
            for: asker,
            isHeld: self.held.size(of: query.hash) != nil,
            self.index,
            task: self.nextTask()
        )
    }

    /// The content part of the state digest.
    var status: StorageStatus.Reply {
        StorageStatus.Reply(
            storedArtefacts: self.held.count,
            knownArtefacts: self.index.count,
            digest: self.digest
        )
    }

    // MARK: The device

    /// The blob directory finished a task.
    mutating func reported(_ report: BlobReport) -> [StorageMarketAction] {
        self.held.note(report.outcome)
        return self.pieces.reported(report) ?? self.tasks.reported(report, self.index)
    }

    // MARK: Peers

    /// A peer did not answer.
    mutating func failed(_ exchange: OutboundExchange) -> [StorageMarketAction] {
        exchange.opener == .storageMarket ? self.tasks.failed(exchange) : []
    }

    mutating func judge(_ admitted: AdmittedMessage) -> [StorageMarketAction] {
        switch (admitted.message.payload, admitted.origin) {
        case (.contentRequest(let request), .exchange(let exchange)):
            return self.pieces.serve(
                request,
                to: exchange,
                size: self.held.size(of: request.contentHash),
                task: self.nextTask()
            )
        case (.copyQuery(let query), .exchange(let exchange)):
            let has = self.held.size(of: query.contentHash) != nil
            return [.answer(exchange, CopyQueryResponse(hasCopy: has))]
        case (.contentResponse(let response), .answer(let exchange)):
            return self.tasks.responded(response, on: exchange)
        case (_, .exchange), (_, .answer):
            let refusal = Refusal(.rule, "\(admitted.message.typeName) is not expected here")
            return [.refuse(admitted, refusal)]
        default:
            self.apply(admitted.message)
            return [.accept(admitted)]
        }
    }

    // MARK: The log

    /// A message is in the log; live it was applied when it was judged.
    mutating func logged(_ entry: MessageLogged) {
        if entry.isReplay { self.apply(entry.admitted.message) }
    }

    /// Folds an accepted message, now or at replay.
    private mutating func apply(_ message: Message) {
        guard message.type?.isStorageType == true else { return }
        self.messages.append(message.id)
        if case .share(let share) = message.payload { self.index.add(share, from: message.from) }
    }

    /// Digest of what the log determines.
    private var digest: Bytes32 {
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
