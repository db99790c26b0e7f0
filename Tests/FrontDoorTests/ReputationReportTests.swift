import LocalAPI
import Logging
import Messages
import Node
import Primitives
import Simulation
import Synchronization
import TestSupport
import Testing

@testable import valence_node

@Suite("A score as people read it", .serialized)
struct ReputationReportTests {
    private static let node = NodeID(hex: Parsed.hex)

    private static let history = APIResponse(
        .object([
            ("overall", .integer(1)), ("direct", .integer(2)),
            (
                "basis",
                .object([
                    ("own_weight", .integer(3)), ("observations", .integer(4)),
                    ("peer_average", .null), ("assessors", .integer(5)),
                    ("assessor_networks", .integer(6)),
                ])
            ),
            (
                "next_gate",
                .object([
                    ("score", .integer(7)), ("missing", .integer(8)),
                    ("permits", .array([.string("propose"), .string("vote")])),
                ])
            ),
            ("earns", .array([.string("verifying a claim")])),
            ("warnings", .array([.string("idle")])),
            ("start", .object([("score", .integer(200_000)), ("founder", .bool(false))])),
            (
                "entries",
                .array([
                    .object([
                        ("at", .integer(0)), ("change", .integer(-9)), ("after", .integer(10)),
                        ("cause", .string("late\u{1B}")),
                    ])
                ])
            ),
        ])
    )

    /// A node that knows its own identity and this score of any.
    private static func withNode(
        _ history: APIResponse = Self.history,
        _ body: (StandIn) async throws -> Void
    ) async throws {
        let own = APIResponse(.object([("identity", .string(Parsed.hex))]))
        try await StandIn.with(
            answering: { $0 == .identity(nil) ? own : history },
            body
        )
    }

    private static let summary = [
        "overall   0.000001", "direct    0.000002",
        "own view  weighs 0.000003, from 4 observations",
        "others    -, 5 assessors in 6 networks",
        "next gate 0.000007, missing 0.000008: propose, vote", "earns     verifying a claim",
        "warning   idle",
    ]

    @Test("without a name it is the own score, and with one that of the name")
    func whose() async throws {
        let node = try #require(Self.node)
        try await Self.withNode { door in
            let own = try await door.run(["rep", "show"])
            #expect(own.data == Self.summary && own.failure == nil)
            #expect(door.calls == [.identity(nil), .reputation(node)])
            let named = try await door.run(["rep", "show", "did:valence:\(Parsed.hex)"])
            #expect(named.data == Self.summary && door.calls == [.reputation(node)])
        }
    }

    @Test("rep explain adds where it began and every entry, harmless on a terminal")
    func explained() async throws {
        try await Self.withNode { door in
            let lines = try await door.run(["rep", "explain"]).data
            #expect(
                lines == Self.summary + [
                    "start     0.200000, where every newcomer begins",
                    "1970-01-01T00:00Z  -0.000009  to 0.000010  late\\u{1B}",
                ]
            )
            let whole = try await door.run(["rep", "explain", "--json"]).json()
            #expect(whole.canonicalBytes() == Self.history.body.canonicalBytes())
            let short = try await door.run(["rep", "show", "--json"]).json()
            #expect(short["entries"] == nil && short.members?.count == 7)
        }
    }

    @Test("a founder's beginning is told as one, and what is not known is no line")
    func bare() async throws {
        let founder = APIResponse(
            .object([
                ("overall", .integer(0)), ("basis", .null), ("next_gate", .null),
                ("start", .object([("score", .integer(1_000_000)), ("founder", .bool(true))])),
            ])
        )
        try await Self.withNode(founder) { door in
            let lines = try await door.run(["rep", "explain"]).data
            #expect(
                lines == [
                    "overall   0.000000", "direct    -",
                    "start     1.000000, what the description of the network gives this founder",
                    "entries   none; nothing has moved it since",
                ]
            )
        }
    }
}

