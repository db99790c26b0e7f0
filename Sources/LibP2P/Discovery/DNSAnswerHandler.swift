import NIOCore

/// Passes on the content of datagrams; a connected socket has one sender only.
final class DatagramContent: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>
    typealias InboundOut = ByteBuffer

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(self.wrapInboundOut(self.unwrapInboundIn(data).data))
    }
}

/// Waits for the answer to one question; what does not fit the question is ignored.
final class DNSAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let query: DNSMessage
    private let promise: EventLoopPromise<DNSMessage>
    private let isStream: Bool
    private var received: [UInt8] = []

    init(_ query: DNSMessage, _ promise: EventLoopPromise<DNSMessage>, isStream: Bool) {
        self.query = query
        self.promise = promise
        self.isStream = isStream
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(self.unwrapInboundIn(data).readableBytesView)
        guard self.isStream else { return self.take(bytes) }
        // Over TCP two bytes of length come first: RFC 1035, section 4.2.2.
        self.received += bytes
        guard self.received.count >= 2 else { return }
        let length = Int(self.received[0]) << 8 | Int(self.received[1])
        guard length <= DNSLimits.messageBytesMax else {
            return self.promise.fail(DNSError.tooLong)
        }
        guard self.received.count >= 2 + length else { return }
        self.take(Array(self.received[2..<2 + length]))
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.promise.fail(DNSFailure(description: "the DNS server hung up"))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { self.promise.fail(error) }

    private func take(_ bytes: [UInt8]) {
        guard let answer = try? DNSMessage(bytes: bytes), answer.isResponse,
            answer.id == self.query.id, answer.questions == self.query.questions
        else { return }
        self.promise.succeed(answer)
    }
}
