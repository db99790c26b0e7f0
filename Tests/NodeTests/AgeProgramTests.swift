import Foundation
import Primitives
import Testing

/// The program `age` of Debian, where it is installed; `make test` sees to it.
private let age = ["/usr/bin/age", "/usr/local/bin/age"].first {
    FileManager.default.isExecutableFile(atPath: $0)
}

@Suite(
    "ADR 0071: the program age and files that a passphrase locks",
    .enabled(if: age != nil, "age is not installed; run `apt-get install age`"),
    .serialized,
    .timeLimit(.minutes(3))
)
struct AgeProgramTests {
    private static let word = "open sesame"

    private static func prepared(_ parent: String, _ name: String) throws -> (String, [String]) {
        let file = "\(parent)/word"
        #expect(
            FileManager.default.createFile(atPath: file, contents: Data("\(Self.word)\n".utf8))
        )
        return ("\(parent)/\(name)", ["--passphrase-file", file])
    }

    @Test("age opens a key that this program locked, with its passphrase and with no other")
    func ours() throws {
        let program = try #require(age)
        try NodeProgram.withDirectory { parent in
            let (path, passphrase) = try Self.prepared(parent, "node")
            let made = try NodeProgram.run(
                ["init", "--lock", "--json", "--data-dir", path] + passphrase
            )
            let node = try made.json()["node_id"]?.string
            let opened = try Terminal.type(
                ["--decrypt", "\(path)/node.key"],
                at: program,
                [.init("nter passphrase", Self.word)]
            )
            #expect(opened.status == 0, "\(opened.shown)")
            let content = try JSONDocument(scanning: Array(opened.output.utf8)).root
            #expect(content["public_key"]?.string == node && node != nil)
            #expect(content["seed"]?.string?.count == 64)
            let wrong = try Terminal.type(
                ["--decrypt", "\(path)/node.key"],
                at: program,
                [.init("nter passphrase", "open barley")]
            )
            #expect(wrong.status != 0 && wrong.output.isEmpty)
        }
    }

    @Test("a key that age locked is a key of this program")
    func theirs() throws {
        let program = try #require(age)
        try NodeProgram.withDirectory { parent in
            let (path, passphrase) = try Self.prepared(parent, "node")
            let made = try NodeProgram.run(["init", "--json", "--data-dir", path])
            let node = try made.json()["node_id"]?.string
            let key = "\(path)/node.key"
            try FileManager.default.moveItem(atPath: key, toPath: "\(key).open")
            let locked = try Terminal.type(
                ["--encrypt", "--passphrase", "--output", key, "\(key).open"],
                at: program,
                [.init("nter passphrase", Self.word), .init("onfirm passphrase", Self.word)]
            )
            #expect(locked.status == 0, "\(locked.shown)")
            #expect(chmod(key, 0o600) == 0)
            let unlocked = try NodeProgram.run(
                ["id", "unlock", "--json", "--data-dir", path] + passphrase
            )
            #expect(unlocked.status == 0, "\(unlocked.errors)")
            #expect(try unlocked.json()["node_id"]?.string == node)
        }
    }

    @Test("age opens a backup, with all that is in it")
    func backup() throws {
        let program = try #require(age)
        try NodeProgram.withDirectory { parent in
            let (path, passphrase) = try Self.prepared(parent, "node")
            let made = try NodeProgram.run(["init", "--json", "--data-dir", path])
            let node = try made.json()["node_id"]?.string
            let file = "\(parent)/node.backup"
            let kept = try NodeProgram.run(
                ["backup", "create", file, "--data-dir", path, "--backup-passphrase-file"]
                    + passphrase.suffix(1)
            )
            #expect(kept.status == 0, "\(kept.errors)")
            let opened = try Terminal.type(
                ["--decrypt", file],
                at: program,
                [.init("nter passphrase", Self.word)]
            )
            let content = try JSONDocument(scanning: Array(opened.output.utf8)).root
            #expect(content["valence_backup"]?.integer == 2)
            #expect(content["node_id"]?.string == node && node != nil)
            #expect(content["key"]?["public_key"]?.string == node)
        }
    }
}
