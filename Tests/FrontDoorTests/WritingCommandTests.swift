import Cryptography
import Foundation
import LocalAPI
import Messages
import Node
import Primitives
import Synchronization
import Testing

@testable import valence_node

@Suite("Commands that change something", .serialized)
struct WritingCommandTests {
    private static let hex = Parsed.hex
    private static let accepted = APIResponse(
        .object([
            ("id", .string("m")), ("peers", .integer(2)), ("key", .string(hex)),
            ("content_hash", .string(hex)),
        ])
    )

    /// What the node is asked by a command, besides what it is asked about its own key.
    private static func calls(_ words: [String]) async throws -> [APICall] {
        var calls: [APICall] = []
        try await StandIn.with(answering: { _ in Self.accepted }) { node in
            let printed = try await node.run(words)
            #expect(printed.failure == nil, "\(printed.failure?.text ?? "")")
            calls = node.calls.filter { $0 != .identity(nil) }
        }
        return calls
    }

    private static func object(_ members: [(String, JSONValue)]) -> JSONValue { .object(members) }

    @Test("a vote carries its stance, and a reason if there is one")
    func vote() async throws {
        let id = try #require(MessageID(hex: Self.hex))
        #expect(
            try await Self.calls(["proposal", "vote", Self.hex, "reject"])
                == [.vote(id, stance: .reject, reason: nil)]
        )
        #expect(
            try await Self.calls(["proposal", "vote", Self.hex, "abstain", "--reason", "late"])
                == [.vote(id, stance: .abstain, reason: "late")]
        )
    }

    @Test("withdrawals and comments name the message that they are about")
    func about() async throws {
        #expect(
            try await Self.calls(["proposal", "withdraw", Self.hex])
                == [.publish(.withdraw, Self.object([("proposal_id", .string(Self.hex))]))]
        )
        #expect(
            try await Self.calls(["proposal", "withdraw", Self.hex, "--reason", "old"]) == [
                .publish(
                    .withdraw,
                    Self.object([("proposal_id", .string(Self.hex)), ("reason", .string("old"))])
                )
            ]
        )
        let comments = try await Self.calls([
            "proposal", "comment", Self.hex, "text", "--parent", Parsed.otherHex,
        ])
        guard case .publish(.comment, let payload) = try #require(comments.first) else {
            Issue.record("\(comments)")
            return
        }
        #expect(payload["target_id"]?.string == Self.hex)
        #expect(payload["body"]?.string == "text")
        #expect(payload["parent_comment_id"]?.string == Parsed.otherHex)
    }

    @Test("a request expires when its author says so, and never otherwise")
    func request() async throws {
        for (options, expires) in [([], false), (["--expires-in", "2"], true)] {
            let words = ["request", "new", "--title", "T", "--tag", "a", "--tag", "b"] + options
            let calls = try await Self.calls(words)
            guard case .publish(.request, let payload) = try #require(calls.first) else {
                Issue.record("\(calls)")
                return
            }
            #expect(payload["title"]?.string == "T" && payload["body"]?.string == "")
            #expect(payload["tags"] == .array([.string("a"), .string("b")]))
            #expect((payload["expires"] == .null) == !expires)
        }
    }

    @Test("a proposal carries its artefact, its deadline and what it answers")
    func proposal() async throws {
        try await withFolder { folder in
            let file = "\(folder)/text.md"
            try Data("words".utf8).write(to: URL(fileURLWithPath: file))
            let calls = try await Self.calls([
                "proposal", "new", "--title", "T", "--file", file, "--content-type",
                "text/markdown",
                "--request", Self.hex, "--supersedes", Parsed.otherHex, "--claim", "it works",
                "--description", "D", "--deadline-seconds", "60",
            ])
            guard case .publish(.propose, let payload) = try #require(calls.first) else {
                Issue.record("\(calls)")
                return
            }
            #expect(payload["request_id"]?.string == Self.hex)
            #expect(payload["supersedes"]?.string == Parsed.otherHex)
            #expect(payload["description"]?.string == "D" && payload["tier"]?.string == "standard")
            #expect(payload["claims"]?.elements?.first?["verifiable"]?.bool == true)
            #expect(payload["content_inline"]?.string == Base64.encode(Array("words".utf8)))
            let deadline = try #require(payload["voting_deadline"]?.integer)
            let expected = try Hours.fromNow(seconds: 60)
            #expect(abs(deadline - expected) < 10_000)
            #expect(payload["eol"] == .null && payload["resolution"] == nil)
        }
    }

    @Test("links and revocations name the node's own key as their root")
    func identity() async throws {
        let linked = try await Self.calls([
            "id", "link", Parsed.otherHex, Parsed.hex + Parsed.hex, "--label", "laptop",
        ])
        #expect(
            linked == [
                .publish(
                    .didLink,
                    Self.object([
                        ("child_key", .string(Parsed.otherHex)),
                        ("child_signature", .string(Parsed.hex + Parsed.hex)),
                        ("label", .string("laptop")), ("root_key", .string(Self.hex)),
                    ])
                )
            ]
        )
        let revoked = try await Self.calls([
            "id", "revoke", Parsed.otherHex, "--effective-from", "5", "--reason", "lost",
        ])
        #expect(
            revoked == [
                .publish(
                    .didRevoke,
                    Self.object([
                        ("effective_from", .integer(5)), ("reason", .string("lost")),
                        ("revoked_key", .string(Parsed.otherHex)), ("root_key", .string(Self.hex)),
                    ])
                )
            ]
        )
    }

    @Test("a shared file goes up as it is, under its name and with its tags")
    func share() async throws {
        try await withFolder { folder in
            let file = "\(folder)/ä & b.md"
            let bytes = Array("# Text\n".utf8)
            try Data(bytes).write(to: URL(fileURLWithPath: file))
            let calls = try await Self.calls([
                "content", "share", file, "--content-type", "text/markdown", "--tag", "a", "--tag",
                "b",
            ])
            let content = UploadedContent(
                number: 1,
                hash: ContentHash(SHA256Digest.hash(bytes)),
                size: bytes.count
            )
            #expect(
                calls == [
                    .share(
                        ShareContent(
                            upload: content,
                            contentType: "text/markdown",
                            filename: "ä & b.md",
                            description: nil,
                            tags: ["a", "b"]
                        )
                    )
                ]
            )
        }
    }

    @Test(
        "what became of a message is told in words",
        arguments: [
            (nil, "stored on this node."), (0, "Nobody has heard it yet"),
            (1, "sent to its one peer."), (2, "sent to 2 peers."),
        ] as [(Int64?, String)]
    )
    func published(peers: Int64?, text: String) async throws {
        let answer = APIResponse(
            Self.object(
                [("id", .string("m"))] + (peers.map { [("peers", .integer($0))] } ?? [])
            )
        )
        try await StandIn.with(answering: { _ in answer }) { node in
            let printed = try await node.run(["proposal", "vote", Self.hex, "endorse"])
            #expect(printed.data == ["m"])
            #expect(printed.talk.count == 1 && printed.talk[0].contains(text))
        }
    }

    @Test("a consent binds the own key to the root, and no key consents to itself")
    func consent() async throws {
        try await StandIn.with(answering: { _ in Self.accepted }) { node in
            let printed = try await node.run(["id", "consent", Self.hex, "--json"])
            let own = NodeID(try node.directory.loadKey().publicKey)
            let root = try #require(NodeID(hex: Self.hex))
            let consent = try printed.json()
            #expect(consent["child_key"]?.string == own.hex)
            let signature = try #require(consent["child_signature"]?.string)
            let expected = try node.directory.loadKey().sign(root.array + own.array)
            #expect(signature == expected.hex)
            let itself = try await node.run(["id", "consent", own.hex])
            #expect(itself.failure?.code == .refused)
            #expect(node.calls.isEmpty, "the node is not asked")
        }
    }

    @Test("what was got is copied whole, and a file that is not what was asked for is not")
    func get() async throws {
        try await withFolder { folder in
            let (kept, out) = ("\(folder)/kept", "\(folder)/out")
            try Data("words".utf8).write(to: URL(fileURLWithPath: kept))
            let hash = SHA256Digest.hash(Array("words".utf8)).hex
            let answer = APIResponse(Self.object([("path", .string(kept))]))
            try await StandIn.with(answering: { _ in answer }) { node in
                let got = try await node.run(["content", "get", hash, "--output", out])
                #expect(got.failure == nil && got.data == [out])
                #expect(try Data(contentsOf: URL(fileURLWithPath: out)) == Data("words".utf8))
                let wrong = try await node.run(["content", "get", Self.hex, "--output", out + "2"])
                #expect(wrong.failure?.detail.contains("changed since the node read it") == true)
                #expect(!FileManager.default.fileExists(atPath: out + "2"))
                let plain = try await node.run(["content", "get", hash])
                #expect(plain.data == [kept])
            }
        }
    }
}

