import Multiformats
import Relay
import Yamux

// Streams that carry the bytes of others: of connections through the peer, and between two peers of this
// relay.
extension StreamMachine {
    // MARK: Connections through the peer

    mutating func circuitAnswered(_ dial: Dial, _ answer: HopMessage, on id: YamuxStreamID) {
        if let reason = RelayClient.failure(of: answer) {
            self.finish(id)
            return self.emit(.circuit(.failed(dial, reason: reason)))
        }
        self.set(.circuit, on: id)
        self.unlimitTime(of: id)
        self.emit(.circuit(.opened(dial, on: id)))
    }

    /// A call is taken: after these words the stream carries a connection.
    mutating func carryCall(_ answer: [UInt8], on id: YamuxStreamID) {
        self.write(answer, on: id)
        self.set(.circuit, on: id)
        self.unlimitTime(of: id)
    }

    /// The connection that a stream carries is over.
    mutating func closeCircuit(_ id: YamuxStreamID) {
        guard case .circuit? = self.state(of: id) else { return }
        self.limitTime(of: id, to: self.terms.exchangeTimeout)
        self.finish(id)
    }

    /// The connection that a stream carries has no place any more.
    mutating func resetCircuit(_ id: YamuxStreamID) {
        guard case .circuit? = self.state(of: id) else { return }
        self.reset(id)
        self.emit(.circuit(.ended(id)))
    }

    /// The peer has window for all that was written on a stream.
    mutating func windowGrew(on id: YamuxStreamID) {
        switch self.state(of: id) {
        case .bridge(let bridge): self.reportTaken(bridge, on: id)
        case .circuit: self.emit(.circuit(.writable(id)))
        default: break
        }
    }

    // MARK: This host as the relay

    /// The peer waits until the one that it calls has answered.
    mutating func call(_ circuit: RelayServer.CircuitID, on id: YamuxStreamID) {
        self.set(.calling(circuit), on: id)
    }

    /// The caller is told the outcome of its call; when the call was taken, the two streams are joined.
    mutating func answerCaller(_ call: RelayCall, _ answer: HopMessage, called: StreamEnd?) {
        let id = call.caller.stream
        guard case .calling(call.circuit)? = self.state(of: id) else {
            if let called { self.emit(.relay(.reset(called))) }
            return self.emit(.relay(.ended(call.circuit)))
        }
        guard let called else { return self.reply(answer.framed, on: id) }
        self.write(answer.framed, on: id)
        self.join(Bridge(call.circuit, .fromCaller, to: called), on: id)
    }

    /// From now on a stream's bytes go to another peer.
    mutating func join(_ bridge: Bridge, on id: YamuxStreamID) {
        self.set(.bridge(bridge), on: id)
        self.limitTime(of: id, to: self.terms.circuitTimeout)
    }

    /// Bytes may pass no more.
    mutating func breakCircuit(_ id: YamuxStreamID) {
        guard let state = self.state(of: id) else { return }
        self.breakOff(state, "the circuit has carried enough", id)
    }

    /// Bytes of another peer for the one of this connection.
    mutating func carry(_ bytes: [UInt8], on id: YamuxStreamID) {
        guard case .bridge(var bridge)? = self.state(of: id) else { return }
        self.write(bytes, on: id)
        bridge.owe(bytes.count)
        self.set(.bridge(bridge), on: id)
        self.reportTaken(bridge, on: id)
    }

    /// Reports what was taken in, once the peer has window for all of it.
    private mutating func reportTaken(_ bridge: Bridge, on id: YamuxStreamID) {
        guard bridge.owedBytes > 0, self.pendingBytes(on: id) == 0 else { return }
        var bridge = bridge
        let count = bridge.takeOwed()
        self.set(.bridge(bridge), on: id)
        self.emit(.relay(.taken(count, from: bridge.other)))
    }

    /// The peer of this connection sends no more on a bridge.
    mutating func inputClosed(of bridge: Bridge, on id: YamuxStreamID) {
        var bridge = bridge
        bridge.closeInput()
        self.set(.bridge(bridge), on: id)
        self.emit(.relay(.closeOutput(bridge.other)))
    }

    /// The other peer of a bridge sends no more.
    mutating func closeOutput(of id: YamuxStreamID) {
        guard case .bridge(var bridge)? = self.state(of: id) else { return }
        bridge.closeOutput()
        self.set(.bridge(bridge), on: id)
        self.closeWrite(id)
        if bridge.isDone { self.emit(.relay(.ended(bridge.circuit))) }
    }

    /// The other stream of a bridge broke off.
    mutating func resetBridge(_ id: YamuxStreamID) {
        if case .bridge? = self.state(of: id) { self.reset(id) }
    }
}
