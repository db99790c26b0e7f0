import NIOCore
import Relay
import Yamux

// This host as the relay: requests of peers, calls to others, and the bytes between them.
extension ConnectionHandler {
    // MARK: Requests

    /// A peer asks for a place, or to be joined to another peer.
    func relayAsked(_ message: HopMessage, on id: YamuxStreamID) {
        guard let connection = self.connection else { return }
        switch self.swarm.relayAsked(message, by: connection) {
        case .answer(let answer): self.reply(answer.framed, on: id)
        case .call(let circuit, let called, let message):
            self.streams[id] = .calling(circuit)
            let caller = StreamEnd(connection: connection, stream: id)
            self.swarm.call(called, RelayCall(circuit: circuit, message: message, caller: caller))
        }
    }

    /// The peer of this connection answered a call that this relay passed on.
    func callAnswered(
        _ call: RelayCall,
        _ answer: StopMessage,
        _ rest: [UInt8],
        on id: YamuxStreamID
    ) {
        guard let connection = self.connection else { return }
        let end = StreamEnd(connection: connection, stream: id)
        guard self.swarm.callAnswered(call, answer, by: end) else { return self.reset(id) }
        self.join(Bridge(call.circuit, .fromCalled, to: call.caller), on: id)
        if !rest.isEmpty { self.received(rest, on: id) }
    }

    /// The peer of this connection hears what came of its call.
    func answerCaller(_ call: RelayCall, _ answer: HopMessage, called: StreamEnd?) {
        let id = call.caller.stream
        guard case .calling(call.circuit)? = self.streams[id] else {
            called?.resetBridge()
            return self.swarm.circuitEnded(call.circuit)
        }
        if let called {
            self.write(answer.framed, on: id)
            self.join(Bridge(call.circuit, .fromCaller, to: called), on: id)
        } else {
            self.reply(answer.framed, on: id)
        }
        self.flush()
    }

    private func join(_ bridge: Bridge, on id: YamuxStreamID) {
        self.streams[id] = .bridge(bridge)
        self.limitTime(
            of: id,
            to: .seconds(Int64(self.swarm.configuration.relayTerms.circuit.seconds))
        )
    }

    // MARK: Bytes

    /// Bytes came that another peer is to have.
    func carry(_ bytes: [UInt8], over bridge: Bridge, from id: YamuxStreamID) {
        guard let connection = self.connection else { return }
        guard self.swarm.carries(bridge.circuit, bridge.direction, bytes.count) else {
            self.abandon(.bridge(bridge), "the circuit has carried enough")
            return self.reset(id)
        }
        let source = StreamEnd(connection: connection, stream: id)
        let target = bridge.other
        target.connection.perform { $0.take(bytes, on: target.stream, from: source) }
    }

    /// Bytes of another peer for the one of this connection.
    private func take(_ bytes: [UInt8], on id: YamuxStreamID, from source: StreamEnd) {
        guard case .bridge(let bridge)? = self.streams[id] else { return }
        self.write(bytes, on: id)
        bridge.owedBytes += bytes.count
        self.windowGrew(of: bridge, on: id)
        self.flush()
    }

    /// Reports what was taken in, once the peer has window for all of it.
    func windowGrew(of bridge: Bridge, on id: YamuxStreamID) {
        guard bridge.owedBytes > 0, self.pendingBytes(on: id) == 0 else { return }
        let (count, source) = (bridge.owedBytes, bridge.other)
        bridge.owedBytes = 0
        source.connection.perform {
            $0.consumed(count, on: source.stream)
            $0.flush()
        }
    }

    // MARK: Ends

    /// The peer of this connection sends no more on a bridge.
    func inputClosed(of bridge: Bridge) {
        bridge.isInputClosed = true
        let target = bridge.other
        target.connection.perform { $0.closeOutput(of: target.stream) }
    }

    private func closeOutput(of id: YamuxStreamID) {
        guard case .bridge(let bridge)? = self.streams[id] else { return }
        bridge.isOutputClosed = true
        self.closeWrite(id)
        self.flush()
        if bridge.isDone { self.swarm.circuitEnded(bridge.circuit) }
    }
}

extension StreamEnd {
    /// The other stream of the bridge broke off.
    func resetBridge() {
        let id = self.stream
        self.connection.perform { handler in
            guard case .bridge? = handler.streams[id] else { return }
            handler.reset(id)
            handler.flush()
        }
    }
}
