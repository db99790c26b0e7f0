/// An instant, in nanoseconds since the Unix epoch; virtual in the simulator.
///
/// 63 bits of nanoseconds reach the year 2262. All arithmetic saturates, because moments are also
/// made from numbers that peers send.
public struct Moment: Hashable, Comparable, Sendable {
    /// Nanoseconds since the Unix epoch, leap seconds ignored.
    public let nanoseconds: Int64

    /// Makes the instant so many nanoseconds after the Unix epoch.
    @inlinable
    public init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

    /// Makes the instant so many milliseconds after the Unix epoch; saturates.
    public init(milliseconds: Int64) {
        let (product, overflow) = milliseconds.multipliedReportingOverflow(by: 1_000_000)
        self.nanoseconds = overflow ? (milliseconds < 0 ? .min : .max) : product
    }

    /// Whole milliseconds since the Unix epoch, rounded down.
    public var milliseconds: Int64 {
        let (quotient, remainder) = self.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The instant so much later, or earlier if `duration` is negative; saturates.
    public func advanced(by duration: Duration) -> Moment {
        let step = duration.saturatedNanoseconds
        let (sum, overflow) = self.nanoseconds.addingReportingOverflow(step)
        return Moment(nanoseconds: overflow ? (step < 0 ? .min : .max) : sum)
    }

    /// The time from `earlier` to this instant, negative if `earlier` is later; saturates.
    public func duration(since earlier: Moment) -> Duration {
        let (difference, overflow) =
            self.nanoseconds.subtractingReportingOverflow(earlier.nanoseconds)
        return .nanoseconds(overflow ? (self < earlier ? .min : .max) : difference)
    }

    /// Orders by time.
    @inlinable
    public static func < (left: Moment, right: Moment) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}

extension Moment: CustomStringConvertible {
    /// Seconds since the Unix epoch with nine decimals.
    public var description: String {
        let (seconds, rest) = self.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        let digits = String(rest.magnitude)
        let sign = self.nanoseconds < 0 ? "-" : ""
        return sign + "\(seconds.magnitude)."
            + String(repeating: "0", count: 9 - digits.count) + digits + " s"
    }
}

extension Duration {
    /// This duration in nanoseconds, cut to what 64 bits hold.
    var saturatedNanoseconds: Int64 {
        let (seconds, attoseconds) = self.components
        let limit: Int64 = seconds < 0 || attoseconds < 0 ? .min : .max
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return limit }
        let (sum, carry) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return carry ? limit : sum
    }
}
