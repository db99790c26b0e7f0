import NIOCore
import NIOPosix

/// Ports that nobody had a moment ago.
package enum UnusedPort {
    /// One of UDP.
    package static var forDatagrams: Int {
        get async throws {
            let socket = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .bind(host: "127.0.0.1", port: 0).get()
            let port = socket.localAddress?.port
            try await socket.close()
            guard let port else { throw TooLate(what: "a port") }
            return port
        }
    }
}
