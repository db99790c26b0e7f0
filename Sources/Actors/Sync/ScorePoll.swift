import Messages
import OrderedCollections
import Primitives

/// Asks peers what they think of everybody now, once, when this node starts (R-05-051, R-05-054).
///
/// It runs beside the passes, which read what was said in public all the same: what follows of it bounds
/// scores of identities that this node has not observed itself, and replaces nothing.
struct ScorePoll: Sendable {
    /// A request under way.
    private struct Request: Sendable {
        let exchange: UInt64
        let peer: NodeID
    }

    /// The peer whose pages are being read, and the last subject that it named.
    private struct Reading: Sendable {
        let peer: NodeID
        var last: NodeID?
        var pages = 0
        var pausedUntil = Timestamp(milliseconds: 0)
    }

    /// The name that asks for scores, beside those of types (D-22).
    static let typeName = "REPUTATION_CURRENT"

    private var reports = ScoreReports()
    private var asked: OrderedSet<NodeID> = []
    private var reading: Reading?
    private var request: Request?
    private var isOver = false

    /// What to ask now: one request at a time.
    ///
    /// - Parameters:
    ///   - fit: peers that may be asked.
    ///   - busy: the peer of the running session, whose allowance the session needs.
    ///   - numbers: for the exchange.
    ///   - now: the present.
    /// - Returns: a request, or none.
    mutating func next(
        among fit: [NodeID],
        busy: NodeID?,
        _ numbers: inout ExchangeNumbers,
        now: Timestamp
    ) -> [SyncAction] {
        guard !self.isOver, self.request == nil else { return [] }
        if self.reading == nil, self.asked.count < SyncLimits.scorePeersMax {
            self.reading = fit.first { $0 != busy && !self.asked.contains($0) }
                .map { Reading(peer: $0) }
        }
        guard let reading, reading.pausedUntil <= now else { return [] }
        self.asked.append(reading.peer)
        let exchange = numbers.exchange(with: reading.peer)
        self.request = Request(exchange: exchange.id, peer: reading.peer)
        let payload = SyncRequest(
            sinceTimestamp: Timestamp(milliseconds: 0),
            sinceID: reading.last.map { MessageID($0.bytes) },
            types: [Self.typeName],
            limit: SyncLimits.pageMessagesMax
        )
        return [.request(exchange, payload)]
    }

    /// A peer answered something.
    ///
    /// - Returns: whether that was the answer to a request for scores.
    mutating func take(_ response: SyncResponse, on exchange: OutboundExchange, now: Timestamp)
        -> Bool
    {
        guard self.request?.exchange == exchange.id, var reading = self.reading else {
            return false
        }
        self.request = nil
        if response.isThrottled {
            reading.pages += 1
            reading.pausedUntil = now.adding(milliseconds: response.wait)
            self.reading = reading.pages < SyncLimits.scorePagesMax ? reading : nil
            return true
        }
        let entries = response.reputationCurrent.prefix(SyncLimits.pageMessagesMax)
        self.reports.take(Array(entries), of: reading.peer)
        let isBehind = entries.last.map { entry in reading.last.map { $0 < entry.nodeID } ?? true }
        reading.last = entries.last?.nodeID ?? reading.last
        reading.pages += 1
        let goesOn =
            response.hasMore && isBehind == true && reading.pages < SyncLimits.scorePagesMax
        self.reading = goesOn ? reading : nil
        return true
    }

    /// A peer did not answer.
    mutating func failed(_ exchange: UInt64) {
        guard self.request?.exchange == exchange else { return }
        self.request = nil
        self.reading = nil
    }

    /// The peer is gone.
    mutating func disconnected(_ peer: NodeID) {
        guard self.reading?.peer == peer else { return }
        self.request = nil
        self.reading = nil
    }

    /// What the peers agree on, once: when enough were asked, or this node has caught up and knows nobody
    /// else to ask.
    mutating func takeAgreed(among fit: [NodeID], isCatchingUp: Bool) -> [ScoresReported.Bound]? {
        guard !self.isOver, self.request == nil, self.reading == nil else { return nil }
        let isEnough = self.asked.count >= SyncLimits.scorePeersMax
        let hasOthers = fit.contains { !self.asked.contains($0) }
        guard isEnough || !isCatchingUp && !hasOthers else { return nil }
        self.isOver = true
        defer { self.reports = ScoreReports() }
        return self.reports.agreed
    }
}
