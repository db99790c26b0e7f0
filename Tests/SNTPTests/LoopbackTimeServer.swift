import NIOCore
import NIOPosix

/// A time server on this machine, which answers each question with whatever it is told to send.
final class LoopbackTimeServer: Sendable {
    /// What follows a question.
    struct Reply {
        let packet: [UInt8]
        var after = TimeAmount.zero
        /// Whether it comes from another port than the one that was asked.
        var isElsewhere = false
    }

    typealias Script = @Sendable (_ question: [UInt8]) -> [Reply]

    /// What a client is to be given.
    let name: String
    private let channel: any Channel
    private let elsewhere: any Channel

    init(_ script: @escaping Script) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let elsewhere = try await DatagramBootstrap(group: group)
            .bind(host: "127.0.0.1", port: 0).get()
        self.elsewhere = elsewhere
        self.channel = try await DatagramBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = AnsweringHandler(script, elsewhere: elsewhere)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.name = "127.0.0.1:\(self.channel.localAddress?.port ?? 0)"
    }

    func close() async throws {
        try await self.channel.close()
        try await self.elsewhere.close()
    }
}

private final class AnsweringHandler: ChannelInboundHandler {
    typealias InboundIn = AddressedEnvelope<ByteBuffer>

    private let script: LoopbackTimeServer.Script
    private let elsewhere: any Channel

    init(_ script: @escaping LoopbackTimeServer.Script, elsewhere: any Channel) {
        self.script = script
        self.elsewhere = elsewhere
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let question = self.unwrapInboundIn(data)
        for reply in self.script(Array(question.data.readableBytesView)) {
            let channel = reply.isElsewhere ? self.elsewhere : context.channel
            let answer = AddressedEnvelope(
                remoteAddress: question.remoteAddress,
                data: ByteBuffer(bytes: reply.packet)
            )
            channel.eventLoop.scheduleTask(in: reply.after) {
                channel.writeAndFlush(answer, promise: nil)
            }
        }
    }
}
