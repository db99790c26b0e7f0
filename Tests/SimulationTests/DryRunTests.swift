import LocalAPI
import Messages
import Primitives
import Simulation
import Testing

@Suite("ADR 0059: what whole nodes say would come of an act", .timeLimit(.minutes(5)))
struct DryRunTests {
    private static func world() async throws -> World {
        let world = try World(nodeCount: 3, seed: 59, faults: FaultPlan(lossPerMille: 0))
        await world.boot()
        await world.run(until: .seconds(90))
        return world
    }

    private static func proposal(_ title: String, _ now: Timestamp) -> APICall {
        .publish(
            .propose,
            .object([
                ("title", .string(title)), ("body", .string("b")),
                ("content_type", .string("text/plain")), ("content_text", .string(title)),
                ("voting_deadline", .integer(now.adding(milliseconds: 600_000).milliseconds)),
            ])
        )
    }

    private static func flag(_ seed: UInt8) -> APICall {
        .publish(
            .flag,
            .object([
                ("content_hash", .string(SHA256Digest.hash([seed]).hex)),
                ("severity", .string("dispute")), ("category", .string("spam")),
                ("details", .string("the same again")),
            ])
        )
    }

    private static func digest(_ world: World, _ number: Int) async throws -> String {
        let status = try #require(await world.call(number, .status))
        return try #require(status.body["digest"]?.string)
    }

    /// Messages of all types in the logs of all nodes.
    private static func logged(_ world: World) -> [Int] {
        (0..<3).flatMap { number in
            MessageType.allCases.map { world.logged($0, at: number) }
        }
    }

    @Test("nothing is logged, sent or changed by it, and the act then does what it told")
    func unchanged() async throws {
        let world = try await Self.world()
        let proposed = try #require(await world.call(0, Self.proposal("first", world.now)))
        let id = try #require(proposed.body["id"]?.string.flatMap { MessageID(hex: $0) })
        await world.run(until: world.elapsed + .seconds(20))
        let acts: [APICall] = [
            Self.proposal("second", world.now), .vote(id, stance: .endorse, reason: "good"),
            Self.flag(1),
            .publish(.comment, Comment(targetID: id, body: "yes").json),
            .publish(.withdraw, Withdraw(proposalID: id).json),
        ]
        let (before, digest) = (Self.logged(world), try await Self.digest(world, 0))
        var told: [JSONValue] = []
        for act in acts {
            let answer = try #require(await world.call(0, .dryRun(act)))
            #expect(answer.status == 200 && answer.body["accepted"] == .bool(true))
            #expect(answer.body["counts"] == .bool(true))
            told.append(answer.body)
        }
        #expect(Self.logged(world) == before)
        #expect(try await Self.digest(world, 0) == digest)
        #expect(told[2]["cost"]?["reputation"]?.integer == 5_000, "the stake of a flag")
        #expect(told[0]["cost"]?["reputation"]?.integer == 0)
        // Long enough for what was sent to arrive; what nodes say by themselves is of other types.
        await world.run(until: world.elapsed + .seconds(20))
        for type in [MessageType.propose, .vote, .flag, .comment, .withdraw] {
            let count = type == .propose ? 1 : 0
            #expect((0..<3).allSatisfy { world.logged(type, at: $0) == count }, "\(type)")
        }
        let flag = try #require(await world.call(0, acts[2]))
        #expect(flag.status == 200)
        let again = try #require(await world.call(0, .dryRun(Self.flag(2))))
        let used = try #require(told[2]["cost"]?["bytes_used"]?.integer)
        #expect(
            again.body["cost"]?["bytes_used"]?.integer == used + Self.bytes(again.body),
            "what was really sent is used up, what was not is not"
        )
    }

    private static func bytes(_ report: JSONValue) -> Int64 {
        report["message"]?["bytes"]?.integer ?? 0
    }

    @Test("it refuses what the act is refused for, with the same code")
    func agreement() async throws {
        let world = try await Self.world()
        let proposed = try #require(await world.call(0, Self.proposal("first", world.now)))
        let id = try #require(proposed.body["id"]?.string.flatMap { MessageID(hex: $0) })
        await world.run(until: world.elapsed + .seconds(20))
        let unknown = MessageID(SHA256Digest.hash([9]))
        let nobody = SHA256Digest.hash([8]).hex
        let acts: [(Int, APICall)] = [
            (1, .vote(id, stance: .endorse, reason: nil)),
            (1, .vote(unknown, stance: .endorse, reason: nil)),
            (1, .publish(.withdraw, Withdraw(proposalID: id).json)),
            (1, .publish(.comment, Comment(targetID: unknown, body: "what").json)),
            (1, .adopt(id)), (1, .adopt(unknown)),
            (1, .publish(.propose, .object([("title", .string("no artefact"))]))),
            (
                1,
                .publish(
                    .didLink,
                    .object([
                        ("root_key", .string(world.nodes[1].hex)), ("child_key", .string(nobody)),
                        ("child_signature", .string(nobody + nobody)),
                    ])
                )
            ),
            (2, Self.proposal("one", world.now)), (2, Self.proposal("two", world.now)),
            (2, Self.proposal("three", world.now)), (2, Self.proposal("four", world.now)),
            (1, .leave(ContentHash(SHA256Digest.hash([7])), .withdraw(reason: nil))),
            (0, .publish(.withdraw, Withdraw(proposalID: id).json)),
            (0, .publish(.withdraw, Withdraw(proposalID: id).json)),
        ]
        var codes: Set<String> = []
        for (number, act) in acts {
            let dry = try #require(await world.call(number, .dryRun(act)))
            let real = try #require(await world.call(number, act))
            #expect(dry.status == 200, "\(act)")
            #expect((dry.body["accepted"] == .bool(true)) == (real.status == 200), "\(act)")
            // Answers of success have no code.
            let refusal = dry.body["refusal"]
            #expect(refusal?["code"]?.string == real.body["code"]?.string, "\(act)")
            #expect(refusal?["status"]?.integer == real.body["status"]?.integer, "\(act)")
            codes.formUnion([real.body["code"]?.string].compactMap(\.self))
        }
        #expect(
            codes.isSuperset(of: [
                "unknown_proposal", "rule", "schema", "rate_limited", "not_ratified", "no_part",
            ]),
            "\(codes)"
        )
    }

    @Test("a vote past the deadline is refused before it is signed")
    func late() async throws {
        let world = try await Self.world()
        let proposed = try #require(await world.call(0, Self.proposal("first", world.now)))
        let id = try #require(proposed.body["id"]?.string.flatMap { MessageID(hex: $0) })
        await world.run(until: world.elapsed + .seconds(700))
        let vote = APICall.vote(id, stance: .endorse, reason: nil)
        let answer = try #require(await world.call(1, .dryRun(vote)))
        #expect(answer.body["accepted"] == .bool(false) && answer.body["counts"] == .bool(false))
        #expect(answer.body["refusal"]?["code"]?.string == "rule")
        #expect(answer.body["message"]?["type"]?.string == "VOTE")
    }
}
