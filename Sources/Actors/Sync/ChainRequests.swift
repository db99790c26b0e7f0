import Messages
import OrderedCollections
import Primitives

/// Asks peers whose keys are unknown to this node for their identity chains (R-01-032).
///
/// A peer knows its own links best. Each key is asked for once, however often it connects.
struct ChainRequests: Sendable {
    private struct Walk: Sendable {
        let key: NodeID
        let cursor: SyncSession.Cursor
        let pages: Int
    }

    private var asked = LRUSet<NodeID>(capacity: SyncLimits.chainsRememberedMax)
    /// Where to go on, by the peer to ask.
    private var waiting: OrderedDictionary<NodeID, Walk> = [:]
    /// By exchange.
    private var open: [UInt64: (peer: NodeID, walk: Walk)] = [:]

    /// Whether the chain of this key was not asked for lately.
    func isNews(_ key: NodeID) -> Bool { !self.asked.contains(key) }

    /// A connected peer's key is in no identity message that this node holds.
    mutating func want(_ key: NodeID) {
        guard self.asked.insert(key) else { return }
        let start = SyncSession.Cursor(timestamp: Timestamp(milliseconds: 0), id: nil)
        self.waiting[key] = Walk(key: key, cursor: start, pages: 0)
    }

    /// The next request to send; its exchange is named with ``sent(to:exchange:)``.
    var next: (peer: NodeID, payload: SyncRequest)? {
        self.waiting.elements.first.map { ($0.key, Self.request($0.value)) }
    }

    /// The request that ``next`` showed goes out.
    mutating func sent(to peer: NodeID, exchange: UInt64) {
        guard let walk = self.waiting.removeValue(forKey: peer) else { return }
        self.open[exchange] = (peer, walk)
    }

    /// A page arrived; the rest is asked for as long as the peer moves on.
    mutating func answered(_ exchange: UInt64, _ response: SyncResponse) {
        guard let (peer, walk) = self.open.removeValue(forKey: exchange), response.hasMore,
            let timestamp = response.nextTimestamp
        else { return }
        let next = SyncSession.Cursor(timestamp: timestamp, id: response.nextID)
        guard next != walk.cursor, walk.pages < SyncLimits.chainPagesMax else { return }
        self.waiting[peer] = Walk(key: walk.key, cursor: next, pages: walk.pages + 1)
    }

    /// A request failed; the key is asked for again when it connects again.
    mutating func failed(_ exchange: UInt64) {
        guard let (_, walk) = self.open.removeValue(forKey: exchange) else { return }
        self.asked.remove(walk.key)
    }

    /// The peer is gone.
    mutating func disconnected(_ peer: NodeID) {
        guard let walk = self.waiting.removeValue(forKey: peer) else { return }
        self.asked.remove(walk.key)
    }

    private static func request(_ walk: Walk) -> SyncRequest {
        let types: [MessageType] = [.didLink, .didRevoke, .keyRotate]
        return SyncRequest(
            sinceTimestamp: walk.cursor.timestamp,
            sinceID: walk.cursor.id,
            types: types.map(\.rawValue),
            limit: SyncLimits.pageMessages,
            identityKey: walk.key
        )
    }
}