@Suite("Getting an artefact that takes long", .serialized)
struct LongDownloadTests {
    private static let late = APIResponse(status: 504, code: "timeout", detail: "no outcome")

    private static func downloads(_ received: Int64) -> APIResponse {
        let row: [(String, JSONValue)] = [
            ("content_hash", .string(Parsed.hex)), ("received", .integer(received)),
            ("size", .integer(9_000_000)), ("hosts", .integer(2)),
        ]
        return APIResponse(.object([("downloads", .array([.object(row)]))]))
    }

    @Test("the node is asked again for as long as an artefact comes nearer, and no longer")
    func nearer() async throws {
        let asked = Mutex(0)
        try await StandIn.with { call in
            guard case .downloads = call else { return Self.late }
            // The last of three looks finds no byte more.
            let received = asked.withLock { count in
                count += 1
                return min(count, 2)
            }
            return Self.downloads(Int64(received))
        } _: { node in
            let got = try await node.run(["content", "get", Parsed.hex])
            #expect(got.failure?.code == .timedOut)
            #expect(node.calls.count { $0 == .downloads } == 3)
            #expect(asked.withLock { $0 } == 3)
        }
    }

    @Test("a download that ends while the node is asked again is a success")
    func done() async throws {
        let asked = Mutex(0)
        try await StandIn.with { call in
            guard case .fetch = call else { return Self.downloads(5) }
            let isFirst = asked.withLock { count in
                count += 1
                return count == 1
            }
            return isFirst ? Self.late : APIResponse(.object([("path", .string("/kept"))]))
        } _: { node in
            let got = try await node.run(["content", "get", Parsed.hex])
            #expect(got.failure == nil && got.data == ["/kept"])
        }
    }

