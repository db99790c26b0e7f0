public import Primitives

/// Something of which a digest can be made.
///
/// A value writes itself as exactly one of these: bytes, named fields, a list, or a table. Fields have
/// the names of the stored properties, and every stored property is one of them: a test walks the types
/// and compares (ADR 0041).
public protocol Digestible {
    /// Writes the value down; equal values give the same, and different values something else.
    func digest(into writer: inout some StateWriter)
}

extension Digestible {
    /// SHA-256 over all that the value holds.
    public var digest: Bytes32 {
        var writer = StateDigest()
        self.digest(into: &writer)
        return writer.finalize()
    }
}

/// Takes down a value part by part.
public protocol StateWriter {
    /// A value without parts, whose type says where its bytes end; several calls give one value.
    mutating func bytes(_ bytes: UnsafeRawBufferPointer)

    /// One stored property of a value.
    mutating func field(_ name: StaticString, _ value: some Digestible)

    /// Values in the order of the list.
    mutating func list(_ values: some Collection<some Digestible>)

    /// Values under keys, in an order that follows from what is held.
    mutating func table<Key: Digestible, Value: Digestible>(
        _ entries: some Collection<(key: Key, value: Value)>
    )
}

extension StateWriter {
    /// A number, as it lies in the order of the network.
    public mutating func number(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { self.bytes($0) }
    }
}

/// A digest in the making: the parts behind each other, without their names.
///
/// Every list and table begins with its length, so no two values give the same bytes.
struct StateDigest: StateWriter {
    /// Hashing a few bytes at a time would cost more than what is hashed.
    private static let chunk = 16_384

    private var hasher = SHA256Hasher()
    private var pending: [UInt8] = []

    mutating func bytes(_ bytes: UnsafeRawBufferPointer) {
        self.pending.append(contentsOf: bytes)
        guard self.pending.count >= Self.chunk else { return }
        self.hasher.update(self.pending)
        self.pending.removeAll(keepingCapacity: true)
    }

    mutating func field(_ name: StaticString, _ value: some Digestible) {
        value.digest(into: &self)
    }

    mutating func list(_ values: some Collection<some Digestible>) {
        self.number(values.count)
        for value in values { value.digest(into: &self) }
    }

    mutating func table<Key: Digestible, Value: Digestible>(
        _ entries: some Collection<(key: Key, value: Value)>
    ) {
        self.number(entries.count)
        for (key, value) in entries {
            key.digest(into: &self)
            value.digest(into: &self)
        }
    }

    /// The digest of all that was written.
    consuming func finalize() -> Bytes32 {
        self.hasher.update(self.pending)
        return self.hasher.finalize()
    }
}
