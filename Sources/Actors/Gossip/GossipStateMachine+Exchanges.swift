import Messages
import OrderedCollections
import Primitives

// One request and one answer on a stream (D-18), in either direction.
extension GossipStateMachine {
    mutating func open(_ exchange: OutboundExchange, frame: [UInt8], now: Timestamp)
        -> [GossipAction]
    {
        guard self.connected.contains(exchange.peer) else {
            return [.exchangeFailed(exchange, "not connected to \(exchange.peer)")]
        }
        guard self.mayUse(exchange.streamProtocol, exchange.peer) else {
            let reason = "\(exchange.peer) has not authenticated, or is behind a relay"
            return [.exchangeFailed(exchange, reason)]
        }
        let token = self.exchanges.open(exchange, now: now)
        return [.openExchange(token: token, exchange, frame)]
    }

    /// Whether exchanges with a connected peer may be opened, by either side (R-03-011, ADR 0022).
    private func mayUse(_ streamProtocol: StreamProtocol, _ peer: NodeID) -> Bool {
        streamProtocol == .auth || self.authenticated.contains(peer)
    }

    mutating func answer(_ exchange: InboundExchange, frame: [UInt8]?) -> [GossipAction] {
        self.exchanges.answer(exchange) ? [.answerExchange(exchange.id, frame)] : []
    }

    mutating func exchangeRequested(
        id: UInt64,
        peer: NodeID,
        protocolID: String,
        frame: [UInt8]
    ) -> [GossipAction] {
        guard let streamProtocol = StreamProtocol(rawValue: protocolID),
            self.mayUse(streamProtocol, peer)
        else { return [.answerExchange(id, nil)] }
        let exchange = InboundExchange(id: id, peer: peer, streamProtocol: streamProtocol)
        guard self.exchanges.accept(exchange) else { return [.answerExchange(id, nil)] }
        if streamProtocol == .auth { return [.deliverAuthFrame(.challenge(exchange), frame)] }
        return [.admit(frame, .exchange(exchange), nil)]
    }

    mutating func exchangeAnswered(token: UInt64, frame: [UInt8]) -> [GossipAction] {
        guard let exchange = self.exchanges.finish(token: token) else { return [] }
        if exchange.streamProtocol == .auth {
            return [.deliverAuthFrame(.response(exchange), frame)]
        }
        return [.admit(frame, .answer(exchange), nil)]
    }

    mutating func exchangeFailed(token: UInt64, reason: String) -> [GossipAction] {
        guard let exchange = self.exchanges.finish(token: token) else { return [] }
        return [.exchangeFailed(exchange, reason)]
    }
}
