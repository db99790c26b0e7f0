public import Cryptography
import GossipSub
public import Kernel
public import Messages
import Multiformats
public import Primitives

/// The subsystem that drives the libp2p swarm.
///
/// It carries bytes between peers and admission, relays what judges accept, and runs the stream
/// exchanges of the other subsystems. It judges only messages of unknown types.
public actor Gossip: Subsystem {
    /// Its name in the topology.
    public static let name = SubsystemName.gossip

    private var machine: GossipStateMachine
    private let transport: any GossipTransport
    private let inlet: Inlet<TransportSignal>
    private let admit: Emitter<AdmitMessage>
    private let authFrame: Emitter<ReceiveAuthFrame>
    private let exchangeFailed: Emitter<ExchangeFailed>
    private let refused: Emitter<MessageRefused>
    private let listening: Emitter<ListeningStarted>
    private let connected: Emitter<PeerConnected>
    private let addressChanged: Emitter<PeerAddressChanged>
    private let disconnected: Emitter<PeerDisconnected>
    private let dialFailed: Emitter<DialFailed>
    private let ownKeyMet: Emitter<OwnKeyMet>
    private let heard: Emitter<AddressesHeard>
    private let standings: Asker<PeerStandings, Void>

    /// Plugs the subsystem in.
    ///
    /// - Parameters:
    ///   - boot: lent by the kernel while the subsystem is plugged in.
    ///   - key: the host key, equal to the node key (D-11); it signs the relay layer.
    ///   - direct: peers that are served whatever their score.
    ///   - pace: how often the mesh is tended.
    ///   - entropy: seeds the mesh's peer choices.
    ///   - firstSequenceNumber: larger than any used before, e.g. nanoseconds since 1970.
    ///   - transport: the device.
    ///   - extensions: says where own messages of types are published that the protocol does not know.
    public init(
        _ boot: borrowing Boot,
        key: SigningKey,
        direct: [NodeID] = [],
        pace: GossipPace = GossipPace(),
        entropy: UInt64,
        firstSequenceNumber: UInt64,
        transport: any GossipTransport,
        extensions: Extensions = .none
    ) {
        self.machine = GossipStateMachine(
            router: GossipSubRouter(
                localPeer: PeerID(ed25519: key.publicKey),
                signingKey: key,
                parameters: pace.parameters,
                entropy: entropy,
                firstSequenceNumber: firstSequenceNumber
            ),
            direct: direct,
            heartbeat: pace.heartbeat,
            extensions: extensions
        )
        self.transport = transport
        self.inlet = boot.inlet(TransportSignal.self)
        self.admit = boot.emits(AdmitMessage.self)
        self.authFrame = boot.emits(ReceiveAuthFrame.self)
        self.exchangeFailed = boot.emits(ExchangeFailed.self)
        self.refused = boot.emits(MessageRefused.self)
        self.listening = boot.emits(ListeningStarted.self)
        self.connected = boot.emits(PeerConnected.self)
        self.addressChanged = boot.emits(PeerAddressChanged.self)
        self.disconnected = boot.emits(PeerDisconnected.self)
        self.dialFailed = boot.emits(DialFailed.self)
        self.ownKeyMet = boot.emits(OwnKeyMet.self)
        self.heard = boot.emits(AddressesHeard.self)
        self.standings = boot.asks(PeerStandings.self)
    }

    /// Declares what it receives and answers.
    public static func wire(_ wiring: borrowing Wiring<Gossip>) {
        Self.wirePeers(wiring)
        wiring.receives(ReplayFinished.self) { gossip, _, outbox in
            gossip.transport.start(reportingTo: gossip.inlet)
            gossip.heartbeat(&outbox)
        }
        wiring.wakes { gossip, outbox in gossip.heartbeat(&outbox) }
        wiring.receives(TransportSignal.self) { gossip, envelope, outbox in
            gossip.handle(envelope.body, &outbox)
        }
        wiring.receives(MessageAccepted.self) { gossip, envelope, outbox in
            // What a request with a key led to is heard by others once the log holds it (ADR 0060).
            if case .local(_, key: _?) = envelope.body.admitted.origin { return }
            let now = outbox.now.timestamp
            gossip.perform(gossip.machine.accepted(envelope.body.admitted, now: now), &outbox)
        }
        wiring.receives(KeyedMessageLogged.self) { gossip, envelope, outbox in
            let now = outbox.now.timestamp
            gossip.perform(gossip.machine.accepted(envelope.body.admitted, now: now), &outbox)
        }
        wiring.receives(MessageHeld.self) { gossip, envelope, outbox in
            let now = outbox.now.timestamp
            gossip.perform(gossip.machine.held(envelope.body.origin, now: now), &outbox)
        }
        wiring.receives(MessageRefused.self) { gossip, envelope, outbox in
            let body = envelope.body
            let now = outbox.now.timestamp
            gossip.perform(
                gossip.machine.refused(origin: body.origin, refusal: body.refusal, now: now),
                &outbox
            )
        }
        wiring.receives(JudgeUnknownMessage.self) { gossip, envelope, outbox in
            let now = outbox.now.timestamp
            gossip.perform(gossip.machine.judgeUnknown(envelope.body.admitted, now: now), &outbox)
        }
        wiring.receives(OpenExchange.self) { gossip, envelope, outbox in
            let body = envelope.body
            let now = outbox.now.timestamp
            let actions = gossip.machine.open(body.exchange, frame: body.frame, now: now)
            gossip.perform(actions, &outbox)
        }
        wiring.receives(AnswerExchange.self) { gossip, envelope, outbox in
            let body = envelope.body
            gossip.perform(gossip.machine.answer(body.exchange, frame: body.frame), &outbox)
        }
        wiring.answers(GossipStatus.self) { gossip, envelope, outbox in
            outbox.reply(gossip.machine.status, to: envelope.replyAddress)
        }
    }

    private static func wirePeers(_ wiring: borrowing Wiring<Gossip>) {
        wiring.receives(PeerAuthenticated.self) { gossip, envelope, outbox in
            let now = outbox.now.timestamp
            gossip.perform(
                gossip.machine.peerAuthenticated(envelope.body.peer, now: now),
                &outbox
            )
        }
        wiring.receives(DialPeer.self) { gossip, envelope, _ in
            gossip.transport.dial(envelope.body.address)
        }
        wiring.receives(LookUpAddresses.self) { gossip, envelope, _ in
            gossip.transport.lookUp(envelope.body.name)
        }
        wiring.receives(DisconnectPeer.self) { gossip, envelope, _ in
            gossip.transport.disconnect(envelope.body.peer, reason: envelope.body.reason)
        }
        wiring.receives(ProtectPeer.self) { gossip, envelope, _ in
            gossip.transport.protect(envelope.body.peer, envelope.body.isProtected)
        }
        wiring.hears(PeerStandings.self) { gossip, reply, outbox in
            let now = outbox.now.timestamp
            gossip.perform(gossip.machine.rated(reply, now: now), &outbox)
        }
    }

    private func heartbeat(_ outbox: inout Outbox) {
        self.perform(self.machine.heartbeat(now: outbox.now.timestamp), &outbox)
    }

    private func handle(_ signal: TransportSignal, _ outbox: inout Outbox) {
        let now = outbox.now.timestamp
        switch signal {
        case .listening(let addresses):
            self.perform(self.machine.listening(addresses), &outbox)
        case .reachability(let isReachable):
            self.machine.found(isReachable: isReachable)
        case .dialFailed(let address, let reason):
            outbox.send(self.dialFailed, DialFailed(address: address, reason: reason))
        case .ownKeyMet(let address, let isOutbound):
            outbox.send(self.ownKeyMet, OwnKeyMet(address: address, isOutbound: isOutbound))
        case .connected(let peer, let address, let isOutbound):
            self.perform(
                self.machine.peerConnected(peer, address: address, isOutbound: isOutbound),
                &outbox
            )
        case .addressChanged(let peer, let address):
            self.perform(self.machine.addressChanged(peer, to: address, now: now), &outbox)
        case .disconnected(let peer, let reason):
            self.perform(
                self.machine.peerDisconnected(peer, reason: reason, now: now),
                &outbox
            )
        case .gossipReady(let peer, let protocolID, let isOutbound):
            let actions = self.machine.gossipReady(
                peer,
                protocolID: protocolID,
                isOutbound: isOutbound,
                now: now
            )
            self.perform(actions, &outbox)
        case .heard(let word):
            outbox.send(self.heard, word)
        case .gossipStreamReset(let peer, let largestFrame):
            self.machine.gossipStreamReset(peer, largestFrame: largestFrame)
        case .gossipFrame(let peer, let frame):
            self.perform(self.machine.gossipFrame(frame, from: peer, now: now), &outbox)
        case .exchangeRequested(let id, let peer, let protocolID, let frame):
            let actions = self.machine.exchangeRequested(
                id: id,
                peer: peer,
                protocolID: protocolID,
                frame: frame
            )
            self.perform(actions, &outbox)
        case .exchangeAnswered(let token, let frame):
            self.perform(self.machine.exchangeAnswered(token: token, frame: frame), &outbox)
        case .exchangeFailed(let token, let reason):
            self.perform(self.machine.exchangeFailed(token: token, reason: reason), &outbox)
        }
    }

    private func perform(_ actions: [GossipAction], _ outbox: inout Outbox) {
        for action in actions { self.perform(action, &outbox) }
    }

    private func perform(_ action: GossipAction, _ outbox: inout Outbox) {
        switch action {
        case .sendGossip(let frame, let peer):
            self.transport.sendGossip(frame, to: peer)
        case .admit(let bytes, let origin, let signature):
            let check = signature.map(RelayCheck.init)
            outbox.send(
                self.admit,
                AdmitMessage(bytes: bytes, origin: origin, relaySignatureHolds: check)
            )
        case .deliverAuthFrame(let side, let frame):
            outbox.send(self.authFrame, ReceiveAuthFrame(side: side, frame: frame))
        case .openExchange(let token, let exchange, let frame):
            self.transport.openExchange(
                token: token,
                peer: exchange.peer,
                protocolID: exchange.streamProtocol.rawValue,
                frame: frame
            )
        case .answerExchange(let id, let frame):
            self.transport.answerExchange(id, frame: frame)
        case .exchangeFailed(let exchange, let reason):
            outbox.send(self.exchangeFailed, ExchangeFailed(exchange: exchange, reason: reason))
        case .refuse(let origin, let id, let refusal):
            outbox.send(
                self.refused,
                MessageRefused(origin: origin, id: id, refusal: refusal)
            )
        case .listening(let addresses):
            outbox.send(self.listening, ListeningStarted(addresses: addresses))
        case .peerConnected(let peer, let address, let isOutbound):
            outbox.send(
                self.connected,
                PeerConnected(peer: peer, address: address, isOutbound: isOutbound)
            )
        case .peerAddressChanged(let peer, let address):
            outbox.send(self.addressChanged, PeerAddressChanged(peer: peer, address: address))
        case .peerDisconnected(let peer, let reason, let isShunned):
            outbox.send(
                self.disconnected,
                PeerDisconnected(peer: peer, reason: reason, isShunned: isShunned)
            )
        case .askStandings(let peers):
            outbox.ask(self.standings, PeerStandings(nodes: peers))
        case .setValue(let peer, let value):
            self.transport.setValue(value, of: peer)
        case .disconnect(let peer, let reason):
            self.transport.disconnect(peer, reason: reason)
        case .setReading(let paused):
            self.transport.setReading(paused: paused)
        case .wake(let pause): outbox.wake(at: outbox.now.advanced(by: pause))
        }
    }
}
