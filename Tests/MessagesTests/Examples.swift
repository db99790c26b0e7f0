import Cryptography
import Messages
import Primitives

/// Values for members, from one seed: small ones, and often the smallest and the largest that are allowed.
struct Examples {
    private var random: SplitMix64

    init(seed: UInt64) { self.random = SplitMix64(seed: seed) }

    /// The largest integer that JSON carries here (D-03).
    static let largest: Int64 = 9_007_199_254_740_991
    /// When the examples are signed.
    static let signed = Timestamp(milliseconds: 1_767_225_600_000)

    // MARK: Chance

    private mutating func index(below bound: Int) -> Int { self.random.index(below: bound) }

    mutating func bool() -> Bool { self.index(below: 2) == 0 }

    mutating func optional<Value>(_ make: (inout Examples) -> Value) -> Value? {
        self.bool() ? make(&self) : nil
    }

    mutating func choice<Choice: CaseIterable>(_: Choice.Type = Choice.self) -> Choice {
        let all = Array(Choice.allCases)
        return all[self.index(below: all.count)]
    }

    /// Most often few elements, now and then the fewest or the most.
    mutating func list<Value>(_ count: ClosedRange<Int>, _ make: (inout Examples) -> Value)
        -> [Value]
    {
        let wanted =
            switch self.index(below: 12) {
            case 0: count.upperBound
            case 1, 2: count.lowerBound
            default: min(count.upperBound, count.lowerBound + self.index(below: 4))
            }
        return (0..<wanted).map { _ in make(&self) }
    }

    // MARK: Numbers

    mutating func integer(_ range: ClosedRange<Int64> = 0...Examples.largest) -> Int64 {
        switch self.index(below: 4) {
        case 0: return range.lowerBound
        case 1: return range.upperBound
        default:
            let span = UInt64(range.upperBound - range.lowerBound) + 1
            return range.lowerBound + Int64(self.random.next() % span)
        }
    }

    mutating func count(_ range: ClosedRange<Int64> = 0...Examples.largest) -> Int {
        Int(self.integer(range))
    }

    mutating func time() -> Timestamp { Timestamp(milliseconds: self.integer()) }

    /// Between 0 and 1.
    mutating func fraction() -> FixedPoint { FixedPoint(millionths: self.integer(0...1_000_000)) }

    /// Any amount.
    mutating func amount() -> FixedPoint {
        FixedPoint(millionths: self.integer(-Self.largest...Self.largest))
    }

    // MARK: Bytes

    mutating func bytes(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(truncatingIfNeeded: self.random.next()) }
    }

    mutating func bytes32() -> Bytes32 { SHA256Digest.hash(self.bytes(8)) }

    mutating func id<ID: Identifier32>(_: ID.Type = ID.self) -> ID { ID(self.bytes32()) }

    mutating func ids<ID: Identifier32>(_ count: ClosedRange<Int>) -> [ID] {
        self.list(count) { $0.id() }
    }

    mutating func signature() -> Signature {
        guard let signature = Signature(self.bytes(64)) else {
            preconditionFailure("a signature has 64 bytes")
        }
        return signature
    }

    // MARK: Text

    private static let scalars: [Unicode.Scalar] = [
        "a", "z", "0", " ", "/", "\"", "\\", "\n", "\u{0}", "\u{1f}", "\u{7f}", "é", "e", "\u{301}",
        "ß", "\u{2028}", "\u{feff}", "\u{1f600}",
    ]

    /// Any text of at most so many bytes, now and then of exactly so many.
    mutating func text(bytesMax: Int = 60) -> String {
        let wanted = self.index(below: 12) == 0 ? bytesMax : self.index(below: min(bytesMax, 40))
        var text = String.UnicodeScalarView()
        var count = 0
        while count < wanted {
            let scalar = Self.scalars[self.index(below: Self.scalars.count)]
            let width = UTF8.width(scalar)
            text.append(count + width <= wanted ? scalar : "a")
            count += count + width <= wanted ? width : 1
        }
        return String(text)
    }

    /// A tag of a proposal: of at most 64 characters, none of them large.
    mutating func tag() -> String {
        let letters: [Unicode.Scalar] = ["a", "é", "ß", "-", "7", "\u{1f600}"]
        let scalars = self.list(0...64) { $0.index(below: letters.count) }.map { letters[$0] }
        return String(String.UnicodeScalarView(scalars))
    }

    /// Different names in the order of their bytes.
    mutating func names(_ count: ClosedRange<Int>) -> [String] {
        let texts = Set(self.list(count) { $0.text(bytesMax: 30) }.map { Array($0.utf8) })
        return texts.sorted { $0.lexicographicallyPrecedes($1) }
            .map { String(decoding: $0, as: UTF8.self) }
    }
}
