import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOPosix

/// An HTTP connection to a port of this machine that stays open from one request to the next.
struct KeptConnection {
    /// One request.
    struct Question: Sendable {
        var method = HTTPRequest.Method.get
        let path: String
        var headers = HTTPFields()
        var body: [UInt8] = []
    }

    private typealias Exchange = NIOAsyncChannel<HTTPResponsePart, HTTPRequestPart>

    private let authority: String
    private let outbound: NIOAsyncChannelOutboundWriter<HTTPRequestPart>
    private var parts: NIOAsyncChannelInboundStream<HTTPResponsePart>.AsyncIterator

    /// Lends a connection.
    static func with<R: Sendable>(
        port: Int,
        _ body: (inout KeptConnection) async throws -> R
    ) async throws -> R {
        let exchange: Exchange = try await ClientBootstrap(
            group: MultiThreadedEventLoopGroup.singleton
        ).connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHTTPClientHandlers()
                try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPClientCodec())
                return try Exchange(wrappingChannelSynchronously: channel)
            }
        }
        return try await exchange.executeThenClose { inbound, outbound in
            var connection = KeptConnection(
                authority: "127.0.0.1:\(port)",
                outbound: outbound,
                parts: inbound.makeAsyncIterator()
            )
            return try await body(&connection)
        }
    }

    /// Asks, and waits for the whole answer.
    ///
    /// - Returns: its bytes.
    /// - Throws: ``BenchError`` when the answer is no 200, since refusals are cheap.
    @discardableResult
    mutating func ask(_ question: Question) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        try await self.follow(question) { bytes += $0.readableBytesView }
        return bytes
    }

    /// Asks, and takes the answer as it comes, until its end.
    mutating func follow(_ question: Question, _ take: (ByteBuffer) -> Void) async throws {
        try await self.send(question)
        while let part = try await self.parts.next() {
            switch part {
            case .head(let head):
                guard head.status.code == 200 else {
                    throw BenchError("\(question.path) was answered with \(head.status.code)")
                }
            case .body(let buffer): take(buffer)
            case .end: return
            }
        }
        throw BenchError("the connection ended before the answer to \(question.path)")
    }

    private func send(_ question: Question) async throws {
        var headers = question.headers
        if !question.body.isEmpty { headers[.contentLength] = "\(question.body.count)" }
        try await self.outbound.write(
            .head(
                HTTPRequest(
                    method: question.method,
                    scheme: "http",
                    authority: self.authority,
                    path: question.path,
                    headerFields: headers
                )
            )
        )
        if !question.body.isEmpty {
            try await self.outbound.write(.body(ByteBuffer(bytes: question.body)))
        }
        try await self.outbound.write(.end(nil))
    }
}
