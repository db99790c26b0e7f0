import Messages
import OrderedCollections
import Primitives

/// Asks for the votes on proposals that one answer had no room for (R-05-074).
struct VoteRequests: Sendable {
    private struct Walk: Sendable {
        let proposals: [MessageID]
        let cursor: SyncSession.Cursor
        let pages: Int
    }

    /// Where to go on, by the peer to ask.
    private var waiting: OrderedDictionary<NodeID, Walk> = [:]
    /// By exchange.
    private var open: OrderedDictionary<UInt64, Walk> = [:]

    /// A peer that was asked for messages by id has more votes on the proposals among them.
    mutating func want(_ ids: [MessageID], behind response: SyncResponse, of peer: NodeID) {
        guard !ids.isEmpty else { return }
        let start = SyncSession.Cursor(timestamp: Timestamp(milliseconds: 0), id: nil)
        self.goOn(Walk(proposals: ids, cursor: start, pages: 0), behind: response, of: peer)
    }

    private mutating func goOn(_ walk: Walk, behind response: SyncResponse, of peer: NodeID) {
        guard response.hasMore, let timestamp = response.nextTimestamp,
            walk.pages < NarrowingLimits.votePagesMax
        else { return }
        let next = SyncSession.Cursor(timestamp: timestamp, id: response.nextID)
        guard next.isBehind(walk.cursor) else { return }
        self.waiting[peer] = Walk(proposals: walk.proposals, cursor: next, pages: walk.pages + 1)
    }

    /// The next request to send; its exchange is named with ``sent(to:exchange:)``.
    var next: (peer: NodeID, payload: SyncRequest)? {
        self.waiting.elements.first.map { peer, walk in
            let payload = SyncRequest(
                sinceTimestamp: walk.cursor.timestamp,
                sinceID: walk.cursor.id,
                limit: SyncLimits.idsPerRequestMax,
                ids: walk.proposals
            )
            return (peer: peer, payload: payload)
        }
    }

    /// The request that ``next`` showed goes out.
    mutating func sent(to peer: NodeID, exchange: UInt64) {
        self.open[exchange] = self.waiting.removeValue(forKey: peer)
    }

    /// A page arrived.
    mutating func answered(_ exchange: UInt64, _ response: SyncResponse, by peer: NodeID) {
        guard let walk = self.open.removeValue(forKey: exchange) else { return }
        self.goOn(walk, behind: response, of: peer)
    }

    /// A request failed; the comparison of the logs finds what is still missing (ADR 0035).
    mutating func failed(_ exchange: UInt64) { self.open[exchange] = nil }

    /// The peer is gone.
    mutating func disconnected(_ peer: NodeID) { self.waiting[peer] = nil }
}
