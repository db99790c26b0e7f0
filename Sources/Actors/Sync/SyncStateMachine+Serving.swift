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
        if !request.ids.isEmpty {
            let ids = Array(request.ids.prefix(SyncLimits.idsPerRequestMax))
            return [.readIDs(exchange, ids)]
        }
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
    mutating func response(_ page: MessagesAfter.Reply, to peer: NodeID, checkpoint: Bytes32)
        -> JSONValue
    {
        self.served += 1
        self.budget.served(page.messages.reduce(0) { $0 + $1.count }, to: peer)
        return .object([
            ("messages", .array(page.messages.compactMap(Self.value))),
            ("has_more", .bool(page.hasMore)),
            ("next_timestamp", .integer(page.nextTimestamp.milliseconds)),
            ("next_id", page.nextID.map { .string($0.hex) } ?? .null),
            ("checkpoint", .string(checkpoint.hex)),
        ])
    }

    /// What of a page concerns one key: the messages that name it (R-01-033).
    static func involving(_ key: NodeID, in messages: [[UInt8]]) -> [[UInt8]] {
        let name = Array(key.hex.utf8)
        return messages.filter { $0.contains(name) }
    }

    private static func value(of envelope: [UInt8]) -> JSONValue? {
        try? JSONDocument(scanning: envelope).root.value
    }
}

extension [UInt8] {
    /// Whether `needle` occurs as a contiguous run.
    fileprivate func contains(_ needle: [UInt8]) -> Bool {
        guard let first = needle.first, self.count >= needle.count else { return false }
        return (0...(self.count - needle.count)).contains { start in
            self[start] == first && self[start..<(start + needle.count)].elementsEqual(needle)
        }
    }
}
