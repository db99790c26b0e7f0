// The libp2p specifications use a handful of protobuf messages, all of varints and byte strings.
// Two of them are signed or hashed in the exact form in which they were written, so this stack
// reads and writes fields in place instead of through generated types (ADR 0006).

/// Why bytes are no protobuf message.
public enum ProtobufError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The message ends inside a field.
    case truncated
    /// A varint is malformed.
    case varint
    /// A wire type that proto3 does not have.
    case wireType(Int)
    /// Field numbers count from 1 to 2^29 − 1.
    case fieldNumber

    /// The cause in words.
    public var description: String {
        switch self {
        case .truncated: "protobuf message ends inside a field"
        case .varint: "malformed varint in a protobuf message"
        case .wireType(let type): "unknown protobuf wire type \(type)"
        case .fieldNumber: "protobuf field number out of range"
        }
    }
}

/// One field as it stands on the wire.
public struct ProtobufField: Sendable, Equatable {
    /// The forms a field can have.
    public enum Value: Sendable, Equatable {
        /// Wire type 0.
        case varint(UInt64)
        /// Wire type 1.
        case fixed64(UInt64)
        /// Wire type 2: bytes, text or a nested message; a slice of the input.
        case bytes(ArraySlice<UInt8>)
        /// Wire type 5.
        case fixed32(UInt32)
    }

    /// The field number.
    public let number: Int
    /// What it holds.
    public let value: Value
}

/// Reads the fields of one message in order; the caller skips numbers it does not know.
public struct ProtobufReader: Sendable {
    private var rest: ArraySlice<UInt8>

    /// Reads `bytes` as one message.
    public init(_ bytes: ArraySlice<UInt8>) { self.rest = bytes }

    /// The next field; nil at the end.
    public mutating func next() throws(ProtobufError) -> ProtobufField? {
        guard !self.rest.isEmpty else { return nil }
        let key = try self.varint()
        let number = key >> 3
        guard number >= 1, number < 1 << 29 else { throw .fieldNumber }
        return ProtobufField(number: Int(number), value: try self.value(wireType: Int(key & 7)))
    }

    private mutating func value(wireType: Int) throws(ProtobufError) -> ProtobufField.Value {
        switch wireType {
        case 0: return .varint(try self.varint())
        case 1: return .fixed64(try self.take(8).reversed().reduce(0) { $0 << 8 | UInt64($1) })
        case 2:
            let length = try self.varint()
            guard length <= UInt64(self.rest.count) else { throw .truncated }
            return .bytes(try self.take(Int(length)))
        case 5: return .fixed32(try self.take(4).reversed().reduce(0) { $0 << 8 | UInt32($1) })
        default: throw .wireType(wireType)
        }
    }

    private mutating func take(_ count: Int) throws(ProtobufError) -> ArraySlice<UInt8> {
        guard self.rest.count >= count else { throw .truncated }
        defer { self.rest = self.rest.dropFirst(count) }
        return self.rest.prefix(count)
    }

    /// Protobuf's own rule: up to ten bytes, longer forms than needed are legal.
    private mutating func varint() throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard let byte = self.rest.popFirst() else { throw .truncated }
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw .varint
    }
}

/// Writes the fields of one message in the order of the calls.
public struct ProtobufWriter: Sendable {
    /// What was written so far.
    public private(set) var bytes: [UInt8] = []

    /// Starts an empty message.
    public init() {}

    /// Starts a message behind some bytes, with room for so many more.
    public init(after prefix: [UInt8] = [], reserving count: Int) {
        self.bytes.reserveCapacity(prefix.count + count)
        self.bytes += prefix
    }

    /// Starts a message of a known length behind that length, with room for all of it.
    public init(framing length: Int) {
        self.bytes.reserveCapacity(Varint.length(of: UInt64(length)) + length)
        Varint.append(UInt64(length), to: &self.bytes)
    }

    /// Bytes that a length-delimited field takes, its head included.
    public static func length(ofBytes count: Int, field: Int) -> Int {
        Varint.length(of: UInt64(field) << 3) + Varint.length(of: UInt64(count)) + count
    }

    /// Appends a length-delimited field.
    public mutating func append(bytes: some Collection<UInt8>, field: Int) {
        self.appendHead(ofBytes: bytes.count, field: field)
        self.bytes.append(contentsOf: bytes)
    }

    /// Appends the head of a length-delimited field, whose bytes are written next.
    public mutating func appendHead(ofBytes count: Int, field: Int) {
        Varint.append(UInt64(field) << 3 | 2, to: &self.bytes)
        Varint.append(UInt64(count), to: &self.bytes)
    }

    /// Appends a text field.
    public mutating func append(string: String, field: Int) {
        self.append(bytes: string.utf8, field: field)
    }

    /// Appends a number.
    public mutating func append(varint: UInt64, field: Int) {
        Varint.append(UInt64(field) << 3, to: &self.bytes)
        Varint.append(varint, to: &self.bytes)
    }

    /// Appends a truth value.
    public mutating func append(bool: Bool, field: Int) {
        self.append(varint: bool ? 1 : 0, field: field)
    }
}
