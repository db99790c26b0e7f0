import Primitives

/// Reads what ``CheckpointEncoder`` wrote.
///
/// Damage is found by the digest that stands beside the bytes; still nothing here traps, whatever the bytes are.
public struct CheckpointDecoder {
    /// Makes one.
    public init() {}

    /// The value that the bytes hold, to their end.
    ///
    /// - Throws: `DecodingError` when they hold another one.
    public func decode<T: Decodable>(_ type: T.Type, from bytes: [UInt8]) throws -> T {
        let source = CheckpointSource(bytes)
        let value = try source.take(type)
        guard source.isAtEnd else { throw CheckpointSource.corrupt("bytes are left over") }
        return value
    }
}

/// Where the bytes come from.
final class CheckpointSource: Decoder {
    private let bytes: [UInt8]
    private var place = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }
    var isAtEnd: Bool { self.place == self.bytes.count }

    static func corrupt(_ cause: String) -> DecodingError {
        .dataCorrupted(DecodingError.Context(codingPath: [], debugDescription: cause))
    }

    func container<Key: CodingKey>(keyedBy: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(KeyedSource(source: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try ListSource(source: self) }

    func singleValueContainer() -> any SingleValueDecodingContainer { ValueSource(source: self) }

    // MARK: Values

    func take<T: Decodable>(_ type: T.Type) throws -> T {
        if T.self == Bytes32.self, let value = try self.takeBytes32() as? T { return value }
        if T.self == [UInt8].self {
            let count = try self.takeCount()
            if let value = Array(try self.take(bytes: count)) as? T { return value }
        }
        return try T(from: self)
    }

    func takeInteger<I: FixedWidthInteger>(_ type: I.Type) throws -> I {
        let raw = try self.takeUnsigned()
        return I(truncatingIfNeeded: Int64(bitPattern: (raw >> 1) ^ (0 &- (raw & 1))))
    }

    func takeWide() throws -> UInt128 {
        let low = try self.takeInteger(UInt64.self)
        return UInt128(low) | UInt128(try self.takeInteger(UInt64.self)) << 64
    }

    func takeInt128() throws -> Int128 { Int128(bitPattern: try self.takeWide()) }

    func takeFlag() throws -> Bool {
        switch try self.take(bytes: 1).first {
        case 0: false
        case 1: true
        default: throw Self.corrupt("neither yes nor no")
        }
    }

    func takeText() throws -> String {
        let units = try self.take(bytes: try self.takeCount())
        guard let text = String(validating: units, as: UTF8.self) else {
            throw Self.corrupt("a text that is no UTF-8")
        }
        return text
    }

    func takeListCount() throws -> Int {
        let count = try self.take(bytes: 4).reversed().reduce(0) { $0 << 8 | Int($1) }
        // Lists of nothing do not exist, so a count beyond the bytes is no count.
        guard count <= self.bytes.count - self.place else { throw Self.corrupt("a list too long") }
        return count
    }

    /// The name of the case of an enum, which stays to be taken.
    func peekText() -> String? {
        let before = self.place
        defer { self.place = before }
        return try? self.takeText()
    }

    private func takeCount() throws -> Int {
        guard let count = Int(exactly: try self.takeUnsigned()) else {
            throw Self.corrupt("a count too large")
        }
        return count
    }

    private func takeBytes32() throws -> Bytes32 {
        guard let value = Bytes32(try self.take(bytes: 32)) else {
            throw Self.corrupt("fewer than 32 bytes")
        }
        return value
    }

    private func takeUnsigned() throws -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard self.place < self.bytes.count else { throw Self.corrupt("the bytes end early") }
            let byte = self.bytes[self.place]
            self.place += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        throw Self.corrupt("a number too long")
    }

    private func take(bytes count: Int) throws -> ArraySlice<UInt8> {
        guard count >= 0, count <= self.bytes.count - self.place else {
            throw Self.corrupt("the bytes end early")
        }
        defer { self.place += count }
        return self.bytes[self.place..<self.place + count]
    }
}

