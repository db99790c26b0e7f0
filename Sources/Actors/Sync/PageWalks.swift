import DequeModule
import Messages
import Primitives

/// Reads page by page what a peer holds of one subject, beside the sessions, as long as the peer moves on.
struct PageWalks: Sendable {
    /// What is asked about.
    enum Subject: Sendable, Equatable {
        /// The identity messages of a key (R-01-031).
        case chain(NodeID)
        /// The votes on proposals that one answer had no room for (R-05-074).
        case votes(on: [MessageID])

        /// Pages behind the first one.
        fileprivate var pagesMax: Int {
            switch self {
            case .chain: SyncLimits.chainPagesMax
            case .votes: NarrowingLimits.votePagesMax
            }
        }

        fileprivate func request(behind cursor: SyncSession.Cursor) -> SyncRequest {
            switch self {
            case .chain(let key):
                let types: [MessageType] = [.didLink, .didRevoke, .keyRotate]
                return SyncRequest(
                    sinceTimestamp: cursor.timestamp,
                    sinceID: cursor.id,
                    types: types.map(\.rawValue),
                    limit: SyncLimits.pageMessages,
                    identityKey: key
                )
            case .votes(let proposals):
                return SyncRequest(
                    sinceTimestamp: cursor.timestamp,
                    sinceID: cursor.id,
                    limit: SyncLimits.idsPerRequestMax,
                    ids: proposals
                )
            }
        }
    }

    private struct Walk: Sendable {
        let peer: NodeID
        let subject: Subject
        var cursor = SyncSession.Cursor(timestamp: Timestamp(milliseconds: 0), id: nil)
        var pages = 0
    }

    /// Walks whose next request may go out.
    private var waiting: Deque<Walk> = []
    /// By exchange.
    private var open: [UInt64: Walk] = [:]

    /// A walk begins with the first page.
    mutating func begin(_ subject: Subject, with peer: NodeID) {
        self.waiting.append(Walk(peer: peer, subject: subject))
    }

    /// The first page came as part of another answer.
    mutating func begin(_ subject: Subject, with peer: NodeID, behind response: SyncResponse) {
        self.goOn(Walk(peer: peer, subject: subject), behind: response)
    }

    private mutating func goOn(_ walk: Walk, behind response: SyncResponse) {
        guard response.hasMore, let timestamp = response.nextTimestamp,
            walk.pages < walk.subject.pagesMax
        else { return }
        var walk = walk
        let next = SyncSession.Cursor(timestamp: timestamp, id: response.nextID)
        guard next.isBehind(walk.cursor) else { return }
        walk.cursor = next
        walk.pages += 1
        self.waiting.append(walk)
    }

    /// The next request; one at a time, so that peers are asked evenly.
    mutating func next(_ numbers: inout ExchangeNumbers) -> [SyncAction] {
        guard let walk = self.waiting.popFirst() else { return [] }
        let exchange = numbers.exchange(with: walk.peer)
        self.open[exchange.id] = walk
        return [.request(exchange, walk.subject.request(behind: walk.cursor))]
    }

    /// A page arrived.
    mutating func answered(_ exchange: UInt64, _ response: SyncResponse) {
        guard let walk = self.open.removeValue(forKey: exchange) else { return }
        self.goOn(walk, behind: response)
    }

    /// A request failed, and its walk ends.
    ///
    /// - Returns: what it was about.
    mutating func failed(_ exchange: UInt64) -> Subject? {
        self.open.removeValue(forKey: exchange)?.subject
    }

    /// The peer is gone; requests to it that are open fail one by one.
    ///
    /// - Returns: what else was to be asked of it.
    mutating func disconnected(_ peer: NodeID) -> [Subject] {
        let lost = self.waiting.filter { $0.peer == peer }.map(\.subject)
        self.waiting.removeAll { $0.peer == peer }
        return lost
    }
}
