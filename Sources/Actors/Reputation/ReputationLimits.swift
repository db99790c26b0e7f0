import Primitives

/// Numbers of §9.
enum ReputationLimits {
    /// Score of an identity seen for the first time.
    ///
    /// Source: BOUNDS-01.
    static let start = FixedPoint(millionths: 200_000)

    /// Lowest score of an identity that is not banned.
    ///
    /// Source: BOUNDS-03.
    static let floor = FixedPoint(millionths: 100_000)

    /// Gains are limited by the day above this score.
    ///
    /// Source: R-09-030.
    static let velocityBoundary = FixedPoint(millionths: 200_000)

    /// Gain above the boundary within a UTC day.
    ///
    /// Source: R-09-028, D-41.
    static let dailyGain = FixedPoint(millionths: 20_000)

    /// Gain above the boundary within a UTC day and the six before it.
    ///
    /// Source: R-09-029, D-41.
    static let weeklyGain = FixedPoint(millionths: 80_000)

    /// Days of the weekly window.
    ///
    /// Source: D-41.
    static let windowDays: Int64 = 7

    /// What one ADOPT earns a proposal's author.
    ///
    /// Source: R-09-006.
    static let adoptionReward = FixedPoint(millionths: 5_000)

    /// Rewarded ADOPTs of one proposal.
    ///
    /// Source: R-09-006, D-44.
    static let rewardedAdoptionsMax = 10

    /// Weight of the own opinion for each observation.
    ///
    /// Source: §9, α = min(0.6, observations / 10).
    static let alphaPerObservation: Int64 = 100_000

    /// Full weight of the own opinion.
    ///
    /// Source: §9, α = min(0.6, observations / 10).
    static let alphaMax: Int64 = 600_000

    /// An identity counts as active for this long after an announcement.
    ///
    /// Source: R-08-016.
    static let activeMilliseconds: Int64 = 1_800_000

    /// Ledger entries of one identity that are kept for explaining.
    ///
    /// Source: own choice: a year of daily gains and a reward a day.
    static let historyMax = 1_000

    /// ADOPTs whose proposal is not known yet.
    ///
    /// Source: D-88 keeps as many orphan votes.
    static let orphansMax = 10_000

    /// Own messages of a gated type are held back when the own score is below the gate by more.
    ///
    /// Source: D-51.
    static let ownGateMargin = FixedPoint(millionths: 20_000)
}
