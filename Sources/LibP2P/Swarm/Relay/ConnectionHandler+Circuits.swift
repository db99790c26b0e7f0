import Multiformats
import NIOCore
import Relay
import Yamux

// Connections through the peer of this connection, which is their relay.
extension ConnectionHandler {
    /// Asks the relay to join this host to the target of a dial.
    func openCircuit(_ dial: Dial) {
        if !self.ask(.circuit(dial)) {
            let reason = "no stream to the relay can be opened"
            self.swarm.attemptFailed(dial, reason: reason, isOwnKey: false)
        }
    }

    func circuitAnswered(
        _ dial: Dial,
        _ answer: HopMessage,
        _ rest: [UInt8],
        on id: YamuxStreamID
    ) {
        if let reason = RelayClient.failure(of: answer) {
            self.finish(id)
            return self.swarm.attemptFailed(dial, reason: reason, isOwnKey: false)
        }
        self.carry(ConnectionHandler(swarm: self.swarm, id: dial.id, dial: dial), rest, on: id)
    }

    /// The relay says that a peer calls.
    func called(_ message: StopMessage, _ rest: [UInt8], on id: YamuxStreamID) {
        guard let connection = self.connection, let carrier = self.carrier else { return }
        let bound = NIOLoopBound(self, eventLoop: carrier.eventLoop)
        let close: @Sendable () -> Void = {
            bound.eventLoop.execute { bound.value.resetCircuit(id) }
        }
        switch self.swarm.called(through: connection, message, close: close) {
        case .refuse(let answer): self.reply(answer.framed, on: id)
        case .accept(let peer, let answer, let number):
            self.write(answer.framed, on: id)
            let inner = ConnectionHandler(
                swarm: self.swarm,
                id: number,
                dial: nil,
                expectedPeer: peer
            )
            self.carry(inner, rest, on: id)
        }
    }

    private func carry(_ inner: ConnectionHandler, _ rest: [UInt8], on id: YamuxStreamID) {
        guard let eventLoop = self.carrier?.eventLoop else { return }
        let carrier = CircuitCarrier(id, of: self, on: eventLoop, inner)
        self.streams[id] = .circuit(carrier)
        self.deadlines.remove(id)
        carrier.begin(with: rest)
    }

    // MARK: For the carrier

    func pendingBytes(on id: YamuxStreamID) -> Int {
        self.link.withMuxer { $0.pendingBytes(on: id) } ?? 0
    }

    func consumed(_ count: Int, on id: YamuxStreamID) {
        _ = self.link.withMuxer { $0.consumed(count, on: id) }
    }

    func closeCircuit(_ id: YamuxStreamID) {
        guard case .circuit? = self.streams[id] else { return }
        self.limitTime(of: id, to: self.swarm.configuration.exchangeTimeout)
        self.finish(id)
        self.flushSoon()
    }

    private func resetCircuit(_ id: YamuxStreamID) {
        guard case .circuit(let carrier)? = self.streams[id] else { return }
        self.reset(id)
        carrier.ended()
        self.flush()
    }
}
