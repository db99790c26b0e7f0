import Foundation
import LocalAPI
import Messages
import Primitives
import Testing

@testable import valence_node

@Suite("Commands that write and send artefacts", .serialized)
struct ArtefactCommandTests {
    private static let hex = Parsed.hex
    private static let bytes = Array("plain\u{1B}[2J".utf8) + [0xFF, 0x0A]
    private static let hash = SHA256Digest.hash(Self.bytes)

    private static func withArtefact(_ body: (StandIn) async throws -> Void) async throws {
        let artefact = APIArtefact(hash: ContentHash(Self.hash), source: .bytes(Self.bytes))
        try await StandIn.with(answering: { _ in APIResponse(artefact) }, body)
    }

    private static let about = "\(Self.bytes.count) bytes, sha256 \(Self.hash.hex)."

    @Test(
        "C2-1: into another program an artefact goes byte for byte, and its hash to standard error"
    )
    func raw() async throws {
        try await Self.withArtefact { node in
            let printed = try await node.run(["proposal", "show", Self.hex, "--artifact"])
            let expected = String(decoding: Self.bytes.dropLast(), as: UTF8.self)
            #expect(printed.data == [expected] && printed.talk == [Self.about])
            let id = try #require(MessageID(hex: Self.hex))
            #expect(node.calls == [.artefact(id)])
            let quiet = try await node.run([
                "proposal", "show", Self.hex, "--artifact", "--quiet",
            ])
            #expect(quiet.data == [expected] && quiet.talk.isEmpty)
        }
    }

    @Test("programs get it in base64, and of a file its place")
    func programs() async throws {
        try await withFolder { folder in
            try await Self.withArtefact { node in
                let shown = try await node.run([
                    "proposal", "show", Self.hex, "--artifact", "--json",
                ])
                let json = try shown.json()
                #expect(json["base64"]?.string == Base64.encode(Self.bytes) && json["path"] == nil)
                #expect(json["sha256"]?.string == Self.hash.hex)
                #expect(json["size"]?.integer == Int64(Self.bytes.count))
                let out = "\(folder)/out"
                let kept = try await node.run([
                    "proposal", "show", Self.hex, "--output", out, "--json",
                ])
                #expect(try kept.json()["path"]?.string == out)
                #expect(try kept.json()["base64"] == nil)
                #expect(try Array(Data(contentsOf: URL(fileURLWithPath: out))) == Self.bytes)
                let people = try await node.run(["proposal", "show", Self.hex, "-o", out])
                #expect(people.data.isEmpty && people.talk == [Self.about])
                let nowhere = try await node.run([
                    "proposal", "show", Self.hex, "-o", "\(folder)/none/out",
                ])
                #expect(nowhere.failure?.detail.contains("cannot write \(folder)/none/out") == true)
            }
        }
    }

    /// A file that does not travel inside a proposal.
    private static func large(_ folder: String) throws -> (path: String, hash: ContentHash) {
        let bytes = [UInt8](repeating: 9, count: WireLimits.inlineContentBytesMax + 1)
        let path = "\(folder)/large"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return (path, ContentHash(SHA256Digest.hash(bytes)))
    }

    @Test("D-72: what is too large to travel inside is shared first, and then proposed by its hash")
    func sharedFirst() async throws {
        try await withFolder { folder in
            let (path, hash) = try Self.large(folder)
            let answer = APIResponse(
                .object([("id", .string("m")), ("content_hash", .string(hash.hex))])
            )
            try await StandIn.with(answering: { _ in answer }) { node in
                let made = try await node.run([
                    "proposal", "new", "--title", "T", "--file", path, "--content-type", "x/y",
                ])
                #expect(made.failure == nil && made.data == ["m"])
                let calls = node.calls
                guard calls.count == 3, case .dryRun = calls[0], case .share(let share) = calls[1],
                    case .publish(.propose, let payload) = calls[2]
                else {
                    Issue.record("\(calls)")
                    return
                }
                let said = ShareContent(
                    upload: share.upload,
                    contentType: "x/y",
                    filename: nil,
                    description: nil,
                    tags: []
                )
                #expect(share.upload.hash == hash && share == said)
                #expect(payload["content_hash"]?.string == hash.hex)
                #expect(payload["content_inline"] == nil)
                #expect(payload["content_size"]?.integer == 1_048_577)
            }
        }
    }

