import Cryptography
import Multiformats
import MultistreamSelect
import NIOCore
import Yamux

// What keeps a connection in order: signs of life, its end in favour of another, identify.
extension ConnectionHandler {
    // MARK: Signs of life

    /// Looks after the peer until the connection ends.
    func watch() {
        guard let context = self.context, !self.hasEnded else { return }
        let configuration = self.swarm.configuration
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let pause = min(configuration.keepAlive, configuration.stallTimeout)
        self.watchdog?.cancel()
        self.watchdog = context.eventLoop.scheduleTask(in: pause) {
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
        self.flush()
        self.swarm.retired(connection)
        self.closeWhenDone(by: .now() + self.swarm.configuration.exchangeTimeout)
    }

    private func closeWhenDone(by deadline: NIODeadline) {
        guard let context = self.context else { return }
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.scheduleTask(in: SwarmLimits.retireGrace) {
            let isBusy = bound.value.streams.values.contains(where: \.isExchange)
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
            observed: self.context.flatMap { Multiaddr($0.channel.remoteAddress) }
        )
    }

    func identityReader(_ peer: PeerID) -> FrameReader {
        FrameReader(limit: SwarmLimits.identifyBytesMax, self.swarm.readBudget(of: peer))
    }

    /// Asks the peer who it is and what it speaks.
    func askForIdentity() {
        let dialer = MultistreamDialer(protocols: [Identify.protocolID])
        _ = self.open(.offering(dialer, .identify))
        self.flush()
    }

    /// Tells the peer what has changed here, when it takes such news.
    func pushIdentity() {
        guard self.wantsPushes else { return }
        let dialer = MultistreamDialer(protocols: [Identify.pushProtocolID])
        _ = self.open(.offering(dialer, .push))
        self.flush()
    }

    // MARK: Reachability

    /// Asks the peer to dial this host.
    func askForReachability() {
        let dialer = MultistreamDialer(protocols: [AutoNATClient.protocolID])
        _ = self.open(.offering(dialer, .reachability))
        self.flush()
    }

    func reachabilityAnswered(_ message: [UInt8]) throws {
        let answer = try AutoNATClient.answer(message)
        let remote = self.context.flatMap { Multiaddr($0.channel.remoteAddress) }
        let countsLoopback = self.swarm.configuration.connections.countsLoopback
        guard let network = NetworkKey(remote, countsLoopback: countsLoopback) else { return }
        self.swarm.reachabilityAnswered(from: network, answer)
    }

    // MARK: Identify, received

    /// A message of the peer, without its length.
    func identified(_ message: [UInt8]) throws {
        guard let peer = self.connection?.peer else { return }
        let identity = try Identify.read(message, from: peer)
        if let protocols = identity.protocols {
            let push = Identify.pushProtocolID.utf8
            self.wantsPushes = protocols.contains { $0.utf8.elementsEqual(push) }
        }
        self.swarm.delegate.identified(peer, identity)
    }
}
