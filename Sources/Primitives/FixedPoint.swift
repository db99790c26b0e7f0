/// A fraction in millionths, the only form in which the protocol knows fractions (R-02-007).
public struct FixedPoint: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
    /// The value times 1,000,000.
    public let millionths: Int64

    /// Nothing.
    public static let zero = FixedPoint(millionths: 0)
    /// The whole.
    public static let one = FixedPoint(millionths: scale)
    private static let scale: Int64 = 1_000_000
    private static let decimals = 6

    /// Names a fraction.
    public init(millionths: Int64) { self.millionths = millionths }

    /// Reads a decimal such as `0.67`; digits past the sixth are dropped (R-02-007).
    ///
    /// Other text than an optional minus, digits, and optionally a point with digits behind it gives
    /// nil, and so does a number beyond the range.
    public init?(decimal: String) {
        var digits = decimal.utf8[...]
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits.removeFirst() }
        let parts = digits.split(
            separator: UInt8(ascii: "."),
            maxSplits: 1,
            omittingEmptySubsequences: false
        )
        let whole = Array(parts[0])
        let fraction = parts.count == 2 ? Array(parts[1]) : [UInt8(ascii: "0")]
        guard !whole.isEmpty, !fraction.isEmpty,
            (whole + fraction).allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        let kept = fraction.prefix(Self.decimals)
        let padding = repeatElement(UInt8(ascii: "0"), count: Self.decimals - kept.count)
        let text = String(decoding: whole + kept + padding, as: UTF8.self)
        guard let magnitude = Int64(text) else { return nil }
        self.init(millionths: isNegative ? -magnitude : magnitude)
    }

    /// Ascending order of the bytes.
    public static func < (left: Self, right: Self) -> Bool { left.millionths < right.millionths }

    /// The sum, held at the end of the range.
    public static func + (left: Self, right: Self) -> Self {
        Self(millionths: left.millionths.saturatingAdding(right.millionths))
    }

    /// The difference, held at the end of the range.
    public static func - (left: Self, right: Self) -> Self {
        Self(millionths: left.millionths.saturatingSubtracting(right.millionths))
    }

    /// The product in full width, truncated towards zero.
    public func multiplied(by other: FixedPoint) -> FixedPoint {
        self.scaled(numerator: other.millionths, denominator: Self.scale)
    }

    /// The value times a ratio in 128 bits, truncated towards zero; zero for a zero denominator.
    public func scaled(numerator: Int64, denominator: Int64) -> FixedPoint {
        guard denominator != 0 else { return .zero }
        let product = Int128(self.millionths) * Int128(numerator) / Int128(denominator)
        return FixedPoint(millionths: Int64(clamping: product))
    }

    /// Six decimals, such as `0.500000`.
    public var description: String {
        let magnitude = self.millionths.magnitude
        let fraction = String(magnitude % UInt64(Self.scale))
        let zeros = String(repeating: "0", count: 6 - fraction.utf8.count)
        let sign = self.millionths < 0 ? "-" : ""
        return "\(sign)\(magnitude / UInt64(Self.scale)).\(zeros)\(fraction)"
    }
}