    @Test("sizes are told in the largest unit of which there is one, one host as one")
    func sizes() {
        let texts = [0, 999, 1_000, 1_949, 100_000_000, 2_500_000_000].map(Sizes.text)
        #expect([0, 1, 2].map(Hosts.text) == ["0 hosts", "1 host", "2 hosts"])
        #expect(texts == ["0 B", "999 B", "1.0 kB", "1.9 kB", "100.0 MB", "2.5 GB"])
    }
}

@Suite("What commands make of a node's refusal", .serialized)
struct RefusedCommandTests {
    @Test(
        "each status of the API has its exit code; the code and the words are the node's",
        arguments: [
            (400, "bad_request", 1), (401, "unauthorized", 1), (404, "no_route", 1),
            (404, "unknown_proposal", 4), (409, "not_ratified", 4), (413, "too_large", 4),
            (422, "rule", 4), (429, "rate_limited", 4), (500, "internal", 1), (503, "busy", 1),
            (504, "timeout", 5), (507, "storage_stopped", 1),
        ] as [(Int, String, Int32)]
    )
    func statuses(status: Int, code: String, exit: Int32) async throws {
        let answer = APIResponse(
            status: status,
            code: code,
            detail: "Why; what to do",
            retryAt: status == 429 ? Timestamp(milliseconds: 99) : nil
        )
        try await StandIn.with(answering: { _ in answer }) { node in
            let failure = try #require(try await node.run(["status"]).failure)
            #expect(failure.code.rawValue == exit)
            #expect(failure.text == "Why; what to do (\(code))")
            #expect(failure.json["next"]?.string == "what to do")
            #expect(failure.json["retry_at"]?.integer == (status == 429 ? 99 : nil))
        }
    }

    @Test("where no node is, and where none ever was, that is what is said")
    func nobody() async throws {
        try await withFolder { folder in
            for words in [["status"], ["proposal", "list"], ["rep", "show"]] {
                let failure = try await StandIn.run(words, in: folder).failure
                #expect(failure?.code == .notRunning)
                #expect(failure?.detail.contains("no node runs in \(folder)") == true)
            }
            _ = try DataDirectory(path: folder).initialise()
            #expect(try await StandIn.run(["status"], in: folder).failure?.code == .notRunning)
            let known = try await StandIn.run(["id", "show", "--json"], in: folder)
            #expect(try known.json()["running"]?.bool == false, "the own key is known")
            let other = try await StandIn.run(["id", "show", Parsed.hex], in: folder)
            #expect(other.failure?.code == .notRunning, "others' keys are not")
        }
    }

    @Test("init says where the node is, and refuses to make it twice")
    func initialise() async throws {
        try await withFolder { folder in
            let made = try await StandIn.run(["init", "--json"], in: "\(folder)/node")
            let node = NodeID(try DataDirectory(path: "\(folder)/node").loadKey().publicKey)
            #expect(try made.json()["node_id"]?.string == node.hex)
            #expect(try made.json()["data_dir"]?.string == "\(folder)/node")
            let again = try await StandIn.run(["init"], in: "\(folder)/node")
            #expect(again.failure?.code == .failed && again.data.isEmpty)
            #expect(again.failure?.detail.contains("a node exists in") == true)
        }
    }
}
