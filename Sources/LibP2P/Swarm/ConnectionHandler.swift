import Cryptography
import Multiformats
import MultistreamSelect
import NIOCore
import Relay
import Yamux

/// Drives one connection on its event loop: the link's layers, then its streams.
final class ConnectionHandler {
    let swarm: Swarm
    let id: ConnectionManager.ID
    /// What led here; nil for an accepted socket.
    let dial: Dial?
    var link: Link
    var streams: [YamuxStreamID: StreamState] = [:]
    /// The stream on which frames go out; kept when it fails, so that it is not offered for ever.
    var frameStream: YamuxStreamID?
    /// Bytes of the largest frame that ``frameStream`` has carried.
    var largestFrame = 0
    /// What came before frames could be sent to the peer; nil once that is settled.
    var earlyFrames: EarlyFrames? = EarlyFrames()
    /// The stream on which frames come in; a new one takes its place.
    var inboundFrameStream: YamuxStreamID?
    var deadlines = StreamDeadlines()
    /// The one timer that looks for late streams.
    var sweep: (deadline: NIODeadline, task: Scheduled<Void>)?
    var resets = RateBudget(SwarmLimits.resetsPerWindowMax, in: SwarmLimits.resetWindow)
    var pushes = RateBudget(SwarmLimits.pushesPerWindowMax, in: SwarmLimits.pushWindow)
    var requests = RateBudget(RelayLimits.requestsPerWindowMax, in: RelayLimits.requestWindow)
    var carrier: (any Carrier)?
    var connection: Connection?
    var vitals: PeerVitals
    var writing: WriteQueue
    /// Another connection takes this one's place, or the peer wants no more streams on it.
    var isRetiring = false
    /// Whether the peer said that it takes news of this host.
    var wantsPushes = false
    var isReading = true
    /// The timer of the present stage: for the upgrade, then for signs of life.
    var watchdog: Scheduled<Void>?
    private var isFlushDue = false
    private var reason = "the peer closed the connection"
    private var isOwnKey = false
    /// Where the peer sees this host.
    var observed: Multiaddr?
    var punch = PunchState()
    /// The streams were given up; between this and the handler's removal nothing new may begin.
    private(set) var hasEnded = false

    /// Prepares the handler of a dial or of an accepted socket; who calls through a relay has to be
    /// the peer that the relay named.
    init(
        swarm: Swarm,
        id: ConnectionManager.ID,
        dial: Dial?,
        expectedPeer: PeerID? = nil
    ) {
        self.swarm = swarm
        self.id = id
        self.dial = dial
        self.vitals = PeerVitals(
            keepAlive: swarm.configuration.keepAlive,
            stallTimeout: swarm.configuration.stallTimeout
        )
        self.writing = WriteQueue(within: swarm.writeBudget)
        self.link = Link(
            isOutbound: dial?.isInitiator ?? false,
            identity: swarm.configuration.identity,
            expectedPeer: dial?.target.peerID ?? dial?.asked.peerID ?? expectedPeer,
            staticSecret: swarm.noiseSecret,
            ephemeralSecret: SecureRandom.bytes(32)
        )
    }

    /// Whether this host begins the handshakes.
    var isInitiator: Bool { self.dial?.isInitiator ?? false }

    // MARK: What the carrier tells

    /// The carrier can be written to.
    func begin() {
        guard let carrier = self.carrier else { return }
        self.flush()
        let bound = NIOLoopBound(self, eventLoop: carrier.eventLoop)
        let timeout = self.swarm.configuration.upgradeTimeout
        self.watchdog = carrier.eventLoop.scheduleTask(in: timeout) {
            bound.value.close("it was not ready within \(timeout)")
        }
    }

    func received(_ bytes: [UInt8]) {
        self.vitals.heard(at: .now())
        do {
            let events = try self.link.receive(bytes)
            for event in events { self.handle(event) }
        } catch {
            switch error {
            case LinkError.itself: self.isOwnKey = true
            case LinkError.ownKey:
                self.isOwnKey = true
                self.swarm.delegate.ownKeyMet(
                    at: self.dial?.target ?? self.carrier?.address,
                    isOutbound: self.isInitiator
                )
            default: break
            }
            self.flush()
            self.close("\(error)")
            return
        }
        self.flush()
    }

    /// The carrier is gone.
    func ended() {
        self.hasEnded = true
        for state in self.streams.values { self.abandon(state, self.reason) }
        self.streams = [:]
        self.deadlines = StreamDeadlines()
        self.sweep?.task.cancel()
        self.watchdog?.cancel()
        (self.sweep, self.watchdog) = (nil, nil)
        self.writing.end()
        if let connection = self.connection {
            self.swarm.ended(connection, reason: self.reason)
        } else if let dial = self.dial {
            let failure = DialFailure.upgrading(self.link.step, self.reason)
            self.swarm.attemptFailed(dial, reason: failure, isOwnKey: self.isOwnKey)
        }
    }

    // MARK: For the swarm

    func close(_ reason: String) {
        self.reason = reason
        _ = self.link.withMuxer { $0.goAway() }
        self.flush()
        self.carrier?.close()
    }

