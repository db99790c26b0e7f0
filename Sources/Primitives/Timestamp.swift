/// An instant of the protocol, in Unix milliseconds (R-02-016).
public struct Timestamp: Hashable, Comparable, Sendable, Codable {
    /// Milliseconds since 1970; 64 bits last for 292 million years.
    public let milliseconds: Int64

    private static let dayMilliseconds: Int64 = 86_400_000

    /// Before every other instant.
    public static let distantPast = Timestamp(milliseconds: .min)

    /// After every other instant.
    public static let distantFuture = Timestamp(milliseconds: .max)

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

    /// The minute in UTC as ISO 8601 writes it, such as `2026-12-01T10:00Z`, rounded down.
    ///
    /// The calendar is the Gregorian one without leap seconds, counted in eras of 400 years that begin
    /// in March, so that the leap day comes last.
    public var text: String {
        let eraDays: Int64 = 146_097
        // Day 0 is 0000-03-01.
        let day = self.utcDay + 719_468
        let era = day >= 0 ? day / eraDays : (day - eraDays + 1) / eraDays
        let dayOfEra = day - era * eraDays
        let year =
            (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / (eraDays - 1)) / 365
        let dayOfYear = dayOfEra - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let minute =
            self.milliseconds.saturatingSubtracting(
                self.utcDay.multipliedReportingOverflow(by: Self.dayMilliseconds).partialValue
            ) / 60_000
        let calendar = [
            Self.padded(year + era * 400 + (month > 9 ? 1 : 0), 4),
            Self.padded(month > 9 ? month - 9 : month + 3, 2),
            Self.padded(dayOfYear - (153 * month + 2) / 5 + 1, 2),
        ].joined(separator: "-")
        return "\(calendar)T\(Self.padded(minute / 60, 2)):\(Self.padded(minute % 60, 2))Z"
    }

    private static func padded(_ number: Int64, _ width: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
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