    @Test("a file that changed between its hash and its upload is not proposed")
    func changed() async throws {
        try await withFolder { folder in
            let (path, _) = try Self.large(folder)
            let answer = APIResponse(.object([("content_hash", .string(Self.hex))]))
            try await StandIn.with(answering: { _ in answer }) { node in
                let made = try await node.run(["proposal", "new", "--title", "T", "--file", path])
                #expect(made.failure?.code == .failed)
                #expect(made.failure?.detail == "the file changed while it was read; try again")
                #expect(node.calls.count == 2, "the trial, and the upload")
            }
        }
    }

    @Test("D-51: an author whose proposal would be refused shares no large artefact for nothing")
    func refusedEarly() async throws {
        try await withFolder { folder in
            let (path, hash) = try Self.large(folder)
            let refusal = JSONValue.object([
                ("code", .string("below_gate")), ("detail", .string("the score is too low")),
            ])
            for isRefused in [true, false] {
                let answer = APIResponse(
                    .object(
                        [("id", .string("m")), ("content_hash", .string(hash.hex))]
                            + (isRefused ? [("refusal", refusal)] : [])
                    )
                )
                try await StandIn.with(answering: { _ in answer }) { node in
                    let words = ["proposal", "new", "--title", "T", "--file", path]
                    let made = try await node.run(words)
                    #expect((made.failure?.code == .refused) == isRefused)
                    #expect((made.failure?.detail == "the score is too low") == isRefused)
                    #expect(node.calls.count == (isRefused ? 1 : 3))
                }
            }
        }
    }

    @Test("R-08-033, R-08-037: hours to vote are those of the option; the node knows the others")
    func deadlines() async throws {
        try await withFolder { folder in
            let path = "\(folder)/text"
            try Data("why".utf8).write(to: URL(fileURLWithPath: path))
            for (options, hours) in [
                ([], nil), (["--tier", "constitutional"], nil), (["--deadline-hours", "3"], 3),
                (["--tier", "constitutional", "--deadline-hours", "2161"], 2_161),
            ] as [([String], Int64?)] {
                let answer = APIResponse(.object([("id", .string("m"))]))
                try await StandIn.with(answering: { _ in answer }) { node in
                    let words = ["proposal", "new", "--title", "T", "--file", path]
                    #expect(try await node.run(words + options).failure == nil)
                    guard case .publish(.propose, let payload)? = node.calls.first else {
                        Issue.record("no proposal")
                        return
                    }
                    let deadline = payload["voting_deadline"]?.integer
                    let expected = try hours.map { try Hours.fromNow($0) }
                    #expect((deadline == nil) == (expected == nil), "\(options)")
                    #expect(abs((deadline ?? 0) - (expected ?? 0)) < 60_000, "\(options)")
                }
            }
        }
    }

    @Test("an adoption tells where the artefact lies, and against what it was verified")
    func adopted() async throws {
        let answer = APIResponse(
            .object([("path", .string("/blobs/x")), ("sha256", .string("h"))])
        )
        try await StandIn.with(answering: { _ in answer }) { node in
            let adopted = try await node.run(["proposal", "adopt", Self.hex])
            #expect(adopted.data == ["/blobs/x"] && adopted.talk == ["Verified against sha256 h."])
            let id = try #require(MessageID(hex: Self.hex))
            #expect(node.calls == [.adopt(id)])
            let quiet = try await node.run(["proposal", "adopt", Self.hex, "--quiet"])
            #expect(quiet.data == ["/blobs/x"] && quiet.talk.isEmpty)
            let json = try await node.run(["proposal", "adopt", Self.hex, "--json"])
            let bytes = try json.json().canonicalBytes()
            #expect(bytes == answer.body.canonicalBytes() && json.talk.isEmpty)
        }
    }
}
