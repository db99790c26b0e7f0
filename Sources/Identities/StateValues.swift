public import DequeModule
public import OrderedCollections
public import Primitives

// How values of common types are written into digests.

// MARK: Without parts

extension FixedWidthInteger where Self: Digestible {
    /// Writes the number.
    public func digest(into writer: inout some StateWriter) { writer.number(self) }
}

extension Int: Digestible {}
extension Int32: Digestible {}
extension Int64: Digestible {}
extension UInt8: Digestible {}
extension UInt16: Digestible {}
extension UInt32: Digestible {}
extension UInt128: Digestible {}

extension Bool: Digestible {
    /// Writes one byte.
    public func digest(into writer: inout some StateWriter) { writer.number(self ? 1 : 0 as UInt8) }
}

extension String: Digestible {
    /// Writes the length and the bytes of UTF-8: texts that only look alike are not equal.
    public func digest(into writer: inout some StateWriter) {
        var text = self
        text.withUTF8 { bytes in
            writer.number(bytes.count)
            writer.bytes(UnsafeRawBufferPointer(bytes))
        }
    }
}

extension Digestible where Self: RawRepresentable, RawValue: Digestible {
    /// Writes what stands for the value.
    public func digest(into writer: inout some StateWriter) { self.rawValue.digest(into: &writer) }
}

extension Identifier32 where Self: Digestible {
    /// Writes the thirty-two bytes.
    public func digest(into writer: inout some StateWriter) {
        self.bytes.withUnsafeBytes { writer.bytes($0) }
    }
}

extension NodeID: Digestible {}
extension MessageID: Digestible {}
extension ContentHash: Digestible {}

extension Timestamp: Digestible {
    /// Writes the milliseconds.
    public func digest(into writer: inout some StateWriter) { writer.number(self.milliseconds) }
}

extension FixedPoint: Digestible {
    /// Writes the millionths.
    public func digest(into writer: inout some StateWriter) { writer.number(self.millionths) }
}

// MARK: With parts

extension Optional: Digestible where Wrapped: Digestible {
    /// Writes a list of one value, or of none.
    public func digest(into writer: inout some StateWriter) {
        if let value = self {
            writer.list(CollectionOfOne(value))
        } else {
            writer.list(EmptyCollection<Wrapped>())
        }
    }
}

extension Array: Digestible where Element: Digestible {
    /// Writes a list.
    public func digest(into writer: inout some StateWriter) { writer.list(self) }
}

extension Deque: Digestible where Element: Digestible {
    /// Writes a list.
    public func digest(into writer: inout some StateWriter) { writer.list(self) }
}

extension OrderedSet: Digestible where Element: Digestible {
    /// Writes a list in the order in which the values came: the first may be the first to go.
    public func digest(into writer: inout some StateWriter) { writer.list(self) }
}

extension Set: Digestible where Element: Digestible & Comparable {
    /// Writes a list in ascending order.
    public func digest(into writer: inout some StateWriter) { writer.list(self.sorted()) }
}

extension OrderedDictionary: Digestible where Key: Digestible, Value: Digestible {
    /// Writes a table in the order in which the keys came: the first may be the first to go.
    public func digest(into writer: inout some StateWriter) { writer.table(self.elements) }
}

extension OrderedDictionary where Key: Comparable {
    /// The same in ascending order of the keys: for a digest, where it decides nothing who came first.
    public var ascending: Self { Self(uniqueKeysWithValues: self.sorted { $0.key < $1.key }) }
}

extension Dictionary: Digestible where Key: Digestible & Comparable, Value: Digestible {
    /// Writes a table in ascending order of the keys.
    public func digest(into writer: inout some StateWriter) {
        writer.table(self.sorted { $0.key < $1.key })
    }
}

extension ClosedRange: Digestible where Bound: Digestible {
    /// Writes both ends.
    public func digest(into writer: inout some StateWriter) {
        writer.field("lowerBound", self.lowerBound)
        writer.field("upperBound", self.upperBound)
    }
}

// MARK: Identities

extension Set: Book where Element == NodeID {
    /// The new name stands in the place of the old one.
    public mutating func move(_ old: NodeID, to new: NodeID) {
        if self.remove(old) != nil { self.insert(new) }
    }
}

extension OrderedSet: Book where Element == NodeID {
    /// The new name stands in the place of the old one.
    public mutating func move(_ old: NodeID, to new: NodeID) {
        if self.remove(old) != nil { self.append(new) }
    }
}
