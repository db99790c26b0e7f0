import Multiformats
import Relay
import Yamux

// The stack's own protocols, in which one message is asked and one answered: identify, AutoNAT,
// circuit relay, hole punching.
extension StreamMachine {
    // MARK: Asking

    /// Opens a stream and asks the peer something.
    mutating func ask(_ question: StreamState.Question) {
        if self.open([question.protocolID], for: .question(question)) == nil {
            self.unanswered(question, "no stream to the relay can be opened")
        }
    }

    /// Tells the peer what has changed here, when it takes such news.
    mutating func pushIdentity() {
        guard self.news.wantsPushes else { return }
        _ = self.open([Identify.pushProtocolID], for: .push)
    }

    /// The peer speaks the protocol: the question follows.
    mutating func pose(_ question: StreamState.Question, on id: YamuxStreamID) {
        self.expect(.answer(question), on: id)
        switch question {
        case .identity: break
        case .reachability: self.emit(.message(.askReachability(on: id)))
        case .reservation: self.pose(HopMessage(kind: .reserve).framed, on: id)
        case .circuit(let dial):
            self.pose(HopMessage(kind: .connect, peer: dial.target.peerID).framed, on: id)
        case .call(let call): self.pose(call.message.framed, on: id)
        case .holePunch:
            self.punch.asked(at: self.now)
            self.emit(.punch(.ask(on: id)))
        }
    }

    /// Asks in these words.
    mutating func pose(_ message: [UInt8], on id: YamuxStreamID) { self.write(message, on: id) }

    /// One message is to come on a stream.
    mutating func expect(_ awaited: StreamState.Awaited, on id: YamuxStreamID) {
        guard let peer = self.peer else { return }
        let limit: Int
        switch awaited {
        case .answer(.identity), .push: limit = SwarmLimits.identifyBytesMax
        default: limit = RelayLimits.messageBytesMax
        }
        self.set(.message(FrameReader(limit: limit, peer.readBudget), awaited), on: id)
    }

    /// A question will not be answered.
    mutating func unanswered(_ question: StreamState.Question, _ reason: String) {
        switch question {
        case .identity, .reachability, .holePunch: break
        case .reservation: self.emit(.circuit(.reservation(nil)))
        case .circuit(let dial): self.emit(.circuit(.failed(dial, reason: reason)))
        case .call(let call): self.emit(.relay(.unanswered(call)))
        }
    }

    // MARK: Messages

    /// A message is whole; `rest` came behind it.
    mutating func arrived(
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
        case .hop: self.emit(.relay(.asked(try HopMessage(bytes: message), on: id)))
        case .stop:
            self.emit(.circuit(.called(try StopMessage(bytes: message), on: id)))
            self.later(rest, on: id)
        case .dialBack: self.emit(.message(.dialBackAsked(message, on: id)))
        case .holePunch:
            try self.punchAsked(HolePunchMessage(bytes: message), on: id)
            self.later(rest, on: id)
        case .holePunchSync(let addresses):
            self.finish(id)
            guard try HolePunchMessage(bytes: message).kind == .sync else {
                throw RelayError.malformed
            }
            self.emit(.punch(.dialNow(addresses)))
        }
    }

    private mutating func answered(
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
            self.emit(.message(.reachability(try AutoNATClient.answer(message))))
        case .reservation:
            let answer = try HopMessage(bytes: message)
            self.finish(id)
            self.emit(.circuit(.reservation(answer)))
        case .circuit(let dial):
            self.circuitAnswered(dial, try HopMessage(bytes: message), on: id)
            self.later(rest, on: id)
        case .call(let call):
            self.emit(.relay(.callAnswered(call, try StopMessage(bytes: message), on: id)))
            self.later(rest, on: id)
        case .holePunch: try self.punchAnswered(HolePunchMessage(bytes: message), on: id)
        }
    }

    private mutating func identified(_ message: [UInt8]) throws {
        guard let peer = self.peer else { return }
        let identity = try Identify.read(message, from: peer.id)
        self.news.take(identity)
        let mayUpgrade = self.isUpgradable && !self.terms.isInitiator && self.punch.begin()
        self.emit(.message(.identified(identity, mayUpgrade: mayUpgrade)))
    }

    // MARK: Dials on request

    /// The peer waits until it is dialled back.
    mutating func dialBack(on id: YamuxStreamID) { self.set(.diallingBack, on: id) }

    /// The peer was dialled, or not.
    mutating func dialledBack(_ answer: [UInt8], on id: YamuxStreamID) {
        guard case .diallingBack? = self.state(of: id) else { return }
        self.reply(answer, on: id)
    }

    // MARK: From a relayed connection to a direct one

    private var isUpgradable: Bool { self.isLimited && !self.closing.isOver }

    /// No address of the caller answered, or both missed each other: the called side asks for another
    /// try.
    mutating func punchHole() {
        guard self.isUpgradable, !self.terms.isInitiator, self.punch.hasRounds else { return }
        self.ask(.holePunch)
    }

    private mutating func punchAnswered(
        _ answer: HolePunchMessage,
        on id: YamuxStreamID
    ) throws {
        guard answer.kind == .connect, self.isUpgradable else { throw RelayError.malformed }
        let way = self.punch.agreed(at: self.now)
        self.reply(HolePunchMessage(kind: .sync, addresses: []).framed, on: id)
        self.emit(.punch(.dial(answer.addresses, after: way)))
    }

    private mutating func punchAsked(_ message: HolePunchMessage, on id: YamuxStreamID) throws {
        guard message.kind == .connect, self.isUpgradable, self.terms.isInitiator,
            self.punch.hasRounds
        else { throw RelayError.malformed }
        self.punch.agreed()
        self.emit(.punch(.asked(message.addresses, on: id)))
    }

    /// Tells the peer where this host can be dialled, and waits for its word to dial the peer there.
    mutating func answerPunch(_ answer: [UInt8], targets: [Multiaddr], on id: YamuxStreamID) {
        self.write(answer, on: id)
        self.expect(.holePunchSync(targets), on: id)
    }
}