@Suite("Commands that need no node", .serialized)
struct LonelyCommandTests {
    @Test("stories are listed, one a line, and an unknown one is told with all names")
    func stories() async throws {
        let lines = try await StandIn.run(["simulate", "--list-stories"]).data
        #expect(lines == Story.all.map { "\($0.name): \($0.about)" } && !lines.isEmpty)
        let objects = try await StandIn.run(["simulate", "--list-stories", "--json"]).data
        let names = try objects.map {
            try JSONDocument(scanning: Array($0.utf8)).root["name"]?.string
        }
        #expect(names == Story.all.map(\.name))
        let unknown = try await StandIn.run(["simulate", "--story", "nonsense"])
        #expect(unknown.failure?.code == .usage)
        let detail = unknown.failure?.detail ?? ""
        #expect(detail.hasPrefix("no story “nonsense”; there are "))
        #expect(Story.all.allSatisfy { detail.contains($0.name) })
    }

    @Test("the picture of the topology is the same for people and for programs")
    func topology() async throws {
        let shown = try await StandIn.run(["topology"]).data
        let json = try await StandIn.run(["topology", "--json"]).json()
        #expect(shown.first == "flowchart LR")
        let picture = json["mermaid"]?.string ?? ""
        let drawn = try TopologyPicture.mermaid()
        #expect(picture == drawn)
        #expect(shown.filter { !$0.isEmpty } == picture.split(separator: "\n").map(String.init))
    }

    @Test("a device's consent is printed for its root, and who runs no node is told of its own key")
    func ownKey() async throws {
        try await withFolder { folder in
            let own = try DataDirectory(path: folder).initialise()
            let consent = try await StandIn.run(["id", "consent", Parsed.hex], in: folder)
            #expect(consent.data.count == 1 && consent.data.first?.utf8.count == 128)
            let next = "Next, on the root: valence-node id link \(own.hex) <signature>"
            #expect(consent.talk == [next])
            let shown = try await StandIn.run(["id", "show"], in: folder)
            #expect(shown.data.first == "key       \(own.hex)")
            #expect(shown.data.contains("identity  \(own.did)"))
            #expect(shown.talk == ["No node is running; this is what the data directory says."])
            let quiet = try await StandIn.run(["id", "show", "--quiet"], in: folder)
            #expect(quiet.data == shown.data && quiet.talk.isEmpty)
            for words in [["id", "show"], ["id", "consent", Parsed.hex]] {
                let none = try await StandIn.run(words, in: "\(folder)/none")
                #expect(none.failure?.code == .failed && none.data.isEmpty, "\(words)")
            }
        }
    }

    @Test("T20: what is logged moves no cursor and is cut, and keeps its level and its fields")
    func logs() {
        let told = Told()
        var log = HarmlessLog(told)
        log.logLevel = .error
        log[metadataKey: "a"] = "b"
        #expect(told.logLevel == .error && log.logLevel == .error)
        #expect(log[metadataKey: "a"] == "b" && log.metadata == ["a": "b"])
        let logger = Logger(label: "test") { _ in log }
        logger.error("one\ntwo\u{1B}[2J")
        logger.warning("not at this level")
        logger.error("\(String(repeating: "x", count: 3_000))")
        #expect(told.lines.count == 2)
        #expect(told.lines.first == "error: one two\\u{1B}[2J")
        #expect(told.lines.last == "error: " + String(repeating: "x", count: 2_000) + "…")
    }

    @Test("T20: fields of a log line are as harmless as its text, in JSON lines as well")
    func jsonLines() throws {
        let lines = Mutex<[JSONValue]>([])
        let logger = Logger(label: "test") { _ in
            HarmlessLog(
                JSONLog { line in lines.withLock { $0.append(line) } },
                namesEvents: true
            )
        }
        logger.error("a\u{1B}[2J", metadata: ["event": "dial_failed", "reason": "b\nc\u{202E}"])
        logger.error("nameless")
        let told = lines.withLock { $0 }
        #expect(told.map { $0["event"]?.string } == ["dial_failed", "other"])
        #expect(told.first?["level"]?.string == "error")
        #expect(told.first?["text"]?.string == "a\\u{1B}[2J")
        let reason = try #require(told.first?["about"]?["reason"]?.string)
        #expect(!reason.unicodeScalars.contains { $0.value < 0x20 || $0 == "\u{202E}" })
        #expect(told.first?["about"]?["event"] == nil && told.last?["about"] == nil)
    }
}
