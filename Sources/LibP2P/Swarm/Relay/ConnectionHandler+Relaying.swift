import Multiformats
import NIOCore
import Relay
import Yamux

// Connections through the peer as a relay, and this host as the relay of the peer.
extension ConnectionHandler {
    // MARK: Through the peer

    func perform(_ action: CircuitAction) {
        switch action {
        case .reservation(let answer):
            guard let peer = self.connection?.peer else { return }
            self.swarm.reservationAnswered(by: peer, answer)
        case .failed(let dial, let reason):
            self.swarm.attemptFailed(dial, reason: reason, isOwnKey: false)
        case .opened(let dial, let id):
            self.carry(ConnectionHandler(swarm: self.swarm, id: dial.id, dial: dial), on: id)
        case .called(let message, let id): self.called(message, on: id)
        case .received(let bytes, let id): self.circuits[id]?.received(bytes)
        case .writable(let id): self.circuits[id]?.windowGrew()
        case .ended(let id): self.circuits.remove(id)?.ended()
        }
    }

    /// The relay says that a peer calls.
    private func called(_ message: StopMessage, on id: YamuxStreamID) {
        guard let connection = self.connection, let carrier = self.carrier else { return }
        let bound = NIOLoopBound(self, eventLoop: carrier.eventLoop)
        let close: @Sendable () -> Void = {
            bound.eventLoop.execute { bound.value.tell { $0.resetCircuit(id) } }
        }
        switch self.swarm.called(through: connection, message, close: close) {
        case .refuse(let answer): self.answer { $0.reply(answer.framed, on: id) }
        case .accept(let peer, let answer, let number):
            self.answer { $0.carryCall(answer.framed, on: id) }
            let inner = ConnectionHandler(
                swarm: self.swarm,
                id: number,
                dial: nil,
                expectedPeer: peer
            )
            self.carry(inner, on: id)
        }
    }

    private func carry(_ inner: ConnectionHandler, on id: YamuxStreamID) {
        guard let eventLoop = self.carrier?.eventLoop else { return }
        let carrier = CircuitCarrier(id, of: self, on: eventLoop, inner)
        self.circuits.insert(carrier, on: id)
        carrier.begin()
    }

    // MARK: For the carrier of such a connection

    func pendingBytes(on id: YamuxStreamID) -> Int { self.answer { $0.pendingBytes(on: id) } }

    func write(_ bytes: [UInt8], on id: YamuxStreamID) {
        self.tellSoon { $0.write(bytes, on: id) }
    }

    func consumed(_ count: Int, on id: YamuxStreamID) {
        self.tellSoon { $0.consumed(count, on: id) }
    }

    func closeCircuit(_ id: YamuxStreamID) {
        self.circuits.remove(id)
        self.tellSoon { $0.closeCircuit(id) }
    }

    // MARK: This host as the relay

    func perform(_ action: RelayAction) {
        switch action {
        case .asked(let message, let id): self.relayAsked(message, on: id)
        case .callAnswered(let call, let answer, let id): self.callAnswered(call, answer, on: id)
        case .unanswered(let call): _ = self.swarm.callAnswered(call, nil, by: nil)
        case .pass(let bytes, let bridge, let id):
            guard self.swarm.carries(bridge.circuit, bridge.direction, bytes.count) else {
                return self.answer { $0.breakCircuit(id) }
            }
            self.swarm.tell(bridge.other) { $0.carry(bytes, on: $1) }
        case .taken(let count, let source):
            self.swarm.tell(source) { $0.consumed(count, on: $1) }
        case .closeOutput(let end): self.swarm.tell(end) { $0.closeOutput(of: $1) }
        case .reset(let end): self.swarm.tell(end) { $0.resetBridge($1) }
        case .ended(let circuit): self.swarm.circuitEnded(circuit)
        }
    }

    /// A peer asks for a place, or to be joined to another peer.
    private func relayAsked(_ message: HopMessage, on id: YamuxStreamID) {
        guard let connection = self.connection else { return }
        switch self.swarm.relayAsked(message, by: connection) {
        case .answer(let answer): self.answer { $0.reply(answer.framed, on: id) }
        case .call(let circuit, let called, let message):
            self.answer { $0.call(circuit, on: id) }
            let caller = StreamEnd(connection: self.id, stream: id)
            self.swarm.call(called, RelayCall(circuit: circuit, message: message, caller: caller))
        }
    }

    /// The peer answered a call that this relay passed on.
    private func callAnswered(
        _ call: RelayCall,
        _ answer: StopMessage,
        on id: YamuxStreamID
    ) {
        let end = StreamEnd(connection: self.id, stream: id)
        let isJoined = self.swarm.callAnswered(call, answer, by: end)
        self.answer { machine in
            guard isJoined else { return machine.reset(id) }
            machine.join(Bridge(call.circuit, .fromCalled, to: call.caller), on: id)
        }
    }
}
