import Multiformats
import NIOCore
import NIOPosix
import Testing

/// A TCP server on the loopback interface that is no host.
protocol LoopbackServer {
    var channel: any Channel { get }
}

extension LoopbackServer {
    var address: Multiaddr {
        get throws {
            let port = try #require(self.channel.localAddress?.port)
            return try Multiaddr("/ip4/127.0.0.1/tcp/\(port)")
        }
    }

    func stop() async { try? await self.channel.close() }
}

/// A server that accepts and says nothing.
struct SilentServer: LoopbackServer {
    let channel: any Channel

    init() async throws {
        self.channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0).get()
    }
}
