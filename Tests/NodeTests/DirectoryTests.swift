import Cryptography
import Foundation
import Messages
import Primitives
import Testing

@testable import Node

@Suite("Files of a node")
struct DirectoryTests {
    @Test("a new data directory has a key and a token that only the owner may read")
    func initialise() throws {
        try NodeProgram.withDirectory { parent in
            let directory = DataDirectory(path: "\(parent)/a/b")
            let node = try directory.initialise()
            #expect(NodeID(try directory.loadKey().publicKey) == node)
            #expect(try directory.loadToken().utf8.count == 64)
            #expect(directory.loadPort() == nil)
            try directory.writePort(4_242)
            #expect(directory.loadPort() == 4_242)
            for name in ["node.key", "api.token", "api.port"] {
                let path = "\(directory.path)/\(name)"
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            #expect(names.sorted() == ["api.port", "api.token", "node.key"])
        }
    }

    private func genesis(_ text: String) throws -> Result<GenesisList, NodeError> {
        var result: Result<GenesisList, NodeError> = .success(GenesisList())
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/genesis.json"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            result = Result { () throws(NodeError) in try GenesisList(path: path) }
        }
        return result
    }

    @Test("D-36: a genesis list names founders and scores, and has one hash in every order")
    func genesisList() throws {
        let nodes = (0..<3).map { NodeID(SHA256Digest.hash([$0])) }
        let founders = nodes.map { ($0, FixedPoint(millionths: 500_000)) }
        let list = GenesisList(founders)
        #expect(GenesisList(founders.reversed()) == list)
        #expect(GenesisList(founders.reversed()).hash == list.hash)
        #expect(list.hash != nil && GenesisList().hash == nil)
        let text = String(decoding: list.json.canonicalBytes(), as: UTF8.self)
        #expect(try self.genesis(text).get() == list)
    }

    @Test(
        "a genesis file that is not valid says why",
        arguments: [
            ("[]", "no member"), (#"{"genesis":{"x":500000}}"#, "is not a node id"),
            (#"{"genesis":{"KEY":99999}}"#, "score"), (#"{"genesis":{"KEY":1000001}}"#, "score"),
            ("{", "ends inside"),
        ]
    )
    func badGenesis(text: String, cause: String) throws {
        let key = SHA256Digest.hash([1]).hex
        let outcome = try self.genesis(text.replacingOccurrences(of: "KEY", with: key))
        guard case .failure(let error) = outcome else {
            Issue.record("taken")
            return
        }
        #expect("\(error)".contains(cause), "\(error)")
    }
}
