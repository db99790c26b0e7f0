import LocalAPI
import Messages
import Primitives
import Testing

@testable import valence_node

/// What a node answers, put together from a few members.
private func answer(_ members: [(String, JSONValue)]) -> APIResponse {
    APIResponse(.object(members))
}

private func object(_ members: [(String, JSONValue)]) -> JSONValue { .object(members) }

@Suite("Commands that look", .serialized)
struct ReadingCommandTests {
    private static let hex = Parsed.hex
    private static let id = MessageID(hex: Parsed.hex)

    /// Runs a command against one answer; what it printed, for people and for programs.
    private static func look(
        _ words: [String],
        _ answer: APIResponse,
        calling call: APICall
    ) async throws -> Printed {
        var people: Printed?
        try await StandIn.with(answering: { _ in answer }) { node in
            people = try await node.run(words)
            #expect(node.calls == [call])
            let programs = try await node.run(words + ["--json"])
            #expect(try programs.json().canonicalBytes() == answer.body.canonicalBytes())
            #expect(programs.talk.isEmpty, "\(programs.talk)")
        }
        let printed = try #require(people)
        #expect(printed.failure == nil)
        return printed
    }

    @Test("found artefacts are shown with what strangers call them, harmless and never as a path")
    func find() async throws {
        func found(_ more: [(String, JSONValue)]) -> JSONValue {
            object(
                [
                    ("content_hash", .string(Self.hex)), ("content_size", .integer(1_500)),
                    ("content_type", .string("text/plain")),
                ] + more
            )
        }
        let content = answer([
            (
                "content",
                .array([
                    found([
                        ("filename", .string("../../etc/passwd\u{1B}[2J")),
                        ("description", .string("two\nlines")), ("hosts", .integer(3)),
                        ("tags", .array([.string("a"), .string("b")])), ("held", .bool(false)),
                    ]),
                    found([("filename", .null), ("tags", .array([])), ("held", .bool(true))]),
                ])
            )
        ])
        let printed = try await Self.look(
            ["content", "find", "release", "notes", "--tag=skill", "--tag=x", "--limit=2"],
            content,
            calling: .find(text: "release notes", tags: ["skill", "x"], limit: 2)
        )
        #expect(
            printed.data == [
                "\(Self.hex)  1.5 kB  3 hosts  text/plain",
                "  ../../etc/passwd\\u{1B}[2J  two lines  #a  #b",
                "\(Self.hex)  1.5 kB  here  text/plain",
            ]
        )
        let none = try await Self.look(
            ["content", "find"],
            answer([("content", .array([]))]),
            calling: .find(text: "", tags: [], limit: 100)
        )
        #expect(none.data.isEmpty && none.talk == ["nothing found"])
    }

    @Test("status shows who the node is, whom it hears and what it holds")
    func status() async throws {
        let status = answer([
            (
                "identity",
                object([("node_id", .string("n")), ("signing_stopped_because", .string("a copy"))])
            ),
            (
                "node",
                object([
                    ("peer_id", .string("p")), ("uptime_ms", .integer(200_000)),
                    ("version", .string("1")),
                ])
            ),
            ("network", object([("hash", .string("h")), ("name", .string("lab\u{1B}"))])),
            (
                "gossip",
                object([
                    ("addresses", .array([.string("/ip4/1.2.3.4/tcp/9")])),
                    ("reachable", .bool(false)),
                    ("connected_peers", .integer(3)),
                ])
            ),
            (
                "peers",
                object([
                    ("authenticated", .integer(2)), ("known", .integer(7)),
                    ("other_founders", .integer(1)),
                    (
                        "bootstrap",
                        .array([
                            object([
                                ("address", .string("/dns4/x")),
                                ("last_dial_error", .string("refused")),
                            ]),
                            object([("address", .string("/dns4/y"))]),
                        ])
                    ),
                ])
            ),
            ("verification", object([("clock_offset_ms", .integer(-2_500))])),
            (
                "log",
                object([
                    ("last_sequence", .integer(12)), ("bytes_used", .integer(4_096_000)),
                    ("bytes_free", .integer(20_000_000_000)),
                    ("stopped_because", .string("disk full")),
                ])
            ),
            ("consensus", object([("proposals", .integer(5))])),
            ("reputation", object([("own_score", .integer(250_000))])),
            ("sync", object([("state", .string("synced"))])), ("digest", .string("d")),
            ("absent", .array([.string("Chronicle")])),
        ])
        let lines = try await Self.look(["status"], status, calling: .status).data
        #expect(
            lines == [
                "node      n", "peer id   p", "version   1, up 3 min", "network   lab\\u{1B}",
                "          h", "address   /ip4/1.2.3.4/tcp/9",
                "reach     others cannot dial this node; it is reached through relays",
                "sync      synced", "peers     3 connected, 2 authenticated, 7 known",
                "no answer /dns4/x", "          refused",
                "warning   1 peers run with another description of the network; compare "
                    + "`valence-node genesis show FILE` with theirs (`valence-node peer list`)",
                "clock     2500 ms behind the peers'",
                "log       12 records, 4 MB, 20 GB free on the disk", "warning   disk full",
                "proposals 5", "own score 0.250000", "digest    d", "stopped   a copy",
                "missing   Chronicle is not part of this node",
            ]
        )
    }

    @Test("status of a node that knows little says what it does not know")
    func youngStatus() async throws {
        let lines = try await Self.look(["status"], answer([]), calling: .status).data
        for line in [
            "node      -", "network   none: it runs without --genesis",
            "reach     not known yet; peers find out by trying",
            "clock     not compared with peers yet",
            "own score -", "log       0 records, 0 kB",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        #expect(!lines.contains { $0.hasPrefix("warning") || $0.hasPrefix("stopped") })
    }

    @Test("status of a node that catches up has a bar for each phase up to the one that is read")
    func catchingUp() async throws {
        let sync = object([
            ("state", .string("syncing")), ("phase", .integer(3)),
            ("phases", .array((1...4).map { .integer($0) })), ("peers", .integer(5)),
            ("peers_wanted", .integer(5)), ("peers_read", .integer(2)), ("percent", .integer(50)),
        ])
        let status = answer([("sync", sync)])
        let lines = try await Self.look(["status"], status, calling: .status).data
        let bars = [
            "          identities  [####################] 100 %, read",
            "          assessments [####################] 100 %, read",
            "          proposals   [##########----------] 50 %, 2 of 5 peers",
        ]
        #expect(lines.filter { $0.contains("[") } == bars)
    }

    @Test(
        "a clock ahead is told, however far it is off",
        arguments: [
            (1, "1 ms ahead of"), (0, "0 ms ahead of"), (-259_200_000, "3 days behind"),
        ] as [(Int64, String)]
    )
    func clock(offset: Int64, text: String) async throws {
        let status = answer([("verification", object([("clock_offset_ms", .integer(offset))]))])
        let lines = try await Self.look(["status"], status, calling: .status).data
        #expect(lines.contains("clock     \(text) the peers'"), "\(lines)")
    }

    @Test("network shows the phase, both runs, when heads end, changes and what is missing")
    func network() async throws {
        let network = answer([
            ("phase", .string("frozen")), ("active_identities", .integer(4)),
            (
                "standard",
                object([
                    ("hours", .integer(3)), ("hours_needed", .integer(24)),
                    ("nodes_needed", .integer(16)),
                ])
            ),
            ("cold_start_ends", .integer(0)),
            (
                "protocol_changes",
                .array([
                    object([("proposal_id", .string("c")), ("effective_at", .integer(0))])
                ])
            ),
            ("missing", .array([.string("twelve more")])),
        ])
        let lines = try await Self.look(["network"], network, calling: .network).data
        #expect(lines[0...1] == ["phase     frozen", "active    4"])
        #expect(lines[2] == "standard        3 of 24 hours in a row with 16 nodes")
        #expect(lines[3] == "constitutional  0 of 0 hours in a row with 0 nodes")
        #expect(lines[4].hasPrefix("headcount decides votes until 1970-01-01"))
        #expect(lines[5].hasPrefix("change    c from 1970-01-01"))
        #expect(lines.last == "so far    twelve more")
        let unknown = try await Self.look(["network"], answer([]), calling: .network).data
        #expect(unknown.contains("active    not known yet"))
    }

    @Test("peer list shows state, sync, address and what went wrong, in words that move no cursor")
    func peers() async throws {
        let peers = answer([
            (
                "peers",
                .array([
                    object([
                        ("node_id", .string("a")), ("connected", .bool(true)),
                        ("direction", .string("outbound")), ("sync_status", .string("synced")),
                        ("addresses", .array([.string("/ip4/1.1.1.1/tcp/1"), .string("second")])),
                        ("other_founders", .bool(true)),
                    ]),
                    object([("node_id", .string("b")), ("last_dial_error", .string("no\nroute"))]),
                ])
            )
        ])
        let printed = try await Self.look(["peer", "list"], peers, calling: .peers)
        #expect(
            printed.data == [
                "a  outbound  synced  /ip4/1.1.1.1/tcp/1  (other founders)",
                "b  known     -       -  (no route)",
            ]
        )
        let nobody = try await Self.look(["peer", "list"], answer([]), calling: .peers)
        #expect(nobody.data.isEmpty && nobody.talk == ["no peers yet"])
    }

    @Test(
        "an empty list is told on standard error, and not at all with --quiet",
        arguments: [
            (["rep", "list"], APICall.reputations, "no scores yet"),
            (["request", "list"], .requests(limit: 100), "no requests yet"),
            (["proposal", "list", "--limit", "7"], .proposals(limit: 7), "no proposals yet"),
        ]
    )
    func empty(words: [String], call: APICall, text: String) async throws {
        let printed = try await Self.look(words, answer([]), calling: call)
        #expect(printed.data.isEmpty && printed.talk == [text])
        try await StandIn.with(answering: { _ in answer([]) }) { node in
            let quiet = try await node.run(words + ["--quiet"])
            #expect(quiet.data.isEmpty && quiet.talk.isEmpty)
        }
    }

    @Test("lists have a line an entry")
    func lists() async throws {
        let scores = answer([
            (
                "scores",
                .array([
                    object([("identity", .string("i")), ("overall", .integer(1))]), object([]),
                ])
            )
        ])
        let listed = try await Self.look(["rep", "list"], scores, calling: .reputations)
        #expect(listed.data == ["i  0.000001", "          -"])
        let requests = answer([
            (
                "requests",
                .array([
                    object([
                        ("id", .string("r")), ("payload", object([("title", .string("a\nb"))])),
                    ])
                ])
            )
        ])
        let wanted = try await Self.look(
            ["request", "list"],
            requests,
            calling: .requests(limit: 100)
        )
        #expect(wanted.data == ["r  a b"])
        let proposals = answer([
            (
                "proposals",
                .array([
                    object([
                        ("id", .string("p")), ("state", .string("open")), ("title", .string("t")),
                    ]),
                    object([
                        ("id", .string("q")), ("state", .string("open")), ("overdue", .bool(true)),
                    ]),
                ])
            )
        ])
        let shown = try await Self.look(
            ["proposal", "list"],
            proposals,
            calling: .proposals(limit: 100)
        )
        #expect(shown.data == ["p  open                  t", "q  open (being decided)"])
    }

    @Test("id show tells who signs, and what became of a key")
    func identity() async throws {
        let identity = answer([
            ("key", .string(Self.hex)), ("did", .string("did:valence:x")),
            ("keys", .array([.string("k"), .string("l")])),
            ("labels", object([("l", .string("laptop"))])), ("rotated_to", .string("s")),
            ("revoked_by", .string("r")), ("revoked_from", .integer(0)), ("suspended", .bool(true)),
        ])
        let node = try #require(NodeID(hex: Self.hex))
        let lines = try await Self.look(
            ["id", "show", Self.hex],
            identity,
            calling: .identity(node)
        )
        .data
        #expect(lines[0] == "key       \(Self.hex)")
        #expect(lines[1].hasPrefix("peer id   12D3Koo"))
        #expect(lines[3...5] == ["signs     k", "signs     l  laptop", "rotated   to s"])
        #expect(lines[6].hasPrefix("revoked   by r, its messages are void from 1970"))
        #expect(lines[7].hasPrefix("suspended two rotations"))
        _ = try await Self.look(["id", "show"], identity, calling: .identity(nil))
    }

    @Test("request show has the whole request, its answers and its comments")
    func request() async throws {
        let request = answer([
            ("id", .string("r")), ("identity", .string("i")), ("timestamp", .integer(0)),
            ("expired", .bool(true)), ("proposals", .array([.string("p")])),
            (
                "payload",
                object([
                    ("title", .string("T")), ("body", .string("one\ntwo\n\n")),
                    ("expires", .integer(0)),
                    ("tags", .array([.string("x"), .string("y")])),
                ])
            ),
            (
                "comments",
                .array([
                    object([
                        ("id", .string("c")), ("identity", .string("j")),
                        ("timestamp", .integer(0)),
                        ("depth", .integer(1)), ("payload", object([("body", .string("yes"))])),
                    ]),
                    object([("id", .string("d")), ("hidden_because", .string("score"))]),
                ])
            ),
        ])
        let id = try #require(Self.id)
        let lines = try await Self.look(
            ["request", "show", Self.hex],
            request,
            calling: .request(id)
        )
        .data
        #expect(lines[0...2] == ["T", "id        r", "author    i"])
        #expect(lines[4].hasSuffix(" (over)"))
        #expect(lines[5...6] == ["tags      x, y", "answered  by proposal p"])
        #expect(lines[7].hasPrefix("comment     j  1970"))
        #expect(lines[8...9] == ["            id c", "  yes"])
        #expect(lines[10] == "comment     -  (hidden: score)")
        #expect(lines.suffix(3) == ["", "  one", "  two"])
    }
}
