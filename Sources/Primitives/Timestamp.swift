/// An instant of the protocol, in Unix milliseconds (R-02-016).
public struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970; 64 bits last for 292 million years.
    public let milliseconds: Int64

    private static let dayMilliseconds: Int64 = 86_400_000

    /// Names an instant.
    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    /// A later (or, with a negative span, earlier) instant; stays at the end of the range.
    public func adding(milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: self.milliseconds.saturatingAdding(milliseconds))
    }

    /// The span since another instant in milliseconds; stays at the end of the range.
    public func milliseconds(since earlier: Timestamp) -> Int64 {
        self.milliseconds.saturatingSubtracting(earlier.milliseconds)
    }

    /// The UTC day, counted from 1970 (D-41).
    public var utcDay: Int64 {
        let (quotient, remainder) = self.milliseconds.quotientAndRemainder(
            dividingBy: Self.dayMilliseconds
        )
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// Ascending order of the bytes.
    public static func < (left: Self, right: Self) -> Bool {
        left.milliseconds < right.milliseconds
    }
}

extension Int64 {
    /// The sum, held at the end of the range instead of trapping.
    public func saturatingAdding(_ other: Int64) -> Int64 {
        let (sum, overflow) = self.addingReportingOverflow(other)
        guard overflow else { return sum }
        return other < 0 ? .min : .max
    }

    /// The difference, held at the end of the range instead of trapping.
    public func saturatingSubtracting(_ other: Int64) -> Int64 {
        let (difference, overflow) = self.subtractingReportingOverflow(other)
        guard overflow else { return difference }
        return other < 0 ? .max : .min
    }
}
