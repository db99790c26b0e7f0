import Foundation
import Primitives
import Testing

@testable import Cryptography

@Suite("§1 Key files")
struct KeyFileTests {
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory
            .appendingPathComponent("valence-key-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    private func write(_ text: String, to path: String, mode: Int = 0o600) throws {
        let attributes: [FileAttributeKey: Any] = [.posixPermissions: mode]
        let isWritten = FileManager.default.createFile(
            atPath: path,
            contents: Data(text.utf8),
            attributes: attributes
        )
        #expect(isWritten)
    }

    @Test("a key comes back from its file, which only the owner may read")
    func roundTrip() throws {
        try self.withDirectory { path in
            let key = SigningKey.generate()
            try KeyFile.create(path: "\(path)/node.key", key: key)
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(path)/node.key")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let read = try KeyFile.load(path: "\(path)/node.key")
            #expect(read.publicKey == key.publicKey)
            #expect(read.sign([1]) == key.sign([1]))
        }
    }

    @Test("a key is never overwritten")
    func exists() throws {
        try self.withDirectory { path in
            let file = "\(path)/node.key"
            let key = SigningKey.generate()
            try KeyFile.create(path: file, key: key)
            #expect(throws: KeyFileError.exists(path: file)) {
                try KeyFile.create(path: file, key: .generate())
            }
            #expect(try KeyFile.load(path: file).publicKey == key.publicKey)
        }
    }

    @Test("a file that others may read is refused", arguments: [0o640, 0o604, 0o660, 0o601])
    func tooOpen(mode: Int) throws {
        try self.withDirectory { path in
            let file = "\(path)/node.key"
            try KeyFile.create(path: file, key: .generate())
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
            let error = #expect(throws: KeyFileError.tooOpen(path: file)) {
                try KeyFile.load(path: file)
            }
            #expect("\(try #require(error))".contains("chmod 600"))
        }
    }

    @Test(
        "what is no key file is refused",
        arguments: ["", "{}", "not JSON", #"{"seed":"00","public_key":"00"}"#, "[1]"]
    )
    func malformed(text: String) throws {
        try self.withDirectory { path in
            try self.write(text, to: "\(path)/node.key")
            #expect(throws: KeyFileError.malformed(path: "\(path)/node.key")) {
                try KeyFile.load(path: "\(path)/node.key")
            }
        }
    }

    @Test("RUSTSEC-2022-0093: a public key that is not the seed's is refused")
    func mismatched() throws {
        try self.withDirectory { path in
            let (one, other) = (SigningKey.generate(), SigningKey.generate())
            let text = JSONValue.object([
                ("seed", .string(Hex.encode(one.seed))),
                ("public_key", .string(other.publicKey.rawBytes.hex)),
            ]).prettyText
            try self.write(text, to: "\(path)/node.key")
            #expect(throws: KeyFileError.mismatched(path: "\(path)/node.key")) {
                try KeyFile.load(path: "\(path)/node.key")
            }
        }
    }

    @Test("a missing file is named with the system's reason")
    func missing() throws {
        try self.withDirectory { path in
            let error = #expect(throws: KeyFileError.self) {
                try KeyFile.load(path: "\(path)/none")
            }
            let cause = try #require(error)
            #expect("\(cause)" == "\(path)/none: No such file or directory")
        }
    }

    private static let word = Array("a passphrase".utf8)

    @Test("a locked key comes back with its passphrase alone, and its seed is nowhere in the file")
    func locked() throws {
        try self.withDirectory { path in
            let (key, file) = (SigningKey.generate(), "\(path)/node.key")
            try KeyFile.create(path: file, key: key, lockedBy: Self.word)
            #expect(try KeyFile.isLocked(path: file))
            #expect(try KeyFile.load(path: file, passphrase: { Self.word }).seed == key.seed)
            #expect(throws: KeyFileError.locked(path: file)) { try KeyFile.load(path: file) }
            let wrong = KeyFileError.notOpened(path: file, cause: .wrongPassphrase)
            #expect(throws: wrong) { try KeyFile.load(path: file, passphrase: { [1] }) }
            let text = String(decoding: try Data(contentsOf: URL(filePath: file)), as: UTF8.self)
            #expect(text.hasPrefix("age-encryption.org/v1\n"))
            #expect(!text.contains(Hex.encode(key.seed)))
        }
    }

    @Test("a file is locked, locked anew and unlocked in place; nobody is asked about an open one")
    func relocked() throws {
        try self.withDirectory { path in
            let (key, file) = (SigningKey.generate(), "\(path)/node.key")
            try KeyFile.create(path: file, key: key)
            for word in [Self.word, [7], nil] {
                try KeyFile.rewrite(path: file, key: key, lockedBy: word)
                #expect(try KeyFile.isLocked(path: file) == (word != nil))
                #expect(try KeyFile.load(path: file, passphrase: { word }).seed == key.seed)
            }
            _ = try KeyFile.load(path: file) {
                Issue.record("an open file needs no passphrase")
                return nil
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["node.key"])
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions]
            #expect(mode as? Int == 0o600)
        }
    }

    @Test("what an interrupted rewriting left behind is in nobody's way")
    func leftover() throws {
        try self.withDirectory { path in
            let (key, file) = (SigningKey.generate(), "\(path)/node.key")
            try KeyFile.create(path: file, key: key)
            try self.write("half", to: "\(file).new")
            try KeyFile.rewrite(path: file, key: key, lockedBy: Self.word)
            #expect(try KeyFile.load(path: file, passphrase: { Self.word }).seed == key.seed)
        }
    }
}
