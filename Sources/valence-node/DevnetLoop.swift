import Foundation
import Messages
import Node
import Primitives

/// The core loop, carried over the local APIs of a devnet's nodes.
struct DevnetLoop {
    let network: DevnetNetwork
    let artefact: Artefact
    let votingSeconds: Double

    /// The result of the loop.
    struct Report {
        struct Adoption {
            let node: NodeID
            let path: String
            let sha256: String
        }

        var nodes = 0
        var request = ""
        var proposals: [String] = []
        var ratified = ""
        var adoptions: [Adoption] = []
        var scoreBefore: Int64 = 0
        var scoresAfter: [Int64] = []
        var seconds: Int64 = 0

        var json: JSONValue {
            .object([
                ("nodes", .integer(Int64(self.nodes))),
                ("request", .string(self.request)),
                ("proposals", .array(self.proposals.map { .string($0) })),
                ("ratified", .string(self.ratified)),
                ("adoptions", .array(self.adoptions.map(Self.json))),
                (
                    "author_reputation",
                    .object([
                        ("before", .integer(self.scoreBefore)),
                        ("after", .array(self.scoresAfter.map { .integer($0) })),
                    ])
                ),
                ("seconds", .integer(self.seconds)),
            ])
        }

        private static func json(_ adoption: Adoption) -> JSONValue {
            .object([
                ("node_id", .string(adoption.node.hex)),
                ("path", .string(adoption.path)),
                ("sha256", .string(adoption.sha256)),
            ])
        }
    }

    func run() async throws -> Report {
        let started = Date.now
        var report = Report()
        let nodes = await self.network.nodes
        report.nodes = nodes.count
        let author = nodes[2]
        try await self.waitForMesh(nodes)
        report.request = try await self.request(nodes[0])
        Console.say("REQUEST  \(report.request.prefix(12))…  by node 0")
        try await self.waitUntilKnown(report.request, nodes, in: "requests")
        let draft = Array("A first draft.\n".utf8)
        let first = try await self.propose(
            nodes[1],
            Artefact(bytes: draft, contentType: "text/markdown"),
            report.request,
            nil
        )
        Console.say("PROPOSE  \(first.prefix(12))…  by node 1")
        try await self.waitUntilKnown(first, nodes)
        let better = try await self.propose(author, self.artefact, report.request, first)
        Console.say("PROPOSE  \(better.prefix(12))…  by node 2, supersedes the first")
        report.proposals = [first, better]
        try await self.waitUntilKnown(better, nodes)
        report.scoreBefore = try await self.score(of: author.id, on: nodes[0])
        for node in nodes { try await self.vote(node, better) }
        report.ratified = try await self.waitUntilRatified(better, nodes)
        for node in nodes { report.adoptions.append(try await self.adopt(node, better)) }
        report.scoresAfter = try await self.waitForReward(author, nodes, report.scoreBefore)
        report.seconds = Int64(Date.now.timeIntervalSince(started))
        return report
    }

    // MARK: Steps

    private func waitForMesh(_ nodes: [DevnetNode]) async throws {
        try await Patience.wait("for \(nodes.count) nodes to know each other", seconds: 60) {
            for node in nodes {
                let scores = try await node.client.call("reputations")
                guard scores["active_identities"]?.integer == Int64(nodes.count) else {
                    return false
                }
                // A node that is still catching up may not vote (R-05-061).
                let status = try await node.client.call("brief_status")
                guard status["sync"]?["state"]?.string == "synced" else { return false }
            }
            return true
        }
        Console.say("all \(nodes.count) nodes are connected, authenticated and synced")
    }

    private func request(_ node: DevnetNode) async throws -> String {
        let answer = try await node.client.call(
            "new_request",
            [
                ("title", .string("A release checklist")),
                ("body", .string("Something an agent can follow before it releases.")),
                ("tags", .array([.string("checklist")])),
            ]
        )
        return try Self.id(answer)
    }

