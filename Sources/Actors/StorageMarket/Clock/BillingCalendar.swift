import Primitives

/// The days of one contract, counted from its request: cycles and what depends on them (D-66, D-67).
struct BillingCalendar: Sendable, Equatable, Codable {
    /// The timestamp of the REPLICATE_REQUEST.
    let start: Timestamp
    /// How long days are.
    let market: MarketCalendar

    private var length: Int64 { self.market.milliseconds(StorageMarketLimits.cycle) }

    /// The cycle that a moment lies in; negative before the request.
    func cycle(at moment: Timestamp) -> Int64 {
        let age = moment.milliseconds(since: self.start)
        return age >= 0 ? age / self.length : (age - self.length + 1) / self.length
    }

    /// When a cycle begins.
    func start(of cycle: Int64) -> Timestamp {
        let (offset, overflow) = cycle.multipliedReportingOverflow(by: self.length)
        let far: Int64 = cycle < 0 ? .min : .max
        return self.start.adding(milliseconds: overflow ? far : offset)
    }

    /// When a cycle is over; the next one begins.
    func end(of cycle: Int64) -> Timestamp {
        self.start(of: cycle).adding(milliseconds: self.length)
    }

    /// The first cycle that begins at a moment or later.
    func firstCycle(from moment: Timestamp) -> Int64 {
        let current = self.cycle(at: moment)
        return self.start(of: current) == moment ? current : current + 1
    }

    /// The last moment at which the notice of a cycle is timely.
    func noticeEnds(of cycle: Int64) -> Timestamp {
        self.market.moment(StorageMarketLimits.notice, after: self.start(of: cycle))
    }

    /// Whether a RENT_PAYMENT stamped then is timely for a cycle (R-06-079).
    func isTimely(_ notice: Timestamp, for cycle: Int64) -> Bool {
        notice >= self.start(of: cycle) && notice <= self.noticeEnds(of: cycle)
    }

    /// The last moment at which providers may accept.
    var acceptanceEnds: Timestamp {
        self.market.moment(StorageMarketLimits.acceptance, after: self.start)
    }

    /// Challenges that a provider must pass for its whole part of a cycle (D-67).
    func requiredPasses(in cycle: Int64) -> Int64 {
        let age = max(1, cycle.saturatingAdding(1))
        let perPass = StorageMarketLimits.daysOfPass
        return min(
            StorageMarketLimits.requiredPassesMax,
            (age - 1) / perPass + 1
        )
    }
}
