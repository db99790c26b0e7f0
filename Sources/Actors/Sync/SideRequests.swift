import Messages
import Primitives

/// Requests beside the sessions, for what others refer to and this node lacks: messages (D-88), further
/// votes on proposals (R-05-074), and chains of keys (R-01-032).
struct SideRequests: Sendable {
    private var missing = MissingMessages()
    private var votes = VoteRequests()
    private var chains = ChainRequests()

    // MARK: What is lacking

    /// Notes missing messages; they are asked for on the next tick.
    ///
    /// Every orphan vote of a stranger comes here, so nothing but the note is made.
    mutating func want(_ ids: [MessageID], holders: [NodeID]) {
        self.missing.add(ids, holders: holders)
    }

    /// A message is in the log.
    mutating func found(_ id: MessageID) { self.missing.found(id) }

    /// Whether the chain of this key was not asked for lately.
    func isNews(_ key: NodeID) -> Bool { self.chains.isNews(key) }

    /// A connected peer's key is in no identity message that this node holds.
    mutating func wantChain(of key: NodeID) { self.chains.want(key) }

    // MARK: Requests

    /// What to ask now.
    ///
    /// - Parameters:
    ///   - connected: the peers there are.
    ///   - busy: the peer of the running session, whose allowance the session needs.
    ///   - numbers: for the exchanges.
    ///   - now: the present.
    /// - Returns: the requests.
    mutating func next(
        _ connected: [NodeID],
        busy: NodeID?,
        _ numbers: inout ExchangeNumbers,
        now: Timestamp
    ) -> [SyncAction] {
        let chosen = self.missing.next(connected: connected, busy: busy, now: now)
        var requests = chosen.map { peer, ids in
            let exchange = numbers.exchange(with: peer)
            self.missing.sent(ids, exchange: exchange.id, to: peer, now: now)
            return SyncAction.request(exchange, Self.request(for: ids))
        }
        if let (peer, payload) = self.votes.next {
            let exchange = numbers.exchange(with: peer)
            self.votes.sent(to: peer, exchange: exchange.id)
            requests.append(.request(exchange, payload))
        }
        if let (peer, payload) = self.chains.next {
            let exchange = numbers.exchange(with: peer)
            self.chains.sent(to: peer, exchange: exchange.id)
            requests.append(.request(exchange, payload))
        }
        return requests
    }

    private static func request(for ids: [MessageID]) -> SyncRequest {
        SyncRequest(sinceTimestamp: Timestamp(milliseconds: 0), limit: ids.count, ids: ids)
    }

    /// A peer answered.
    ///
    /// - Returns: the messages that it served.
    mutating func take(
        _ response: SyncResponse,
        on exchange: OutboundExchange,
        now: Timestamp
    ) -> [[UInt8]] {
        let peer = exchange.peer
        if response.isThrottled {
            self.missing.throttled(exchange.id, by: peer, wait: response.wait, now: now)
            self.votes.failed(exchange.id)
            self.chains.failed(exchange.id)
            return []
        }
        self.votes.want(self.missing.ids(of: exchange.id, to: peer), behind: response, of: peer)
        self.votes.answered(exchange.id, response, by: peer)
        self.missing.answered(exchange.id, by: peer, now: now)
        self.chains.answered(exchange.id, response)
        return Array(response.messages.prefix(SyncLimits.idsPerRequestMax))
    }

    /// A peer did not answer.
    mutating func failed(_ exchange: OutboundExchange) {
        self.missing.failed(exchange.id, by: exchange.peer)
        self.votes.failed(exchange.id)
        self.chains.failed(exchange.id)
    }

    /// The peer is gone.
    mutating func disconnected(_ peer: NodeID) {
        self.missing.disconnected(peer)
        self.votes.disconnected(peer)
        self.chains.disconnected(peer)
    }
}
