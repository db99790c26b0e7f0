import LocalAPI
import Messages
public import Primitives

/// The core loop among simulated nodes: request, two proposals, votes, ratification, adoption.
public struct CoreLoop {
    /// The result of a run.
    public struct Outcome: Sendable, Equatable {
        /// Nodes that adopted the better proposal.
        public var adoptions = 0
        /// Fewest adoptions that a node has heard of.
        public var heard = 0
        /// Nodes that saw it ratified.
        public var ratified = 0
        /// The author's score on the other nodes before and after, lowest first, in millionths.
        public var scoreBefore: Int64 = 0
        /// Lowest score of the author on the other nodes afterwards.
        public var scoreAfter: Int64 = 0
        /// Network events delivered.
        public var events: UInt64 = 0
        /// Digest over all network events in order.
        public var traceHash: Bytes32
        /// Digest over the state digests of all nodes.
        public var stateHash: Bytes32
    }

    /// Why a run could not go on.
    public struct Failure: Error, CustomStringConvertible {
        /// The cause in words.
        public let description: String
    }

    /// When the vote on the proposals ends.
    private static let votingEnds = Duration.seconds(320)
    /// When everybody must have heard of the first one.
    private static let patience = Duration.seconds(150)

    private let world: World
    private let length: Duration

    /// Runs for `minutes` of virtual time; at least ten, the first eight carry the loop.
    public static func run(nodes: Int, seed: UInt64, minutes: Int, faults: FaultPlan? = nil)
        async throws -> Outcome
    {
        guard nodes >= 4, minutes >= 10 else {
            throw Failure(description: "the core loop needs at least 4 nodes and 10 minutes")
        }
        let partition = FaultPlan.Partition(from: .seconds(90), until: .seconds(120))
        let plan = faults ?? FaultPlan(partitions: [partition])
        let world = try World(nodeCount: nodes, seed: seed, faults: plan)
        return try await CoreLoop(world: world, length: .seconds(minutes * 60)).run()
    }

    private func run() async throws -> Outcome {
        await self.world.boot()
        await self.world.run(until: .seconds(60))
        let request = try await self.publish(1, .request, self.request)
        await self.world.run(until: .seconds(70))
        try await self.wait(until: 2, answers: .request(request))
        let first = try await self.publish(2, .propose, self.proposal("draft", request, nil))
        await self.world.run(until: .seconds(80))
        try await self.wait(until: 3, answers: .proposal(first))
        let better = try await self.publish(3, .propose, self.proposal("better", request, first))
        let before = try await self.authorScores(author: 3)
        await self.world.run(until: .seconds(180))
        for node in self.world.nodes.indices { try await self.vote(node, better) }
        await self.world.run(until: .seconds(330))
        var outcome = Outcome(
            traceHash: self.world.traceHash,
            stateHash: self.world.traceHash
        )
        for node in self.world.nodes.indices {
            let answer = try await self.expect(node, .proposal(better))
            if answer["state"]?.string == "ratified" { outcome.ratified += 1 }
            if try await self.adopt(node, better) { outcome.adoptions += 1 }
        }
        await self.world.run(until: self.length)
        outcome.heard = try await self.adoptionsHeard(of: better).min() ?? 0
        outcome.scoreBefore = before.min() ?? 0
        outcome.scoreAfter = try await self.authorScores(author: 3).min() ?? 0
        outcome.stateHash = try await self.stateHash()
        outcome.events = self.world.events
        outcome.traceHash = self.world.traceHash
        return outcome
    }

    // MARK: Steps

    /// Where frames are lost a message may come late, and what a node does not know it cannot answer.
    private func wait(until node: Int, answers call: APICall) async throws {
        while await self.world.call(node, call)?.status != 200 {
            guard self.world.elapsed < Self.patience else {
                throw Failure(description: "node \(node) did not hear in time of what others said")
            }
            await self.world.run(until: self.world.elapsed + .seconds(1))
        }
    }

    private var request: JSONValue {
        .object([
            ("title", .string("A checklist for releases")),
            ("body", .string("Something an agent can follow.")),
            ("tags", .array([.string("checklist")])),
            ("expires", .null),
        ])
    }

    private func proposal(_ text: String, _ request: MessageID, _ supersedes: MessageID?)
        -> JSONValue
    {
        let artefact = Array("# Release checklist (\(text))\n".utf8)
        let left = (Self.votingEnds - self.world.elapsed).components.seconds
        let deadline = self.world.now.adding(milliseconds: left * 1_000)
        return .object([
            ("title", .string("Release checklist, \(text)")),
            ("body", .string("Answers the request.")),
            ("tags", .array([.string("checklist")])),
            ("description", .string("A checklist.")),
            ("content_hash", .string(SHA256Digest.hash(artefact).hex)),
            ("content_type", .string("text/markdown")),
            ("content_size", .integer(Int64(artefact.count))),
            ("content_inline", .string(Base64.encode(artefact))),
            ("request_id", .string(request.hex)),
            ("supersedes", supersedes.map { .string($0.hex) } ?? .null),
            ("claims", .array([])),
            ("tier", .string("standard")),
            ("eol", .null),
            ("voting_deadline", .integer(deadline.milliseconds)),
        ])
    }

    private func publish(_ node: Int, _ type: MessageType, _ payload: JSONValue) async throws
        -> MessageID
    {
        let answer = try await self.expect(node, .publish(type, payload))
        guard let id = answer["id"]?.string.flatMap({ MessageID(hex: $0) }) else {
            throw Failure(description: "node \(node) gave no id for its \(type.rawValue)")
        }
        return id
    }

    private func vote(_ node: Int, _ proposal: MessageID) async throws {
        _ = try await self.world.call(
            node,
            .vote(proposal, stance: .endorse, reason: nil)
        )
    }

    private func adopt(_ node: Int, _ proposal: MessageID) async throws -> Bool {
        await self.world.call(node, .adopt(proposal))?.status == 200
    }

    /// Successful adoptions of a proposal that each node knows.
    private func adoptionsHeard(of proposal: MessageID) async throws -> [Int] {
        var heard: [Int] = []
        for node in self.world.nodes.indices {
            let answer = try await self.expect(node, .proposal(proposal))
            let adoptions = answer["adoptions"]?.elements ?? []
            heard.append(adoptions.count { $0["success"]?.bool == true })
        }
        return heard
    }

    private func authorScores(author: Int) async throws -> [Int64] {
        var scores: [Int64] = []
        for node in self.world.nodes.indices where node != author {
            let answer = try await self.expect(node, .reputation(self.world.nodes[author]))
            scores.append(answer["overall"]?.integer ?? 0)
        }
        return scores
    }

    private func stateHash() async throws -> Bytes32 {
        var digests: [UInt8] = []
        for node in self.world.nodes.indices {
            let answer = try await self.expect(node, .status)
            digests += Array((answer["digest"]?.string ?? "").utf8)
        }
        return SHA256Digest.hash(digests)
    }

    private func expect(_ node: Int, _ call: APICall) async throws -> JSONValue {
        guard let answer = await self.world.call(node, call) else {
            throw Failure(description: "node \(node) did not answer at \(self.world.elapsed)")
        }
        guard answer.status == 200 else {
            let detail = answer.body["detail"]?.string ?? "no detail"
            throw Failure(description: "node \(node) refused: \(detail)")
        }
        return answer.body
    }
}
