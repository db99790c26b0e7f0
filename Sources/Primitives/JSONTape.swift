/// What a JSON value is.
public enum JSONKind: UInt8, Sendable {
    case null
    case bool
    case integer
    case string
    case array
    case object
}

/// One value of a document: where it stands and where the next one does.
///
/// Values lie in document order; an object's entries are key, value, key, value. Sixteen bytes an
/// entry, and a value takes two bytes of text at least: the tape takes eight times the text at most.
struct JSONEntry: Sendable {
    /// First byte, the quote or bracket included.
    let start: UInt32
    /// Behind the last byte.
    private(set) var end: UInt32
    /// Index of the entry behind this value and all that it holds.
    ///
    /// Behind a key stands its value, so that this need not be said. In an object whose keys came in another
    /// order, the first key has the index of the key that comes first, the second that of the second, and so on.
    fileprivate(set) var next: UInt32
    /// The count in the upper 27 bits, then the two flags, then the kind in three bits.
    private var packed: UInt32

    private static let kindBits: UInt32 = 0b111
    private static let canonicalBit: UInt32 = 1 << 3
    /// Of strings.
    private static let escapesBit: UInt32 = 1 << 4
    /// Of objects, which have no escapes.
    private static let shuffledBit: UInt32 = 1 << 4
    private static let countShift: UInt32 = 5

    init(_ kind: JSONKind, _ place: Range<Int>, next: Int, isCanonical: Bool, hasEscapes: Bool) {
        self.start = UInt32(place.lowerBound)
        self.end = UInt32(place.upperBound)
        self.next = UInt32(next)
        self.packed = UInt32(kind.rawValue)
        if isCanonical { self.packed |= Self.canonicalBit }
        if hasEscapes { self.packed |= Self.escapesBit }
    }

    var kind: JSONKind {
        guard let kind = JSONKind(rawValue: UInt8(self.packed & Self.kindBits)) else {
            preconditionFailure("an entry is made of a kind")
        }
        return kind
    }

    /// The bytes are the RFC 8785 form of the value.
    var isCanonical: Bool { self.packed & Self.canonicalBit != 0 }

    /// A string with backslash sequences; ask no other value.
    var hasEscapes: Bool { self.packed & Self.escapesBit != 0 }

    /// An object whose keys came in another order than that of RFC 8785; ask no other value.
    var isShuffled: Bool { self.packed & Self.shuffledBit != 0 }

    /// Where the value stands in the document's bytes.
    var place: Range<Int> { Int(self.start)..<Int(self.end) }

    /// Members of an object, elements of an array.
    var count: Int { Int(self.packed >> Self.countShift) }

    /// The closing bracket of an object or array was read.
    mutating func close(
        end: Int,
        next: Int,
        count: Int,
        isCanonical: Bool,
        isShuffled: Bool = false
    ) {
        self.end = UInt32(end)
        self.next = UInt32(next)
        self.packed |= UInt32(count) << Self.countShift
        if isCanonical { self.packed |= Self.canonicalBit }
        if isShuffled { self.packed |= Self.shuffledBit }
    }
}

extension UnsafeMutableBufferPointer<JSONEntry> {
    /// Notes in the keys of an object, which begin at an index and go on to the end, in what order they come.
    ///
    /// - Returns: whether no two keys are the same.
    func orderKeys(from first: Int, count: Int, of bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 2 * count) { room in
            guard let base = room.baseAddress else { return true }
            let keys = UnsafeMutableBufferPointer<UInt32>(start: base, count: count)
            var sorted = UnsafeMutableBufferPointer<UInt32>(start: base + count, count: count)
            var index = UInt32(first)
            for number in keys.indices {
                keys.initializeElement(at: number, to: index)
                sorted.initializeElement(at: number, to: index)
                index = self[Int(index) + 1].next
            }
            let precedes = { (left: UInt32, right: UInt32) in
                JSONText.precedes(bytes, self[Int(left)], self[Int(right)])
            }
            sorted.sort(by: precedes)
            for number in keys.indices {
                if number > 0, !precedes(sorted[number - 1], sorted[number]) { return false }
                self[Int(keys[number])].next = sorted[number]
            }
            return true
        }
    }
}