    func setReading(_ isReading: Bool) {
        self.isReading = isReading
        self.vitals.heard(at: .now())
        self.carrier?.setReading(isReading)
    }

    /// Whether frames go over this connection at all.
    private var carriesFrames: Bool {
        self.carrier?.isLimited != true || self.swarm.configuration.framesThroughRelays
    }

    /// Every protocol that streams of the peer may select.
    var offeredProtocols: [String] {
        let all = self.swarm.offeredProtocols
        guard !self.carriesFrames else { return all }
        return all.filter { !self.swarm.configuration.longLivedProtocols.contains($0) }
    }

    /// Opens the stream that carries frames to the peer.
    func openFrameStream() {
        guard self.frameStream == nil, self.carriesFrames else { return }
        let dialer = MultistreamDialer(protocols: self.swarm.configuration.longLivedProtocols)
        self.frameStream = self.open(.offering(dialer, .frames))
        self.largestFrame = 0
        self.flush()
    }

    /// Queues a frame; ``flush()`` writes it, with others unless they are large.
    func send(frame: [UInt8]) {
        guard let id = self.frameStream, case .framesOut? = self.streams[id] else { return }
        let queued = self.link.queuedBytes
        guard self.writing.hasRoom(for: frame.count, beside: queued, upTo: .frames) else {
            guard let peer = self.connection?.peer else { return }
            return self.swarm.delegate.frameDropped(peer, byteCount: frame.count)
        }
        self.write(frame, on: id)
        self.largestFrame = max(self.largestFrame, frame.count)
        // What fills a message of its own gains nothing by waiting for more.
        if self.link.outputBytes >= SwarmLimits.writeBytes { self.flush() }
    }

    func openExchange(token: UInt64, protocolID: String, request: [UInt8], staysOpen: Bool) {
        let queued = self.link.queuedBytes
        guard self.writing.hasRoom(for: request.count, beside: queued, upTo: .everything) else {
            let reason = "the peer takes in too little of what is sent to it"
            return self.swarm.delegate.exchangeFailed(token: token, reason: reason)
        }
        let purpose = StreamState.Purpose.exchange(
            token: token,
            request: request,
            staysOpen: staysOpen
        )
        let state = StreamState.offering(MultistreamDialer(protocols: [protocolID]), purpose)
        if self.carrier == nil || self.open(state) == nil {
            self.swarm.delegate.exchangeFailed(token: token, reason: "no stream can be opened")
        }
        self.flush()
    }

    func answer(_ stream: YamuxStreamID, id: UInt64, _ answer: [UInt8]?) {
        guard case .answering(id)? = self.streams[stream] else { return }
        let queued = self.link.queuedBytes
        if let answer,
            self.writing.hasRoom(for: answer.count, beside: queued, upTo: .everything)
        {
            self.streams[stream] = .answered
            self.write(ExchangeReader.frame(answer), on: stream)
            self.closeWrite(stream)
        } else {
            self.reset(stream)
        }
        self.flush()
    }

    // MARK: Writing

    func write(_ bytes: [UInt8], on id: YamuxStreamID) {
        if !bytes.isEmpty { _ = self.link.withMuxer { $0.send(bytes, on: id) } }
    }

    func closeWrite(_ id: YamuxStreamID) {
        let isForgotten = self.link.withMuxer { $0.closeWrite(id) } ?? true
        if isForgotten { self.drop(id) }
    }

    func reset(_ id: YamuxStreamID) {
        _ = self.link.withMuxer { $0.reset(id) }
        self.drop(id)
    }

    /// Nothing of a stream that is over stays.
    @discardableResult
    func drop(_ id: YamuxStreamID) -> StreamState? {
        self.deadlines.remove(id)
        let state = self.streams.removeValue(forKey: id)
        if id == self.frameStream { self.releaseEarlyFrames() }
        if state != nil, self.isByPeer(id) { self.swarm.closedStream(on: self.id) }
        return state
    }

    /// Whether the peer opened a stream: the initiator's are odd.
    func isByPeer(_ id: YamuxStreamID) -> Bool { (id.rawValue % 2 == 1) != self.isInitiator }

    /// Writes once for all that is sent in this turn of the event loop.
    func flushSoon() {
        guard !self.isFlushDue, let carrier = self.carrier else { return }
        self.isFlushDue = true
        let bound = NIOLoopBound(self, eventLoop: carrier.eventLoop)
        carrier.eventLoop.execute {
            bound.value.isFlushDue = false
            bound.value.flush()
        }
    }

    /// Writes all that the layers have for the carrier.
    func flush() {
        guard let carrier = self.carrier else { return }
        defer { self.writing.settle(beside: self.link.queuedBytes) }
        let courier = self.connection?.courier
        guard let buffer = self.link.takeBuffer(from: courier) else { return }
        let count = buffer.readableBytes
        let promise = carrier.eventLoop.makePromise(of: Void.self)
        let bound = NIOLoopBound(self, eventLoop: carrier.eventLoop)
        self.writing.began(count, at: .now())
        promise.futureResult.whenComplete { _ in
            bound.value.writing.ended(count, at: .now())
            bound.value.writing.settle(beside: bound.value.link.queuedBytes)
        }
        carrier.write(buffer, promise: promise)
        courier?.keep(buffer)
    }
}
