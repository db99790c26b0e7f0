import Cryptography
import Foundation
import Messages
import Node
import Primitives
import Testing

@Suite("A key that a passphrase locks")
struct LockedKeyProcessTests {
    private static func file(_ parent: String, _ name: String, _ text: String) -> String {
        let path = "\(parent)/\(name)"
        #expect(FileManager.default.createFile(atPath: path, contents: Data(text.utf8)))
        return path
    }

    private static func isLocked(_ path: String) throws -> Bool {
        let text = try Data(contentsOf: URL(fileURLWithPath: path))
        return text.starts(with: Data("age-encryption.org/v1\n".utf8))
    }

    @Test("a node with a locked key starts with its passphrase alone, also after a rotation")
    func life() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            let word = ["--passphrase-file", Self.file(parent, "word", "open sesame\n")]
            let made = try NodeProgram.run(["init", "--lock", "--json", "--data-dir", path] + word)
            let node = try made.json()["node_id"]?.string
            #expect(try Self.isLocked("\(path)/node.key"))

            let locked = try NodeProgram.run(["run", "--data-dir", path])
            #expect(locked.status == 1)
            #expect(locked.errors.contains("VALENCE_PASSPHRASE_FILE"), "\(locked.errors)")
            let wrong = Self.file(parent, "wrong", "open barley\n")
            let refused = try NodeProgram.run(
                ["run", "--data-dir", path],
                environment: ["VALENCE_PASSPHRASE_FILE": wrong]
            )
            #expect(refused.status == 1 && refused.errors.contains("the passphrase is wrong"))

            let first = try NodeProcess(path, word)
            #expect(first.ready["node_id"]?.string == node)
            _ = try first.call(["id", "rotate"] + word)
            #expect(first.stop() == 0)
            #expect(try Self.isLocked("\(path)/node.key"))
            let directory = DataDirectory(path: path, passphrase: { Array("open sesame".utf8) })
            let rotated = NodeID(try directory.loadKey().publicKey).hex
            let second = try NodeProcess(path, word)
            #expect(second.ready["node_id"]?.string == rotated && rotated != node)
            #expect(second.stop() == 0)
        }
    }

    @Test("a credential of systemd locks a key, and unlocks it when the service starts")
    func credential() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            _ = Self.file(parent, "valence-passphrase", "open sesame\n")
            let made = try NodeProgram.run(
                ["init", "--lock", "--data-dir", path],
                environment: ["CREDENTIALS_DIRECTORY": parent]
            )
            #expect(made.status == 0, "\(made.errors)")
            #expect(try Self.isLocked("\(path)/node.key"))
            let node = try NodeProcess(path, prefix: "CREDENTIALS_DIRECTORY='\(parent)'")
            #expect(node.stop() == 0)
            let bare = try NodeProgram.run(["run", "--data-dir", path])
            #expect(bare.status == 1 && bare.errors.contains("is locked with a passphrase"))
        }
    }

    @Test("a key is locked, locked anew and unlocked, by whoever knows its passphrase alone")
    func relocking() throws {
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/node"
            let key = "\(path)/node.key"
            let (one, two) = (
                Self.file(parent, "one", "one\n"), Self.file(parent, "two", "two\n")
            )
            func id(_ words: String...) throws -> Int32 {
                try NodeProgram.run(["id"] + words + ["--data-dir", path]).status
            }
            _ = try NodeProgram.run(["init", "--data-dir", path])
            #expect(try id("lock", "--new-passphrase-file", one) == 0)
            #expect(try Self.isLocked(key))
            let before = try Data(contentsOf: URL(fileURLWithPath: key))
            #expect(try id("lock", "--new-passphrase-file", two) == 1, "the old one is not named")
            #expect(try id("unlock", "--passphrase-file", two) == 1)
            #expect(try Data(contentsOf: URL(fileURLWithPath: key)) == before)
            #expect(
                try id("lock", "--passphrase-file", one, "--new-passphrase-file", two) == 0
            )
            #expect(try id("unlock", "--passphrase-file", one) == 1)
            #expect(try id("unlock", "--passphrase-file", two) == 0)
            #expect(try !Self.isLocked(key))
            let node = try NodeProcess(path)
            #expect(node.stop() == 0)
        }
    }
}
