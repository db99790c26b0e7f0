import NIOCore

/// Holds the bytes of one socket back until their turn comes, and counts them.
///
/// What waits to be sent stays in the channel's own buffer, where the bounds for unwritten bytes count it; what is
/// not read yet stays with the system, whose window then slows the sender.
final class ShapingHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer

    private let shaper: TrafficShaper
    private var context: ChannelHandlerContext?
    /// Bytes that were written and have no turn yet.
    private var unpaid = 0
    /// Bytes that were written and have not gone yet.
    private var unsent = 0
    private var flushing: Scheduled<Void>?
    private var paidAt = NIODeadline.uptimeNanoseconds(0)
    private var reading: Scheduled<Void>?

    init(_ shaper: TrafficShaper) { self.shaper = shaper }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.flushing?.cancel()
        self.reading?.cancel()
    }

    // MARK: To the peer

    func write(
        context: ChannelHandlerContext,
        data: NIOAny,
        promise: EventLoopPromise<Void>?
    ) {
        let count = self.unwrapOutboundIn(data).readableBytes
        self.unpaid += count
        self.unsent += count
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        // What was written meanwhile goes with what waits.
        guard self.flushing == nil else { return }
        // Handshakes and pings do not wait behind documents, or honest peers would be taken for dead ones.
        let isShort = self.unpaid <= SwarmLimits.shortWriteBytes
        let pause = self.shaper.take(self.unpaid, .outbound, isShort: isShort, at: .now())
        self.unpaid = 0
        guard pause > .zero else { return self.send(context) }
        self.flushing = context.eventLoop.assumeIsolated().scheduleTask(in: pause) {
            self.flushing = nil
            guard let context = self.context else { return }
            self.send(context)
            // The flush that was asked for meanwhile is made up for, and pays for its own bytes.
            if self.unpaid > 0 { self.flush(context: context) }
        }
    }

    /// Sends all that was written; bytes are counted when they go.
    private func send(_ context: ChannelHandlerContext) {
        self.shaper.count(self.unsent, .outbound)
        self.unsent = 0
        context.flush()
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // The last word, such as why, does not wait.
        if self.flushing != nil {
            _ = self.shaper.take(self.unpaid, .outbound, at: .now())
            self.unpaid = 0
            self.send(context)
        }
        context.close(mode: mode, promise: promise)
    }

    // MARK: From the peer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let now = NIODeadline.now()
        let count = self.unwrapInboundIn(data).readableBytes
        self.shaper.count(count, .inbound)
        self.paidAt = now + self.shaper.take(count, .inbound, at: now)
        context.fireChannelRead(data)
    }

    func read(context: ChannelHandlerContext) {
        guard self.reading == nil else { return }
        let pause = self.paidAt - .now()
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
