/// Bounds of the LocalAPI subsystem.
enum APILimits {
    /// Requests under way; more are refused with `busy`.
    ///
    /// Source: own choice: a local agent never needs a tenth of it.
    static let requestsMax = 1_024

    /// A request without an outcome is answered with an error after this time.
    ///
    /// Source: own choice: longer than the exchange time-out of D-18, so that its cause is shown.
    static let requestMilliseconds: Int64 = 120_000

    /// How often requests are looked through for time-outs.
    ///
    /// Source: own choice.
    static let tickMilliseconds: Int64 = 1_000

    /// Voting time of a proposal that names no deadline.
    ///
    /// Source: spec §7, suggested default of 14 days.
    static let votingMilliseconds: Int64 = 1_209_600_000
}
