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
        if let wait = self.budget.spend(exchange.peer, isSyncing: isSyncing, now: now) {
            return [.answer(exchange, Self.throttled(request, wait: wait))]
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
    private static func throttled(_ request: SyncRequest, wait: Int64) -> JSONValue {
        .object([
            ("messages", .array([])),
            ("has_more", .bool(false)),
            ("next_timestamp", .integer(request.sinceTimestamp.milliseconds)),
            ("next_id", request.sinceID.map { .string($0.hex) } ?? .null),
            ("checkpoint", .string(MerkleTree(ids: []).root.hex)),
            ("error", .string(Self.throttledError)),
            ("retry_after_ms", .integer(max(wait, 1))),
        ])
    }

    /// Puts a page from the log into the form of SYNC_RESPONSE.
    mutating func response(
        _ page: MessagesAfter.Reply,
        differences: [SyncDifference]? = nil,
        to peer: NodeID,
        checkpoint: Bytes32
    ) -> JSONValue {
        self.served += 1
        self.budget.served(page.messages.reduce(0) { $0 + $1.count }, to: peer)
        let compared = differences.map { [("differing", JSONValue.array($0.map(\.json)))] }
        return .object(
            [
                ("messages", .array(page.messages.compactMap(Self.value))),
                ("has_more", .bool(page.hasMore)),
                ("next_timestamp", .integer(page.nextTimestamp.milliseconds)),
                ("next_id", page.nextID.map { .string($0.hex) } ?? .null),
                ("checkpoint", .string(checkpoint.hex)),
            ] + (compared ?? [])
        )
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

    private static func value(of envelope: [UInt8]) -> JSONValue? {
        try? JSONDocument(scanning: envelope).root.value
    }
}
