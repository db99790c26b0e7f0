import Hummingbird
import Logging
import NIOCore

/// A server of one route that answers with bytes at hand: what the HTTP library costs without a node.
struct PlainRoute {
    static let question = KeptConnection.Question(path: "/plain")

    let port: Int
    private let running: Task<Void, any Error>

    /// Serves bytes on a free port.
    init(answer: [UInt8]) async throws {
        let router = Router()
        router.get("/plain") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: answer))
            )
        }
        let (ports, found) = AsyncStream<Int>.makeStream()
        let application = Application(
            router: router,
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                found.yield(channel.localAddress?.port ?? 0)
                found.finish()
            },
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }
        )
        self.running = Task {
            defer { found.finish() }
            try await application.run()
        }
        var bound = ports.makeAsyncIterator()
        guard let port = await bound.next(), port > 0 else {
            throw BenchError("the plain server does not listen")
        }
        self.port = port
    }

    func stop() async {
        self.running.cancel()
        _ = await self.running.result
    }
}
