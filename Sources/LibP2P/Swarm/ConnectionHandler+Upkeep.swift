import Cryptography
import Multiformats
import MultistreamSelect
import NIOCore
import Relay
import Yamux

// What keeps a connection in order: signs of life, its end in favour of another, identify.
extension ConnectionHandler {
    // MARK: Signs of life

    /// Looks after the peer until the connection ends.
    func watch() {
        guard let carrier = self.carrier, !self.hasEnded else { return }
        let configuration = self.swarm.configuration
        let bound = NIOLoopBound(self, eventLoop: carrier.eventLoop)
        let pause = min(configuration.keepAlive, configuration.stallTimeout)
        self.watchdog?.cancel()
        self.watchdog = carrier.eventLoop.scheduleTask(in: pause) {
            bound.value.look()
            bound.value.watch()
        }
    }

    private func look() {
        // Whoever is not read from cannot be heard.
        if !self.isReading { self.vitals.heard(at: .now()) }
        let stuckSince = self.writing.isEmpty ? nil : self.writing.lastProgress
        switch self.vitals.verdict(stuckSince: stuckSince, at: .now()) {
        case .fine: break
        case .ask: self.askForSign()
        case .dead: self.close("it gives no sign of life")
        case .stalled: self.close("it takes in nothing of what is sent to it")
        }
    }

    /// Sends a ping of the muxer; any byte that comes is a sign of life.
    func askForSign() {
        let value = SecureRandom.bytes(4).reduce(0) { $0 << 8 | UInt32($1) }
        _ = self.link.withMuxer { $0.ping(value) }
        self.flush()
    }

    // MARK: Retiring

    /// Opens no more streams, lets those that somebody waits for end, and closes.
    func retire() {
        guard !self.isRetiring, !self.hasEnded, let connection = self.connection else { return }
        self.isRetiring = true
        _ = self.link.withMuxer { $0.goAway() }
        if let id = self.frameStream, case .framesOut? = self.streams[id] { self.closeWrite(id) }
        self.frameStream = nil
        // The stream that they wait for is watched no more.
        self.releaseEarlyFrames()
        self.flush()
        self.swarm.retired(connection)
        self.closeWhenDone(by: .now() + self.swarm.configuration.exchangeTimeout)
    }

    private func closeWhenDone(by deadline: NIODeadline) {
        guard let carrier = self.carrier else { return }
        let bound = NIOLoopBound(self, eventLoop: carrier.eventLoop)
        carrier.eventLoop.scheduleTask(in: SwarmLimits.retireGrace) {
            let isBusy = bound.value.streams.values.contains {
                $0.isExchange || $0.isCarrying
            }
            if isBusy, deadline > .now() {
                bound.value.closeWhenDone(by: deadline)
            } else {
                bound.value.close("another connection took its place, or the peer said goodbye")
            }
        }
    }

    // MARK: Identify

    /// What this host tells of itself.
    var identity: [UInt8] {
        Identify.message(
            self.swarm.configuration,
            listening: self.swarm.advertised,
            protocols: self.swarm.offeredProtocols,
            observed: self.carrier?.remote
        )
    }

    /// Tells the peer what has changed here, when it takes such news.
    func pushIdentity() {
        guard self.wantsPushes else { return }
        let dialer = MultistreamDialer(protocols: [Identify.pushProtocolID])
        _ = self.open(.offering(dialer, .push))
        self.flush()
    }

    // MARK: Reachability

    func reachabilityAnswered(_ message: [UInt8]) throws {
        let answer = try AutoNATClient.answer(message)
        guard let connection = self.connection, let network = self.swarm.network(of: connection)
        else { return }
        self.swarm.reachabilityAnswered(from: network, answer)
    }

    /// The peer asks to be dialled.
    func dialBackAsked(_ message: [UInt8], on id: YamuxStreamID) {
        guard let connection = self.connection else { return }
        switch self.swarm.dialBackAsked(by: connection, message) {
        case .refuse(let status, let text):
            self.reply(AutoNATServer.answer(status, text), on: id)
        case .dial(let addresses):
            self.streams[id] = .diallingBack
            self.swarm.dialBack(addresses, of: connection.peer) { status, address in
                connection.perform { $0.dialledBack(status, at: address, on: id) }
            }
        }
    }

    private func dialledBack(
        _ status: AutoNATServer.Status,
        at address: Multiaddr?,
        on id: YamuxStreamID
    ) {
        guard case .diallingBack? = self.streams[id] else { return }
        let text =
            switch status {
            case .ok: ""
            case .dialError: "none of your addresses answers"
            case .dialRefused, .badRequest: "too many ask"
            }
        self.reply(AutoNATServer.answer(status, text, at: address), on: id)
        self.flush()
    }

    // MARK: Identify, received

    /// A message of the peer, without its length.
    func identified(_ message: [UInt8]) throws {
        guard let peer = self.connection?.peer else { return }
        let identity = try Identify.read(message, from: peer)
        if let observed = identity.observed { self.observed = observed }
        if let protocols = identity.protocols {
            let push = Identify.pushProtocolID.utf8
            self.wantsPushes = protocols.contains { $0.utf8.elementsEqual(push) }
            if let connection = self.connection { self.swarm.learned(protocols, of: connection) }
        }
        self.upgrade(identity.addresses ?? [])
        self.swarm.delegate.identified(peer, identity)
    }
}
