import Messages
import OrderedCollections
import Primitives

// Messages and chains of keys that others refer to and this node lacks (D-88, R-01-032).
extension SyncStateMachine {
    /// Notes missing messages; they are asked for on the next tick.
    ///
    /// Every orphan vote of a stranger comes here, so nothing but the note is made.
    mutating func wanted(_ ids: [MessageID], holders: [NodeID]) {
        self.missing.add(ids, holders: holders)
    }

    mutating func fetchMissing(now: Timestamp) -> [SyncAction] {
        let connected = Array(self.candidates.keys)
        let chosen = self.missing.next(connected: connected, busy: self.session?.peer, now: now)
        return chosen.map { peer, ids in
            let exchange = self.exchange(with: peer)
            self.missing.sent(ids, exchange: exchange.id, to: peer, now: now)
            return .request(exchange, Self.request(for: ids))
        }
    }

    private static func request(for ids: [MessageID]) -> SyncRequest {
        SyncRequest(sinceTimestamp: Timestamp(milliseconds: 0), limit: ids.count, ids: ids)
    }

    mutating func fetched(
        _ response: SyncResponse,
        _ exchange: OutboundExchange,
        now: Timestamp
    ) -> [SyncAction] {
        let peer = exchange.peer
        if response.isThrottled {
            self.missing.throttled(exchange.id, by: peer, wait: response.wait, now: now)
            self.chains.failed(exchange.id)
            return []
        }
        self.missing.answered(exchange.id, by: peer, now: now)
        self.chains.answered(exchange.id, response)
        let messages = response.messages.prefix(SyncLimits.idsPerRequestMax)
        self.obtained += UInt64(messages.count)
        return messages.map { .admit($0, from: peer) }
    }

    mutating func askForChains() -> [SyncAction] {
        guard let (peer, payload) = self.chains.next else { return [] }
        let exchange = self.exchange(with: peer)
        self.chains.sent(to: peer, exchange: exchange.id)
        return [.request(exchange, payload)]
    }
}
