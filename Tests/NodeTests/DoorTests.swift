import Foundation
import Glibc
import Messages
import Primitives
import Testing

@testable import Node

/// Speaks HTTP to a node's port word by word.
private struct Visitor {
    let port: UInt16
    let token: String

    init(_ node: NodeProcess) throws {
        let api = try #require(node.ready["api"]?.string)
        self.port = try #require(api.split(separator: ":").last.flatMap { UInt16($0) })
        self.token = try DataDirectory(path: node.dataDirectory).loadToken()
    }

    var bearer: String { "Authorization: Bearer \(self.token)" }

    func connect() throws -> RawConnection { try RawConnection(port: self.port) }

    /// Sends a head and gives the head of the answer.
    func head(_ line: String, _ fields: [String], host: String = "127.0.0.1") throws -> String {
        let connection = try self.connect()
        let fields = ["\(line) HTTP/1.1", "Host: \(host)"] + fields
        connection.send(fields.joined(separator: "\r\n") + "\r\n\r\n")
        return connection.receive()
    }
}

@Suite("The door of the local API", .serialized, .timeLimit(.minutes(4)))
struct DoorTests {
    private func withNode(
        _ more: [String] = [],
        _ body: (String, NodeProcess, Visitor) throws -> Void
    ) throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            let node = try NodeProcess(path, more)
            try body(path, node, try Visitor(node))
            #expect(node.stop() == 0)
        }
    }

    // MARK: The token

    @Test("C2-2: a node that ended leaves no port behind, and nobody at its port gets the token")
    func noPortLeft() throws {
        try self.withNode { path, node, _ in
            let port = "\(path)/api.port"
            #expect(FileManager.default.fileExists(atPath: port))
            for (file, mode) in [("run", 0o700), ("run/api.sock", 0o600)] as [(String, mode_t)] {
                #expect(try Files.mode("\(path)/\(file)") & 0o777 == mode)
            }
            #expect(node.stop() == 0)
            #expect(!FileManager.default.fileExists(atPath: port))
            #expect(!FileManager.default.fileExists(atPath: "\(path)/run/api.sock"))
            // A node that is killed cannot take its port back.
            let impostor = try Impostor()
            defer { impostor.end() }
            try Data("\(impostor.port)".utf8).write(to: URL(fileURLWithPath: port))
            let outcome = try NodeProgram.run(["status", "--data-dir", path])
            #expect(outcome.status == 3)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.contains("no node runs in \(path)"), "\(outcome.errors)")
            #expect(impostor.heard.isEmpty)
            let again = try NodeProcess(path)
            #expect(try again.call(["status"])["digest"]?.string != nil)
            #expect(again.stop() == 0)
        }
    }

    @Test("C2-2: an answer that is not a node's is an error, not a report full of dashes")
    func impostor() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            try Files.makeDirectory("\(path)/run")
            let impostor = try Impostor(socket: "\(path)/run/api.sock")
            defer { impostor.end() }
            let outcome = try NodeProgram.run(["status", "--data-dir", path])
            #expect(outcome.status == 1)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.contains("not a Valence node"), "\(outcome.errors)")
            try Files.setMode("\(path)/run", 0o755)
            let open = try NodeProgram.run(["status", "--data-dir", path])
            #expect(open.status == 1)
            #expect(open.errors.contains("chmod 700 \(path)/run"), "\(open.errors)")
        }
    }

    @Test("C2-3: a proxy named in the environment never hears of the local API")
    func noProxy() throws {
        try self.withNode { path, _, _ in
            let proxy = try Impostor()
            defer { proxy.end() }
            let names = ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"]
            let environment = Dictionary(
                uniqueKeysWithValues: names.map { ($0, "http://127.0.0.1:\(proxy.port)") }
            )
            let outcome = try NodeProgram.run(
                ["status", "--json", "--data-dir", path],
                environment: environment
            )
            #expect(outcome.status == 0)
            #expect(try outcome.json()["digest"]?.string != nil)
            #expect(proxy.heard.isEmpty)
        }
    }

    @Test("C2-2: a data directory too deep for a socket's address works all the same")
    func deepDirectory() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/\(String(repeating: "deep/", count: 40))node"
            _ = try DataDirectory(path: path).initialise()
            let node = try NodeProcess(path)
            #expect(try node.call(["status"])["digest"]?.string != nil)
            node.crash()
            let after = try NodeProgram.run(["status", "--data-dir", path])
            #expect(after.status == 3, "\(after.errors)")
            let again = try NodeProcess(path)
            #expect(try again.call(["status"])["digest"]?.string != nil)
            #expect(again.stop() == 0)
        }
    }

    @Test(
        "C4-10, C3-14: a port that cannot be written is said, leaves nothing, and the node starts"
    )
    func unwritablePort() throws {
        try NodeProgram.withDirectory { parent in
            let (path, log) = ("\(parent)/node", "\(parent)/log")
            _ = try DataDirectory(path: path).initialise()
            try Files.makeDirectory("\(path)/api.port/taken")
            #expect(FileManager.default.createFile(atPath: log, contents: nil))
            let errors = try #require(FileHandle(forWritingAtPath: log))
            let node = try NodeProcess(path, errors: errors)
            #expect(try node.call(["status"])["digest"]?.string != nil)
            #expect(node.stop() == 0)
            let said = try String(contentsOfFile: log, encoding: .utf8)
            #expect(said.contains("\(path)/api.port"), "\(said)")
            let names = try FileManager.default.contentsOfDirectory(atPath: path)
            #expect(!names.contains { $0.hasSuffix(".tmp") })
        }
    }

    @Test("C3-14: a token that can be guessed ends the start with cause and next step")
    func weakToken() throws {
        try NodeProgram.withDirectory { parent in
            _ = try DataDirectory(path: parent).initialise()
            let file = "\(parent)/api.token"
            try Data("ab".utf8).write(to: URL(fileURLWithPath: file))
            try Files.setMode(file, 0o600)
            let outcome = try NodeProgram.run(NodeProcess.arguments(parent))
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("at least 32"), "\(outcome.errors)")
            #expect(outcome.errors.contains("valence-node init"))
        }
    }

    // MARK: Requests

    @Test("C3-14: two hosts, or a host with a port that is none, are refused")
    func hosts() throws {
        try self.withNode { _, _, visitor in
            for (host, more, status) in [
                ("127.0.0.1", ["Host: evil.example"], 400), ("127.0.0.1:evil", [], 400),
                ("127.0.0.1:", [], 400), ("127.0.0.1:1:2", [], 400), ("127.0.0.1:99999", [], 400),
                ("evil.example", [], 403), ("127.0.0.1.evil.example", [], 403),
                ("127.0.0.1:80", [], 200), ("LOCALHOST", [], 200),
            ] as [(String, [String], Int)] {
                let head = try visitor.head("GET /v1/status", more + [visitor.bearer], host: host)
                #expect(head.hasPrefix("HTTP/1.1 \(status) "), "\(host) \(more): \(head)")
            }
        }
    }

    @Test("C4-9: the scheme's case does not matter, and every 401 says what is wanted")
    func scheme() throws {
        try self.withNode { _, _, visitor in
            for scheme in ["bearer", "BEARER", "Bearer"] {
                let field = "Authorization: \(scheme) \(visitor.token)"
                let head = try visitor.head("GET /v1/status", [field])
                #expect(head.hasPrefix("HTTP/1.1 200 "), "\(head)")
            }
            for fields in [
                [], ["Authorization: Basic \(visitor.token)"], ["Authorization: Bearer x"],
            ] {
                let head = try visitor.head("GET /v1/status", fields)
                #expect(head.hasPrefix("HTTP/1.1 401 "), "\(head)")
                #expect(head.lowercased().contains("\r\nwww-authenticate: bearer"), "\(head)")
            }
        }
    }

    @Test("C4-8: Expect: 100-continue is answered at once, by 100 or by the final status")
    func expectations() throws {
        try self.withNode { _, _, visitor in
            let body = #"{"title":"expected","body":"","tags":[],"expires":null}"#
            let fields = [
                "Expect: 100-continue", "Content-Type: application/json",
                "Content-Length: \(body.utf8.count)", "Host: 127.0.0.1",
            ]
            let head = ["POST /v1/requests HTTP/1.1", visitor.bearer] + fields
            let connection = try visitor.connect()
            let started = ContinuousClock.now
            connection.send(head.joined(separator: "\r\n") + "\r\n\r\n")
            #expect(connection.receive().hasPrefix("HTTP/1.1 100 Continue\r\n\r\n"))
            #expect(ContinuousClock.now - started < .milliseconds(900))
            connection.send(body)
            #expect(connection.receive(until: "}").contains("HTTP/1.1 200 OK"))
            // Refused before the body is asked for.
            let stranger = try visitor.head("POST /v1/requests", Array(fields.dropLast()))
            #expect(stranger.hasPrefix("HTTP/1.1 401 "), "\(stranger)")
            let huge = try visitor.head(
                "POST /v1/requests",
                [visitor.bearer, "Expect: 100-continue", "Content-Length: 8388609"]
            )
            #expect(huge.hasPrefix("HTTP/1.1 413 "), "\(huge)")
        }
    }

    @Test("C4-5: a body that is too long is told by its limit, in the API's own words")
    func tooLarge() throws {
        try self.withNode { _, _, visitor in
            for (path, limit) in [("requests", 8_388_608), ("content", 100_000_000)] {
                let connection = try visitor.connect()
                let head = [
                    "POST /v1/\(path) HTTP/1.1", "Host: 127.0.0.1", visitor.bearer,
                    "Content-Length: \(limit + 1)",
                ]
                connection.send(head.joined(separator: "\r\n") + "\r\n\r\n")
                let answer = connection.receive(until: "}")
                #expect(answer.hasPrefix("HTTP/1.1 413 "), "\(answer)")
                #expect(answer.contains("application/problem+json"))
                #expect(answer.contains(#""code":"too_large""#) && answer.contains("\(limit)"))
            }
        }
    }

    @Test("C3-10: an answer that comes while the next request is half here does not end it")
    func pipelined() throws {
        try self.withNode { _, _, visitor in
            let connection = try visitor.connect()
            let body = #"{"title":"behind","body":"","tags":[],"expires":null}"#
            let head = [
                "POST /v1/requests HTTP/1.1", "Host: 127.0.0.1", visitor.bearer,
                "Content-Length: \(body.utf8.count)",
            ]
            connection.send("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            connection.send(head.joined(separator: "\r\n") + "\r\n\r\n" + String(body.prefix(5)))
            let first = connection.receive(until: "}")
            #expect(first.hasPrefix("HTTP/1.1 200 "), "\(first)")
            connection.send(String(body.dropFirst(5)))
            let second = connection.receive(until: "}")
            #expect(second.hasPrefix("HTTP/1.1 200 ") && second.contains("\"id\""), "\(second)")
        }
    }

    @Test("C3-13: an upload that is cut off is not kept, and leaves no file")
    func cutUpload() throws {
        try self.withNode { path, node, visitor in
            for (field, start) in [
                ("Content-Length: 10", "hello"), ("Transfer-Encoding: chunked", "5\r\nhello\r\n"),
                ("Transfer-Encoding: chunked", "a\r\nhello"),
            ] {
                let head = ["POST /v1/content HTTP/1.1", "Host: 127.0.0.1", visitor.bearer, field]
                let connection = try visitor.connect()
                connection.send(head.joined(separator: "\r\n") + "\r\n\r\n" + start)
                usleep(200_000)
            }
            usleep(300_000)
            #expect(node.stop() == 0)
            let blobs = try FileManager.default.contentsOfDirectory(atPath: "\(path)/blobs")
            #expect(Set(blobs) == ["parts", "partial"])
            let parts = try FileManager.default.contentsOfDirectory(atPath: "\(path)/blobs/parts")
            #expect(parts.isEmpty, "\(parts)")
        }
    }

    // MARK: Files that have no end

    @Test("C4-5: a device, a pipe and what no node keeps are refused before they are read")
    func endlessFiles() throws {
        try self.withNode { path, _, _ in
            let (pipe, huge) = ("\(path)/pipe", "\(path)/huge")
            #expect(mkfifo(pipe, 0o600) == 0)
            #expect(FileManager.default.createFile(atPath: huge, contents: nil))
            #expect(truncate(huge, 3_000_000_000) == 0)
            let common = ["--data-dir", path]
            for (file, cause) in [
                ("/dev/zero", "regular file"), (pipe, "regular file"), (huge, "100000000"),
            ] {
                let commands = [
                    ["content", "share", file] + common,
                    ["proposal", "new", "--title", "t", "--file", file] + common,
                ]
                for command in commands {
                    let outcome = try NodeProgram.run(command)
                    #expect(outcome.status == 1)
                    #expect(outcome.errors.contains(cause), "\(command): \(outcome.errors)")
                }
            }
            for file in ["/dev/zero", pipe] {
                let outcome = try NodeProgram.run(["genesis", "show", file])
                #expect(outcome.status == 1)
                #expect(outcome.errors.contains("regular file"), "\(outcome.errors)")
            }
        }
    }

    // MARK: Who can hold the API

    @Test("C4-3, C3-9: 1,100 half-sent requests keep out neither health checks nor peers")
    func halfSent() throws {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #expect(getrlimit(resource, &limit) == 0)
        limit.rlim_cur = min(limit.rlim_max, 4_096)
        #expect(setrlimit(resource, &limit) == 0)
        try NodeProgram.withDirectory { parent in
            let (path, other) = ("\(parent)/node", "\(parent)/other")
            for path in [path, other] { _ = try DataDirectory(path: path).initialise() }
            let log = "\(parent)/log"
            #expect(FileManager.default.createFile(atPath: log, contents: nil))
            let node = try NodeProcess(
                path,
                errors: try #require(FileHandle(forWritingAtPath: log))
            )
            let visitor = try Visitor(node)
            let held = try (0..<1_100).map { _ in
                let connection = try visitor.connect()
                connection.send("POST /v1/content HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Le")
                return connection
            }
            for _ in 0..<5 {
                let head = try visitor.head("GET /healthz", [])
                #expect(head.hasPrefix("HTTP/1.1 200 "), "\(head)")
            }
            let files = try FileManager.default.contentsOfDirectory(
                atPath: "/proc/\(node.processID)/fd"
            )
            #expect(files.count < 300)
            #expect(try node.call(["status"])["digest"]?.string != nil)
            let listen = try #require(node.ready["listen"]?.elements?.first?.string)
            let peer = try NodeProcess(other, ["--bootstrap", listen])
            var isConnected = false
            for _ in 0..<100 where !isConnected {
                let peers = try peer.call(["peer", "list"])["peers"]?.elements ?? []
                isConnected = peers.contains { $0["authenticated"]?.bool == true }
                usleep(50_000)
            }
            #expect(isConnected)
            #expect(held.count == 1_100)
            let said = try String(contentsOfFile: log, encoding: .utf8)
            #expect(said.components(separatedBy: "local API: closed").count == 2, "\(said)")
            #expect(peer.stop() == 0 && node.stop() == 0)
        }
    }

    @Test("C4-3: half a request is closed after ten seconds")
    func slow() throws {
        try self.withNode { _, _, visitor in
            let connection = try visitor.connect()
            connection.send("GET /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\n")
            let body = try visitor.connect()
            body.send("POST /v1/status HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\n12")
            #expect(body.receive().hasPrefix("HTTP/1.1 401 "))
            let started = ContinuousClock.now
            var isOpen = true
            while isOpen, ContinuousClock.now - started < .seconds(15) {
                usleep(500_000)
                isOpen = connection.send("X") && body.send("3")
            }
            #expect(!isOpen)
        }
    }

    @Test("C3-10: a body without end is closed after a bound, also after a 401")
    func endlessBody() throws {
        try self.withNode { _, _, visitor in
            let piece = [UInt8](repeating: 0x61, count: 65_536)
            let chunk = Array("10000\r\n".utf8) + piece + Array("\r\n".utf8)
            for fields in [[], [visitor.bearer]] {
                let connection = try visitor.connect()
                let head =
                    ["POST /v1/requests HTTP/1.1", "Host: 127.0.0.1"] + fields
                    + ["Transfer-Encoding: chunked"]
                connection.send(head.joined(separator: "\r\n") + "\r\n\r\n")
                var sent = 0
                while sent < 256_000_000, connection.send(chunk) { sent += piece.count }
                #expect(sent < 32_000_000)
            }
        }
    }

    @Test("C3-9: with too few descriptors the start ends with a message, not with a signal")
    func fewDescriptors() throws {
        try NodeProgram.withDirectory { parent in
            _ = try DataDirectory(path: parent).initialise()
            let outcome = try NodeProgram.run(
                NodeProcess.arguments(parent),
                prefix: "ulimit -Sn 26; ulimit -Hn 26;"
            )
            #expect(outcome.status == 1)
            #expect(outcome.errors.contains("ulimit -n"), "\(outcome.errors)")
        }
    }
}
