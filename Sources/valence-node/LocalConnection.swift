import Glibc
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOPosix
import Node

/// One HTTP request over a Unix socket, or to a port of this machine.
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

    /// Where somebody listens.
    enum Place: Sendable {
        case socket(SocketPlace)
        case port(host: String, port: Int)
    }

    /// The connection broke before the answer was whole.
    struct Broken: Error {}

    private typealias Exchange = NIOAsyncChannel<HTTPResponsePart, HTTPRequestPart>
    private typealias Outbound = NIOAsyncChannelOutboundWriter<HTTPRequestPart>
    private typealias Inbound = NIOAsyncChannelInboundStream<HTTPResponsePart>

    /// Most bytes of an answer.
    ///
    /// Source: own choice: an artefact has 100 MB at most (D-63).
    private static let answerBytesMax = 134_217_728

    let place: Place
    /// How long it may take; nil for what has no end.
    let timeout: Duration?
    /// How long nothing may come; nil where that is no sign of anything.
    var silenceMax: Duration?
    /// What is true when nobody listens.
    let absent: CommandFailure
    /// What is true when nothing came in time.
    let hung: CommandFailure

    /// Sends a request and waits for the whole answer.
    ///
    /// - Throws: ``Broken``, or ``CommandFailure`` with what else is in the way.
    func exchange(_ request: HTTPRequest, _ body: Body) async throws -> (HTTPResponse, [UInt8]) {
        try await self.exchange(request, body) { head, pieces in
            var bytes: [UInt8] = []
            for try await piece in pieces {
                bytes += piece
                guard bytes.count <= Self.answerBytesMax else { throw Self.tooLong }
            }
            return (head, bytes)
        }
    }

    /// Sends a request and hands on what comes back, piece by piece.
    func exchange<Answer: Sendable>(
        _ request: HTTPRequest,
        _ body: Body,
        _ take: (HTTPResponse, LocalAnswer) async throws -> Answer
    ) async throws -> Answer {
        let exchange = try await self.connect()
        let channel = exchange.channel
        let clock = ContinuousClock()
        let deadline = self.timeout.map { clock.now + $0 }
        let alarm = self.timeout.map { timeout in
            channel.eventLoop.scheduleTask(in: TimeAmount(timeout)) { channel.close(promise: nil) }
        }
        defer { alarm?.cancel() }
        do {
            return try await exchange.executeThenClose { inbound, outbound in
                async let sent: Void = Self.send(request, body, outbound)
                let watch = SilenceWatch(channel: channel, silenceMax: self.silenceMax)
                var parts = inbound.makeAsyncIterator()
                let waiting = watch.begin()
                let head = try await Self.head(&parts)
                waiting?.cancel()
                let answer = try await take(head, LocalAnswer(parts: parts, watch: watch))
                // A node that has answered need not read the rest, or may have closed already.
                _ = try? await sent
                return answer
            }
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            if let deadline, clock.now >= deadline { throw self.hung }
            throw Broken()
        }
    }

    private func connect() async throws -> Exchange {
        do {
            let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            switch self.place {
            case .socket(let socket):
                return try await bootstrap.connect(
                    unixDomainSocketPath: socket.path,
                    channelInitializer: Self.prepare
                )
            case .port(let host, let port):
                return try await bootstrap.connect(
                    host: host,
                    port: port,
                    channelInitializer: Self.prepare
                )
            }
        } catch let error as IOError where ![ECONNREFUSED, ENOENT].contains(error.errnoCode) {
            throw CommandFailure(
                .failed,
                "cannot connect to \(self.name): \(String(cString: strerror(error.errnoCode))); see who "
                    + "may use the data directory"
            )
        } catch {
            // A socket without a listener is what a node that was killed leaves behind.
            throw self.absent
        }
    }

    private var name: String {
        switch self.place {
        case .socket(let socket): socket.path
        case .port(let host, let port): "port \(port) of \(host)"
        }
    }

    @Sendable
    private static func prepare(_ channel: any Channel) -> EventLoopFuture<Exchange> {
        channel.eventLoop.makeCompletedFuture {
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(HTTP1ToHTTPClientCodec())
            return try Exchange(wrappingChannelSynchronously: channel)
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

    private static func head(_ parts: inout Inbound.AsyncIterator) async throws -> HTTPResponse {
        while let part = try await parts.next() {
            if case .head(let head) = part, head.status.kind != .informational { return head }
        }
        throw ChannelError.inputClosed
    }

    private static let tooLong = CommandFailure(
        .failed,
        "the node's answer has more than \(Self.answerBytesMax) bytes; ask for less"
    )
}

/// The body of an answer, piece by piece.
struct LocalAnswer: AsyncSequence {
    fileprivate typealias Parts = NIOAsyncChannelInboundStream<HTTPResponsePart>

    fileprivate let parts: Parts.AsyncIterator
    fileprivate let watch: SilenceWatch

    func makeAsyncIterator() -> Iterator { Iterator(parts: self.parts, watch: self.watch) }

    struct Iterator: AsyncIteratorProtocol {
        fileprivate var parts: Parts.AsyncIterator
        fileprivate let watch: SilenceWatch

        /// The next bytes; nil at the end of the answer.
        mutating func next() async throws -> [UInt8]? {
            let waiting = self.watch.begin()
            defer { waiting?.cancel() }
            while let part = try await self.parts.next() {
                switch part {
                case .head: continue
                case .body(let piece): return Array(piece.readableBytesView)
                case .end: return nil
                }
            }
            throw ChannelError.inputClosed
        }
    }
}

/// Ends a connection on which nothing comes.
private struct SilenceWatch: Sendable {
    let channel: any Channel
    let silenceMax: Duration?

    /// Waits from now on, until it is cancelled.
    func begin() -> Scheduled<Void>? {
        self.silenceMax.map { silence in
            self.channel.eventLoop.scheduleTask(in: TimeAmount(silence)) {
                self.channel.close(promise: nil)
            }
        }
    }
}
