import Foundation
import Messages
import Node
import Primitives
import Testing

@testable import valence_node

@Suite("D-36: the description of a network, from the command line", .serialized)
struct GenesisCommandTests {
    private static let keys = [Parsed.hex, Parsed.otherHex, String(repeating: "0c", count: 32)]

    private static func new(_ file: String, _ options: [String]) async throws -> Printed {
        try await StandIn.run(["genesis", "new", "--name", "lab", file] + options)
    }

    private static func founders(_ texts: [String]) -> [String] {
        texts.flatMap { ["--founder", $0] }
    }

    @Test("what was described is shown in the same words by new, show and verify")
    func words() async throws {
        try await withFolder { folder in
            let (file, table) = ("\(folder)/lab.json", "\(folder)/asn.txt")
            let prefixes = Array("8.8.8.0/24 64500\n".utf8)
            try Data(prefixes).write(to: URL(fileURLWithPath: table))
            let made = try await Self.new(
                file,
                Self.founders([
                    "\(Self.keys[0])=1", Self.keys[1], "did:valence:\(Self.keys[2])=0.1",
                ])
                    + [
                        "--bootstrap", "/ip4/192.0.2.1/tcp/1", "--bootstrap-domain", "example.org",
                        "--parameter", "quorum_share=0.25", "--asn-table", table,
                    ]
            )
            #expect(made.failure == nil && made.talk.isEmpty)
            let hash = try #require(try NetworkDescription(path: file).hash)
            #expect(
                made.data == [
                    "name      lab", "hash      \(hash.hex)",
                    "founder   \(Self.keys[0])  1.000000", "founder   \(Self.keys[1])  0.500000",
                    "founder   \(Self.keys[2])  0.100000", "parameter quorum_share  0.250000",
                    "asn table asn.txt  1 prefixes",
                    "          sha256 \(SHA256Digest.hash(prefixes).hex)",
                    "bootstrap /ip4/192.0.2.1/tcp/1", "domain    example.org",
                ]
            )
            let shown = try await StandIn.run(["genesis", "show", file])
            let verified = try await StandIn.run(["genesis", "verify", file, "--hash", hash.hex])
            #expect(shown.data == made.data && verified.data == made.data)
            let json = try await StandIn.run(["genesis", "verify", file, "--json"]).json()
            #expect(json["hash"]?.string == hash.hex && json["asn_prefixes"]?.integer == 1)
            let described = try NetworkDescription(path: file).json
            #expect(json["network"]?.canonicalBytes() == described.canonicalBytes())
        }
    }

    @Test("another hash than that of the file is refused with both, and with what to do")
    func otherHash() async throws {
        try await withFolder { folder in
            let file = "\(folder)/lab.json"
            _ = try await Self.new(file, Self.founders(Self.keys))
            let hash = try #require(try NetworkDescription(path: file).hash)
            let refused = try await StandIn.run(["genesis", "verify", file, "--hash", Self.keys[0]])
            #expect(refused.failure?.code == .refused && refused.data.isEmpty)
            #expect(
                refused.failure?.detail
                    == "\(file) has the hash \(hash.hex), not \(Self.keys[0]); get the same file as "
                    + "the other nodes"
            )
            try Data(#"{"founders":{},"name":"hollow"}"#.utf8)
                .write(to: URL(fileURLWithPath: file))
            let hollow = try await StandIn.run(["genesis", "verify", file, "--hash", Self.keys[0]])
            #expect(hollow.failure?.detail.contains("has the hash of no network") == true)
            let shown = try await StandIn.run(["genesis", "show", file])
            #expect(shown.data == ["name      hollow", "hash      - (no founders)"])
            let json = try await StandIn.run(["genesis", "show", file, "--json"]).json()
            #expect(json["hash"] == .null && json["asn_prefixes"] == .null)
        }
    }

    @Test("a network that can ratify nothing yet is made, and said to be one")
    func few() async throws {
        try await withFolder { folder in
            for (count, isEnough) in [(1, false), (2, false), (3, true)] {
                let made = try await Self.new(
                    "\(folder)/\(count).json",
                    Self.founders(Array(Self.keys.prefix(count)))
                )
                #expect(made.failure == nil && made.talk.isEmpty == isEnough)
                let warning = "Fewer than 3 founders ratify nothing"
                #expect(isEnough || made.talk.first?.hasPrefix(warning) == true)
            }
        }
    }

    @Test("what is no founder, no score or no number of the rules is wrong usage, and named")
    func usage() async throws {
        try await withFolder { folder in
            let file = "\(folder)/lab.json"
            let key = Self.keys[0]
            for (options, named) in [
                ([], "--founder"), (Self.founders(["x"]), "`x` is not a founder"),
                (Self.founders(["\(key)=0.099999"]), "from 0.1 to 1"),
                (Self.founders(["\(key)=1.000001"]), "from 0.1 to 1"),
                (Self.founders(["\(key)="]), "`\(key)=` is not a founder"),
                (Self.founders(["\(key)=0.5=0.5"]), "is not a founder"),
                (Self.founders(["=0.5"]), "`=0.5` is not a founder"),
                (Self.founders([key, "\(key)=0.3"]), "\(key) more than once"),
                (Self.founders([key]) + ["--parameter", "x=1"], "`x=1` sets no parameter"),
                (
                    Self.founders([key])
                        + ["--parameter", "quorum_share=0.2", "--parameter", "quorum_share=0.2"],
                    "quorum_share more than once"
                ),
            ] as [([String], String)] {
                let refused = try await Self.new(file, options)
                #expect(refused.failure?.code == .usage, "\(options)")
                #expect(refused.failure?.detail.contains(named) == true, "\(options)")
            }
            #expect(!FileManager.default.fileExists(atPath: file))
        }
    }

    @Test("a file that is there already stays, and one that is missing or none is told")
    func files() async throws {
        try await withFolder { folder in
            let file = "\(folder)/lab.json"
            _ = try await Self.new(file, Self.founders(Self.keys))
            let first = try Data(contentsOf: URL(fileURLWithPath: file))
            let again = try await Self.new(file, Self.founders([Self.keys[0]]))
            #expect(again.failure?.code == .failed)
            #expect(again.failure?.detail.contains("choose another name") == true)
            #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == first)
            let missing = try await StandIn.run(["genesis", "show", "\(folder)/none"])
            #expect(missing.failure?.detail.contains("\(folder)/none") == true)
            try Data("{".utf8).write(to: URL(fileURLWithPath: file))
            for command in ["show", "verify"] {
                let none = try await StandIn.run(["genesis", command, file])
                #expect(none.failure?.code == .failed && none.data.isEmpty)
            }
        }
    }
}
