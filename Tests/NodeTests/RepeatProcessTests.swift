import Foundation
import Messages
import Primitives
import Testing

@testable import Node

/// Posts to a node, and does not wait for what it says.
private struct Poster {
    private let port: UInt16
    private let token: String

    init(_ node: NodeProcess) throws {
        let api = try #require(node.ready["api"]?.string)
        self.port = try #require(api.split(separator: ":").last.flatMap { UInt16($0) })
        self.token = try DataDirectory(path: node.dataDirectory).loadToken()
    }

    /// Sends a post with a key; the answer is to come on the connection.
    func post(_ path: String, _ body: String, key: String, type: String = "application/json")
        throws -> RawConnection
    {
        let connection = try RawConnection(port: self.port)
        let head = [
            "POST \(path) HTTP/1.1", "Host: 127.0.0.1", "Authorization: Bearer \(self.token)",
            "Connection: close", "Content-Type: \(type)", "Content-Length: \(body.utf8.count)",
            "Idempotency-Key: \(key)",
        ]
        connection.send(head.joined(separator: "\r\n") + "\r\n\r\n" + body)
        return connection
    }

    /// Posts until the node is done with an earlier attempt, and gives the answer.
    func answer(_ path: String, _ body: String, key: String, type: String = "application/json")
        throws -> (status: Int, body: JSONValue)
    {
        var last = ""
        for _ in 0..<100 {
            last = try self.post(path, body, key: key, type: type).receive(until: "\u{0}")
            let parts = last.components(separatedBy: "\r\n\r\n")
            let status = last.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
            guard parts.count == 2 else { continue }
            let json = try JSONDocument(scanning: Array(parts[1].utf8)).root.value
            if ![409, 503].contains(status) { return (status, json) }
            usleep(50_000)
        }
        throw ProcessFailure(description: "no answer: \(last)")
    }
}

@Suite("ADR 0060: a node that is killed, and asked again", .serialized, .timeLimit(.minutes(4)))
struct RepeatProcessTests {
    private static func body(_ title: String) -> String {
        #"{"title":"\#(title)","body":"","tags":[]}"#
    }

    /// The ids of the requests with a title.
    private static func ids(of title: String, _ node: NodeProcess) throws -> [String] {
        let list = try node.call(["request", "list"])["requests"]?.elements ?? []
        return list.filter { $0["payload"]?["title"]?.string == title }
            .compactMap { $0["id"]?.string }
    }