    private func propose(
        _ node: DevnetNode,
        _ artefact: Artefact,
        _ request: String,
        _ supersedes: String?
    ) async throws -> String {
        try await artefact.shareUnlessInline(by: node.client)
        let deadline = try Hours.fromNow(seconds: self.votingSeconds)
        let members: [(String, JSONValue)] = [
            ("title", .string(supersedes == nil ? "A checklist" : "A better checklist")),
            ("body", .string("Answers the request.")),
            ("tags", .array([.string("checklist")])),
            ("request_id", .string(request)),
            ("supersedes", supersedes.map { .string($0) } ?? .null),
            ("claims", .array([])),
            ("tier", .string("standard")),
            ("voting_deadline", .integer(deadline)),
        ]
        let proposal = JSONValue.object(members + artefact.members)
        return try Self.id(try await node.client.call("propose", proposal))
    }

    /// Waits for something that the next one is about: nobody answers what it does not know.
    private func waitUntilKnown(_ id: String, _ nodes: [DevnetNode], in list: String = "proposals")
        async throws
    {
        try await Patience.wait("for \(list) to reach every node", seconds: 15) {
            for node in nodes {
                let known = try await node.client.call(list)[list]?.elements ?? []
                guard known.contains(where: { $0["id"]?.string == id }) else { return false }
            }
            return true
        }
    }

    private func vote(_ node: DevnetNode, _ proposal: String) async throws {
        _ = try await node.client.call(
            "vote",
            [
                ("id", .string(proposal)), ("stance", .string("endorse")),
                ("reason", .string("it answers the request")),
            ]
        )
        Console.say("VOTE     endorse by node \(node.number)")
    }

    private func waitUntilRatified(_ proposal: String, _ nodes: [DevnetNode]) async throws
        -> String
    {
        let patience = self.votingSeconds + 30
        try await Patience.wait("for ratification on every node", seconds: patience) {
            for node in nodes {
                let view = try await node.client.call("proposal", [("id", .string(proposal))])
                guard view["state"]?.string == "ratified" else { return false }
            }
            return true
        }
        Console.say("RATIFIED \(proposal.prefix(12))…  at the deadline, on every node")
        return proposal
    }

    private func adopt(_ node: DevnetNode, _ proposal: String) async throws -> Report.Adoption {
        let answer = try await node.client.call("adopt", [("id", .string(proposal))])
        guard let path = answer["path"]?.string else {
            throw CommandFailure(.failed, "node \(node.number) gave no path for its adoption")
        }
        let found = try Artefact(file: path, contentType: self.artefact.contentType).hash
        guard found == self.artefact.hash else {
            throw CommandFailure(.failed, "\(path) does not hold the artefact: sha256 \(found.hex)")
        }
        Console.say("ADOPT    by node \(node.number): \(path)")
        return Report.Adoption(node: node.id, path: path, sha256: found.hex)
    }

    private func waitForReward(_ author: DevnetNode, _ nodes: [DevnetNode], _ before: Int64)
        async throws -> [Int64]
    {
        let others = nodes.filter { $0.number != author.number }
        try await Patience.wait("for the author's reputation to rise", seconds: 30) {
            for node in others where try await self.score(of: author.id, on: node) <= before {
                return false
            }
            return true
        }
        var after: [Int64] = []
        for node in others { after.append(try await self.score(of: author.id, on: node)) }
        let lowest = Score.text(after.min())
        Console.say("REWARD   the author's score rose from \(Score.text(before)) to \(lowest)")
        return after
    }

    private func score(of identity: NodeID, on node: DevnetNode) async throws -> Int64 {
        let id = JSONValue.string(identity.hex)
        return try await node.client.call("reputation", [("id", id)])["overall"]?.integer ?? 0
    }

    private static func id(_ answer: JSONValue) throws -> String {
        guard let id = answer["id"]?.string else {
            throw CommandFailure(.failed, "a node accepted a message without giving its id")
        }
        return id
    }
}

/// Waiting with an end.
enum Patience {
    static func wait(
        _ what: String,
        seconds: Double,
        until isDone: () async throws -> Bool
    ) async throws {
        let end = Date.now.addingTimeInterval(seconds)
        while Date.now < end {
            if try await isDone() { return }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw CommandFailure(.timedOut, "waited \(Int(seconds)) s \(what), in vain")
    }
}
