import Cryptography
import Logging
import Multiformats
import MultistreamSelect
import NIOCore
import Yamux

/// Drives one connection on its event loop: the link's layers, then its streams.
final class ConnectionHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    let swarm: Swarm
    let isOutbound: Bool
    let dialled: Multiaddr?
    var link: Link
    var streams: [YamuxStreamID: StreamState] = [:]
    /// The stream on which frames go out; kept when it fails, so that it is not offered for ever.
    var frameStream: YamuxStreamID?
    /// The stream on which frames come in; a new one takes its place.
    var inboundFrameStream: YamuxStreamID?
    var deadlines = StreamDeadlines()
    /// The one timer that looks for late streams.
    var sweep: Scheduled<Void>?
    var resets = ResetBudget()
    var context: ChannelHandlerContext?
    var connection: Connection?
    private var isFlushDue = false
    private var reason = "the peer closed the connection"
    /// The streams were given up; between this and the handler's removal nothing new may begin.
    private(set) var hasEnded = false

    init(swarm: Swarm, dialled: Multiaddr?) {
        self.swarm = swarm
        self.dialled = dialled
        self.isOutbound = dialled != nil
        self.link = Link(
            isOutbound: dialled != nil,
            identity: swarm.configuration.identity,
            expectedPeer: dialled?.peerID,
            staticSecret: SecureRandom.bytes(32),
            ephemeralSecret: SecureRandom.bytes(32)
        )
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { self.begin(context) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        self.begin(context)
        context.fireChannelActive()
    }

    private func begin(_ context: ChannelHandlerContext) {
        self.flush()
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        let timeout = self.swarm.configuration.upgradeTimeout
        context.eventLoop.scheduleTask(in: timeout) {
            if bound.value.connection == nil {
                bound.value.close("it was not ready within \(timeout)")
            }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(self.unwrapInboundIn(data).readableBytesView)
        do {
            let events = try self.link.receive(bytes)
            for event in events { self.handle(event) }
        } catch {
            if case LinkError.ownKey = error { self.warnOfOwnKey() }
            self.flush()
            self.close("\(error)")
            return
        }
        self.flush()
    }

    /// Nobody else can prove our key: it is this host itself, or a second one with a copy.
    private func warnOfOwnKey() {
        let address = self.dialled.map { "at \($0) " } ?? ""
        self.swarm.logger.warning(
            """
            the other side \(address)has this node's own key: leave out the node's own address, \
            or give the other node a key of its own with `valence-node init`
            """
        )
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.hasEnded = true
        for state in self.streams.values { self.failExchange(state, self.reason) }
        self.streams = [:]
        self.deadlines = StreamDeadlines()
        self.sweep?.cancel()
        if let connection = self.connection {
            self.swarm.ended(connection, reason: self.reason)
        } else if let dialled = self.dialled {
            self.swarm.delegate.dialFailed(dialled, reason: self.reason)
        }
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // Who does not read what we write is not read from either.
        self.setReading(context.channel.isWritable && !self.swarm.isPaused)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { self.close("\(error)") }

    // MARK: For the swarm

    func close(_ reason: String) {
        self.reason = reason
        self.context?.close(promise: nil)
    }

    func setReading(_ isReading: Bool) {
        _ = self.context?.channel.setOption(.autoRead, value: isReading)
        if isReading { self.context?.read() }
    }

    /// Opens the stream that carries frames to the peer.
    func openFrameStream() {
        let dialer = MultistreamDialer(protocols: self.swarm.configuration.longLivedProtocols)
        self.frameStream = self.open(.offering(dialer, .frames))
        self.flush()
    }

    func send(frame: [UInt8]) {
        guard let id = self.frameStream, case .framesOut? = self.streams[id] else { return }
        let pending = self.link.withMuxer { $0.pendingBytes(on: id) } ?? 0
        guard pending + frame.count <= SwarmLimits.pendingFrameBytesMax else { return }
        self.write(frame, on: id)
        self.flushSoon()
    }

    func openExchange(token: UInt64, protocolID: String, request: [UInt8]) {
        let purpose = StreamState.Purpose.exchange(token: token, request: request)
        let state = StreamState.offering(MultistreamDialer(protocols: [protocolID]), purpose)
        if self.context == nil || self.open(state) == nil {
            self.swarm.delegate.exchangeFailed(token: token, reason: "no stream can be opened")
        }
        self.flush()
    }

    func answer(_ stream: YamuxStreamID, id: UInt64, _ answer: [UInt8]?) {
        guard case .answering(id)? = self.streams[stream] else { return }
        if let answer {
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
        return self.streams.removeValue(forKey: id)
    }

    /// Writes once for all frames that are sent in this turn of the event loop.
    private func flushSoon() {
        guard !self.isFlushDue, let context = self.context else { return }
        self.isFlushDue = true
        let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
        context.eventLoop.execute {
            bound.value.isFlushDue = false
            bound.value.flush()
        }
    }

    func flush() {
        guard let context = self.context else { return }
        let bytes = self.link.takeOutput()
        guard !bytes.isEmpty else { return }
        context.writeAndFlush(
            self.wrapOutboundOut(context.channel.allocator.buffer(bytes: bytes)),
            promise: nil
        )
    }
}
