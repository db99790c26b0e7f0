import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Watches one connection: how long it may take, and what becomes of a body that nobody reads.
///
/// - A request has to be whole in ``HTTPLimits/requestTime``; with the token, its body has
///   ``HTTPLimits/bodyTime`` from then on.
/// - A request that is answered before it is whole ends the connection: the answer says so, and
///   what still comes is thrown away up to a small bound, so that the caller can read the answer.
/// - `Expect: 100-continue` is answered when a route wants the body, and by the final answer when
///   none does (RFC 9110, 10.1.1).
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let book: ConnectionBook
    private var id: UInt64?
    private var deadline: Scheduled<Void>?
    /// The head of a request came, and its end has not come yet.
    private var isReading = false
    /// Requests whose answer is not out yet; answers go out in the order of the requests.
    private var unanswered = 0
    /// The caller sent `Expect: 100-continue` and waits before it sends the body.
    private var awaitsContinue = false
    /// The answer is out, and the caller still sends.
    private var isDraining = false
    private var drainedBytes = 0
    /// The answer goes on until the caller leaves, and that it sends no more is how one notices.
    private var isFollowed = false

    init(book: ConnectionBook) { self.book = book }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { self.opened(context) }
    }

    func channelActive(context: ChannelHandlerContext) {
        self.opened(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.closed()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.closed() }

    private func opened(_ context: ChannelHandlerContext) {
        guard self.id == nil else { return }
        self.id = self.book.opened(context.channel)
        self.allow(HTTPLimits.requestTime, context)
    }

    private func closed() {
        self.deadline?.cancel()
        self.deadline = nil
        if let id { self.book.closed(id) }
    }

    private func advance(to phase: ConnectionBook.Phase) {
        if let id { self.book.advance(id, to: phase) }
    }

    /// Closes the connection after a while, unless something else is said before.
    private func allow(_ time: TimeAmount?, isFault: Bool = true, _ context: ChannelHandlerContext)
    {
        self.deadline?.cancel()
        self.deadline = time.map { time in
            context.eventLoop.assumeIsolated().scheduleTask(in: time) {
                if isFault { self.book.noteClosed() }
                context.close(promise: nil)
            }
        }
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = self.unwrapInboundIn(data)
        if self.isDraining { return self.drain(part, context) }
        switch part {
        case .head(let request):
            self.isReading = true
            self.unanswered += 1
            self.awaitsContinue = request.headerFields[.expect]?.lowercased() == "100-continue"
            self.advance(to: .asking)
            self.allow(HTTPLimits.requestTime, context)
        case .body: break
        case .end:
            self.isReading = false
            self.allow(nil, context)
        }
        context.fireChannelRead(data)
    }

    private func drain(_ part: HTTPRequestPart, _ context: ChannelHandlerContext) {
        switch part {
        case .head: break
        case .body(let bytes):
            self.drainedBytes += bytes.readableBytes
            guard self.drainedBytes > HTTPLimits.drainedBytesMax else { return }
            self.book.noteClosed()
            context.close(promise: nil)
        case .end: context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if self.isDraining || self.isFollowed, event as? ChannelEvent == .inputClosed {
            context.close(promise: nil)
        }
        context.fireUserInboundEventTriggered(event)
    }

    func triggerUserOutboundEvent(
        context: ChannelHandlerContext,
        event: Any,
        promise: EventLoopPromise<Void>?
    ) {
        guard let event = event as? RequestEvent else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        switch event {
        case .authorised:
            self.advance(to: .trusted)
            if self.isReading { self.allow(HTTPLimits.bodyTime, context) }
        case .bodyWanted where self.awaitsContinue:
            self.awaitsContinue = false
            let leave = HTTPResponsePart.head(HTTPResponse(status: .continue))
            context.writeAndFlush(self.wrapOutboundOut(leave), promise: nil)
        case .bodyWanted: break
        case .following: self.isFollowed = true
        }
        promise?.succeed()
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // A request that came behind the one that is answered may well be half here.
        let isEarly = self.isReading && self.unanswered == 1
        switch self.unwrapOutboundIn(data) {
        case .head(var response) where isEarly:
            response.headerFields[.connection] = "close"
            context.write(self.wrapOutboundOut(.head(response)), promise: promise)
        case .end where isEarly:
            context.writeAndFlush(data, promise: promise)
            self.beginDraining(context)
        case .end:
            context.write(data, promise: promise)
            self.answered(context)
        case .head, .body: context.write(data, promise: promise)
        }
    }

    private func answered(_ context: ChannelHandlerContext) {
        self.unanswered = max(0, self.unanswered - 1)
        guard self.unanswered == 0 else { return self.advance(to: .asking) }
        self.advance(to: .waiting)
        self.allow(HTTPLimits.idleTime, isFault: false, context)
    }

    private func beginDraining(_ context: ChannelHandlerContext) {
        self.isDraining = true
        self.advance(to: .waiting)
        context.close(mode: .output, promise: nil)
        self.allow(HTTPLimits.drainingTime, isFault: false, context)
    }
}
