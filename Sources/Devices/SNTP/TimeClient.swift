import Cryptography
public import Kernel
import NIOCore
import NIOPosix
public import Verification

/// Asks time servers over UDP (ADR 0066); it sets nothing.
///
/// A socket is connected to the server that it asks, so that packets from elsewhere do not arrive. Each question
/// has a number that only that server sees, and the first packet with it counts.
public final class TimeClient: TimeService {
    /// The servers that the operator chose.
    public let servers: [String]
    private let clock: @Sendable () -> Moment
    private let timeout: TimeAmount

    /// Makes a client; nothing is asked yet.
    public convenience init(servers: [String]) {
        self.init(servers: servers, timeout: .milliseconds(TimeLimits.timeoutMilliseconds)) {
            SystemClock().now
        }
    }

    /// Makes a client with a clock of its own.
    init(servers: [String], timeout: TimeAmount, clock: @escaping @Sendable () -> Moment) {
        self.servers = Array(servers.prefix(TimeLimits.serversMax))
        self.timeout = timeout
        self.clock = clock
    }

    /// Asks each server once.
    public func ask(_ servers: [String], reportingTo inlet: Inlet<TimeAnswered>) {
        self.ask(servers) { inlet.put(TimeAnswered(answers: $0)) }
    }

    /// Asks each server once, and hands over all answers in the order asked.
    func ask(_ servers: [String], then report: @escaping @Sendable ([TimeAnswer]) -> Void) {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answers = servers.map { self.ask($0, on: loop) }
        EventLoopFuture.whenAllSucceed(answers, on: loop).whenSuccess { report($0) }
    }

    /// Whatever comes of it, it is an answer.
    private func ask(_ server: String, on loop: any EventLoop) -> EventLoopFuture<TimeAnswer> {
        guard let name = ServerName(server) else {
            let outcome = TimeAnswer.Outcome.unanswered(because: "`\(server)` is no server")
            return loop.makeSucceededFuture(TimeAnswer(server: server, outcome: outcome))
        }
        let promise = loop.makePromise(of: TimeAnswer.Outcome.self)
        let clock = self.clock
        let channel = DatagramBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = TimeAnswerHandler(promise, clock: clock)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: name.host, port: name.port)
        let timeout = self.timeout
        let late = loop.scheduleTask(in: timeout) {
            promise.succeed(
                .unanswered(because: "no answer within \(timeout.nanoseconds / 1_000_000) ms")
            )
        }
        channel.whenFailure { promise.succeed(.unanswered(because: "\($0)")) }
        promise.futureResult.whenComplete { _ in
            late.cancel()
            channel.whenSuccess { $0.close(promise: nil) }
        }
        return promise.futureResult.map { TimeAnswer(server: server, outcome: $0) }
    }
}

/// Asks when the socket is there, and waits for the answer.
private final class TimeAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias OutboundOut = ByteBuffer

    private let promise: EventLoopPromise<TimeAnswer.Outcome>
    private let clock: @Sendable () -> Moment
    private var question: TimeQuestion?

    init(_ promise: EventLoopPromise<TimeAnswer.Outcome>, clock: @escaping @Sendable () -> Moment) {
        self.promise = promise
        self.clock = clock
    }

    func channelActive(context: ChannelHandlerContext) {
        let nonce = SecureRandom.bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let question = TimeQuestion(nonce: nonce, askedAt: self.clock().milliseconds)
        self.question = question
        let bytes = context.channel.allocator.buffer(bytes: question.bytes)
        context.writeAndFlush(self.wrapOutboundOut(bytes)).whenFailure { [promise] error in
            promise.succeed(.unanswered(because: "\(error)"))
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let receivedAt = self.clock().milliseconds
        let packet = Array(self.unwrapInboundIn(data).data.readableBytesView)
        guard let answer = self.question?.read(packet, receivedAt: receivedAt) else { return }
        self.promise.succeed(answer.outcome)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.promise.succeed(.unanswered(because: "\(error)"))
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.promise.succeed(.unanswered(because: "the socket was closed"))
    }
}

extension TimeQuestion.Answer {
    /// What a server may say that does not answer (RFC 5905, section 7.4).
    fileprivate var outcome: TimeAnswer.Outcome {
        switch self {
        case .ahead(let offset): .ahead(offset)
        case .refused(code: "RATE"): .tooOften
        case .refused(code: "DENY"), .refused(code: "RSTR"): .denied
        case .refused(let code): .unanswered(because: "it says `\(code)`")
        case .useless(let reason): .unanswered(because: reason)
        }
    }
}
