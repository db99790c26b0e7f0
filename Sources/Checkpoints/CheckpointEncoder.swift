import Primitives

/// Writes folded state as bytes that only the program which wrote them reads (ADR 0079).
///
/// Values stand one after the other in the order of their declaration, without names: integers as variable-length
/// numbers, texts and lists behind their counts, optionals behind a byte. So it is small and quick, and what it
/// wrote is worth nothing to another build; whoever keeps it says which build that was.
public struct CheckpointEncoder {
    /// Makes one.
    public init() {}

    /// The bytes of a value.
    ///
    /// - Throws: what the value throws, such as ``LiveStateError`` when something is held that no replay makes.
    public func encode(_ value: some Encodable) throws -> [UInt8] {
        let sink = CheckpointSink()
        try sink.put(value)
        return sink.bytes
    }
}

/// Where the bytes go.
final class CheckpointSink: Encoder {
    private(set) var bytes: [UInt8] = []

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy: Key.Type) -> KeyedEncodingContainer<Key> {
        KeyedEncodingContainer(KeyedSink(sink: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer { ListSink(sink: self) }

    func singleValueContainer() -> any SingleValueEncodingContainer { ValueSink(sink: self) }

    // MARK: Values

    func put<T: Encodable>(_ value: T) throws {
        // What there is most of goes without a detour through containers of single bytes.
        if T.self == Bytes32.self, let value = value as? Bytes32 {
            value.withUnsafeBytes { self.bytes.append(contentsOf: $0) }
        } else if T.self is any OptionalValue.Type, let value = value as? any OptionalValue {
            try value.put(into: self)
        } else if T.self == [UInt8].self, let value = value as? [UInt8] {
            self.put(count: value.count)
            self.bytes.append(contentsOf: value)
        } else {
            try value.encode(to: self)
        }
    }

    func put(integer value: some FixedWidthInteger) {
        // Zigzag: numbers close to zero are short, whatever their sign.
        let wide = Int64(truncatingIfNeeded: value)
        self.put(unsigned: UInt64(bitPattern: (wide << 1) ^ (wide >> 63)))
    }

    func put(wide value: UInt128) {
        self.put(integer: UInt64(truncatingIfNeeded: value))
        self.put(integer: UInt64(truncatingIfNeeded: value >> 64))
    }

    func put(count: Int) { self.put(unsigned: UInt64(count)) }

    func put(flag: Bool) { self.bytes.append(flag ? 1 : 0) }

    func put(text: String) {
        let units = Array(text.utf8)
        self.put(count: units.count)
        self.bytes.append(contentsOf: units)
    }

    private func put(unsigned value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            self.bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        self.bytes.append(UInt8(rest))
    }

    // MARK: Counts that are known at the end

    /// Makes room for the count of a list.
    func openList() -> Int {
        self.bytes.append(contentsOf: [0, 0, 0, 0])
        return self.bytes.count - 4
    }

    /// Writes the count of a list into the room that was made for it.
    func setCount(_ count: UInt32, at place: Int) {
        withUnsafeBytes(of: count.littleEndian) {
            self.bytes.replaceSubrange(place..<place + 4, with: $0)
        }
    }
}

/// An optional that is no member: in a list, or in another optional.
private protocol OptionalValue {
    func put(into sink: CheckpointSink) throws
}

extension Optional: OptionalValue where Wrapped: Encodable {
    fileprivate func put(into sink: CheckpointSink) throws {
        sink.put(flag: self != nil)
        if let value = self { try sink.put(value) }
    }
}

/// The members of a struct, or the case of an enum.
private struct KeyedSink<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let sink: CheckpointSink

    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey: Key) { self.sink.put(flag: false) }
    func encode(_ value: Bool, forKey: Key) { self.sink.put(flag: value) }
    func encode(_ value: String, forKey: Key) { self.sink.put(text: value) }
    func encode(_ value: Double, forKey: Key) { self.sink.put(integer: value.bitPattern) }
    func encode(_ value: Float, forKey: Key) { self.sink.put(integer: value.bitPattern) }
    func encode(_ value: Int, forKey: Key) { self.sink.put(integer: value) }
    func encode(_ value: Int8, forKey: Key) { self.sink.put(integer: value) }
    func encode(_ value: Int16, forKey: Key) { self.sink.put(integer: value) }
    func encode(_ value: Int32, forKey: Key) { self.sink.put(integer: value) }
    func encode(_ value: Int64, forKey: Key) { self.sink.put(integer: value) }
    func encode(_ value: UInt, forKey: Key) { self.sink.put(integer: value) }
    func encode(_ value: UInt8, forKey: Key) { self.sink.put(integer: value) }
    func encode(_ value: UInt16, forKey: Key) { self.sink.put(integer: value) }
    func encode(_ value: UInt32, forKey: Key) { self.sink.put(integer: value) }
    func encode(_ value: UInt64, forKey: Key) { self.sink.put(integer: value) }
    func encode(_ value: Int128, forKey: Key) { self.sink.put(wide: UInt128(bitPattern: value)) }
    func encode(_ value: UInt128, forKey: Key) { self.sink.put(wide: value) }
    func encode(_ value: some Encodable, forKey: Key) throws { try self.sink.put(value) }

    func encodeIfPresent(_ value: Bool?, forKey key: Key) { self.put(value, key, self.encode) }
    func encodeIfPresent(_ value: String?, forKey key: Key) { self.put(value, key, self.encode) }
    func encodeIfPresent(_ value: Double?, forKey key: Key) { self.put(value, key, self.encode) }
    func encodeIfPresent(_ value: Float?, forKey key: Key) { self.put(value, key, self.encode) }
    func encodeIfPresent(_ value: Int?, forKey key: Key) { self.put(value, key, self.encode) }
    func encodeIfPresent(_ value: Int8?, forKey key: Key) { self.put(value, key, self.encode) }
    func encodeIfPresent(_ value: Int16?, forKey key: Key) { self.put(value, key, self.encode) }
    func encodeIfPresent(_ value: Int32?, forKey key: Key) { self.put(value, key, self.encode) }
    func encodeIfPresent(_ value: Int64?, forKey key: Key) { self.put(value, key, self.encode) }
    func encodeIfPresent(_ value: UInt?, forKey key: Key) { self.put(value, key, self.encode) }
    func encodeIfPresent(_ value: UInt8?, forKey key: Key) { self.put(value, key, self.encode) }
    func encodeIfPresent(_ value: UInt16?, forKey key: Key) { self.put(value, key, self.encode) }
    func encodeIfPresent(_ value: UInt32?, forKey key: Key) { self.put(value, key, self.encode) }
    func encodeIfPresent(_ value: UInt64?, forKey key: Key) { self.put(value, key, self.encode) }
    func encodeIfPresent(_ value: Int128?, forKey key: Key) { self.put(value, key, self.encode) }
    func encodeIfPresent(_ value: UInt128?, forKey key: Key) { self.put(value, key, self.encode) }

    func encodeIfPresent<T: Encodable>(_ value: T?, forKey: Key) throws {
        self.sink.put(flag: value != nil)
        if let value { try self.sink.put(value) }
    }

    private func put<T>(_ value: T?, _ key: Key, _ encode: (T, Key) -> Void) {
        self.sink.put(flag: value != nil)
        if let value { encode(value, key) }
    }

    /// The case of an enum with values: its name, then the values.
    func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type, forKey key: Key)
        -> KeyedEncodingContainer<Nested>
    {
        self.sink.put(text: key.stringValue)
        return self.sink.container(keyedBy: Nested.self)
    }

    func nestedUnkeyedContainer(forKey: Key) -> any UnkeyedEncodingContainer {
        self.sink.unkeyedContainer()
    }

    func superEncoder() -> any Encoder { self.sink }
    func superEncoder(forKey: Key) -> any Encoder { self.sink }
}

