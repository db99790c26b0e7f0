import Foundation
import FoundationNetworking
import LocalAPI
import Messages
import Primitives
import Testing

@testable import Node

/// Speaks HTTP to a node, as a program without the command line does.
struct Caller {
    let api: String
    let token: String

    init(_ node: NodeProcess) throws {
        self.api = try #require(node.ready["api"]?.string)
        self.token = try DataDirectory(path: node.dataDirectory).loadToken()
    }

    /// Answers of all routes that are read without arguments, by their paths.
    func reads() async throws -> [(path: String, status: Int, bytes: [UInt8])] {
        let routes = try await self.get("/v1").body["routes"]?.elements ?? []
        let paths = routes.filter { $0["method"]?.string == "GET" }
            .compactMap { $0["path"]?.string }
        var answers: [(path: String, status: Int, bytes: [UInt8])] = []
        for path in paths where !path.contains("{") {
            // Events would go on for ever.
            let query = path == "/v1/events" ? "?follow=false" : ""
            let answer = try await self.bytes(path + query)
            answers.append((path: path, status: answer.head.statusCode, bytes: answer.bytes))
        }
        return answers
    }

    /// An answer that is no JSON object.
    func bytes(_ path: String) async throws -> (head: HTTPURLResponse, bytes: [UInt8]) {
        var request = URLRequest(url: try #require(URL(string: self.api + path)))
        request.setValue("Bearer \(self.token)", forHTTPHeaderField: "Authorization")
        let (data, response) = try await URLSession.shared.data(for: request)
        return (try #require(response as? HTTPURLResponse), Array(data))
    }

    func get(_ path: String, withToken: Bool = true, method: String = "GET") async throws
        -> (status: Int, type: String?, body: JSONValue)
    {
        var request = URLRequest(url: try #require(URL(string: self.api + path)))
        request.httpMethod = method
        if withToken {
            request.setValue("Bearer \(self.token)", forHTTPHeaderField: "Authorization")
        }
        let (data, response) = try await URLSession.shared.data(for: request)
        let head = try #require(response as? HTTPURLResponse)
        return (
            head.statusCode, head.value(forHTTPHeaderField: "Content-Type"),
            try JSONDocument(scanning: Array(data)).root.value
        )
    }
}

@Suite("The local API over HTTP", .serialized, .timeLimit(.minutes(2)))
struct RoutesTests {
    /// Runs a node for the time of a test.
    private func withNode(
        _ arguments: [String] = [],
        _ body: (Caller) async throws -> Void
    ) async throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-node-\(UUID().uuidString)").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        _ = try DataDirectory(path: path).initialise()
        let node = try NodeProcess(path, arguments)
        try await body(try Caller(node))
        #expect(node.stop() == 0)
    }

    @Test("an unknown route is a problem document that names it and the index")
    func unknownRoute() async throws {
        try await self.withNode { caller in
            for (method, path, status, code) in [
                ("GET", "/v1/nonsense", 404, "no_route"), ("POST", "/v1/status", 405, "no_method"),
            ] {
                let answer = try await caller.get(path, method: method)
                #expect(answer.status == status)
                #expect(answer.type == "application/problem+json")
                #expect(answer.body["code"]?.string == code)
                let detail = answer.body["detail"]?.string ?? ""
                #expect(detail.contains("\(method) \(path)") && detail.contains("GET /v1 "))
            }
            let stranger = try await caller.get("/v1/nonsense", withToken: false)
            #expect(stranger.status == 401)
        }
    }

    @Test("C1-3: a node that is not synced says so, with 503 and when to try again")
    func notSynced() async throws {
        try await self.withNode(["--bootstrap", "/ip4/127.0.0.1/tcp/1"]) { caller in
            let path = "/v1/proposals/\(Bytes32.zero.hex)/comment"
            var request = URLRequest(url: try #require(URL(string: caller.api + path)))
            request.httpMethod = "POST"
            request.setValue("Bearer \(caller.token)", forHTTPHeaderField: "Authorization")
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
            request.httpBody = Data(#"{"body":"Well."}"#.utf8)
            let (data, response) = try await URLSession.shared.data(for: request)
            let head = try #require(response as? HTTPURLResponse)
            let body = try JSONDocument(scanning: Array(data)).root.value
            #expect(head.statusCode == 503)
            #expect(body["code"]?.string == "not_synced")
            let wait = head.value(forHTTPHeaderField: "Retry-After").flatMap { Int($0) }
            #expect(try (1...30).contains(#require(wait)))
        }
    }

    @Test("GET /v1 lists the routes, and they exist")
    func index() async throws {
        try await self.withNode { caller in
            let answers = try await caller.reads()
            let paths = answers.map(\.path)
            #expect(paths.contains("/v1/status") && paths.contains("/healthz"))
            // A node that has just begun may not be ready, and says so.
            for answer in answers where answer.path != "/readyz" {
                #expect(answer.status == 200, "\(answer.path)")
            }
        }
    }

    @Test("ADR 0074: /healthz and /readyz answer without a token, with each condition")
    func health() async throws {
        try await self.withNode { caller in
            let alive = try await caller.get("/healthz", withToken: false)
            #expect(alive.status == 200 && alive.body["ok"]?.bool == true)
            var ready = try await caller.get("/readyz", withToken: false)
            let end = ContinuousClock.now + .seconds(60)
            while ready.status != 200, ContinuousClock.now < end {
                #expect(ready.body["code"]?.string == "not_synced")
                try await Task.sleep(for: .milliseconds(200))
                ready = try await caller.get("/readyz", withToken: false)
            }
            #expect(ready.status == 200)
            let names = ready.body["checks"]?.elements?.compactMap { $0["name"]?.string }
            #expect(names == ["clock", "identity", "storage", "memory", "sync", "peers"])
        }
    }
}

@Suite("What a watcher is told")
struct ReadyTests {
    @Test("only the first start is `ready`; after a fault or a jump it is `rebuilt`")
    func event() throws {
        func ready(after rebuild: NodeRuntime.Rebuild?) -> NodeRuntime.Ready {
            NodeRuntime.Ready(
                nodeID: NodeID(SHA256Digest.hash([1])),
                peerID: "",
                listen: [],
                apiPort: 1,
                absent: [],
                rebuild: rebuild
            )
        }
        #expect(ready(after: nil).event == "ready")
        #expect(ready(after: .fault("a fault")).event == "rebuilt")
        let overrun = NodeRuntime.Rebuild.outOfMemory(MemoryUse(bytes: 2_048, bytesMax: 1_024))
        #expect(ready(after: overrun).event == "rebuilt")
        #expect("\(overrun)".contains("held 2048 bytes, and --max-memory allows 1024"))
        #expect(!"\(overrun)".contains("failed"))
    }
}
