import Messages
import Primitives

/// Requests beside the sessions, for what others refer to and this node lacks: messages (D-88), further
/// votes on proposals (R-05-074), and chains of keys (R-01-032).
struct SideRequests: Sendable {
    private var missing = MissingMessages()
    private var walks = PageWalks()
    /// Keys whose chains were asked for: a peer knows its own links best, and is asked once, however often it
    /// connects.
    private var chains = LRUSet<NodeID>(capacity: SyncLimits.chainsRememberedMax)

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
    func isNews(_ key: NodeID) -> Bool { !self.chains.contains(key) }

    /// A connected peer's key is in no identity message that this node holds.
    mutating func wantChain(of key: NodeID) {
        guard self.chains.insert(key) else { return }
        self.walks.begin(.chain(key), with: key)
    }

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
        let requests = chosen.map { peer, ids in
            let exchange = numbers.exchange(with: peer)
            self.missing.sent(ids, exchange: exchange.id, to: peer, now: now)
            return SyncAction.request(exchange, Self.request(for: ids))
        }
        return requests + self.walks.next(&numbers)
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
            if let subject = self.walks.failed(exchange.id) { self.forget(subject) }
            return []
        }
        let asked = self.missing.ids(of: exchange.id, to: peer)
        if !asked.isEmpty { self.walks.begin(.votes(on: asked), with: peer, behind: response) }
        self.walks.answered(exchange.id, response)
        self.missing.answered(exchange.id, by: peer, now: now)
        return Array(response.messages.prefix(SyncLimits.idsPerRequestMax))
    }

    /// A peer did not answer.
    mutating func failed(_ exchange: OutboundExchange) {
        self.missing.failed(exchange.id, by: exchange.peer)
        if let subject = self.walks.failed(exchange.id) { self.forget(subject) }
    }

    /// The peer is gone.
    mutating func disconnected(_ peer: NodeID) {
        self.missing.disconnected(peer)
        for subject in self.walks.disconnected(peer) { self.forget(subject) }
    }

    /// A walk came to nothing: a key is asked for again when it connects again, and what votes are still
    /// missing the comparison of the logs finds (ADR 0035).
    private mutating func forget(_ subject: PageWalks.Subject) {
        if case .chain(let key) = subject { self.chains.remove(key) }
    }
}
