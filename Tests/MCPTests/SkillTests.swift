import Doors
import Primitives
import Testing

@testable import MCP

@Suite("MCP: skills that the network ratified")
struct SkillTests {
    private static let id = String(repeating: "0a", count: 32)
    private static let text = "---\nname: link-check\ndescription: Checks links.\n---\n\n# Links\n"

    private static func proposal(_ changes: [(String, JSONValue)] = []) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("id", .string(Self.id)), ("author", .string(Self.id)), ("tier", .string("standard")),
            ("state", .string("ratified")), ("adopted", .bool(true)),
            ("content_type", .string("text/markdown")), ("content_size", .integer(60)),
            ("superseded_by", .array([])),
        ]
        members.removeAll { member in changes.contains { $0.0 == member.0 } }
        return .object(members + changes)
    }

    private static func client(_ proposal: JSONValue, _ text: String = Self.text) -> Client {
        let bytes = Array(text.utf8)
        let node = StandIn { operation, _ in
            switch operation {
            case "proposals":
                .answer(.object([("proposals", .array([proposal])), ("next_cursor", .null)]))
            case "proposal": .answer(proposal)
            default: .bytes(bytes, sha256: ContentHash(SHA256Digest.hash(bytes)))
            }
        }
        return Client(server: MCPServer(Cups.operations, version: "1", secret: 1), node: node)
    }

    @Test("a skill is listed with its head, its hash and the decision, and is read byte by byte")
    func skill() async throws {
        let client = Self.client(Self.proposal())
        let listed = try await client.modern("skills/list")["result"]
        let entry = try #require(listed?["skills"]?.elements?.first)
        let uri = try #require(entry["uri"]?.string)
        #expect(uri == "skill://valence/\(Self.id)/link-check/SKILL.md")
        #expect(entry["frontmatter"]?["description"]?.string == "Checks links.")
        let file = entry["resources"]?.elements?.first
        let hash = SHA256Digest.hash(Array(Self.text.utf8)).hex
        #expect(file?["digest"]?.string == "sha256:\(hash)")
        #expect(file?["size"]?.integer == Int64(Self.text.utf8.count))
        #expect(entry["_meta"]?["network.valence/proposal"]?["id"]?.string == Self.id)
        let read = try await client.modern("resources/read", [("uri", .string(uri))])
        #expect(read["result"]?["contents"]?.elements?.first?["text"]?.string == Self.text)
        let got = try await client.modern("skills/get", [("uri", .string(uri))])
        #expect(got["result"]?["skill"] == entry)
    }

    @Test(
        "what is not ratified, not adopted, no Markdown, or too long is no skill",
        arguments: [
            ("state", .string("open")), ("adopted", .bool(false)),
            ("content_type", .string("text/html")), ("content_size", .integer(300_000)),
        ] as [(String, JSONValue)]
    )
    func others(change: (String, JSONValue)) async throws {
        let client = Self.client(Self.proposal([change]))
        let listed = try await client.modern("skills/list")["result"]
        #expect(listed?["skills"]?.elements?.isEmpty == true)
        let uri = JSONValue.string("skill://valence/\(Self.id)/link-check/SKILL.md")
        let got = try await client.modern("skills/get", [("uri", uri)])
        #expect(got["error"]?["code"]?.integer == -32_602)
        let read = try await client.modern("resources/read", [("uri", uri)])
        #expect(read["error"]?["code"]?.integer == -32_602)
    }

    @Test(
        "a file without a head, or with words that a reader does not see, is no skill",
        arguments: ["# Links\n", Self.text + "\u{202E}", Self.text + "\u{E0041}", "---\nname: x\n"]
    )
    func files(text: String) async throws {
        let listed = try await Self.client(Self.proposal(), text).modern("skills/list")["result"]
        #expect(listed?["skills"]?.elements?.isEmpty == true)
    }

    @Test("heads are handed on word for word")
    func heads() throws {
        let text = """
            ---
            # Written by hand.
            name: 'a-1'
            description: >-
              Folded
              text.

              And more.
            license: "MIT \\u00e9"
            allowed-tools: [Bash, 'Read']
            compatibility: needs x # a comment
            metadata:
              author: somebody
              level: 3
              is-fine: true
            list:
              - one
              - two
            note: |
              Line one.
              Line two.
            ---
            Body.
            """
        let head = try #require(SkillFrontmatter(of: text))
        #expect(head.name == "a-1")
        let expected = JSONValue.object([
            ("name", .string("a-1")), ("description", .string("Folded text.\nAnd more.")),
            ("license", .string("MIT \u{E9}")),
            ("allowed-tools", .array([.string("Bash"), .string("Read")])),
            ("compatibility", .string("needs x")),
            (
                "metadata",
                .object([
                    ("author", .string("somebody")), ("level", .integer(3)),
                    ("is-fine", .bool(true)),
                ])
            ),
            ("list", .array([.string("one"), .string("two")])),
            ("note", .string("Line one.\nLine two.\n")),
        ])
        #expect(head.json.canonicalBytes() == expected.canonicalBytes())
    }

    @Test(
        "what would have to be changed to be handed on is no head",
        arguments: [
            "name: A\ndescription: d", "name: a--b\ndescription: d", "name: -a\ndescription: d",
            "name: a", "description: d", "name: a\ndescription: d\nversion: 1.5",
            "name: a\ndescription: &x d", "name: a\ndescription: {a: b}", "name: a\nname: a",
            "name: a\ndescription: d\nmetadata:\n  x:\n    y: z", "name: a\ndescription: a: b",
            "name: a\ndescription: d\n\tx: y", "name: a\ndescription: ''",
        ]
    )
    func noHeads(head: String) {
        #expect(SkillFrontmatter(of: "---\n\(head)\n---\n") == nil)
    }
}
