import Foundation
import Messages
import Primitives
import Testing

@testable import Node

@Suite("R-06-123 The hash databases of an operator")
struct HashDatabaseFileTests {
    private static let hash = ContentHash(SHA256Digest.hash([1]))

    private func load(_ files: [String: String]) throws -> HashDatabases {
        var databases = HashDatabases.none
        try NodeProgram.withDirectory { parent in
            let folder = "\(parent)/hash-databases"
            try FileManager.default.createDirectory(
                atPath: folder,
                withIntermediateDirectories: false
            )
            for (name, text) in files {
                try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            }
            databases = try DataDirectory(path: parent).loadHashDatabases()
        }
        return databases
    }

    @Test("a node without the folder has none, and each file is a database of its name")
    func files() throws {
        try NodeProgram.withDirectory { parent in
            let databases = try DataDirectory(path: parent).loadHashDatabases()
            #expect(databases.isEmpty)
        }
        let other = ContentHash(SHA256Digest.hash([2]))
        let databases = try self.load([
            "ncmec": "# a list\n\n\(Self.hash.hex.uppercased())  # remark\r\n\(other.hex)",
            "other-2": "", ".hidden": "x",
        ])
        #expect(databases.names == ["ncmec", "other-2"])
        #expect(databases.isListed(Self.hash, in: "ncmec"))
        #expect(databases.isListed(other, in: "ncmec"))
        #expect(!databases.isListed(Self.hash, in: "other-2"))
    }

    @Test(
        "what is no list of hashes is refused with file and line",
        arguments: [
            ("ncmec", "abc", "line 1"), ("ncmec", "# a\n\(hash.hex) \(hash.hex)", "line 2"),
            ("NCMEC", "", "rename the file"), ("a:b", "", "rename the file"),
        ] as [(String, String, String)]
    )
    func flaws(name: String, text: String, cause: String) throws {
        let error = #expect(throws: NodeError.self) { try self.load([name: text]) }
        let words = "\(try #require(error))"
        #expect(words.contains(cause) && words.contains("hash-databases/\(name)"))
    }
}
