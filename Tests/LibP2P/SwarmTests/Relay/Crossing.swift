import NIOCore
import NIOPosix
import Synchronization

/// A server that joins the two connections which it accepts, so that both ends have dialled one and
/// the same connection.
struct Crossing: LoopbackServer {
    /// Passes on what comes.
    private final class Passer: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer

        private let target: any Channel

        init(to target: any Channel) { self.target = target }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.target.writeAndFlush(self.unwrapInboundIn(data), promise: nil)
        }

        func channelInactive(context: ChannelHandlerContext) { self.target.close(promise: nil) }
    }

    /// The first of the two connections.
    private final class Waiting: Sendable {
        private let first = Mutex<(any Channel)?>(nil)

        /// The other one of two; nil for the first.
        func partner(of channel: any Channel) -> (any Channel)? {
            self.first.withLock { first in
                defer { first = channel }
                return first
            }
        }
    }

    let channel: any Channel

    init() async throws {
        let waiting = Waiting()
        self.channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                guard let other = waiting.partner(of: channel) else {
                    return channel.eventLoop.makeSucceededVoidFuture()
                }
                other.pipeline.addHandler(Passer(to: channel)).whenSuccess {
                    _ = other.setOption(.autoRead, value: true)
                }
                return channel.pipeline.addHandler(Passer(to: other)).flatMap {
                    channel.setOption(.autoRead, value: true)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }
}
