import Foundation
import LocalAPI
import Messages
import Primitives
import Testing

@testable import valence_node

@Suite("Commands of the storage market", .serialized)
struct StorageCommandTests {
    private static let hex = Parsed.hex
    private static let accepted = APIResponse(
        .object([
            ("id", .string("m")), ("peers", .integer(2)), ("content_hash", .string(hex)),
            ("allocated_bytes", .integer(5)), ("content_types", .array([.string("text/*")])),
        ])
    )

    /// What a command prints, and what the node is asked by it.
    private static func run(_ words: [String], _ answer: APIResponse = Self.accepted) async throws
        -> (printed: Printed, calls: [APICall])
    {
        var result: (Printed, [APICall])?
        try await StandIn.with(answering: { _ in answer }) { node in
            let printed = try await node.run(words)
            #expect(printed.failure == nil, "\(printed.failure?.text ?? "")")
            result = (printed, node.calls)
        }
        return try #require(result)
    }

    @Test("R-06-017: a file goes up with the copies that are wanted, three unless somebody says so")
    func replicate() async throws {
        try await withFolder { folder in
            let file = "\(folder)/a.md"
            let bytes = Array("# Text\n".utf8)
            try Data(bytes).write(to: URL(fileURLWithPath: file))
            let content = UploadedContent(
                number: 1,
                hash: ContentHash(SHA256Digest.hash(bytes)),
                size: bytes.count
            )
            for (options, copies, stake) in [
                ([], 3, nil), (["--copies", "5", "--stake", "0.25"], 5, 250_000),
            ] as [([String], Int64, Int64?)] {
                let words = ["content", "replicate", file, "--content-type", "text/markdown"]
                let (printed, calls) = try await Self.run(words + ["--tag", "a"] + options)
                #expect(printed.data == [Self.hex])
                #expect(
                    calls == [
                        .replicate(
                            ReplicateContent(
                                content: ShareContent(
                                    upload: content,
                                    contentType: "text/markdown",
                                    filename: "a.md",
                                    description: nil,
                                    tags: ["a"]
                                ),
                                copyCount: copies,
                                stake: stake.map { FixedPoint(millionths: $0) }
                            )
                        )
                    ]
                )
            }
        }
    }

    @Test("who asks for copies while no peer is connected is told that nobody has heard it yet")
    func nobodyHears() async throws {
        try await withFolder { folder in
            let file = "\(folder)/a.md"
            try Data("text".utf8).write(to: URL(fileURLWithPath: file))
            for (peers, text) in [(0, "Nobody has heard it yet"), (1, "Asked for 1 copy.")]
                as [(Int64, String)]
            {
                let answer = APIResponse(
                    .object([
                        ("id", .string("m")), ("content_hash", .string(Self.hex)),
                        ("peers", .integer(peers)),
                    ])
                )
                let words = ["content", "replicate", file, "--copies", "1"]
                let printed = try await Self.run(words, answer).printed
                #expect(printed.talk.count == 1 && printed.talk[0].contains(text))
            }
        }
    }

    @Test("an offer names bytes, media types and bandwidth; it may be nothing")
    func offer() async throws {
        let (printed, calls) = try await Self.run([
            "storage", "offer", "5", "--type", "text/*", "--bandwidth", "7",
        ])
        #expect(
            calls == [
                .offerStorage(
                    StorageOffer(
                        allocatedBytes: 5,
                        contentTypes: ["text/*"],
                        bytesPerSecond: 7
                    )
                )
            ]
        )
        #expect(printed.data == ["offers    5 bytes", "takes     text/*"])
        let nothing = try await Self.run(["storage", "offer", "0"]).calls
        #expect(nothing == [.offerStorage(StorageOffer(allocatedBytes: 0))])
    }

    @Test("a hand-over names who takes over, and a withdrawal may say why")
    func leave() async throws {
        let hash = try #require(ContentHash(hex: Self.hex))
        let node = try #require(NodeID(hex: Parsed.otherHex))
        let words = ["storage", "transfer", Self.hex, "--to", Parsed.otherHex]
        #expect(try await Self.run(words).calls == [.leave(hash, .transfer(to: node))])
        let withdrawn = try await Self.run(["content", "withdraw", Self.hex, "--reason", "old"])
        #expect(withdrawn.calls == [.leave(hash, .withdraw(reason: "old"))])
        let plain = try await Self.run(["content", "withdraw", Self.hex])
        #expect(plain.calls == [.leave(hash, .withdraw(reason: nil))])
    }

    private static let dealings = APIResponse(
        .object([
            (
                "offer",
                .object([
                    ("allocated_bytes", .integer(9_000)),
                    ("content_types", .array([.string("text/*")])),
                ])
            ),
            ("available_bytes", .integer(4_000)), ("copies", .integer(2)),
            (
                "contracts",
                .array([
                    .object([
                        ("content_hash", .string(hex)), ("filename", .string("a\u{1B}")),
                        ("part", .string("keeping")), ("state", .string("grace")),
                        ("until", .integer(1_767_225_600_000)), ("copy_count", .integer(3)),
                        ("holders", .array([.string("x"), .string("y")])),
                        ("content_size", .integer(77)), ("uploader", .string("u")),
                        ("daily_rent", .integer(12)), ("risk", .string("unpaid")),
                    ])
                ])
            ),
            (
                "challenges",
                .array([
                    .object([
                        ("content_hash", .string(hex)), ("provider", .string("p")),
                        ("last_result", .string("fail")), ("last_at", .integer(1_767_225_600_000)),
                        ("failures", .integer(2)), ("seems_fetched", .bool(true)),
                    ])
                ])
            ),
            (
                "suspicious_pairs",
                .array([
                    .object([("validator", .string("v")), ("provider", .string("p"))])
                ])
            ),
            ("warnings", .array([.string("too low")])),
        ])
    )

    @Test("status shows what is offered, what is kept for whom, until when, and what is at risk")
    func status() async throws {
        let (printed, calls) = try await Self.run(["storage", "status"], Self.dealings)
        #expect(calls == [.storage])
        #expect(
            printed.data == [
                "offers    9000 bytes", "takes     text/*", "free      4000 bytes",
                "keeps     2 copies for others", "\(Self.hex)  a\\u{1B}",
                "  keeping  grace until 2026-01-01T00:00Z  2 of 3 copies  77 bytes",
                "  for u, 0.000012 a day", "  at risk: unpaid",
            ]
        )
        #expect(printed.talk == ["Warning: too low"])
    }

    @Test("challenges show who failed, who seems to fetch its bytes, and suspicious pairs")
    func challenges() async throws {
        let printed = try await Self.run(["storage", "challenges"], Self.dealings).printed
        #expect(
            printed.data == [
                "\(Self.hex)  p  fail 2026-01-01T00:00Z, 2 failures in a row",
                "  its proofs come as late as if it fetched the bytes from others",
                "suspicious: v challenges p",
            ]
        )
    }

    @Test("rent shows those entries of the own score that come from storage")
    func rent() async throws {
        func entry(_ cause: String, _ change: Int64) -> JSONValue {
            .object([
                ("at", .integer(1_767_225_600_000)), ("cause", .string(cause)),
                ("change", .integer(change)), ("after", .integer(0)),
            ])
        }
        let history = APIResponse(
            .object([
                ("identity", .string(Self.hex)),
                (
                    "entries",
                    .array([
                        entry("rent of x, day 3", 250), entry("uptime of a day", 1_000),
                        entry("failed storage challenge on x", -1_000),
                    ])
                ),
            ])
        )
        let printed = try await Self.run(["storage", "rent"], history).printed
        #expect(
            printed.data == [
                "2026-01-01T00:00Z  +0.000250  rent of x, day 3",
                "2026-01-01T00:00Z  -0.001000  failed storage challenge on x",
            ]
        )
    }

    @Test("what is no offer, no node and no number of copies is refused before the node is asked")
    func unclear() async throws {
        for words in [
            ["storage", "offer", "-1"], ["storage", "offer", "5", "--bandwidth", "0"],
            ["storage", "transfer", Self.hex, "--to", "x"], ["storage", "transfer", "00"],
            ["content", "replicate", "f", "--copies", "6"],
            ["content", "replicate", "f", "--stake", "much"],
        ] {
            #expect(Parsed.refusal(words) != nil, "\(words)")
        }
    }
}
