import LocalAPI
import Messages
import Primitives
import Simulation
import Testing

@Suite("ADR 0033: a clock is set among others", .timeLimit(.minutes(5)))
struct ClockTests {
    /// Whose clock is set.
    private static let patient = 3
    private static let nodes = 4

    private static func world() async throws -> World {
        let world = try World(
            nodeCount: Self.nodes,
            seed: 7,
            faults: FaultPlan(lossPerMille: 0)
        )
        await world.boot()
        await world.run(until: .seconds(90))
        return world
    }

    private static func call(_ world: World, _ node: Int, _ call: APICall) async throws
        -> APIResponse
    {
        try #require(await world.call(node, call))
    }

    private static func post(_ title: String, by node: Int, in world: World) async throws
        -> MessageID
    {
        let request = JSONValue.object([
            ("title", .string(title)), ("body", .string("b")), ("tags", .array([])),
            ("expires", .null),
        ])
        let answer = try await Self.call(world, node, .publish(.request, request))
        #expect(answer.status == 200, "\(answer.body)")
        return try #require(answer.body["id"]?.string.flatMap { MessageID(hex: $0) })
    }

    private static func proposal(until deadline: Timestamp) -> JSONValue {
        let artefact = Array("# What we do\n".utf8)
        return .object([
            ("title", .string("p")), ("body", .string("b")), ("tags", .array([])),
            ("description", .string("d")), ("content_type", .string("text/markdown")),
            ("content_hash", .string(SHA256Digest.hash(artefact).hex)),
            ("content_size", .integer(Int64(artefact.count))),
            ("content_inline", .string(Base64.encode(artefact))), ("request_id", .null),
            ("supersedes", .null), ("claims", .array([])), ("tier", .string("standard")),
            ("eol", .null), ("voting_deadline", .integer(deadline.milliseconds)),
        ])
    }

    @Test(
        "T13, C3-6, C4-1: set back or forward and right again, it hears, posts and votes in minutes",
        arguments: [-3_600, -400, 3_600, 86_400]
    )
    func thereAndBack(seconds: Int) async throws {
        let world = try await Self.world()
        await world.setClock(of: Self.patient, by: .seconds(seconds))
        await world.run(until: world.elapsed + .seconds(60))
        await world.setClock(of: Self.patient, by: .seconds(-seconds))
        let wrong = try await Self.call(world, Self.patient, .status)
        let jump = wrong.body["verification"]?["clock_jump_ms"]?.integer
        #expect(jump == Int64(-seconds) * 1_000, "a jump is told")
        await world.run(until: world.elapsed + .seconds(240))

        let theirs = try await Self.post("theirs", by: 0, in: world)
        let own = try await Self.post("its own", by: Self.patient, in: world)
        let deadline = world.now.adding(milliseconds: 120_000)
        let draft = Self.proposal(until: deadline)
        let proposed = try await Self.call(world, 1, .publish(.propose, draft))
        let id = try #require(proposed.body["id"]?.string.flatMap { MessageID(hex: $0) })
        await world.run(until: world.elapsed + .seconds(20))
        for node in 0..<Self.nodes {
            let vote = APICall.vote(id, stance: .endorse, reason: nil)
            let answer = try await Self.call(world, node, vote)
            #expect(answer.status == 200, "node \(node): \(answer.body)")
        }
        await world.run(until: world.elapsed + .seconds(180))
        for node in 0..<Self.nodes {
            let requests = try await Self.call(world, node, .requests(limit: 10)).body["requests"]
            let ids = (requests?.elements ?? []).compactMap { $0["id"]?.string }
            #expect(Set(ids) == [theirs.hex, own.hex], "node \(node)")
            let view = try await Self.call(world, node, .proposal(id)).body
            #expect(view["state"]?.string == "ratified", "node \(node)")
            #expect(view["votes"]?.elements?.count == Self.nodes, "node \(node)")
        }
    }

    @Test(
        "C2-7: a node whose clock is wrong says so and how far, though it has no peer",
        arguments: [-1_800, 1_800, 200_000]
    )
    func wrong(seconds: Int) async throws {
        let world = try await Self.world()
        await world.setClock(of: Self.patient, by: .seconds(seconds))
        await world.run(until: world.elapsed + .seconds(120))
        let status = try await Self.call(world, Self.patient, .status).body["verification"]
        #expect(status?["clock"]?.string == "unreliable")
        let offset = try #require(status?["clock_offset_ms"]?.integer)
        #expect(abs(offset - Int64(seconds) * 1_000) < 5_000)
        let readiness = try await Self.call(world, Self.patient, .readiness(MemoryUse(bytes: 0)))
        #expect(readiness.status == 503 && readiness.body["code"]?.string == "clock_wrong")
        let peers = try await Self.call(world, Self.patient, .peers).body["peers"]?.elements ?? []
        let offsets = peers.compactMap { $0["clock_offset_ms"]?.integer }
        #expect(offsets.contains { abs($0 - Int64(seconds) * 1_000) < 5_000 })
        let healthy = try await Self.call(world, 0, .readiness(MemoryUse(bytes: 0)))
        #expect(healthy.status == 200, "one wrong clock among many convinces nobody")
    }

