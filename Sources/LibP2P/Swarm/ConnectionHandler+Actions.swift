import Multiformats
import NIOCore
import Relay
import Yamux

// Carries out the actions of the machine, with the carrier, the swarm and its delegate.
extension ConnectionHandler {
    func perform(_ action: StreamAction) {
        switch action {
        case .startTLS(let first):
            self.flush()
            self.carrier?.startTLS(first)
        case .proven(let peer): self.began(with: peer)
        case .ownKey:
            let isOutbound = self.dial?.isInitiator ?? false
            let address = self.dial?.target ?? self.carrier?.address
            self.swarm.delegate.ownKeyMet(at: address, isOutbound: isOutbound)
        case .flush: self.flush()
        case .close:
            self.flush()
            self.carrier?.close()
        case .wake(let deadline): self.wakeMachine(at: deadline)
        case .retired:
            self.flush()
            if let connection = self.connection { self.swarm.retired(connection) }
        case .lookWhenDone(let deadline):
            self.later(in: SwarmLimits.retireGrace) { $0.tell { $0.closeIfDone(by: deadline) } }
        case .admit(let id): self.admit(id)
        case .released: self.swarm.closedStream(on: self.id)
        case .frames(let action): self.perform(action)
        case .exchange(let action): self.perform(action)
        case .message(let action): self.perform(action)
        case .punch(let action): self.perform(action)
        case .circuit(let action): self.perform(action)
        case .relay(let action): self.perform(action)
        }
    }

    /// The peer opened a stream.
    private func admit(_ id: YamuxStreamID) {
        guard self.swarm.openedStream(on: self.id) else { return self.answer { $0.refuse(id) } }
        let all = self.swarm.offeredProtocols
        let longLived = self.swarm.configuration.longLivedProtocols
        self.answer { machine in
            let offered = machine.carriesFrames ? all : all.filter { !longLived.contains($0) }
            machine.admit(id, offering: offered)
        }
    }

    // MARK: Frames and exchanges

    private func perform(_ action: FrameAction) {
        guard let connection = self.connection else { return }
        let (peer, delegate) = (connection.peer, self.swarm.delegate)
        switch action {
        case .ready(let protocolID):
            let isOutbound = connection.isOutbound
            delegate.frameStreamReady(peer, protocolID: protocolID, isOutbound: isOutbound)
        case .received(let frames):
            for frame in frames { delegate.received(frame: frame, from: peer) }
        case .early(let frames, let id):
            let isPrimary = self.swarm.isPrimary(connection)
            self.answer { $0.take(early: frames, on: id, isPrimary: isPrimary) }
        case .dropped(let count): delegate.frameDropped(peer, byteCount: count)
        case .reset(let largest): delegate.frameStreamReset(peer, largestFrame: largest)
        case .lost:
            guard self.swarm.isPrimary(connection) else { return }
            self.answer { $0.releaseFrameStream() }
            // A peer that reset the stream may have restarted its router: try once a second.
            self.later(in: .seconds(1)) { $0.tell { $0.openFrameStream() } }
        }
    }

    private func perform(_ action: ExchangeAction) {
        let delegate = self.swarm.delegate
        switch action {
        case .requested(let protocolID, let request, let id):
            guard let connection = self.connection else { return }
            let number = self.swarm.register(connection, id)
            self.answer { $0.number(number, on: id) }
            delegate.exchangeRequested(
                id: number,
                peer: connection.peer,
                protocolID: protocolID,
                request: request
            )
        case .answered(let token, let answer):
            delegate.exchangeAnswered(token: token, answer: answer)
        case .failed(let token, let reason):
            delegate.exchangeFailed(token: token, reason: reason)
        }
    }

    // MARK: The stack's own protocols

    private func perform(_ action: MessageAction) {
        guard let connection = self.connection else { return }
        switch action {
        case .tellIdentity(let id):
            let message = self.identity
            self.answer { $0.reply(message, on: id) }
        case .identified(let identity, let mayUpgrade):
            if let protocols = identity.protocols { self.swarm.learned(protocols, of: connection) }
            if mayUpgrade { self.upgrade(identity.addresses ?? []) }
            self.swarm.delegate.identified(connection.peer, identity)
        case .askReachability(let id):
            let own = self.swarm.configuration.localPeer
            let request = AutoNATClient.request(own, self.swarm.directAddresses)
            self.answer { $0.pose(request, on: id) }
        case .reachability(let answer):
            guard let network = self.swarm.network(of: connection) else { return }
            self.swarm.reachabilityAnswered(from: network, answer)
        case .dialBackAsked(let message, let id): self.dialBackAsked(message, on: id)
        }
    }

    /// What this host tells of itself.
    private var identity: [UInt8] {
        Identify.message(
            self.swarm.configuration,
            listening: self.swarm.advertised,
            protocols: self.swarm.offeredProtocols,
            observed: self.carrier?.remote
        )
    }

    /// The peer asks to be dialled.
    private func dialBackAsked(_ message: [UInt8], on id: YamuxStreamID) {
        guard let connection = self.connection else { return }
        switch self.swarm.dialBackAsked(by: connection, message) {
        case .refuse(let status, let text):
            self.answer { $0.reply(AutoNATServer.answer(status, text), on: id) }
        case .dial(let addresses):
            self.answer { $0.dialBack(on: id) }
            self.swarm.dialBack(addresses, of: connection.peer) { status, address in
                let answer = AutoNATServer.answer(
                    status,
                    ConnectionHandler.text(of: status),
                    at: address
                )
                connection.tell { $0.dialledBack(answer, on: id) }
            }
        }
    }

    private static func text(of status: AutoNATServer.Status) -> String {
        switch status {
        case .ok: ""
        case .dialError: "none of your addresses answers"
        case .dialRefused, .badRequest: "too many ask"
        }
    }

    // MARK: From a relayed connection to a direct one

    /// The caller said where it listens.
    private func upgrade(_ addresses: [Multiaddr]) {
        guard let peer = self.connection?.peer else { return }
        let targets = self.swarm.punchable(addresses, of: peer)
        if targets.isEmpty {
            self.answer { $0.punchHole() }
        } else {
            self.swarm.upgrade(targets)
        }
    }

    private func perform(_ action: PunchAction) {
        guard let peer = self.connection?.peer else { return }
        let swarm = self.swarm
        switch action {
        case .ask(let id):
            let message = self.punchAddresses.framed
            self.answer { $0.pose(message, on: id) }
        case .asked(let addresses, let id):
            let message = self.punchAddresses.framed
            let targets = swarm.punchable(addresses, of: peer)
            self.answer { $0.answerPunch(message, targets: targets, on: id) }
        case .dial(let addresses, let way):
            let targets = swarm.punchable(addresses, of: peer)
            self.later(in: way) { handler in
                swarm.punch(targets, from: handler.carrier?.local, isServer: true)
            }
            self.later(in: swarm.configuration.punchTimeout) { $0.tell { $0.punchHole() } }
        case .dialNow(let addresses):
            swarm.punch(addresses, from: self.carrier?.local, isServer: false)
        }
    }

    /// Where the relay sees this host, and where it can be reached as far as it knows.
    private var punchAddresses: HolePunchMessage {
        let observed = self.carrier?.observed.map { [$0] } ?? []
        let own = observed + self.swarm.directAddresses
        let dialable = own.filter { self.swarm.configuration.isPublic($0) }
        return HolePunchMessage(kind: .connect, addresses: dialable)
    }
}
