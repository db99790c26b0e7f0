import Messages
import OrderedCollections
import Primitives

/// Stream exchanges under way, both ways (D-18).
struct ExchangeTable: Sendable {
    private struct Opened: Sendable {
        let exchange: OutboundExchange
        let deadline: Timestamp
    }

    private var opened: OrderedDictionary<UInt64, Opened> = [:]
    private var waiting: OrderedDictionary<UInt64, InboundExchange> = [:]
    private var nextToken: UInt64 = 1

    /// Registers an exchange that this node opens and returns the transport's token for it.
    mutating func open(_ exchange: OutboundExchange, now: Timestamp) -> UInt64 {
        let token = self.nextToken
        self.nextToken += 1
        let deadline = now.adding(milliseconds: GossipLimits.exchangeTimeoutMilliseconds)
        self.opened[token] = Opened(exchange: exchange, deadline: deadline)
        return token
    }

    /// Ends an exchange that this node opened; nil when it timed out before.
    mutating func finish(token: UInt64) -> OutboundExchange? {
        self.opened.removeValue(forKey: token)?.exchange
    }

    /// Ends and returns the opened exchanges whose time is up.
    mutating func expire(now: Timestamp) -> [OutboundExchange] {
        let late = self.opened.filter { $0.value.deadline <= now }
        for token in late.keys { self.opened[token] = nil }
        return late.values.map(\.exchange)
    }

    /// Registers an exchange of a peer; false when it has too many open.
    mutating func accept(_ exchange: InboundExchange) -> Bool {
        let ofPeer = self.waiting.values.count { $0.peer == exchange.peer }
        guard ofPeer < GossipLimits.inboundExchangesPerPeerMax,
            self.waiting.count < GossipLimits.inboundExchangesMax
        else { return false }
        self.waiting[exchange.id] = exchange
        return true
    }

    /// Ends an exchange of a peer; false when it is unknown or answered already.
    mutating func answer(_ exchange: InboundExchange) -> Bool {
        self.waiting.removeValue(forKey: exchange.id) != nil
    }

    /// Forgets what a disconnected peer asked for and returns what we asked it for.
    mutating func drop(peer: NodeID) -> [OutboundExchange] {
        self.waiting.removeAll { $0.value.peer == peer }
        let lost = self.opened.filter { $0.value.exchange.peer == peer }
        for token in lost.keys { self.opened[token] = nil }
        return lost.values.map(\.exchange)
    }
}
