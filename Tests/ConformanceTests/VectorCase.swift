import Cryptography
import Primitives

/// Why a case does not pass.
struct VectorFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// The case has a form that the suite has no rule for.
    static func unknownShape(_ fields: Fields) -> VectorFailure {
        VectorFailure("no way to run a case with the members \(fields.names.sorted())")
    }
}

/// Comparisons of a case with what the code gives.
enum Check {
    static func same<Value: Equatable>(_ what: String, _ actual: Value, _ expected: Value) throws {
        guard actual == expected else {
            throw VectorFailure("\(what) is \(actual), expected \(expected)")
        }
    }

    /// Texts are compared by their bytes; `String` would take composed and decomposed as one.
    static func text(_ what: String, _ actual: String, _ expected: String) throws {
        guard actual.utf8.elementsEqual(expected.utf8) else {
            throw VectorFailure("\(what) is \(actual), expected \(expected)")
        }
    }
}

/// The members of an object of a case; it notes which were read.
///
/// A member that nobody read would be a rule that nobody checked, so it fails the case.
final class Fields {
    private let path: String
    private let members: [RawMember]
    private var read: Set<String> = []
    private var children: [Fields] = []

    init(_ value: RawJSON?, path: String) throws {
        guard let members = value?.members else {
            throw VectorFailure("\(path) is not an object")
        }
        self.members = members
        self.path = path
    }

    var names: [String] { self.members.map(\.key) }

    /// Paths of the members that were not looked at.
    var unread: [String] {
        self.names.filter { !self.read.contains($0) }.map { "\(self.path).\($0)" }
            + self.children.flatMap(\.unread)
    }

    /// Whether a member is there; it still has to be read.
    func has(_ key: String) -> Bool { self.names.contains(key) }

    /// Marks a member that only describes the case.
    func skip(_ key: String) { self.read.insert(key) }

    /// The member, which thereby counts as read; nil when it is absent or null.
    func optional(_ key: String) -> RawJSON? {
        self.read.insert(key)
        let member = self.members.first { $0.key == key }?.value
        return member == .null ? nil : member
    }

    func raw(_ key: String) throws -> RawJSON { try self.present(key, self.optional(key)) }

    private func present<Value>(_ key: String, _ value: Value?) throws -> Value {
        guard let value else {
            throw VectorFailure("\(self.path).\(key) is missing or of another kind")
        }
        return value
    }

    func text(_ key: String) throws -> String { try self.present(key, self.optional(key)?.string) }

    func bool(_ key: String) throws -> Bool { try self.present(key, self.optional(key)?.bool) }

    func integer(_ key: String) throws -> Int64 {
        try self.present(key, self.optional(key)?.integer)
    }

    func list(_ key: String) throws -> [RawJSON] {
        try self.present(key, self.optional(key)?.elements)
    }

    func texts(_ key: String) throws -> [String] {
        try self.list(key).map { try self.present(key, $0.string) }
    }

    func fraction(_ key: String) throws -> FixedPoint {
        FixedPoint(millionths: try self.integer(key))
    }

    func time(_ key: String) throws -> Timestamp {
        Timestamp(milliseconds: try self.integer(key))
    }

    func bytes(_ key: String) throws -> [UInt8] {
        try self.present(key, Hex.decode(try self.text(key)))
    }

    func bytes32(_ key: String) throws -> Bytes32 {
        try self.present(key, Bytes32(hex: try self.text(key)))
    }

    func node(_ key: String) throws -> NodeID { NodeID(try self.bytes32(key)) }

    func signingKey(_ key: String) throws -> SigningKey {
        try SigningKey(seed: try self.bytes(key))
    }

    func fields(_ key: String) throws -> Fields {
        let child = try Fields(try self.raw(key), path: "\(self.path).\(key)")
        self.children.append(child)
        return child
    }
}

/// One case of a file of vectors.
struct VectorCase {
    private static let descriptive: Set<String> = ["id", "section", "about", "origin", "depends"]

    /// For messages; nothing depends on it.
    let name: String
    let input: Fields
    let expect: Fields

    init(_ json: RawJSON) throws {
        self.name = json["id"]?.string ?? "(a case without a name)"
        let members = (json.members ?? []).map(\.key)
        let others = members.filter { !Self.descriptive.contains($0) }
        guard Set(others) == ["input", "expect"] else {
            throw VectorFailure("\(self.name) has the members \(others)")
        }
        self.input = try Fields(json["input"], path: "input")
        self.expect = try Fields(json["expect"], path: "expect")
    }

    /// Fails when a member was not looked at.
    func checkAllRead() throws {
        let unread = self.input.unread + self.expect.unread
        guard unread.isEmpty else { throw VectorFailure("nothing looked at \(unread)") }
    }
}
