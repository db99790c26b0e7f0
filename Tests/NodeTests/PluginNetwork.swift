import Foundation
import Messages
import Primitives

@testable import Node

/// Some founders' nodes that know each other, for stories with plug-ins.
final class PluginNetwork {
    let places: [PluginNode]
    private let more: [String]
    private(set) var nodes: [NodeProcess] = []

    /// Makes data directories of founders; nothing runs yet.
    init(_ parent: String, count: Int, _ more: [String] = []) throws {
        self.more = more
        let genesis = "\(parent)/genesis.json"
        var founders: [NetworkDescription.Founder] = []
        var places: [PluginNode] = []
        for number in 0..<count {
            let path = "\(parent)/node-\(number)"
            let node = try DataDirectory(path: path).initialise()
            founders.append(.init(node: node, score: .one))
            places.append(PluginNode(path: path, genesis: genesis))
        }
        try NetworkDescription(founders: founders).write(to: genesis)
        self.places = places
    }

    /// Starts all, and waits until each has authenticated all others and is synced.
    func start() throws {
        self.nodes = []
        for place in self.places {
            let first = self.nodes.first?.ready["listen"]?.elements?.first?.string
            let way = first.map { ["--bootstrap", $0] } ?? ["--genesis-node"]
            self.nodes.append(try place.start(way + self.more))
        }
        try self.wait("to know each other") { node in
            let scores = try node.operation("reputations")
            let status = try node.operation("status")
            return scores["active_identities"]?.integer == Int64(self.places.count)
                && status["sync"]?["state"]?.string == "synced"
        }
    }

    func stop() -> [Int32] {
        defer { self.nodes = [] }
        return self.nodes.map { $0.stop() }
    }

    /// Waits, for at most a minute, until something is so at every node.
    func wait(_ what: String, _ isSo: (NodeProcess) throws -> Bool) throws {
        for _ in 0..<300 {
            if try self.nodes.allSatisfy(isSo) { return }
            usleep(200_000)
        }
        throw ProcessFailure(description: "waited for nodes \(what)")
    }

    /// Proposes a text or a file at the first node, with claims, and waits until all know it.
    func propose(
        _ title: String,
        _ content: Data,
        claims: [(statement: String, check: String)] = [],
        votingSeconds: Int64 = 3_600
    ) throws -> String {
        let deadline = Int64(Date().timeIntervalSince1970 * 1_000) + votingSeconds * 1_000
        let bytes = Array(content)
        let claims = claims.map { claim in
            JSONValue.object([
                ("statement", .string(claim.statement)), ("verifiable", .bool(true)),
                ("evidence", .string("check: \(claim.check)")),
            ])
        }
        let made = try self.nodes[0].operation(
            "propose",
            .object([
                ("title", .string(title)), ("body", .string("b")), ("tags", .array([])),
                ("content_type", .string("application/octet-stream")),
                ("content_inline", .string(Base64.encode(bytes))),
                ("content_hash", .string(SHA256Digest.hash(bytes).hex)),
                ("content_size", .integer(Int64(bytes.count))), ("claims", .array(claims)),
                ("tier", .string("standard")), ("voting_deadline", .integer(deadline)),
            ])
        )
        guard let id = made["id"]?.string else { throw ProcessFailure(description: "no id") }
        try self.wait("to know the proposal") { node in
            let known = try node.operation("proposals")["proposals"]?.elements ?? []
            return known.contains { $0["id"]?.string == id }
        }
        return id
    }
}