/// A list.
private struct ListSink: UnkeyedEncodingContainer {
    private let sink: CheckpointSink
    private let place: Int
    private(set) var count = 0

    init(sink: CheckpointSink) {
        self.sink = sink
        self.place = sink.openList()
    }

    var codingPath: [any CodingKey] { [] }

    private mutating func grow() {
        self.count += 1
        self.sink.setCount(UInt32(clamping: self.count), at: self.place)
    }

    mutating func encodeNil() {
        self.grow()
        self.sink.put(flag: false)
    }

    mutating func encode(_ value: some Encodable) throws {
        self.grow()
        try self.sink.put(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type)
        -> KeyedEncodingContainer<Nested>
    {
        self.grow()
        return self.sink.container(keyedBy: Nested.self)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        self.grow()
        return self.sink.unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
        self.grow()
        return self.sink
    }
}

/// One value.
private struct ValueSink: SingleValueEncodingContainer {
    let sink: CheckpointSink

    var codingPath: [any CodingKey] { [] }

    func encodeNil() { self.sink.put(flag: false) }
    func encode(_ value: Bool) { self.sink.put(flag: value) }
    func encode(_ value: String) { self.sink.put(text: value) }
    func encode(_ value: Double) { self.sink.put(integer: value.bitPattern) }
    func encode(_ value: Float) { self.sink.put(integer: value.bitPattern) }
    func encode(_ value: Int) { self.sink.put(integer: value) }
    func encode(_ value: Int8) { self.sink.put(integer: value) }
    func encode(_ value: Int16) { self.sink.put(integer: value) }
    func encode(_ value: Int32) { self.sink.put(integer: value) }
    func encode(_ value: Int64) { self.sink.put(integer: value) }
    func encode(_ value: UInt) { self.sink.put(integer: value) }
    func encode(_ value: UInt8) { self.sink.put(integer: value) }
    func encode(_ value: UInt16) { self.sink.put(integer: value) }
    func encode(_ value: UInt32) { self.sink.put(integer: value) }
    func encode(_ value: UInt64) { self.sink.put(integer: value) }
    func encode(_ value: Int128) { self.sink.put(wide: UInt128(bitPattern: value)) }
    func encode(_ value: UInt128) { self.sink.put(wide: value) }
    func encode(_ value: some Encodable) throws { try self.sink.put(value) }
}