    @Test("C4-11: a member 200 s behind is refused a late vote, and sees the outcome that all see")
    func lateVote() async throws {
        let world = try await Self.world()
        await world.setClock(of: Self.patient, by: .seconds(-200))
        await world.run(until: world.elapsed + .seconds(120))
        let deadline = world.now.adding(milliseconds: 120_000)
        let draft = Self.proposal(until: deadline)
        let proposed = try await Self.call(world, 0, .publish(.propose, draft))
        let id = try #require(proposed.body["id"]?.string.flatMap { MessageID(hex: $0) })
        await world.run(until: world.elapsed + .seconds(20))
        let vote = APICall.vote(id, stance: .endorse, reason: nil)
        for node in 0..<2 {
            let answer = try await Self.call(world, node, vote)
            #expect(answer.status == 200, "node \(node): \(answer.body)")
        }
        await world.run(until: world.elapsed + .seconds(120))
        #expect(world.now > deadline)
        let late = try await Self.call(world, Self.patient, vote)
        #expect(late.body["code"]?.string == "clock_behind")
        await world.run(until: world.elapsed + .seconds(300))
        for node in 0..<Self.nodes {
            let view = try await Self.call(world, node, .proposal(id)).body
            #expect(view["state"]?.string == "rejected", "node \(node)")
            #expect(view["votes"]?.elements?.count == 2, "node \(node)")
        }
    }

    @Test("C4-11: near a deadline a node whose clock is off says so, with what peers see left")
    func nearDeadline() async throws {
        let world = try await Self.world()
        await world.setClock(of: Self.patient, by: .seconds(-20))
        await world.run(until: world.elapsed + .seconds(120))
        let deadline = world.now.adding(milliseconds: 180_000)
        func propose(by node: Int) async throws -> (id: MessageID, answer: JSONValue) {
            let draft = Self.proposal(until: deadline)
            let answer = try await Self.call(world, node, .publish(.propose, draft)).body
            await world.run(until: world.elapsed + .seconds(20))
            return (try #require(answer["id"]?.string.flatMap { MessageID(hex: $0) }), answer)
        }
        func warning(_ node: Int, _ call: APICall) async throws -> String? {
            let answer = try await Self.call(world, node, call)
            #expect(answer.status == 200, "\(answer.body)")
            return answer.body["warnings"]?.elements?.first?.string
        }
        let theirs = try await propose(by: 0)
        let own = try await propose(by: Self.patient)
        #expect(own.answer["warnings"]?.elements == [], "the deadline is far")
        let vote = APICall.vote(theirs.id, stance: .endorse, reason: nil)
        #expect(try await warning(Self.patient, vote) == nil)
        #expect(try await warning(Self.patient, .proposal(theirs.id)) == nil)

        await world.run(until: world.elapsed + .seconds(110))
        let withdraw = APICall.publish(.withdraw, .object([("proposal_id", .string(own.id.hex))]))
        for call in [vote, .proposal(theirs.id), withdraw] {
            let text = try #require(try await warning(Self.patient, call))
            #expect(text.contains("20 s behind those of its peers"), "\(text)")
            let left = text.split(separator: " ").drop { $0 != "which" }.dropFirst().first
            let seconds = try #require(left.flatMap { Int($0) }, "\(text)")
            #expect((25...31).contains(seconds), "\(text)")
        }
        #expect(try await warning(0, vote) == nil, "one wrong clock among many convinces nobody")
        let late = try await propose(by: Self.patient)
        #expect(late.answer["warnings"]?.elements?.count == 1, "near from the start")
    }

    @Test("the same seed gives the same trace, jumps of clocks included")
    func deterministic() async throws {
        var traces: [Bytes32] = []
        for _ in 0..<2 {
            let world = try await Self.world()
            await world.setClock(of: Self.patient, by: .seconds(-3_600))
            await world.run(until: world.elapsed + .seconds(60))
            await world.setClock(of: Self.patient, by: .seconds(3_600))
            await world.run(until: world.elapsed + .seconds(60))
            traces.append(world.traceHash)
        }
        #expect(traces[0] == traces[1])
    }
}
