import Messages
import Primitives
import Testing

@testable import LocalAPI
@testable import valence_node

@Suite("What was refused, and why a proposal stands where it stands", .serialized)
struct ExplainCommandTests {
    private static let hex = Parsed.hex

    private static func object(_ members: [(String, JSONValue)]) -> JSONValue { .object(members) }

    @Test("explain tells the outcome, the cause, the rule and what would help")
    func explain() async throws {
        let id = try #require(MessageID(hex: Self.hex))
        let answer = APIResponse(
            Self.object([
                ("id", .string(Self.hex)), ("type", .null), ("from", .null), ("timestamp", .null),
                ("about", .null), ("outcome", .string("refused")), ("code", .string("below_gate")),
                ("rule", .string("D-51")), ("because", .string("VOTE needs\na score of 0.3")),
                ("remedy", .string("Earn it.")), ("weight", .null), ("refused_at", .integer(0)),
                ("retry_at", .integer(60_000)),
            ])
        )
        try await StandIn.with(answering: { _ in answer }) { node in
            let printed = try await node.run(["explain", Self.hex])
            #expect(node.calls == [.explain(id)] && printed.failure == nil)
            #expect(printed.data[0] == "message   \(Self.hex)")
            #expect(printed.data[1].hasPrefix("outcome   refused (below_gate), at 1970"))
            #expect(printed.data[2] == "because   VOTE needs a score of 0.3")
            #expect(printed.data[3] == "rule      D-51")
            #expect(printed.data[4].hasPrefix("again     from 1970"))
            #expect(printed.data[5] == "help      Earn it." && printed.data.count == 6)
        }
    }

    @Test("an unknown message is refused with what is kept and for how long")
    func unknown() async throws {
        let memory = RefusalMemory(ownMax: 3, othersMax: 5, milliseconds: 86_400_000)
        try await StandIn.with(answering: { _ in .unknownMessage(memory) }) { node in
            let failure = try await node.run(["explain", Self.hex]).failure
            #expect(failure?.code == .refused)
            #expect(
                failure?.text.contains(
                    "last 3 refusals of own messages and 5 of others for 24 hours"
                ) == true
            )
            #expect(failure?.text.hasSuffix("(unknown_message)") == true)
        }
    }

    @Test("a refused act names the message that was signed, for people and for programs")
    func refusedAct() async throws {
        let id = try #require(MessageID(hex: Self.hex))
        let refusal = APIResponse(Refusal(.belowGate, "a score is missing; earn it"), of: id)
        try await StandIn.with(answering: { _ in refusal }) { node in
            let words = ["proposal", "vote", Self.hex, "endorse"]
            let failure = try #require(try await node.run(words).failure)
            #expect(failure.text.hasSuffix("(below_gate)\nMore: valence-node explain \(Self.hex)"))
            #expect(failure.json["message_id"]?.string == Self.hex)
            #expect(failure.json["code"]?.string == "below_gate" && failure.code == .refused)
        }
    }

    @Test("proposal why has a line for each bar, each vote and each thing that would change it")
    func why() async throws {
        let id = try #require(MessageID(hex: Self.hex))
        func bar(_ passed: Bool, _ text: String) -> JSONValue {
            Self.object([("passed", .bool(passed)), ("sentence", .string(text))])
        }
        func vote(_ name: String, _ more: [(String, JSONValue)]) -> JSONValue {
            Self.object([("identity", .string(name)), ("stance", .string("endorse"))] + more)
        }
        let answer = APIResponse(
            Self.object([
                ("id", .string("p")), ("title", .string("T\u{1B}")), ("state", .string("open")),
                ("standing", .string("voting ends soon")), ("objection", .null),
                ("decided_at", .null),
                ("bars", .array([bar(true, "Enough vote."), bar(false, "Too few endorse it.")])),
                ("counted", .array([vote("v", [("weight", .integer(500_000))])])),
                (
                    "not_counted",
                    .array([
                        vote(
                            "w",
                            [("not_counted_because", .string("late")), ("rule", .string("D-55"))]
                        )
                    ])
                ),
                ("would_change", .array([.string("Endorsements that weigh 0.1 more.")])),
            ])
        )
        try await StandIn.with(answering: { _ in answer }) { node in
            let printed = try await node.run(["proposal", "why", Self.hex])
            #expect(node.calls == [.reasons(id)])
            #expect(
                printed.data == [
                    "T\\u{1B}", "id        p", "state     open", "          voting ends soon",
                    "passed    Enough vote.", "not yet   Too few endorse it.",
                    "counts    v  endorse  0.500000", "does not  w  endorse  late (D-55)",
                    "change    Endorsements that weigh 0.1 more.",
                ]
            )
        }
    }
}