/// The members of a struct, or the case of an enum.
private struct KeyedSource<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let source: CheckpointSource

    var codingPath: [any CodingKey] { [] }

    /// An enum asks this for its case.
    var allKeys: [Key] {
        self.source.peekText().flatMap { Key(stringValue: $0) }.map { [$0] } ?? []
    }

    func contains(_: Key) -> Bool { true }
    func decodeNil(forKey: Key) throws -> Bool { try !self.source.takeFlag() }
    func decode(_: Bool.Type, forKey: Key) throws -> Bool { try self.source.takeFlag() }
    func decode(_: String.Type, forKey: Key) throws -> String { try self.source.takeText() }
    func decode(_: Double.Type, forKey: Key) throws -> Double { try self.source.takeDouble() }
    func decode(_: Float.Type, forKey: Key) throws -> Float { try self.source.takeFloat() }
    func decode(_ type: Int.Type, forKey: Key) throws -> Int { try self.source.takeInteger(type) }
    func decode(_ type: Int8.Type, forKey: Key) throws -> Int8 { try self.source.takeInteger(type) }
    func decode(_ type: Int16.Type, forKey: Key) throws -> Int16 {
        try self.source.takeInteger(type)
    }
    func decode(_ type: Int32.Type, forKey: Key) throws -> Int32 {
        try self.source.takeInteger(type)
    }
    func decode(_ type: Int64.Type, forKey: Key) throws -> Int64 {
        try self.source.takeInteger(type)
    }
    func decode(_ type: UInt.Type, forKey: Key) throws -> UInt { try self.source.takeInteger(type) }
    func decode(_ type: UInt8.Type, forKey: Key) throws -> UInt8 {
        try self.source.takeInteger(type)
    }
    func decode(_ type: UInt16.Type, forKey: Key) throws -> UInt16 {
        try self.source.takeInteger(type)
    }
    func decode(_ type: UInt32.Type, forKey: Key) throws -> UInt32 {
        try self.source.takeInteger(type)
    }
    func decode(_ type: UInt64.Type, forKey: Key) throws -> UInt64 {
        try self.source.takeInteger(type)
    }
    func decode(_: Int128.Type, forKey: Key) throws -> Int128 { try self.source.takeInt128() }
    func decode(_: UInt128.Type, forKey: Key) throws -> UInt128 { try self.source.takeWide() }
    func decode<T: Decodable>(_ type: T.Type, forKey: Key) throws -> T {
        try self.source.take(type)
    }

    // The standard library asks whether there is a key, and whether it holds nothing, which is the byte before.
    // So optionals of all types come here.

    func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type, forKey key: Key) throws
        -> KeyedDecodingContainer<Nested>
    {
        guard try self.source.takeText() == key.stringValue else {
            throw CheckpointSource.corrupt("another case than \(key.stringValue)")
        }
        return self.source.container(keyedBy: Nested.self)
    }

    func nestedUnkeyedContainer(forKey: Key) throws -> any UnkeyedDecodingContainer {
        try self.source.unkeyedContainer()
    }

    func superDecoder() -> any Decoder { self.source }
    func superDecoder(forKey: Key) -> any Decoder { self.source }
}

/// A list.
private struct ListSource: UnkeyedDecodingContainer {
    private let source: CheckpointSource
    private let total: Int
    private(set) var currentIndex = 0

    init(source: CheckpointSource) throws {
        self.source = source
        self.total = try source.takeListCount()
    }

    var codingPath: [any CodingKey] { [] }
    var count: Int? { self.total }
    var isAtEnd: Bool { self.currentIndex >= self.total }

    private mutating func advance() throws {
        guard !self.isAtEnd else { throw CheckpointSource.corrupt("the list is at its end") }
        self.currentIndex += 1
    }

    mutating func decodeNil() throws -> Bool {
        try self.advance()
        return try !self.source.takeFlag()
    }

    mutating func decode<T: Decodable>(_ type: T.Type) throws -> T {
        try self.advance()
        return try self.source.take(type)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type) throws
        -> KeyedDecodingContainer<Nested>
    {
        try self.advance()
        return self.source.container(keyedBy: Nested.self)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
        try self.advance()
        return try self.source.unkeyedContainer()
    }

    mutating func superDecoder() throws -> any Decoder {
        try self.advance()
        return self.source
    }
}

/// One value.
private struct ValueSource: SingleValueDecodingContainer {
    let source: CheckpointSource

    var codingPath: [any CodingKey] { [] }

    /// Asked by an optional that stands in a list.
    func decodeNil() -> Bool { (try? self.source.takeFlag()) != true }
    func decode(_: Bool.Type) throws -> Bool { try self.source.takeFlag() }
    func decode(_: String.Type) throws -> String { try self.source.takeText() }
    func decode(_: Double.Type) throws -> Double { try self.source.takeDouble() }
    func decode(_: Float.Type) throws -> Float { try self.source.takeFloat() }
    func decode(_ type: Int.Type) throws -> Int { try self.source.takeInteger(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try self.source.takeInteger(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try self.source.takeInteger(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try self.source.takeInteger(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try self.source.takeInteger(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try self.source.takeInteger(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try self.source.takeInteger(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try self.source.takeInteger(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try self.source.takeInteger(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try self.source.takeInteger(type) }
    func decode(_: Int128.Type) throws -> Int128 { try self.source.takeInt128() }
    func decode(_: UInt128.Type) throws -> UInt128 { try self.source.takeWide() }
    func decode<T: Decodable>(_ type: T.Type) throws -> T { try self.source.take(type) }
}

extension CheckpointSource {
    fileprivate func takeDouble() throws -> Double {
        Double(bitPattern: try self.takeInteger(UInt64.self))
    }

    fileprivate func takeFloat() throws -> Float {
        guard let bits = UInt32(exactly: try self.takeInteger(Int64.self)) else {
            throw Self.corrupt("no number")
        }
        return Float(bitPattern: bits)
    }
}
