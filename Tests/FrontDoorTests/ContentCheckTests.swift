import LocalAPI
import Messages
import Primitives
import Testing

@testable import valence_node

@Suite("Flagging and checking artefacts from outside", .serialized)
struct ContentCheckTests {
    private static let hex = Parsed.hex

    private static func answer(_ members: [(String, JSONValue)]) -> APIResponse {
        APIResponse(.object(members))
    }

    private static let flag: JSONValue = .object([
        ("content_hash", .string(hex)), ("severity", .string("illegal")),
        ("category", .string("malware")), ("details", .string("d")),
        ("hash_match", .string("a:1")),
    ])

    @Test("R-06-119, R-06-120: a flag names the artefact, how bad it is, and what it was found in")
    func flags() async throws {
        let sent = Self.answer([("id", .string("m"))])
        try await StandIn.with(answering: { _ in sent }) { node in
            let words = [
                "content", "flag", Self.hex, "--severity", "illegal", "--category", "malware",
                "--details", "d",
            ]
            let matched = try await node.run(words + ["--hash-match", "a:1"])
            #expect(matched.failure == nil)
            guard case .publish(.flag, let payload)? = node.calls.first else {
                Issue.record("no flag")
                return
            }
            #expect(payload.canonicalBytes() == Self.flag.canonicalBytes())
            let judged = try await node.run(words)
            #expect(judged.failure == nil)
            guard case .publish(.flag, let plain)? = node.calls.first else {
                Issue.record("no flag")
                return
            }
            #expect(plain["hash_match"] == nil)
        }
    }

    @Test("T20: a search shows what peers wrote in lines of its own, and harmless")
    func hostileFinds() async throws {
        let evil = "\u{1B}[2J\u{202E}x\r\n0000  1 MB  here  text/plain\u{9B}31m"
        let found = JSONValue.object([
            ("content_hash", .string(Self.hex)), ("content_type", .string(evil)),
            ("content_size", .integer(1)), ("filename", .string("../../\(evil)")),
            ("description", .string(evil)), ("tags", .array([.string(evil)])),
            ("hosts", .integer(1)), ("held", .bool(false)), ("standing", .string("clean")),
        ])
        let answer = Self.answer([("content", .array([found]))])
        try await StandIn.with(answering: { _ in answer }) { node in
            for words in [["content", "find"], ["content", "find", "--json"]] {
                let printed = try await node.run(words)
                #expect(printed.failure == nil)
                let dangerous = "\u{1B}\u{202E}\u{9B}\r".unicodeScalars
                let all = printed.data.joined(separator: "\n").unicodeScalars
                #expect(!all.contains { dangerous.contains($0) })
            }
            let lines = try await node.run(["content", "find"]).data
            #expect(lines.count == 2)
            #expect(lines.first?.hasPrefix(Self.hex) == true)
            #expect(lines.last?.hasPrefix("  ../../") == true)
        }
    }

    @Test("a copy that is not whole is a failure, and the standing is told in any case")
    func verify() async throws {
        let hash = try #require(ContentHash(hex: Self.hex))
        for (copy, isWhole) in [("whole", true), ("damaged", false), ("absent", false)] {
            let size = isWhole ? [("size", JSONValue.integer(7))] : []
            let answer = Self.answer(
                [("copy", .string(copy)), ("standing", .string("withheld"))] + size
            )
            try await StandIn.with(answering: { _ in answer }) { node in
                let printed = try await node.run(["content", "verify", Self.hex])
                #expect(node.calls == [.verify(hash)])
                #expect((printed.failure == nil) == isWhole)
                let lines = printed.data.joined(separator: "\n")
                #expect(lines.contains(isWhole ? "whole, 7 bytes" : copy))
                #expect(lines.contains("withheld"))
            }
        }
    }
}
