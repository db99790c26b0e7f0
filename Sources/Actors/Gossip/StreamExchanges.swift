import Messages
import Primitives

/// One request and one answer on a stream (D-18), in either direction.
struct StreamExchanges: Sendable {
    private var table = ExchangeTable()

    // MARK: Of this node

    /// A subsystem asks a peer.
    mutating func open(
        _ exchange: OutboundExchange,
        frame: [UInt8],
        now: Timestamp,
        _ peers: ConnectedPeers
    ) -> [GossipAction] {
        guard peers.contains(exchange.peer) else {
            return [.exchangeFailed(exchange, "not connected to \(exchange.peer)")]
        }
        guard peers.mayUse(exchange.streamProtocol, exchange.peer) else {
            let reason = "\(exchange.peer) has not authenticated, or is behind a relay"
            return [.exchangeFailed(exchange, reason)]
        }
        let token = self.table.open(exchange, now: now)
        return [.openExchange(token: token, exchange, frame)]
    }

    /// A peer answered.
    mutating func answered(token: UInt64, frame: [UInt8]) -> [GossipAction] {
        guard let exchange = self.table.finish(token: token) else { return [] }
        if exchange.streamProtocol == .auth {
            return [.deliverAuthFrame(.response(exchange), frame)]
        }
        return [.admit(frame, .answer(exchange), nil)]
    }

    /// The stream came to nothing.
    mutating func failed(token: UInt64, reason: String) -> [GossipAction] {
        guard let exchange = self.table.finish(token: token) else { return [] }
        return [.exchangeFailed(exchange, reason)]
    }

    /// Gives up what peers did not answer in time.
    mutating func expire(now: Timestamp) -> [GossipAction] {
        self.table.expire(now: now).map { .exchangeFailed($0, "no answer within 30 s") }
    }

    // MARK: Of peers

    /// A peer asks.
    mutating func requested(
        id: UInt64,
        by peer: NodeID,
        protocolID: String,
        frame: [UInt8],
        _ peers: ConnectedPeers
    ) -> [GossipAction] {
        guard let streamProtocol = StreamProtocol(rawValue: protocolID),
            peers.mayUse(streamProtocol, peer)
        else { return [.answerExchange(id, nil)] }
        let exchange = InboundExchange(id: id, peer: peer, streamProtocol: streamProtocol)
        guard self.table.accept(exchange) else { return [.answerExchange(id, nil)] }
        if streamProtocol == .auth { return [.deliverAuthFrame(.challenge(exchange), frame)] }
        return [.admit(frame, .exchange(exchange), nil)]
    }

    /// A subsystem answers a peer; nil resets the stream.
    mutating func answer(_ exchange: InboundExchange, frame: [UInt8]?) -> [GossipAction] {
        self.table.answer(exchange) ? [.answerExchange(exchange.id, frame)] : []
    }

    /// A peer is gone, and with it all that was under way.
    mutating func drop(_ peer: NodeID, reason: String) -> [GossipAction] {
        self.table.drop(peer: peer).map {
            .exchangeFailed($0, "the connection ended: \(reason)")
        }
    }
}
