import LocalAPI
import Messages
import Primitives
import Testing

@testable import valence_node

@Suite("A proposal as people read it", .serialized)
struct ProposalReportTests {
    private static let hex = Parsed.hex

    /// A proposal with all that one can have, in a state of its own.
    private static func proposal(
        _ state: String,
        changing changes: [(String, JSONValue)] = []
    ) -> APIResponse {
        var members: [(String, JSONValue)] = [
            ("id", .string("p")), ("title", .string("T\u{1B}")), ("author", .string("a")),
            ("state", .string(state)), ("standing", .string("stands so; nobody voted")),
            ("voting_deadline", .integer(0)), ("description", .string("about it")),
            ("tags", .array([.string("x"), .string("y")])), ("request_id", .string("r")),
            ("chain", .array([.string("old")])), ("superseded_by", .array([.string("new")])),
            ("content_type", .string("x/y")), ("content_hash", .string("h")),
            ("content_size", .integer(5)), ("content_url", .string("https://example.org")),
            (
                "resolution",
                .object([
                    ("kind", .string("parameter")), ("name", .string("quorum_share")),
                    ("value", .integer(250_000)),
                ])
            ),
            ("eol", .integer(0)),
            ("claims", .array([.object([("statement", .string("it works"))])])),
            (
                "tally",
                .object([
                    ("endorse", .integer(1_000_000)), ("reject", .integer(2)),
                    ("abstain", .integer(3)), ("quorum", .integer(4)), ("threshold", .integer(5)),
                    ("voters", .integer(6)),
                ])
            ),
            ("outlook", Self.outlook),
            (
                "votes",
                .array([
                    .object([
                        ("identity", .string("v")), ("stance", .string("endorse")),
                        ("weight", .integer(7)), ("reason", .string("well\nmade")),
                    ]),
                    .object([
                        ("identity", .string("w")), ("stance", .string("reject")),
                        ("weight", .integer(0)), ("not_counted_because", .string("late")),
                    ]),
                ])
            ),
            ("missing", .array([.string("nobody voted"), .string("two more voters")])),
            ("body", .string("why")),
        ]
        for (name, value) in changes {
            members = members.filter { $0.0 != name } + [(name, value)]
        }
        return APIResponse(.object(members))
    }

    private static let outlook = JSONValue.object([
        ("mode", .string("weighted")), ("quorum_reached", .integer(500_000)),
        ("quorum_needed", .integer(1_000_000)), ("ratio", .integer(760_000)),
        ("threshold", .integer(750_000)), ("margin", .integer(10_000)), ("close", .bool(true)),
        ("effective_at", .integer(0)),
    ])

    private static func lines(_ answer: APIResponse) async throws -> [String] {
        var lines: [String] = []
        try await StandIn.with(answering: { _ in answer }) { node in
            let printed = try await node.run(["proposal", "show", Self.hex])
            #expect(printed.failure == nil && printed.talk.isEmpty, "\(printed.talk)")
            lines = printed.data
        }
        return lines
    }

    @Test("it has a line for all that is known, and shows how near the vote is")
    func whole() async throws {
        let lines = try await Self.lines(
            Self.proposal("open", changing: [("overdue", .bool(true))])
        )
        let date = "1970-01-01T00:00Z"
        let half = String(repeating: "█", count: 10) + String(repeating: "░", count: 10)
        let three = String(repeating: "█", count: 15) + String(repeating: "░", count: 5)
        #expect(
            lines == [
                "T\\u{1B}", "id        p", "author    a", "state     open (being decided)",
                "          stands so; nobody voted", "deadline  \(date)", "about     about it",
                "tags      x, y", "answers   r", "replaces  old", "replaced  by new",
                "content   sha256 h", "          5 bytes, x/y",
                "          also at https://example.org",
                "          read it: valence-node proposal show p --artifact",
                "decides   kind parameter, name quorum_share, value 0.250000",
                "decides   end of life of the version before: \(date)", "claim     it works",
                "endorse   1.000000   reject 0.000002   abstain 0.000003",
                "needs     quorum 0.000004, threshold 0.000005", "voters    6",
                "quorum    \(half) 0.500000 of 1.000000, weighted",
                "endorsed  \(three) 0.760000 of the needed 0.750000, margin 0.010000",
                "close     within 0.02: seven days of confirmation follow the deadline",
                "effective \(date), if ratified", "vote      v  endorse  0.000007", "  well",
                "  made", "vote      w  reject  0.000000 (not counted: late)",
                "lacks     two more voters", "", "  why",
            ]
        )
    }

    @Test("what is lacking is told of an open vote only, and never twice")
    func lacks() async throws {
        for (state, isOpen) in [
            ("open", true), ("converging", true), ("confirming", true), ("ratified", false),
            ("rejected", false), ("expired", false), ("withdrawn", false),
        ] {
            let lines = try await Self.lines(Self.proposal(state))
            let lacks = lines.filter { $0.hasPrefix("lacks") }
            #expect(lacks == (isOpen ? ["lacks     two more voters"] : []), "\(state)")
            let effective = lines.filter { $0.hasPrefix("effective") }
            let when = "effective 1970-01-01T00:00Z"
            #expect(
                effective
                    == (isOpen ? ["\(when), if ratified"] : state == "ratified" ? [when] : []),
                "\(state)"
            )
        }
    }

    @Test("a bar is never longer than its place, nor without a length")
    func bars() async throws {
        for (reached, needed, filled) in [
            (0, 1, 0), (-5, 10, 0), (1, 0, 20), (99, 10, 20), (49, 1_000, 0), (50, 1_000, 1),
        ] as [(Int64, Int64, Int)] {
            let outlook = JSONValue.object([
                ("mode", .string("headcount")), ("quorum_reached", .integer(reached)),
                ("quorum_needed", .integer(needed)),
            ])
            let lines = try await Self.lines(
                Self.proposal("open", changing: [("outlook", outlook)])
            )
            let quorum = try #require(lines.first { $0.hasPrefix("quorum ") })
            #expect(quorum.filter { $0 == "█" }.count == filled, "\(reached) of \(needed)")
            #expect(quorum.filter { $0 == "█" || $0 == "░" }.count == 20)
            #expect(!lines.contains { $0.hasPrefix("close") || $0.contains("margin") })
        }
    }

    @Test("what this node adopted is said, and what is not known is no line")
    func bare() async throws {
        let answer = APIResponse(
            .object([
                ("id", .string("p")), ("state", .string("ratified")), ("adopted", .bool(true)),
                ("outlook", .null), ("resolution", .null), ("eol", .null), ("body", .string(" \n")),
            ])
        )
        #expect(
            try await Self.lines(answer) == [
                "", "id        p", "author    ", "state     ratified, adopted by this node",
                "          ", "deadline  -", "content   sha256 ", "          0 bytes, ",
                "          read it: valence-node proposal show p --artifact",
                "endorse   -   reject -   abstain -", "needs     quorum -, threshold -",
                "voters    0",
            ]
        )
    }

    @Test("ADR 0034: a warning goes to standard error, for people and for programs")
    func warnings() async throws {
        let answer = Self.proposal("open", changing: [("warnings", .array([.string("late\u{7}")]))])
        try await StandIn.with(answering: { _ in answer }) { node in
            for words in [[], ["--json"], ["--quiet"]] {
                let printed = try await node.run(["proposal", "show", Self.hex] + words)
                #expect(printed.talk == ["Warning: late\\u{7}"], "\(words)")
            }
        }
    }
}
