public import HeapModule

/// A heap that can be written: as a list of its elements, in whatever order they lie.
@propertyWrapper
public struct CodedHeap<Element: Comparable & Codable>: Codable {
    /// The heap.
    public var wrappedValue: Heap<Element>

    /// Begins with a heap.
    public init(wrappedValue: Heap<Element>) { self.wrappedValue = wrappedValue }

    /// Reads the elements.
    public init(from decoder: any Decoder) throws {
        let elements = try decoder.singleValueContainer().decode([Element].self)
        self.init(wrappedValue: Heap(elements))
    }

    /// Writes the elements.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(self.wrappedValue.unordered)
    }
}

extension CodedHeap: Sendable where Element: Sendable {}
