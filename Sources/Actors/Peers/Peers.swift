public import Checkpoints
import Cryptography
public import Kernel
package import Messages
import Primitives

/// The subsystem that keeps the peer table: bootstrap, authentication, announcements, dialling.
///
/// It reaches peers only through Gossip, which owns the swarm.
public actor Peers: Checkpointed {
    /// Its name in the topology.
    public static let name = SubsystemName.peers

    private var machine: PeersStateMachine
    private let accepted: Emitter<MessageAccepted>
    private let refused: Emitter<MessageRefused>
    private let authenticated: Emitter<PeerAuthenticated>
    private let publish: Emitter<PublishMessage>
    private let request: Emitter<SendRequest>
    private let answer: Emitter<SendAnswer>
    private let openExchange: Emitter<OpenExchange>
    private let answerExchange: Emitter<AnswerExchange>
    private let dial: Emitter<DialPeer>
    private let lookUp: Emitter<LookUpAddresses>
    private let disconnect: Emitter<DisconnectPeer>
    private let sign: Asker<SignChallenge, InboundExchange>
    private let checkProof: Asker<CheckProof, NodeID>
    private let computeProof: Asker<ComputeProof, Void>
    private let compareClock: Emitter<CompareClock>
    private let phase: Asker<NetworkPhase, Void>
    private let protect: Emitter<ProtectPeer>
    private let record: Emitter<RecordFact>

    /// How its state is handed in for a checkpoint.
    package let checkpointPart: Emitter<CheckpointPart>

    /// Plugs the subsystem in.
    public init(_ boot: borrowing Boot, configuration: PeersConfiguration) {
        self.machine = PeersStateMachine(
            configuration: configuration,
            now: Timestamp(milliseconds: 0)
        )
        self.checkpointPart = boot.emits(CheckpointPart.self)
        self.accepted = boot.emits(MessageAccepted.self)
        self.refused = boot.emits(MessageRefused.self)
        self.authenticated = boot.emits(PeerAuthenticated.self)
        self.publish = boot.emits(PublishMessage.self)
        self.request = boot.emits(SendRequest.self)
        self.answer = boot.emits(SendAnswer.self)
        self.openExchange = boot.emits(OpenExchange.self)
        self.answerExchange = boot.emits(AnswerExchange.self)
        self.dial = boot.emits(DialPeer.self)
        self.lookUp = boot.emits(LookUpAddresses.self)
        self.disconnect = boot.emits(DisconnectPeer.self)
        self.sign = boot.asks(SignChallenge.self, about: InboundExchange.self)
        self.checkProof = boot.asks(CheckProof.self, about: NodeID.self)
        self.computeProof = boot.asks(ComputeProof.self)
        self.compareClock = boot.emits(CompareClock.self)
        self.phase = boot.asks(NetworkPhase.self)
        self.protect = boot.emits(ProtectPeer.self)
        self.record = boot.emits(RecordFact.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Peers>) {
        wiring.checkpoints()
        Self.wireConnections(wiring)
        Self.wireAuthentication(wiring)
        Self.wireMessages(wiring)
        wiring.receives(ReplayFinished.self) { peers, _, outbox in
            peers.perform(peers.machine.started(now: outbox.now.timestamp), &outbox)
        }
        wiring.wakes { peers, outbox in
            let now = outbox.now.timestamp
            peers.perform(peers.machine.tick(now: now, entropy: outbox.random()), &outbox)
        }
        wiring.hears(NetworkPhase.self) { peers, phase, _ in
            peers.machine.heard(phase)
        }
        wiring.answers(PeerTable.self) { peers, envelope, outbox in
            let reply = PeerTable.Reply(
                rows: peers.machine.table,
                bootstrap: peers.machine.bootstrapReport,
                dials: peers.machine.dialReport
            )
            outbox.reply(reply, to: envelope.replyAddress)
        }
    }

    private static func wireConnections(_ wiring: borrowing Wiring<Peers>) {
        wiring.receives(ListeningStarted.self) { peers, envelope, _ in
            peers.machine.listening(envelope.body.addresses)
        }
        wiring.receives(PeerConnected.self) { peers, envelope, outbox in
            let body = envelope.body
            let actions = peers.machine.connected(
                body.peer,
                address: body.address,
                isOutbound: body.isOutbound,
                nonce: outbox.randomBytes(32),
                now: outbox.now.timestamp
            )
            peers.perform(actions, &outbox)
        }
        wiring.receives(PeerAddressChanged.self) { peers, envelope, outbox in
            let (body, now) = (envelope.body, outbox.now.timestamp)
            let actions = peers.machine.addressChanged(body.peer, to: body.address, now: now)
            peers.perform(actions, &outbox)
        }
        wiring.receives(PeerDisconnected.self) { peers, envelope, outbox in
            let body = envelope.body
            peers.machine.disconnected(
                body.peer,
                isShunned: body.isShunned,
                now: outbox.now.timestamp
            )
        }
        wiring.receives(DialFailed.self) { peers, envelope, outbox in
            let body = envelope.body
            peers.machine.dialFailed(
                body.address,
                reason: body.reason,
                now: outbox.now.timestamp
            )
        }
        wiring.receives(ReachPeer.self) { peers, envelope, outbox in
            let (node, now) = (envelope.body.node, outbox.now.timestamp)
            peers.perform(peers.machine.reach(node, now: now), &outbox)
        }
        wiring.receives(AddressesHeard.self) { peers, envelope, outbox in
            peers.machine.heard(envelope.body, now: outbox.now.timestamp)
        }
        wiring.receives(StorageOffered.self) { peers, envelope, _ in
            peers.machine.offered(envelope.body)
        }
        wiring.receives(SyncStateChanged.self) { peers, envelope, _ in
            peers.machine.syncStateChanged(envelope.body.state)
        }
    }

    private static func wireAuthentication(_ wiring: borrowing Wiring<Peers>) {
        wiring.receives(ReceiveAuthFrame.self) { peers, envelope, outbox in
            let (frame, now) = (envelope.body.frame, outbox.now.timestamp)
            switch envelope.body.side {
            case .challenge(let exchange):
                peers.perform(peers.machine.challenged(exchange, frame: frame), &outbox)
            case .response(let exchange):
                let actions = peers.machine.responded(exchange, frame: frame, now: now)
                peers.perform(actions, &outbox)
            }
        }
        wiring.receives(ExchangeFailed.self) { peers, envelope, outbox in
            let body = envelope.body
            peers.perform(
                peers.machine.exchangeFailed(body.exchange, reason: body.reason),
                &outbox
            )
        }
        wiring.hears(SignChallenge.self, about: InboundExchange.self) { peers, answer, outbox in
            let (exchange, now) = (answer.context, outbox.now.timestamp)
            let signature = answer.reply?.signature
            peers.perform(peers.machine.signed(exchange, signature, now: now), &outbox)
        }
        wiring.hears(CheckProof.self, about: NodeID.self) { peers, answer, outbox in
            let (peer, now) = (answer.context, outbox.now.timestamp)
            peers.perform(peers.machine.heard(answer.reply, about: peer, now: now), &outbox)
        }
        wiring.hears(ComputeProof.self) { peers, answer, outbox in
            peers.perform(peers.machine.proofComputed(answer?.proof), &outbox)
        }
    }

    private static func wireMessages(_ wiring: borrowing Wiring<Peers>) {
        wiring.receives(JudgePeerMessage.self) { peers, envelope, outbox in
            let admitted = envelope.body.admitted
            let actions = peers.machine.judge(admitted, now: outbox.now.timestamp)
            peers.perform(actions, about: admitted, &outbox)
        }
        wiring.receives(MessageLogged.self) { peers, envelope, _ in
            peers.machine.logged(envelope.body)
        }
        wiring.receives(FactLogged.self) { peers, envelope, _ in
            peers.machine.logged(envelope.body)
        }
    }

    private func perform(
        _ actions: [PeersAction],
        about admitted: AdmittedMessage? = nil,
        _ outbox: inout Outbox
    ) {
        for action in actions { self.perform(action, about: admitted, &outbox) }
    }

    /// What a handshake needs: exchanges, the own signature, proofs of delay.
    private func authenticate(_ action: PeersAction, _ outbox: inout Outbox) {
        switch action {
        case .challenge(let exchange, let challenge):
            outbox.send(
                self.openExchange,
                OpenExchange(exchange: exchange, frame: challenge.frameBytes)
            )
        case .sign(let exchange, let challenge):
            let question = SignChallenge(challenge: challenge, channelKey: exchange.peer)
            outbox.ask(self.sign, question, context: exchange)
        case .answerAuth(let exchange, let response):
            outbox.send(
                self.answerExchange,
                AnswerExchange(exchange: exchange, frame: response?.frameBytes)
            )
        case .checkProof(let peer, let proof, let isOutbound):
            let question = CheckProof(proof: proof, key: peer, isOutbound: isOutbound)
            outbox.ask(self.checkProof, question, context: peer)
        case .compareClock(let peer, let offset):
            outbox.send(
                self.compareClock,
                CompareClock(peer: peer, offsetMilliseconds: offset)
            )
        case .computeProof(let key):
            let question = ComputeProof(key: key)
            let patience = Duration.milliseconds(PeersLimits.ownProofMilliseconds)
            outbox.ask(self.computeProof, question, deadline: patience)
        default: break
        }
    }

    private func perform(
        _ action: PeersAction,
        about admitted: AdmittedMessage?,
        _ outbox: inout Outbox
    ) {
        switch action {
        case .dial(let address):
            outbox.send(self.dial, DialPeer(address: address))
        case .lookUp(let name):
            outbox.send(self.lookUp, LookUpAddresses(name: name))
        case .disconnect(let peer, let reason):
            outbox.send(self.disconnect, DisconnectPeer(peer: peer, reason: reason))
        case .protect(let peer, let isProtected):
            outbox.send(self.protect, ProtectPeer(peer: peer, isProtected: isProtected))
        case .save(let anchors):
            let fact = anchors.fact(recordedAt: outbox.now.timestamp)
            outbox.send(self.record, RecordFact(fact: fact))
        case .challenge, .sign, .answerAuth, .checkProof, .compareClock, .computeProof:
            self.authenticate(action, &outbox)
        case .authenticated(let event):
            outbox.send(self.authenticated, event)
        case .announce(let announcement):
            outbox.send(self.publish, PublishMessage(announcement))
            // The answer is for the next announcement; the phase changes by the hour at most.
            outbox.ask(self.phase, NetworkPhase())
        case .requestList(let exchange, let request):
            outbox.send(
                self.request,
                SendRequest(exchange: exchange, request)
            )
        case .answerList(let exchange, let list):
            outbox.send(
                self.answer,
                SendAnswer(exchange: exchange, list)
            )
        case .accept(let isLogged):
            guard let admitted else { return }
            let event = MessageAccepted(admitted: admitted, isLogged: isLogged)
            outbox.send(self.accepted, event)
        case .refuse(let refusal):
            guard let admitted else { return }
            let id = admitted.message.id
            outbox.send(
                self.refused,
                MessageRefused(origin: admitted.origin, id: id, refusal: refusal)
            )
        case .wake(let pause):
            outbox.wake(at: outbox.now.advanced(by: .milliseconds(pause)))
        }
    }
}

extension Peers {
    /// What it has made of the log.
    package var kept: PeersState { self.machine.kept }

    /// Takes over what it had made of the log.
    package func restore(_ kept: PeersState) { self.machine.restore(kept) }
}
