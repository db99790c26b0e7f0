import Identities
import Messages
import TestSupport

@testable import Identity
@testable import Primitives

/// Trees over names: their roots, their leaves, and the hashes at paths.
enum MerkleVectors {
    private static let depthMax = 64

    static func run(_ vector: VectorCase) throws {
        if vector.input.has("messages") { return try self.identities(vector) }
        let names = try self.names(vector.input)
        let tree = MerkleTree(names: names)
        let path = try self.path(vector.input)
        if vector.expect.has("root") {
            try Check.same("root", tree.root, try vector.expect.bytes32("root"))
        }
        if vector.expect.has("hash") {
            let expected = try self.optionalHash(vector.expect)
            try Check.same("hash", tree.subtreeHash(path: path), expected)
        }
        if vector.expect.has("leaves") {
            let leaves = tree.nodes(below: path, depth: Self.depthMax).map(\.hash.hex)
            try Check.same("leaves", leaves, try vector.expect.texts("leaves"))
        }
        try self.agreesOverIDs(names, tree)
    }

    // MARK: The identity tree

    /// A log holds identity messages under the case's ids; the root shows which the tree took up.
    private static func identities(_ vector: VectorCase) throws {
        var registrar = Registrar(KeyRegistry())
        let entries = try vector.input.list("messages")
        let types = entries.map { $0["type"]?.string ?? "" }
        for (number, entry) in entries.enumerated() {
            guard let id = entry["id"]?.string.flatMap({ MessageID(hex: $0) }) else {
                throw VectorFailure("message \(number) has no id")
            }
            let message = try self.identityMessage(number, of: types)
            _ = registrar.logged(message.renamed(id), isReplay: true)
        }
        try Check.same("root", registrar.merkleRoot, try vector.expect.bytes32("root"))
    }

    private static func identityMessage(_ number: Int, of types: [String]) throws -> Message {
        let (one, other) = ("one \(number)", "other \(number)")
        switch types[number] {
        case "DID_LINK": return try Assembly.link(one, other)
        case "KEY_ROTATE": return try Assembly.rotation(one, other, at: Assembly.start)
        case "DID_REVOKE":
            // It has an effect only on a link: the first one that no other revocation takes.
            let earlier = types.prefix(number).count { $0 == "DID_REVOKE" }
            let links = types.indices.filter { types[$0] == "DID_LINK" }.dropFirst(earlier)
            let link = links.first ?? number
            let (root, child) = ("one \(link)", "other \(link)")
            let draft = Draft.revocation(try Assembly.node(root), try Assembly.node(child))
            return try Assembly.message(draft, by: root, at: Assembly.start.adding(milliseconds: 1))
        default: throw VectorFailure("\(types[number]) is no message about keys")
        }
    }

    // MARK: Names

    private static func names(_ input: Fields) throws -> [String] {
        let given = input.has("ids") ? input.optional("ids") : nil
        var made: [String]?
        if input.has("generator") {
            let rule = try input.text("generator")
            let prefix = try self.prefix(of: rule)
            made = (0..<(try input.integer("count"))).map {
                SHA256Digest.hash(Array("\(prefix)\($0)".utf8)).hex
            }
        }
        let listed = try given.map { _ in try input.texts("ids") }
        if let made, let listed { try Check.same("generated names", made, listed) }
        guard let names = listed ?? made else { throw VectorFailure.unknownShape(input) }
        return names
    }

    /// The text between the quotes of `sha256hex('…'+i)`.
    private static func prefix(of rule: String) throws -> String {
        let parts = rule.split(separator: "'", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "sha256hex(", parts[2] == "+i)" else {
            throw VectorFailure("no way to generate names by \(rule)")
        }
        return String(parts[1])
    }

    private static func path(_ input: Fields) throws -> [UInt8] {
        guard input.has("subtree_path") else { return [] }
        return try input.list("subtree_path").map { step in
            guard let step = step.integer, let step = UInt8(exactly: step) else {
                throw VectorFailure("a step of the path is no small number")
            }
            return step
        }
    }

    private static func optionalHash(_ expect: Fields) throws -> Bytes32? {
        try expect.optional("hash").map { _ in try expect.bytes32("hash") }
    }

    /// Names that are message ids give the same tree by the way that the node goes.
    private static func agreesOverIDs(_ names: [String], _ tree: MerkleTree) throws {
        let ids = names.compactMap { MessageID(hex: $0) }
        if ids.count == names.count {
            let other = MerkleTree(ids: ids)
            let nodes = [tree, other].map { $0.nodes(below: [], depth: Self.depthMax) }
            try Check.same("tree over ids", nodes[1].map(\.hash), nodes[0].map(\.hash))
            try Check.same("root over ids", other.root, tree.root)
        }
    }
}

extension Message {
    /// The message under another identifier, as a case names it.
    fileprivate func renamed(_ id: MessageID) -> Message {
        Message(
            id: id,
            from: self.from,
            timestamp: self.timestamp,
            version: self.version,
            typeName: self.typeName,
            type: self.type,
            payload: self.payload,
            signature: self.signature,
            canonical: self.canonical,
            payloadRange: 0..<0
        )
    }
}
