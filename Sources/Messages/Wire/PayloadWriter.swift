import Cryptography
package import Primitives

/// Writes the members of one object; the counterpart of ``PayloadReader``.
///
/// It checks nothing: an own message is read by the same decoder as a foreign one before it is sent, so
/// that every limit stands in one place.
package struct PayloadWriter {
    private var members: [JSONMember] = []

    fileprivate init() {}

    fileprivate var object: JSONValue { .object(self.members) }

    private mutating func append(_ key: String, _ value: JSONValue) {
        self.members.append(JSONMember(key: key, value: value))
    }

    // MARK: One value

    /// Nil is left out, which means the same as null (D-84).
    package mutating func set(_ key: String, _ value: (some PayloadValue)?) {
        if let value { self.append(key, value.json) }
    }

    package mutating func set(_ key: String, _ choice: (some RawRepresentable<String>)?) {
        if let choice { self.append(key, .string(choice.rawValue)) }
    }

    package mutating func set(_ key: String, _ object: (some PayloadObject)?) {
        if let object { self.append(key, object.json) }
    }

    /// For members that the protocol names even when there is nothing to say: nil becomes null.
    package mutating func setOrNull(_ key: String, _ value: (some PayloadValue)?) {
        self.append(key, value?.json ?? .null)
    }

    /// The same for an object.
    package mutating func setOrNull(_ key: String, _ object: (some PayloadObject)?) {
        self.append(key, object?.json ?? .null)
    }

    /// Bytes in base64; artefacts travel so.
    package mutating func set(_ key: String, base64 bytes: [UInt8]?) {
        if let bytes { self.append(key, .base64(bytes)) }
    }

    // MARK: Several

    package mutating func set(_ key: String, _ list: [some PayloadValue]) {
        self.append(key, .array(list.map(\.json)))
    }

    package mutating func set(_ key: String, _ list: [some PayloadObject]) {
        self.append(key, .array(list.map(\.json)))
    }

    /// An object whose members are named by data, such as fields of knowledge.
    package mutating func set(_ key: String, members: [(name: String, value: some PayloadValue)]) {
        self.append(key, .object(members.map { JSONMember(key: $0.name, value: $0.value.json) }))
    }

    /// Values that are in RFC 8785 form already, such as the messages in an answer.
    package mutating func set(_ key: String, canonical list: [[UInt8]]) {
        self.append(key, .array(list.map { .canonical($0) }))
    }
}

/// An object of a payload or a fact: one type reads it, checks it and writes it.
package protocol PayloadObject: Sendable, Equatable {
    /// Writes the members; what was read is written again, members that no schema names excepted.
    func write(to object: inout PayloadWriter)
}

extension PayloadObject {
    /// The object in JSON; ``JSONValue/canonicalBytes()`` is its one form in bytes.
    package var json: JSONValue {
        var writer = PayloadWriter()
        self.write(to: &writer)
        return writer.object
    }
}

/// What a member can hold, in the form that ``PayloadReader`` expects of it.
package protocol PayloadValue {
    var json: JSONValue { get }
}

extension String: PayloadValue {
    package var json: JSONValue { .string(self) }
}

extension Bool: PayloadValue {
    package var json: JSONValue { .bool(self) }
}

extension Int64: PayloadValue {
    package var json: JSONValue { .integer(self) }
}

extension Int: PayloadValue {
    package var json: JSONValue { .integer(Int64(clamping: self)) }
}

extension FixedPoint: PayloadValue {
    package var json: JSONValue { .integer(self.millionths) }
}

extension Timestamp: PayloadValue {
    package var json: JSONValue { .integer(self.milliseconds) }
}

extension Bytes32: PayloadValue {
    package var json: JSONValue { .string(self.hex) }
}

extension Signature: PayloadValue {
    package var json: JSONValue { .string(self.hex) }
}

extension PayloadValue where Self: Identifier32 {
    package var json: JSONValue { .string(self.hex) }
}

extension NodeID: PayloadValue {}
extension MessageID: PayloadValue {}
extension ContentHash: PayloadValue {}
