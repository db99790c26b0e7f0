import Messages
import OrderedCollections
import Primitives

/// Asks trusted peers for snapshots, one after the other, once after the start of this node (D-22).
struct SnapshotPoll: Sendable {
    /// A request under way.
    private struct Request: Sendable {
        let exchange: UInt64
        let peer: NodeID
    }

    /// The name that asks for snapshots (D-22).
    static let typeName = MessageType.stateSnapshot.rawValue

    private var asked: OrderedSet<NodeID> = []
    private var request: Request?
    private var requests = 0
    private var pausedUntil = Timestamp(milliseconds: 0)
    /// Snapshots that are on their way through admission, and who served each.
    private var expected: OrderedDictionary<MessageID, NodeID> = [:]

    /// What to ask now: one request at a time.
    mutating func next(
        among trusted: [NodeID],
        busy: NodeID?,
        _ numbers: inout ExchangeNumbers,
        now: Timestamp
    ) -> [SyncAction] {
        guard self.request == nil, !self.isSpent, self.pausedUntil <= now,
            let peer = trusted.first(where: { $0 != busy && !self.asked.contains($0) })
        else { return [] }
        self.asked.append(peer)
        self.requests += 1
        let exchange = numbers.exchange(with: peer)
        self.request = Request(exchange: exchange.id, peer: peer)
        let payload = SyncRequest(
            sinceTimestamp: Timestamp(milliseconds: 0),
            types: [Self.typeName],
            limit: SnapshotLimits.keptMax
        )
        return [.request(exchange, payload)]
    }

    /// Whether nothing more will come: everybody was asked, and what they served was judged.
    func isOver(among trusted: [NodeID]) -> Bool {
        self.request == nil && self.expected.isEmpty
            && (self.isSpent || trusted.allSatisfy(self.asked.contains))
    }

    /// Whether as many peers were asked as may be.
    var isSpent: Bool {
        self.asked.count >= SnapshotLimits.peersMax || self.requests >= SnapshotLimits.requestsMax
    }

    /// A peer answered something.
    ///
    /// - Returns: the snapshots of use in it, which go through admission; nil when it was no answer to a
    ///   request for snapshots.
    mutating func take(_ response: SyncResponse, on exchange: OutboundExchange, now: Timestamp)
        -> [Message]?
    {
        guard let request = self.request, request.exchange == exchange.id else { return nil }
        self.request = nil
        guard !response.isThrottled else {
            self.asked.remove(request.peer)
            self.pausedUntil = now.adding(milliseconds: response.wait)
            return []
        }
        return response.messages.prefix(SnapshotLimits.keptMax)
            .compactMap { Self.snapshot(in: $0, now: now) }
            .filter { self.expect($0.id, from: request.peer) }
    }

    /// Reads a message; what is no fresh snapshot is passed over, since it would be refused.
    private static func snapshot(in bytes: [UInt8], now: Timestamp) -> Message? {
        guard bytes.count <= SnapshotLimits.messageBytesMax,
            let message = try? EnvelopeCodec.decode(bytes, limits: .message),
            case .stateSnapshot(let snapshot) = message.payload,
            snapshot.objection(now: now) == nil
        else { return nil }
        return message
    }

    private mutating func expect(_ id: MessageID, from peer: NodeID) -> Bool {
        guard self.expected[id] == nil else { return false }
        self.expected[id] = peer
        return true
    }

    /// A snapshot came through admission, or was refused there.
    ///
    /// - Returns: whether it was waited for; what others push is not.
    mutating func arrived(_ id: MessageID, _ origin: Origin) -> Bool {
        guard case .sync(let peer) = origin, self.expected[id] == peer else { return false }
        self.expected.removeValue(forKey: id)
        return true
    }

    /// A peer did not answer.
    mutating func failed(_ exchange: UInt64) {
        if self.request?.exchange == exchange { self.request = nil }
    }

    /// The peer is gone.
    mutating func disconnected(_ peer: NodeID) {
        if self.request?.peer == peer { self.request = nil }
    }
}
