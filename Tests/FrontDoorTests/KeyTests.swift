import Doors
import Foundation
import LocalAPI
import Messages
import NIOCore
import NIOPosix
import Primitives
import Synchronization
import Testing

@testable import Node
@testable import valence_node

@Suite("ADR 0060: Idempotency-Key, through the port", .serialized)
struct KeyTests {
    private static let fine = APIResponse(.object([("fine", .bool(true))]))
    private static let vote = "POST /v1/proposals/\(Parsed.hex)/vote"
    private static let body = #"{"stance":"abstain"}"#

    private static func key(of door: StandIn) throws -> RequestKey {
        let requests = door.requests
        guard requests.count == 1, let key = requests[0].key else {
            throw Unexpected(description: "\(requests)")
        }
        return key
    }

    private static func ask(
        _ door: StandIn,
        _ line: String = Self.vote,
        _ key: String = "k",
        token: String? = nil,
        type: String = "application/json",
        body: String = Self.body
    ) throws -> RequestKey {
        let token = try token ?? door.directory.loadToken()
        let fields = door.fields(token, ["Idempotency-Key: \(key)", "Content-Type: \(type)"])
        let answer = try door.send(line, fields: fields, body: body)
        guard answer.status == 200 else { throw Unexpected(description: answer.body) }
        return try Self.key(of: door)
    }

    @Test("what is no key is refused before the node is asked; the longest one is taken")
    func malformed() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let token = try door.directory.loadToken()
            for values in [
                [""], [" "], ["a b"], ["a\tb"], ["a", "b"], ["a", "a"], ["\u{e4}"], ["a\u{7f}"],
                [String(repeating: "k", count: 256)],
            ] {
                let fields = values.map { "Idempotency-Key: \($0)" }
                for line in [Self.vote, "POST /v1/content", "POST /v1/tokens"] {
                    let answer = try door.send(
                        line,
                        fields: door.fields(token, fields),
                        body: Self.body
                    )
                    #expect(answer.status == 400, "\(values)")
                    // What no field of HTTP may hold is refused before any of it is read.
                    if answer.body.isEmpty { continue }
                    #expect(try answer.json()["code"]?.string == "bad_idempotency_key")
                }
            }
            #expect(door.calls.isEmpty)
            _ = try Self.ask(door, Self.vote, String(repeating: "k", count: 255))
            let plain = try door.send(Self.vote, body: Self.body)
            #expect(plain.status == 200 && door.requests.map(\.key) == [nil])
        }
    }

    @Test("the same word of the same caller for the same is the same key, and no other is")
    func same() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let key = try Self.ask(door)
            #expect(try Self.ask(door, body: #"{ "stance" : "abstain" }"#) == key)
            let other = try Self.ask(door, body: #"{"stance":"reject"}"#)
            #expect(other.name == key.name && other.content != key.content)
            let path = Self.vote.replacing(Parsed.hex, with: Parsed.otherHex)
            #expect(try Self.ask(door, path).content != key.content)
            let word = try Self.ask(door, Self.vote, "l")
            #expect(word.name != key.name && word.content == key.content)
            let token = try door.token(.act)["token"]?.string ?? ""
            let stranger = try Self.ask(door, token: token)
            #expect(stranger.name != key.name && stranger.content == key.content)
        }
    }

    @Test("an upload is recognised by its bytes, its type and what is said of it")
    func uploads() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let line = "POST /v1/content"
            let key = try Self.ask(door, line, type: "text/plain", body: "a")
            #expect(try Self.ask(door, line, type: "text/plain", body: "a") == key)
            for (query, type, body) in [
                ("", "text/plain", "b"), ("", "text/html", "a"),
                ("?filename=x", "text/plain", "a"),
            ] {
                let other = try Self.ask(door, line + query, type: type, body: body)
                #expect(other.name == key.name && other.content != key.content)
            }
            let copies = try Self.ask(door, "POST /v1/replications", type: "text/plain", body: "a")
            #expect(copies.content != key.content)
        }
    }

    @Test("a read ignores the field, and the description names it for every post")
    func described() async throws {
        try await StandIn.with(answering: { _ in Self.fine }) { door in
            let fields = try door.fields(door.directory.loadToken(), ["Idempotency-Key: "])
            #expect(try door.send("GET /v1/status", fields: fields).status == 200)
            #expect(door.requests.map(\.key) == [nil])
            let document = try door.send("GET /openapi.json").json()
            for path in document["paths"]?.members ?? [] {
                for method in path.value.members ?? [] {
                    let names = (method.value["parameters"]?.elements ?? []).filter {
                        $0["in"]?.string == "header"
                    }.compactMap { $0["name"]?.string }
                    let isPost = method.key == "post"
                    #expect(names == (isPost ? ["Idempotency-Key"] : []), "\(path.key)")
                    let responses = (method.value["responses"]?.members ?? []).map(\.key)
                    #expect(responses.contains("409") && responses.contains("422") || !isPost)
                }
            }
        }
    }

    @Test("what is still under way is told with when to ask again")
    func retryAfter() async throws {
        let running = APIResponse(
            status: 409,
            code: "idempotency_key_in_use",
            detail: "wait",
            retryAt: Timestamp(milliseconds: 1)
        )
        try await StandIn.with(answering: { _ in running }) { door in
            let answer = try door.send(Self.vote, body: Self.body)
            #expect(answer.status == 409 && answer.field("Retry-After") == "1")
        }
    }
}

