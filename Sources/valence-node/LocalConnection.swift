import Glibc
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOPosix
import Node

/// One HTTP request over a Unix socket.
struct LocalConnection {
    /// What is sent after the head.
    enum Body: Sendable {
        case bytes([UInt8])
        case file(RegularFile)

        /// Bytes.
        var count: Int {
            switch self {
            case .bytes(let bytes): bytes.count
            case .file(let file): file.size
            }
        }
    }

    private typealias Exchange = NIOAsyncChannel<HTTPResponsePart, HTTPRequestPart>
    private typealias Outbound = NIOAsyncChannelOutboundWriter<HTTPRequestPart>
    private typealias Inbound = NIOAsyncChannelInboundStream<HTTPResponsePart>

    /// Most bytes of an answer.
    ///
    /// Source: own choice: an artefact has 100 MB at most (D-63).
    private static let answerBytesMax = 134_217_728

    let path: String
    let timeout: Duration
    /// What is true when nobody listens.
    let absent: CommandFailure
    /// What is true when nothing came in time.
    let hung: CommandFailure

    /// Sends a request and waits for the whole answer.
    func exchange(_ request: HTTPRequest, _ body: Body) async throws -> (HTTPResponse, [UInt8]) {
        let exchange = try await self.connect()
        let channel = exchange.channel
        let clock = ContinuousClock()
        let deadline = clock.now + self.timeout
        let alarm = channel.eventLoop.scheduleTask(in: TimeAmount(self.timeout)) {
            channel.close(promise: nil)
        }
        defer { alarm.cancel() }
        do {
            return try await exchange.executeThenClose { inbound, outbound in
                async let sent: Void = Self.send(request, body, outbound)
                let answer = try await Self.answer(inbound)
                // A node that has answered need not read the rest.
                _ = try? await sent
                return answer
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            guard clock.now < deadline else { throw self.hung }
            throw CommandFailure(
                .notRunning,
                "the node ended while it was asked; start it with `valence-node run`"
            )
        }
    }

    private func connect() async throws -> Exchange {
        do {
            return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(unixDomainSocketPath: self.path) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHTTPClientHandlers()
                        try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPClientCodec())
                        return try Exchange(wrappingChannelSynchronously: channel)
                    }
                }
        } catch let error as IOError where ![ECONNREFUSED, ENOENT].contains(error.errnoCode) {
            throw CommandFailure(
                .failed,
                "cannot connect to \(self.path): \(String(cString: strerror(error.errnoCode))); see who "
                    + "may use the data directory"
            )
        } catch {
            // A socket without a listener is what a node that was killed leaves behind.
            throw self.absent
        }
    }

    private static func send(_ request: HTTPRequest, _ body: Body, _ outbound: Outbound)
        async throws
    {
        try await outbound.write(.head(request))
        switch body {
        case .bytes(let bytes):
            if !bytes.isEmpty { try await outbound.write(.body(ByteBuffer(bytes: bytes))) }
        case .file(let file):
            file.rewind()
            while let piece = try file.next() {
                try await outbound.write(.body(ByteBuffer(bytes: piece)))
            }
        }
        try await outbound.write(.end(nil))
    }

    private static func answer(_ inbound: Inbound) async throws -> (HTTPResponse, [UInt8]) {
        var head: HTTPResponse?
        var bytes: [UInt8] = []
        for try await part in inbound {
            switch part {
            case .head(let response): if response.status.kind != .informational { head = response }
            case .body(let piece):
                bytes.append(contentsOf: piece.readableBytesView)
                guard bytes.count <= Self.answerBytesMax else { throw Self.tooLong }
            case .end:
                if let head { return (head, bytes) }
            }
        }
        throw ChannelError.inputClosed
    }

    private static let tooLong = CommandFailure(
        .failed,
        "the node's answer has more than \(Self.answerBytesMax) bytes; ask for less"
    )
}