    private func withDirectory(_ body: (String) throws -> Void) throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = try DataDirectory(path: path).initialise()
            try body(path)
        }
    }

    @Test("killed at the answer: the same again has the same id, and the log one message")
    func atTheAnswer() throws {
        try self.withDirectory { path in
            var node = try NodeProcess(path)
            let (path1, body) = ("/v1/requests", Self.body("once"))
            let first = try Poster(node).answer(path1, body, key: "k")
            #expect(first.status == 200)
            node.crash()
            node = try NodeProcess(path)
            let again = try Poster(node).answer(path1, body, key: "k")
            #expect(again.status == 200 && again.body["id"] == first.body["id"])
            #expect(try Self.ids(of: "once", node) == [first.body["id"]?.string])
            let other = try Poster(node).answer(path1, Self.body("twice"), key: "k")
            #expect(other.status == 422)
            #expect(other.body["code"]?.string == "idempotency_key_reused")
            #expect(try Self.ids(of: "twice", node).isEmpty)
            // A node that stops in order forgets as little.
            #expect(node.stop() == 0)
            node = try NodeProcess(path)
            let third = try Poster(node).answer(path1, body, key: "k")
            #expect(third.body["id"] == first.body["id"])
            let fresh = try Poster(node).answer(path1, body, key: "l")
            #expect(fresh.status == 200 && fresh.body["id"] != first.body["id"])
            #expect(try Self.ids(of: "once", node).count == 2)
            #expect(node.stop() == 0)
        }
    }

    @Test("killed at any moment between post and answer: one message, also at a peer that heard it")
    func atAnyMoment() throws {
        try self.withDirectory { path in
            let other = "\(path)-peer"
            _ = try DataDirectory(path: other).initialise()
            let peer = try NodeProcess(other)
            let listen = try #require(peer.ready["listen"]?.elements?.first?.string)
            var answered: [String: String] = [:]
            var node = try NodeProcess(path, ["--bootstrap", listen])
            for (round, pause) in [0, 1, 2, 4, 8, 16, 32].enumerated() {
                try Self.waitForPeer(node)
                let (title, key) = ("round \(round)", "key-\(round)")
                let pending = try Poster(node).post(
                    "/v1/requests",
                    Self.body(title),
                    key: key
                )
                usleep(UInt32(pause) * 1_000)
                node.crash()
                _ = pending
                node = try NodeProcess(path, ["--bootstrap", listen])
                let answer = try Poster(node).answer("/v1/requests", Self.body(title), key: key)
                #expect(answer.status == 200, "\(answer)")
                answered[title] = try #require(answer.body["id"]?.string)
            }
            #expect(answered.count == 7)
            // What was committed and not sent before a kill, the peer gets when it compares logs, which it
            // does once a minute at most.
            let patience = ContinuousClock.now + .seconds(100)
            for (title, id) in answered {
                #expect(try Self.ids(of: title, node) == [id], "\(title)")
                var there = try Self.ids(of: title, peer)
                while there.isEmpty, ContinuousClock.now < patience {
                    usleep(500_000)
                    there = try Self.ids(of: title, peer)
                }
                #expect(there == [id], "\(title) at the peer")
            }
            #expect(node.stop() == 0 && peer.stop() == 0)
        }
    }

    private static func waitForPeer(_ node: NodeProcess) throws {
        for _ in 0..<200 {
            let peers = try node.call(["peer", "list"])["peers"]?.elements ?? []
            if peers.contains(where: { $0["authenticated"]?.bool == true }) { return }
            usleep(50_000)
        }
        throw ProcessFailure(description: "no peer")
    }

    @Test("an upload and an offer of storage are done once, killed at their answers")
    func others() throws {
        try self.withDirectory { path in
            var node = try NodeProcess(path)
            let (share, type) = ("/v1/content?filename=a.txt", "text/plain")
            let first = try Poster(node).answer(share, "shared", key: "s", type: type)
            #expect(first.status == 200, "\(first)")
            node.crash()
            node = try NodeProcess(path)
            let before = try node.call(["status"])["log"]?["last_sequence"]?.integer
            let again = try Poster(node).answer(share, "shared", key: "s", type: type)
            #expect(again.body["id"] == first.body["id"])
            #expect(again.body["content_hash"] == first.body["content_hash"])
            #expect(try node.call(["status"])["log"]?["last_sequence"]?.integer == before)
            let (place, one) = ("/v1/storage/offer", #"{"allocated_bytes":1000000}"#)
            _ = try Poster(node).answer(place, one, key: "o")
            _ = try Poster(node).answer(place, #"{"allocated_bytes":2000000}"#, key: "p")
            node.crash()
            node = try NodeProcess(path)
            let told = try Poster(node).answer(place, one, key: "o")
            #expect(told.status == 200 && told.body["allocated_bytes"]?.integer == 1_000_000)
            let offer = try node.call(["storage", "status"])["offer"]?["allocated_bytes"]
            #expect(offer?.integer == 2_000_000, "the later offer stands")
            #expect(node.stop() == 0)
        }
    }

    @Test("tokens: a running node takes changes at once, also through the environment's names")
    func tokens() throws {
        try self.withDirectory { path in
            let node = try NodeProcess(path)
            let made = try node.call(["token", "new", "--scope", "read"])
            let text = try #require(made["token"]?.string)
            let environment = [
                "VALENCE_TOKEN": text,
                "VALENCE_SERVER_URL": try #require(node.ready["api"]?.string),
                "VALENCE_DATA_DIR": "/nonexistent",
            ]
            let status = try NodeProgram.run(["status", "--json"], environment: environment)
            #expect(status.status == 0, "\(status.errors)")
            let post = try NodeProgram.run(
                ["request", "new", "--title", "t", "--json"],
                environment: environment
            )
            #expect(post.status != 0)
            #expect(try post.json()["code"]?.string == "scope")
            let id = try #require(made["id"]?.string)
            _ = try node.call(["token", "revoke", id])
            let ended = try NodeProgram.run(["status", "--json"], environment: environment)
            #expect(try ended.json()["code"]?.string == "unauthorized")
            #expect(node.stop() == 0)
            // Without a node the directory is changed, and the next start finds it.
            let offline = try NodeProgram.run([
                "token", "new", "--scope", "read", "--json", "--data-dir", path,
            ])
            let second = try #require(try offline.json()["token"]?.string)
            let again = try NodeProcess(path)
            let api = try #require(again.ready["api"]?.string)
            let asked = try NodeProgram.run(
                ["status", "--json"],
                environment: ["VALENCE_TOKEN": second, "VALENCE_SERVER_URL": api]
            )
            #expect(asked.status == 0, "\(asked.errors)")
            #expect(again.stop() == 0)
        }
    }
}
