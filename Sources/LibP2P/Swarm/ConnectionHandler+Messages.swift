import Multiformats
import MultistreamSelect
import NIOCore
import Relay
import Yamux

// The stack's own protocols, in which one message is asked and one answered: identify, AutoNAT,
// circuit relay, hole punching.
extension ConnectionHandler {
    /// The protocol in which something is asked.
    private static func protocolID(of question: StreamState.Question) -> String {
        switch question {
        case .identity: Identify.protocolID
        case .reachability: AutoNATClient.protocolID
        case .reservation, .circuit: HopMessage.protocolID
        case .call: StopMessage.protocolID
        case .holePunch: HolePunchMessage.protocolID
        }
    }

    /// Opens a stream and asks the peer something.
    ///
    /// - Returns: whether there will be an answer or an end.
    @discardableResult
    func ask(_ question: StreamState.Question) -> Bool {
        let dialer = MultistreamDialer(protocols: [Self.protocolID(of: question)])
        let isAsked = self.open(.offering(dialer, .question(question))) != nil
        self.flush()
        return isAsked
    }

    /// The peer speaks the protocol: the question follows.
    func pose(_ question: StreamState.Question, on id: YamuxStreamID) {
        self.expect(.answer(question), on: id)
        let swarm = self.swarm
        switch question {
        case .identity: break
        case .reachability:
            let own = swarm.configuration.localPeer
            self.write(AutoNATClient.request(own, swarm.directAddresses), on: id)
        case .reservation: self.write(HopMessage(kind: .reserve).framed, on: id)
        case .circuit(let dial):
            let message = HopMessage(kind: .connect, peer: dial.target.peerID)
            self.write(message.framed, on: id)
        case .call(let call): self.write(call.message.framed, on: id)
        case .holePunch:
            self.punch.askedAt = .now()
            self.write(self.punchAddresses().framed, on: id)
        }
    }

    /// One message is to come on a stream.
    func expect(_ awaited: StreamState.Awaited, on id: YamuxStreamID) {
        guard let peer = self.connection?.peer else { return }
        let limit: Int
        switch awaited {
        case .answer(.identity), .push: limit = SwarmLimits.identifyBytesMax
        default: limit = RelayLimits.messageBytesMax
        }
        self.streams[id] = .message(
            FrameReader(limit: limit, self.swarm.readBudget(of: peer)),
            awaited
        )
    }

    /// A message is whole; `rest` came behind it.
    func arrived(
        _ message: [UInt8],
        _ rest: [UInt8],
        _ awaited: StreamState.Awaited,
        on id: YamuxStreamID
    ) throws {
        switch awaited {
        case .answer(let question): try self.answered(question, message, rest, on: id)
        case .push:
            self.finish(id)
            try self.identified(message)
        case .hop: self.relayAsked(try HopMessage(bytes: message), on: id)
        case .stop: self.called(try StopMessage(bytes: message), rest, on: id)
        case .dialBack: self.dialBackAsked(message, on: id)
        case .holePunch: try self.punchAsked(HolePunchMessage(bytes: message), rest, on: id)
        case .holePunchSync(let addresses):
            self.finish(id)
            try self.punchSynchronized(HolePunchMessage(bytes: message), addresses)
        }
    }

    private func answered(
        _ question: StreamState.Question,
        _ message: [UInt8],
        _ rest: [UInt8],
        on id: YamuxStreamID
    ) throws {
        switch question {
        case .identity:
            self.finish(id)
            try self.identified(message)
        case .reachability:
            self.finish(id)
            try self.reachabilityAnswered(message)
        case .reservation:
            let answer = try HopMessage(bytes: message)
            self.finish(id)
            guard let peer = self.connection?.peer else { return }
            self.swarm.reservationAnswered(by: peer, answer)
        case .circuit(let dial):
            self.circuitAnswered(dial, try HopMessage(bytes: message), rest, on: id)
        case .call(let call): self.callAnswered(call, try StopMessage(bytes: message), rest, on: id)
        case .holePunch: try self.punchAnswered(HolePunchMessage(bytes: message), on: id)
        }
    }

    /// A question will not be answered.
    func unanswered(_ question: StreamState.Question, _ reason: String) {
        switch question {
        case .identity, .reachability, .holePunch: break
        case .reservation:
            if let peer = self.connection?.peer { self.swarm.reservationAnswered(by: peer, nil) }
        case .circuit(let dial): self.swarm.attemptFailed(dial, reason: reason, isOwnKey: false)
        case .call(let call): _ = self.swarm.callAnswered(call, nil, by: nil)
        }
    }

    /// Sends the last message of a stream.
    func reply(_ message: [UInt8], on id: YamuxStreamID) {
        self.write(message, on: id)
        self.finish(id)
    }

    /// Nothing more is read from a stream, nor written to it.
    func finish(_ id: YamuxStreamID) {
        self.streams[id] = .finished
        self.closeWrite(id)
    }
}