/// Closes the first connections after they have sent something, and keeps what they sent.
private final class Deserter: Sendable {
    private let state: Mutex<(left: Int, heads: [String])>
    private let answer: String

    init(deserting count: Int) {
        self.state = Mutex((count, []))
        let body = #"{"id":"\#(Parsed.hex)","warnings":[]}"#
        self.answer =
            "HTTP/1.1 200 OK\r\nServer: valence-node\r\nConnection: close\r\n"
            + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    var heads: [String] { self.state.withLock { $0.heads } }

    /// What to answer to a request; nil to leave.
    fileprivate func hears(_ text: String) -> String? {
        self.state.withLock { state in
            state.heads.append(text)
            state.left -= 1
            return state.left < 0 ? self.answer : nil
        }
    }

    final class Handler: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let deserter: Deserter

        init(_ deserter: Deserter) { self.deserter = deserter }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let text = String(buffer: self.unwrapInboundIn(data))
            guard text.hasPrefix("POST ") else { return }
            if let answer = self.deserter.hears(text) {
                context.writeAndFlush(
                    self.wrapOutboundOut(ByteBuffer(string: answer)),
                    promise: nil
                )
            }
            context.close(promise: nil)
        }
    }
}

@Suite("ADR 0060: a command whose connection breaks", .serialized)
struct RepeatedCommandTests {
    private static let words = ["request", "new", "--title", "t"]

    private static func run(_ words: [String], deserting count: Int) async throws
        -> (printed: Printed, keys: [String])
    {
        try await withFolder { folder in
            let directory = DataDirectory(path: folder)
            _ = try directory.initialise()
            let place = try directory.makeSocketPlace()
            let deserter = Deserter(deserting: count)
            let door = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let handler = Deserter.Handler(deserter)
                        try channel.pipeline.syncOperations.addHandler(handler)
                    }
                }
                .bind(unixDomainSocketPath: place.path).get()
            try directory.closeSocketToOthers()
            let printed = try await StandIn.run(words, in: folder)
            try await door.close()
            let keys = deserter.heads.map { head in
                head.split(separator: "\r\n").first { $0.hasPrefix("Idempotency-Key: ") }
                    .map { String($0.dropFirst(17)) } ?? ""
            }
            return (printed, keys)
        }
    }

    @Test("it asks once again with the same key, which is another one for each command")
    func again() async throws {
        let (printed, keys) = try await Self.run(Self.words, deserting: 1)
        #expect(printed.data == [Parsed.hex] && printed.failure == nil)
        #expect(keys.count == 2 && Set(keys).count == 1 && keys[0].utf8.count == 32)
        let (_, others) = try await Self.run(Self.words, deserting: 0)
        #expect(others.count == 1 && others[0] != keys[0])
    }

    @Test("it does not ask a third time, and names the key with which one may")
    func notForEver() async throws {
        let (printed, keys) = try await Self.run(
            Self.words + ["--idempotency-key", "mine"],
            deserting: 5
        )
        #expect(keys == ["mine", "mine"])
        #expect(printed.failure?.code == .notRunning)
        #expect(printed.failure?.detail.contains("--idempotency-key mine") == true)
        #expect(Parsed.refusal(Self.words + ["--idempotency-key", "a b"])?.code == 64)
    }
}
