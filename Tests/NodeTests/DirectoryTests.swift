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
            try directory.writePort(4_242)
            let port = try String(contentsOfFile: "\(directory.path)/api.port", encoding: .utf8)
            #expect(port == "4242")
            for name in ["node.key", "api.token", "api.port"] {
                let path = "\(directory.path)/\(name)"
                let attributes = try FileManager.default.attributesOfItem(atPath: path)
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
            #expect(names.sorted() == ["api.port", "api.token", "node.key", "version.json"])
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

    @Test("D-36: a node stays in the network that it joined, until its operator says otherwise")
    func network() throws {
        try NodeProgram.withDirectory { parent in
            let directory = DataDirectory(path: parent)
            let (one, other) = (Self.network(1), Self.network(2))
            try directory.join(one) { true }
            try directory.join(one) { true }
            for wrong in [other, NetworkDescription()] {
                let error = #expect(throws: NodeError.self) { try directory.join(wrong) { false } }
                let text = "\(try #require(error))"
                #expect(text.contains(try #require(one.hash).hex), "\(text)")
                #expect(text.contains("remove \(parent)/network.hash"), "\(text)")
            }
        }
    }

    @Test("C2-8: a first run without a description binds nobody for ever who heard nobody")
    func withoutNetwork() throws {
        try NodeProgram.withDirectory { parent in
            let directory = DataDirectory(path: parent)
            let none = NetworkDescription()
            let first = try directory.join(none) { true }
            let second = try directory.join(none) { true }
            #expect(first == .begunWithoutNetwork && second == .member)
            #expect(throws: NodeError.self) { try directory.join(Self.network(1)) { true } }
            let moved = try directory.join(Self.network(1)) { false }
            let stays = try directory.join(Self.network(1)) { true }
            #expect(moved == .moved && stays == .member)
            #expect(throws: NodeError.self) { try directory.join(none) { false } }
        }
    }

    private static func network(_ number: UInt8) -> NetworkDescription {
        let founder = NetworkDescription.Founder(
            node: NodeID(SHA256Digest.hash([number])),
            score: FixedPoint(millionths: 500_000)
        )
        return NetworkDescription(founders: [founder])
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
            bootstrap: ["/ip4/10.0.0.1/tcp/1"],
            bootstrapDomain: "net.example"
        )
        #expect(moved.hash == network.hash, "meeting points change, the network does not")
        let text = String(decoding: moved.json.canonicalBytes(), as: UTF8.self)
        #expect(try self.network(text).get() == moved)
    }

    @Test("R-04-002, R-04-003: a network ships where to start from; the operator names more")
    func startingPoints() throws {
        let (shipped, named) = ("/ip4/10.0.0.1/tcp/1", "/ip4/10.0.0.2/tcp/1")
        let founder = #""founders":{"\#(SHA256Digest.hash([1]).hex)":500000}"#
        let network = try self.network(#"{\#(founder),"bootstrap":["\#(shipped)"]}"#).get()
        let plain = NodeSettings(key: .generate(), description: network)
        #expect(plain.startingPoints == [shipped])
        let more = NodeSettings(key: .generate(), bootstrap: [named], description: network)
        #expect(more.startingPoints == [named, shipped])
    }

    @Test(
        "R-04-005: what is no domain name is refused, in a description and from an operator",
        arguments: ["", "net.example/tcp/1", "two words", "/dns/net.example", "net..example"]
    )
    func domain(text: String) throws {
        let description = try self.network(#"{"founders":{},"bootstrap_domain":"\#(text)"}"#)
        #expect(throws: NodeError.self) { try description.get() }
        let settings = NodeSettings(key: .generate(), domain: text)
        #expect(throws: NodeError.self) { try settings.checkAddresses(own: []) }
    }

    @Test("R-04-005: the operator's domain goes before the network's")
    func domains() throws {
        let network = NetworkDescription(bootstrapDomain: "net.example")
        var settings = NodeSettings(key: .generate(), description: network)
        #expect(settings.bootstrapDomain == "net.example")
        settings.domain = "own.example"
        #expect(settings.bootstrapDomain == "own.example")
        try settings.checkAddresses(own: [])
        settings.profile = .local
        #expect(!settings.isSyncedAtStart, "there are others to catch up with")
        #expect(NodeSettings(key: .generate(), profile: .local).isSyncedAtStart)
        #expect(NodeSettings(key: .generate()).bootstrapDomain == nil)
    }

    @Test("only the local profile has days of the market that are shorter than a day")
    func shortDays() throws {
        var settings = NodeSettings(key: .generate())
        try settings.checkCalendar()
        settings.calendar = try #require(MarketCalendar(daySeconds: 60))
        #expect(throws: NodeError.self) { try settings.checkCalendar() }
        settings.profile = .local
        try settings.checkCalendar()
    }

    /// A description whose table of autonomous systems is a file beside it.
    private func network(table: String, hash: Bytes32? = nil) throws
        -> Result<NetworkDescription, NodeError>
    {
        var result: Result<NetworkDescription, NodeError> = .success(NetworkDescription())
        try NodeProgram.withDirectory { parent in
            try Data(table.utf8).write(to: URL(fileURLWithPath: "\(parent)/asn.txt"))
            let hash = hash ?? SHA256Digest.hash(Array(table.utf8))
            let text = #"""
                {"founders":{"\#(SHA256Digest.hash([1]).hex)":500000},
                "asn_table":{"file":"asn.txt","sha256":"\#(hash.hex)"}}
                """#
            let path = "\(parent)/network.json"
            try Data(text.utf8).write(to: URL(fileURLWithPath: path))
            result = Result { () throws(NodeError) in try NetworkDescription(path: path) }
        }
        return result
    }

    @Test("D-25, D-36: a table of autonomous systems in a file; its SHA-256 is in the hash")
    func operators() throws {
        let table = "# who runs what\n8.8.8.0/24 15169\n\n2001:4860::/32\tAS15169 # both\r\n"
        let network = try self.network(table: table).get()
        #expect(network.operators?.count == 2)
        let other = try self.network(table: table + "8.8.4.0/24 64500\n").get()
        #expect(network.hash != other.hash)
        let none = NetworkDescription(name: network.name, founders: network.founders)
        #expect(network.hash != none.hash)
    }

    @Test("D-36, D-37: a network sets numbers of the rules, and they are in its hash")
    func parameters() throws {
        let founder = "\"founders\":{\"\(SHA256Digest.hash([1]).hex)\":500000}"
        let plain = try self.network("{\(founder)}").get()
        let numbers = #""parameters":{"uptime_reward":"0.000333","standard_threshold":750000}"#
        let network = try self.network("{\(founder),\(numbers)}").get()
        #expect(network.parameters[.uptimeReward] == FixedPoint(millionths: 333))
        #expect(network.parameters[.standardThreshold] == FixedPoint(millionths: 750_000))
        #expect(network.parameters[.quorumShare] == NetworkParameter.quorumShare.protocolValue)
        #expect(network.hash != plain.hash)
        let text = String(decoding: network.json.canonicalBytes(), as: UTF8.self)
        #expect(try self.network(text).get() == network)
    }

    @Test("D-25: prefixes may stand in the description itself")
    func inlineOperators() throws {
        let founder = "\"founders\":{\"\(SHA256Digest.hash([1]).hex)\":500000}"
        let table = #""asn_table":{"prefixes":{"8.8.8.0/24":64500,"8.0.0.0/8":64501}}"#
        let network = try self.network("{\(founder),\(table)}").get()
        #expect(network.operators?.count == 2)
        let text = String(decoding: network.json.canonicalBytes(), as: UTF8.self)
        let again = try self.network(text).get()
        #expect(again == network)
        #expect(again.hash == network.hash)
    }

    @Test(
        "D-25: a table that is not valid says where and why",
        arguments: [
            ("8.8.8.0/24 1\n8.8.8.8/24 2\n", "asn.txt, line 2"),
            ("8.8.8.0/24 1\n8.8.8.0/24 2\n", "belongs to AS1 already"),
            ("8.8.8.0/24\n", "line 1: it must hold a prefix and the number"),
            ("8.8.8.0/24 zero\n", "`192.0.2.0/24 64500`"), ("8.8.8.0/24 0\n", "line 1"),
            ("8.8.8.0/24 4294967296\n", "line 1"), ("nonsense 1\n", "is no prefix"),
        ]
    )
    func badTable(table: String, cause: String) throws {
        guard case .failure(let error) = try self.network(table: table) else {
            Issue.record("taken")
            return
        }
        #expect("\(error)".contains(cause), "\(error)")
    }

    @Test("D-36: a table that differs from the one of the description is refused")
    func otherTable() throws {
        let hash = SHA256Digest.hash([1])
        guard case .failure(let error) = try self.network(table: "::/0 1\n", hash: hash) else {
            Issue.record("taken")
            return
        }
        #expect("\(error)".contains("get the same file as the other nodes"))
    }

    @Test("genesis new, show and verify handle parameters and the table of autonomous systems")
    func genesisCommands() throws {
        try NodeProgram.withDirectory { parent in
            let table = "\(parent)/asn.txt"
            let file = "\(parent)/lab.json"
            try Data("8.8.8.0/24 64500\n".utf8).write(to: URL(fileURLWithPath: table))
            let made = try NodeProgram.run([
                "genesis", "new", "--json", "--name", "lab", "--asn-table", table, "--founder",
                SHA256Digest.hash([1]).hex, "--parameter", "quorum_share=0.2", file,
            ])
            let json = try made.json()
            #expect(made.status == 0 && json["asn_prefixes"]?.integer == 1)
            #expect(json["network"]?["asn_table"]?["file"]?.string == "asn.txt")
            let hash = try #require(json["hash"]?.string)
            let verified = try NodeProgram.run(["genesis", "verify", file, "--hash", hash])
            #expect(verified.status == 0)
            #expect(verified.output.contains("asn table asn.txt  1 prefixes"))
            #expect(verified.output.contains("parameter quorum_share  0.200000"))
            try Data("8.8.8.0/24 64501\n".utf8).write(to: URL(fileURLWithPath: table))
            let changed = try NodeProgram.run(["genesis", "show", file])
            #expect(changed.status == 1)
            #expect(changed.errors.contains("asn.txt has the SHA-256"))
        }
    }

    @Test(
        "a description that is not valid says why",
        arguments: [
            ("[]", "not an object"), (#"{"genesis":{}}"#, "unknown member"), ("{}", "`founders`"),
            (#"{"founders":{"x":500000}}"#, "is not a node id"),
            (#"{"founders":{},"name":5}"#, "`name` must be text"),
            (#"{"founders":{"KEY":99999}}"#, "score"), (#"{"founders":{"KEY":1000001}}"#, "score"),
            ("{", "ends inside"),
            (#"{"founders":{},"asn_table":{"file":"a"}}"#, "`file` with `sha256`"),
            (#"{"founders":{},"asn_table":{"url":"a"}}"#, "`asn_table` must be an object"),
            (#"{"founders":{},"asn_table":{"prefixes":{"x":1}}}"#, "is no prefix"),
            (#"{"founders":{},"asn_table":{"file":"none","sha256":"KEY"}}"#, "none"),
            (#"{"founders":{},"parameters":[]}"#, "`parameters` must be an object"),
            (#"{"founders":{},"parameters":{"x":1}}"#, "unknown parameter `x`; known are"),
            (#"{"founders":{},"parameters":{"quorum_share":0}}"#, "not within 1 and 1000000"),
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
