import Foundation
import NIOCore
import NIOPosix
import Primitives
import Testing

@testable import Node
@testable import valence_node

/// Answers whatever comes with the same bytes, and hangs up.
private final class Parrot: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let words: String

    init(_ words: String) { self.words = words }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.write(self.wrapOutboundOut(ByteBuffer(string: self.words)), promise: nil)
        context.flush()
        context.close(promise: nil)
    }
}

/// Somebody else at the door of a node.
@Suite("What answers at the node's door need not be the node", .serialized)
struct StrangerTests {
    /// Runs a command against a door that answers with these bytes.
    private static func run(
        _ words: [String] = ["status", "--json"],
        against answer: String
    ) async throws -> Printed {
        try await withFolder { folder in
            let directory = DataDirectory(path: folder)
            _ = try directory.initialise()
            let place = try directory.makeSocketPlace()
            let door = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(Parrot(answer))
                    }
                }
                .bind(unixDomainSocketPath: place.path).get()
            try directory.closeSocketToOthers()
            let printed = try await StandIn.run(words, in: folder)
            try await door.close()
            return printed
        }
    }

    private static func http(
        _ status: String,
        server: String? = "valence-node",
        _ body: String,
        length: Int? = nil
    ) -> String {
        "HTTP/1.1 \(status)\r\n" + (server.map { "Server: \($0)\r\n" } ?? "")
            + "Content-Length: \(length ?? body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
    }

    @Test("a node's answer is taken, also behind one that tells to go on")
    func taken() async throws {
        let fine = Self.http("200 OK", #"{"a":1}"#)
        for answer in [fine, "HTTP/1.1 100 Continue\r\n\r\n\(fine)"] {
            let printed = try await Self.run(against: answer)
            #expect(try printed.json().canonicalBytes() == Array(#"{"a":1}"#.utf8))
        }
    }

    @Test("C2-2: what does not answer as a node does is none, and nothing of it is shown")
    func strangers() async throws {
        for answer in [
            Self.http("200 OK", server: nil, #"{"a":1}"#),
            Self.http("200 OK", server: "nginx", #"{"a":1}"#), Self.http("200 OK", "[1]"),
            Self.http("200 OK", "<html>"), Self.http("200 OK", ""), Self.http("500 Oh", "oh"),
        ] {
            let printed = try await Self.run(against: answer)
            #expect(printed.failure?.code == .failed && printed.data.isEmpty)
            #expect(
                printed.failure?.detail.hasPrefix("what answers is not a Valence node") == true,
                "\(answer)"
            )
        }
    }

    @Test("an error without code and words is told by its status")
    func wordless() async throws {
        for (status, code, exit) in [
            ("500 Oh", "http_500", .failed), ("422 Oh", "http_422", .refused),
            ("404 Oh", "http_404", .failed), ("504 Oh", "http_504", .timedOut),
        ] as [(String, String, valence_node.ExitStatus)] {
            let failure = try await Self.run(against: Self.http(status, "{}")).failure
            #expect(failure?.code == exit)
            #expect(failure?.text == "no detail (\(code))")
        }
    }

    @Test("a node that ends before its answer does is told as one that ended")
    func cutOff() async throws {
        for answer in ["", "HTTP/1.1 200", Self.http("200 OK", #"{"a":"#, length: 900)] {
            let failure = try await Self.run(against: answer).failure
            #expect(failure?.code == .notRunning)
            #expect(failure?.detail.hasPrefix("the node ended while it was asked") == true)
        }
    }
}
