import Messages
import Primitives

// Answering the sync requests of peers.
extension SyncStateMachine {
    /// Judges SYNC_REQUEST and SYNC_RESPONSE.
    mutating func judge(_ admitted: AdmittedMessage, now: Timestamp) -> [SyncAction] {
        switch (admitted.message.payload, admitted.origin) {
        case (.syncRequest(let request), .exchange(let exchange)):
            return self.serve(request, exchange, now: now)
        case (.syncResponse(let response), .answer(let exchange)):
            return self.responded(response, to: exchange, now: now)
        default:
            return [.refuse(Refusal(.rule, "\(admitted.message.typeName) is not served here"))]
        }
    }

    private mutating func serve(
        _ request: SyncRequest,
        _ exchange: InboundExchange,
        now: Timestamp
    ) -> [SyncAction] {
        let isSyncing = self.status(of: exchange.peer) == .syncing
        if case .wait(let wait) = self.budget.reserve(exchange, isSyncing: isSyncing, now: now) {
            let (since, id) = (request.sinceTimestamp, request.sinceID)
            return [.answer(exchange, Self.throttled(since: since, id, wait: wait))]
        }
        if let theirs = request.comparison {
            let differences = self.differences(from: theirs)
            self.notice(differences, from: theirs, of: exchange.peer, now: now)
            return [.emptyPage(exchange, request, differences: differences)]
        }
        if !request.ids.isEmpty {
            let ids = Array(request.ids.prefix(SyncLimits.idsPerRequestMax))
            return [.readIDs(exchange, ids)]
        }
        if let key = request.identityKey { return [.readChain(exchange, request, key: key)] }
        // An empty list would ask the log for everything.
        let types = request.types.compactMap { MessageType(rawValue: $0) }
        let hasOnlyUnknown = types.isEmpty && !request.types.isEmpty
        return [hasOnlyUnknown ? .emptyPage(exchange, request) : .readPage(exchange, request)]
    }

    /// How an answer says that a peer asks too often (D-22).
    static let throttledError = "rate_limited"

    /// The answer of D-22 to a peer that asks too often.
    private static func throttled(since: Timestamp, _ id: MessageID?, wait: Int64) -> SyncResponse {
        SyncResponse(
            hasMore: false,
            nextTimestamp: since,
            nextID: id,
            checkpoint: MerkleTree(ids: []).root,
            error: Self.throttledError,
            retryAfterMilliseconds: max(wait, 1)
        )
    }

    /// Most bytes of messages to read from the log for a peer.
    func bytesMax(for exchange: InboundExchange) -> Int { self.budget.reserved(for: exchange) }

    /// Puts a page from the log into the form of SYNC_RESPONSE, within what the peer may have.
    mutating func answer(
        _ page: MessagesAfter.Reply,
        differences: [SyncDifference]? = nil,
        to exchange: InboundExchange,
        checkpoint: Bytes32,
        now: Timestamp
    ) -> (payload: SyncResponse, messages: Int, skipped: [MessageID]) {
        let answer = AnswerPage(
            page,
            differences: differences,
            checkpoint: checkpoint,
            bytesMax: self.budget.reserved(for: exchange)
        )
        self.skipped += UInt64(answer.skipped.count)
        if let wait = self.budget.charge(answer.bytes, for: exchange, now: now) {
            return (Self.throttled(since: page.nextTimestamp, page.nextID, wait: wait), 0, [])
        }
        self.served += 1
        return (answer.payload, answer.page.messages.count, answer.skipped)
    }

    /// Puts the messages of an identity chain into a page (R-01-033).
    ///
    /// The log may hold fewer than Identity knows of, and stops at its bound of bytes; the peer goes
    /// on behind the last message that it gets.
    static func page(_ messages: [[UInt8]], of chain: IdentityChain.Reply) -> MessagesAfter.Reply {
        let last = messages.last.flatMap { try? EnvelopeCodec.decode($0).id }
        let place = chain.entries.lastIndex { $0.id == last }
        let entry = place.map { chain.entries[$0] } ?? chain.entries.last
        return MessagesAfter.Reply(
            messages: messages,
            hasMore: place.map { chain.hasMore || $0 < chain.entries.count - 1 } ?? false,
            nextTimestamp: entry?.timestamp ?? Timestamp(milliseconds: 0),
            nextID: entry?.id
        )
    }
}
