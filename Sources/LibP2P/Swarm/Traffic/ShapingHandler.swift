import NIOCore

/// Asks a socket to close at once, without a goodbye of what encrypts it.
private struct AbruptEnd: Sendable {}

extension Channel {
    /// Closes the socket of a connection without a goodbye, whose answer would be waited for; from any thread.
    func closeAbruptly() { self.triggerUserOutboundEvent(AbruptEnd(), promise: nil) }
}

/// Holds the bytes of one socket back until their turn comes, piece by piece, and counts them.
///
/// What waits to be sent makes the connection stop reading, as what the socket has not taken does; what is not read yet
/// stays with the system, whose window then slows the sender.
final class ShapingHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private struct Write {
        var bytes: ByteBuffer
        let promise: EventLoopPromise<Void>?
    }

    private let shaper: TrafficShaper
    private var context: ChannelHandlerContext?
    /// What was written and has not had its turn.
    private var held = CircularBuffer<Write>()
    private var heldBytes = 0
    /// The connection may not add to what waits by reading on.
    private(set) var isFull = false
    /// Nothing waits for its turn any more.
    private var hasEnded = false
    private var sending: Scheduled<Void>?
    private var paidAt = NIODeadline.uptimeNanoseconds(0)
    private var reading: Scheduled<Void>?

    init(_ shaper: TrafficShaper) { self.shaper = shaper }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.sending?.cancel()
        self.reading?.cancel()
        self.drop()
    }

    // MARK: To the peer

    func write(
        context: ChannelHandlerContext,
        data: NIOAny,
        promise: EventLoopPromise<Void>?
    ) {
        let bytes = self.unwrapOutboundIn(data)
        self.heldBytes += bytes.readableBytes
        self.held.append(Write(bytes: bytes, promise: promise))
    }

    func flush(context: ChannelHandlerContext) {
        if self.hasEnded { return self.sendAll(context) }
        // What was written meanwhile goes after what waits.
        guard self.sending == nil else { return self.tellIfFull(context) }
        self.send(context)
    }

    /// Sends pieces until one has to wait for its turn.
    private func send(_ context: ChannelHandlerContext) {
        while let write = self.held.first {
            let count = self.shaper.piece(of: write.bytes.readableBytes)
            let pause = self.shaper.take(count, .outbound, at: context.eventLoop.now)
            guard pause > .zero else {
                self.sendPiece(count, context)
                continue
            }
            self.sending = context.eventLoop.assumeIsolated().scheduleTask(in: pause) {
                self.sending = nil
                guard let context = self.context else { return }
                self.sendPiece(count, context)
                self.send(context)
            }
            break
        }
        context.flush()
        self.tellIfFull(context)
    }

    /// Sends a part of the first write, and keeps its promise with the last one.
    private func sendPiece(_ count: Int, _ context: ChannelHandlerContext) {
        guard var write = self.held.popFirst() else { return }
        self.shaper.count(count, .outbound)
        self.heldBytes -= count
        guard count < write.bytes.readableBytes, let piece = write.bytes.readSlice(length: count)
        else { return context.write(self.wrapOutboundOut(write.bytes), promise: write.promise) }
        self.held.prepend(write)
        context.write(self.wrapOutboundOut(piece), promise: nil)
    }

    private func tellIfFull(_ context: ChannelHandlerContext) {
        let mark = self.isFull ? SwarmLimits.unwrittenLowWater : SwarmLimits.unwrittenHighWater
        guard (self.heldBytes > mark) != self.isFull else { return }
        self.isFull.toggle()
        context.fireChannelWritabilityChanged()
    }

    /// The connection closes: its last word, such as why, does not wait, and documents that do are not pushed out by it.
    ///
    /// - Returns: whether all that was written is on its way.
    @discardableResult
    func end() -> Bool {
        guard !self.hasEnded, let context = self.context else { return true }
        self.hasEnded = true
        self.sending?.cancel()
        self.sending = nil
        let isWhole = self.heldBytes <= SwarmLimits.lastWordBytes
        if !isWhole { self.drop() }
        self.sendAll(context)
        return isWhole
    }

    private func sendAll(_ context: ChannelHandlerContext) {
        while let write = self.held.first {
            let count = write.bytes.readableBytes
            _ = self.shaper.take(count, .outbound, at: context.eventLoop.now)
            self.sendPiece(count, context)
        }
        context.flush()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        self.end()
        context.close(mode: mode, promise: promise)
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext,
        event: Any,
        promise: EventLoopPromise<Void>?
    ) {
        guard event is AbruptEnd else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        self.end()
        context.close(promise: promise)
    }

    /// Gives up what waits.
    private func drop() {
        self.heldBytes = 0
        while let write = self.held.popFirst() {
            write.promise?.fail(ChannelError.ioOnClosedChannel)
        }
    }

    // MARK: From the peer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let now = context.eventLoop.now
        let count = self.unwrapInboundIn(data).readableBytes
        self.shaper.count(count, .inbound)
        self.paidAt = now + self.shaper.take(count, .inbound, at: now)
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        guard self.reading == nil else { return }
        let pause = self.paidAt - context.eventLoop.now
        guard pause > .zero else { return context.read() }
        self.reading = context.eventLoop.assumeIsolated().scheduleTask(in: pause) {
            self.reading = nil
            guard let context = self.context else { return }
            // Reading may have been switched off meanwhile; to switch it on again reads as well.
            let isOn = try? context.channel.syncOptions?.getOption(.autoRead)
            if isOn != false { context.read() }
        }
    }
}
