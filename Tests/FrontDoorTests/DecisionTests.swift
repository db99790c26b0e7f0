import Messages
import Primitives
import Testing

@testable import valence_node

@Suite("D-61: what a vote decides, as options")
struct DecisionTests {
    private static let hex = Parsed.hex
    private static let other = Parsed.otherHex

    private static func members(_ options: [String]) throws -> JSONValue {
        let line = ["proposal", "new", "--title", "t", "--file", "f"] + options
        let command = try Parsed.command(ProposalCommand.New.self, line)
        return .object(try command.resolution.members)
    }

    @Test("without an option nothing is decided, and the protocol does not change")
    func nothing() throws {
        let members = try Self.members([])
        #expect(members["eol"] == .null && members["resolution"] == nil)
    }

    @Test(
        "each decision has its kind and names what it is about",
        arguments: [
            (["--decide-flag", hex], ["kind": "flag", "content_hash": hex]),
            (["--decide-ban", hex], ["kind": "ban", "subject": hex]),
            (
                ["--decide-successor", "\(hex)=\(other)"],
                ["kind": "key_conflict", "subject": hex, "successor": other]
            ),
        ]
    )
    func kinds(options: [String], expected: [String: String]) throws {
        let resolution = try #require(try Self.members(options)["resolution"])
        #expect(resolution.members?.count == expected.count)
        for key in expected.keys.sorted() {
            #expect(resolution[key]?.string == expected[key], "\(key)")
        }
    }

    @Test("a number of the rules travels in millionths")
    func parameter() throws {
        let members = try Self.members(["--decide-parameter", "quorum_share=0.25"])
        #expect(members["resolution"]?["kind"]?.string == "parameter")
        #expect(members["resolution"]?["name"]?.string == "quorum_share")
        #expect(members["resolution"]?["value"]?.integer == 250_000)
    }

    @Test("an end of life is so many days from now")
    func endOfLife() throws {
        let eol = try #require(try Self.members(["--decide-end-of-life", "300"])["eol"]?.integer)
        let days = try Hours.fromNow(seconds: 300 * 86_400)
        #expect(abs(days - eol) < 5_000)
        for never in ["0", "-1", "9223372036854775807"] {
            #expect(throws: CommandFailure.self) {
                try Self.members(["--decide-end-of-life=\(never)"])
            }
        }
    }

    @Test("a vote decides one thing: every pair of decisions is wrong usage")
    func one() throws {
        let decisions = [
            ["--decide-flag", Self.hex], ["--decide-ban", Self.hex],
            ["--decide-successor", "\(Self.hex)=\(Self.other)"],
            ["--decide-parameter", "quorum_share=0.2"], ["--decide-end-of-life", "300"],
        ]
        for (index, one) in decisions.enumerated() {
            for other in decisions.dropFirst(index + 1) {
                let failure = #expect(throws: CommandFailure.self) {
                    try Self.members(one + other)
                }
                #expect(failure?.code == .usage)
                #expect(failure?.detail.contains("one thing") == true)
            }
        }
    }

    @Test(
        "keys that are none are refused with the way to write them",
        arguments: [
            "=", hex, "\(hex)=", "=\(hex)", "\(hex)=xyz", "\(hex)=\(hex)=\(hex)",
            "\(hex)=\(hex)=", "=\(hex)=\(hex)", "old=\(hex)=\(hex)",
        ]
    )
    func successors(text: String) {
        let failure = #expect(throws: CommandFailure.self) {
            try Self.members(["--decide-successor=\(text)"])
        }
        #expect(failure?.detail.contains("OLD=SUCCESSOR") == true)
    }

    @Test("every number of the rules can be set, up to the whole")
    func everyParameter() throws {
        for parameter in NetworkParameter.allCases {
            let (read, value) = try NetworkParameter.parse("\(parameter.rawValue)=1")
            #expect(read == parameter && value == .one)
        }
    }

    @Test(
        "no other number is one",
        arguments: [
            "", "quorum_share", "quorum_share=", "quorum_share=0", "quorum_share=1.000001",
            "quorum_share=-0.1", "quorum_share=half", "quorum=0.5", "=0.5", "quorum_share=0.5=0.5",
            "QUORUM_SHARE=0.5",
        ]
    )
    func parameters(text: String) {
        let failure = #expect(throws: CommandFailure.self) { try NetworkParameter.parse(text) }
        #expect(failure?.code == .usage)
        #expect(failure?.detail.contains("standard_threshold=0.75") == true)
    }
}
