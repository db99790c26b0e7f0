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

    @Test("a missing or empty token is made anew for the same key, an open one is refused")
    func token() throws {
        try NodeProgram.withDirectory { parent in
            let directory = DataDirectory(path: "\(parent)/a")
            let node = try directory.initialise()
            let token = try directory.loadToken()
            let file = "\(directory.path)/api.token"
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file)
            let tooOpen = #expect(throws: NodeError.self) { try directory.loadToken() }
            #expect("\(try #require(tooOpen))".contains("chmod 600 \(file)"))
            try Data().write(to: URL(fileURLWithPath: file))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
            let empty = #expect(throws: NodeError.self) { try directory.loadToken() }
            #expect("\(try #require(empty))".contains("valence-node init"))
            try FileManager.default.removeItem(atPath: file)
            #expect(throws: NodeError.self) { try directory.loadToken() }
            #expect(try directory.initialise() == node)
            #expect(try directory.loadToken() != token)
            #expect(throws: NodeError.self) { try directory.initialise() }
        }
    }

    private func network(_ text: String) throws -> Result<NetworkDescription, NodeError> {
        var result: Result<NetworkDescription, NodeError> = .success(NetworkDescription())
        try NodeProgram.withDirectory { parent in
            let path = "\(parent)/network.json"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            result = Result { () throws(NodeError) in try NetworkDescription(path: path) }
        }
        return result
    }

    @Test("D-36: a network names founders and scores, and has one hash in every order")
    func description() throws {
        let founders = (0..<3).map { number in
            NetworkDescription.Founder(
                node: NodeID(SHA256Digest.hash([number])),
                score: FixedPoint(millionths: 500_000)
            )
        }
        let network = NetworkDescription(name: "n", founders: founders)
        let other = NetworkDescription(name: "n", founders: founders.reversed())
        #expect(other == network)
        #expect(other.hash == network.hash)
        #expect(network.hash != nil && NetworkDescription().hash == nil)
        let moved = NetworkDescription(
            name: "n",
            founders: founders,
            bootstrap: ["/ip4/10.0.0.1/tcp/1"]
        )
        #expect(moved.hash == network.hash, "meeting points change, the network does not")
        let text = String(decoding: moved.json.canonicalBytes(), as: UTF8.self)
        #expect(try self.network(text).get() == moved)
    }

    @Test(
        "a description that is not valid says why",
        arguments: [
            ("[]", "not an object"), (#"{"genesis":{}}"#, "unknown member"), ("{}", "`founders`"),
            (#"{"founders":{"x":500000}}"#, "is not a node id"),
            (#"{"founders":{"KEY":99999}}"#, "score"), (#"{"founders":{"KEY":1000001}}"#, "score"),
            ("{", "ends inside"),
        ]
    )
    func badGenesis(text: String, cause: String) throws {
        let key = SHA256Digest.hash([1]).hex
        let outcome = try self.network(text.replacingOccurrences(of: "KEY", with: key))
        guard case .failure(let error) = outcome else {
            Issue.record("taken")
            return
        }
        #expect("\(error)".contains(cause), "\(error)")
    }
}
