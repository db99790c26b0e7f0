import Discovery
import Multiformats
import NIOCore
import NIOTLS
import TLS

/// What carries the bytes of a connection: a socket, or a stream through a relay.
///
/// All calls are on the event loop. What happens goes to the ``ConnectionHandler``.
protocol Carrier: AnyObject {
    var eventLoop: any EventLoop { get }
    /// Whether a relay is between, which ends the connection before long.
    var isLimited: Bool { get }
    /// The address of the other end, without its peer id.
    var address: Multiaddr? { get }
    /// The own end of the socket, or of the one to the relay.
    var local: SocketAddress? { get }
    /// Where the relay sees this host; nil for a socket.
    var observed: Multiaddr? { get }
    /// Writes bytes; the promise is kept once they are on their way.
    func write(_ bytes: ByteBuffer, promise: EventLoopPromise<Void>)
    /// Encrypts what is written and read from here on by TLS, whose first bytes came already; the connection
    /// is told what comes of it.
    func startTLS(_ first: [UInt8])
    /// Whether what was written before has gone far enough that a peer may be read, and so answered.
    var hasRoom: Bool { get }
    func setReading(_ isReading: Bool)
    func close()
}

extension Carrier {
    /// Where this host sees the other end; nil through a relay.
    var remote: Multiaddr? { self.isLimited ? nil : self.address }
}

/// A source of bytes for a carrier.
protocol CarrierSource: ~Copyable {
    /// The size of what ``takeOutput(into:)`` writes.
    var outputBytes: Int { get }
    /// Hands out what is to be written.
    mutating func takeOutput(into buffer: UnsafeMutableRawBufferPointer) -> Int
}

extension Link: CarrierSource {}

extension StreamMachine: CarrierSource {}

extension CarrierSource where Self: ~Copyable {
    /// What is meant for the carrier, in one buffer; nil when there is nothing.
    mutating func takeBuffer(from batcher: FrameBatcher? = nil) -> ByteBuffer? {
        let size = self.outputBytes
        guard size > 0 else { return nil }
        var buffer = batcher?.takeBuffer(of: size) ?? ByteBuffer()
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: size) {
            self.takeOutput(into: $0)
        }
        return buffer
    }
}

/// A TCP socket as the carrier of a connection.
final class SocketCarrier: ChannelInboundHandler, Carrier {
    typealias InboundIn = ByteBuffer

    private let channel: any Channel
    private let shaping: ShapingHandler
    private let connection: ConnectionHandler
    private var handshake: TLSHandshake?
    private var isClosing = false

    /// Takes part in a channel, behind the handler that holds back what is written.
    init(_ channel: any Channel, _ shaping: ShapingHandler, _ connection: ConnectionHandler) {
        self.channel = channel
        self.shaping = shaping
        self.connection = connection
    }

    // MARK: Carrier

    var eventLoop: any EventLoop { self.channel.eventLoop }

    var isLimited: Bool { false }

    var address: Multiaddr? { Multiaddr(self.channel.remoteAddress) }

    var local: SocketAddress? { self.channel.localAddress }

    var observed: Multiaddr? { nil }

    func write(_ bytes: ByteBuffer, promise: EventLoopPromise<Void>) {
        // Bytes behind a goodbye of TLS would cut it short.
        guard !self.isClosing else { return promise.fail(ChannelError.ioOnClosedChannel) }
        var bytes = bytes
        // TLS keeps a buffer of the size of the largest write for each connection.
        while self.handshake != nil, bytes.readableBytes > SwarmLimits.writeBytes,
            let piece = bytes.readSlice(length: SwarmLimits.writeBytes)
        {
            self.channel.writeAndFlush(piece, promise: nil)
        }
        self.channel.writeAndFlush(bytes, promise: promise)
    }

    func startTLS(_ first: [UInt8]) {
        do {
            self.handshake = try self.connection.secure(self.channel, below: self, first)
        } catch {
            self.connection.close("TLS: \(error)")
        }
    }

    var hasRoom: Bool { self.channel.isWritable && !self.shaping.isFull }

    func setReading(_ isReading: Bool) {
        // The answer to a goodbye is to be read, whatever else is not.
        guard isReading || !self.isClosing else { return }
        _ = self.channel.setOption(.autoRead, value: isReading)
        if isReading { self.channel.read() }
    }

    func close() {
        guard !self.isClosing else { return }
        self.isClosing = true
        let isWhole = self.shaping.end()
        guard self.handshake != nil else { return self.channel.close(promise: nil) }
        self.endTLS(isWhole: isWhole)
        // The connection does not wait for the socket: a peer could stay by leaving a goodbye unanswered.
        let bound = NIOLoopBound(self.connection, eventLoop: self.eventLoop)
        self.eventLoop.execute { bound.value.ended() }
    }

    /// Says goodbye and waits for the answer, if there is a place for one more socket that waits.
    ///
    /// - Parameter isWhole: whether all that was encrypted is on its way; nobody can read what comes behind a gap.
    private func endTLS(isWhole: Bool) {
        let swarm = self.connection.swarm
        guard isWhole, swarm.beginsGoodbye() else { return self.channel.closeAbruptly() }
        self.channel.closeFuture.whenComplete { _ in swarm.endedGoodbye() }
        self.setReading(true)
        self.channel.close(promise: nil)
    }

    // MARK: Channel events

    func handlerAdded(context: ChannelHandlerContext) {
        self.connection.carrier = self
        let marks = ChannelOptions.Types.WriteBufferWaterMark(
            low: SwarmLimits.unwrittenLowWater,
            high: SwarmLimits.unwrittenHighWater
        )
        try? context.channel.syncOptions?.setOption(.writeBufferWaterMark, value: marks)
        if context.channel.isActive { self.connection.begin() }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.connection.carrier = nil }

    func channelActive(context: ChannelHandlerContext) {
        self.connection.begin()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // TLS waits for an answer to its goodbye; what comes meanwhile is of no interest.
        guard !self.isClosing else { return }
        self.connection.received(Array(self.unwrapInboundIn(data).readableBytesView))
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.connection.ended()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.connection.roomChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let negotiated)? = event as? TLSUserEvent,
            let handshake = self.handshake, !self.isClosing
        {
            do {
                self.connection.secured(by: try handshake.finish(negotiated: negotiated))
            } catch {
                self.connection.close("\(error)")
            }
        }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // What fails once this side has closed does not say why it did.
        guard !self.isClosing else { return }
        guard let handshake = self.handshake else { return self.connection.close("\(error)") }
        if let reason = handshake.reason(for: error) { self.connection.close(reason) }
    }
}
