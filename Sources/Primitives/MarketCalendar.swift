/// A span that the rules of the storage market name in days, hours or minutes.
///
/// How long it lasts is said by a ``MarketCalendar`` alone.
public struct MarketSpan: Hashable, Sendable, Codable {
    /// Minutes of the calendar.
    let minutes: Int64

    /// So many minutes.
    public static func minutes(_ count: Int64) -> MarketSpan { MarketSpan(minutes: count) }

    /// So many hours.
    public static func hours(_ count: Int64) -> MarketSpan { MarketSpan(minutes: count * 60) }

    /// So many days.
    public static func days(_ count: Int64) -> MarketSpan { MarketSpan(minutes: count * 1_440) }
}

/// How long a day of the storage market lasts, and with it everything that is counted in days, hours
/// and minutes of it (ADR 0050).
public struct MarketCalendar: Hashable, Sendable, Codable {
    /// Milliseconds of a day.
    public let dayMilliseconds: Int64

    private static let minutesADay: Int64 = 1_440

    /// The calendar of the protocol.
    public static let standard = MarketCalendar(dayMilliseconds: 86_400_000)

    /// Seconds that a day may have; in a shorter one not even loopback keeps up with the market.
    public static let daySeconds: ClosedRange<Int64> = 10...86_400

    private init(dayMilliseconds: Int64) { self.dayMilliseconds = dayMilliseconds }

    /// A calendar with shorter days; nil when they are not within ``daySeconds``.
    public init?(daySeconds: Int64) {
        guard Self.daySeconds.contains(daySeconds) else { return nil }
        self.init(dayMilliseconds: daySeconds * 1_000)
    }

    /// Milliseconds of a span, rounded down.
    public func milliseconds(_ span: MarketSpan) -> Int64 {
        span.minutes * self.dayMilliseconds / Self.minutesADay
    }

    /// A span after a moment.
    public func moment(_ span: MarketSpan, after moment: Timestamp) -> Timestamp {
        moment.adding(milliseconds: self.milliseconds(span))
    }

    /// A span before a moment.
    public func moment(_ span: MarketSpan, before moment: Timestamp) -> Timestamp {
        moment.adding(milliseconds: -self.milliseconds(span))
    }

    /// The day that a moment lies in, counted from 1970; the UTC day in the calendar of the protocol.
    public func day(of moment: Timestamp) -> Int64 {
        let (quotient, remainder) = moment.milliseconds.quotientAndRemainder(
            dividingBy: self.dayMilliseconds
        )
        return remainder < 0 ? quotient - 1 : quotient
    }
}
