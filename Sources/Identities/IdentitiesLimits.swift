/// Numbers of §1.
enum IdentitiesLimits {
    /// A retired key's messages hold until this long after its rotation, by message time.
    ///
    /// Source: R-01-011, R-16-002.
    static let graceMilliseconds: Int64 = 3_600_000

    /// A revocation acts at most this long before its own timestamp.
    ///
    /// Source: D-14.
    static let retroactiveMilliseconds: Int64 = 30 * 86_400_000

    /// A former child that starts over cannot vote for this long after its revocation.
    ///
    /// Source: R-01-041, R-16-119.
    static let cooldownMilliseconds: Int64 = 60 * 86_400_000

    /// A second rotation suspends nobody once it is older than this.
    ///
    /// Source: D-08, for every way of arrival: ADR 0014.
    static let lateRotationMilliseconds: Int64 = 86_400_000

    /// What arrives late changes nothing that was signed longer ago than this.
    ///
    /// Source: ADR 0014: as long as a second rotation counts.
    static let settledMilliseconds: Int64 = 86_400_000

    /// A new key may have spoken this long before its rotation, by the clocks of two devices.
    ///
    /// Source: R-16-005, as far as honest clocks may differ (ADR 0014).
    static let clockSkewMilliseconds: Int64 = 300_000

    /// Successors of one key that are told apart.
    ///
    /// Source: own choice: two make a conflict, and a thief can sign any number.
    static let successorsMax = 8

    /// Messages about keys that are tied to each other which are put in order again.
    ///
    /// Source: own choice: more devices than a person has, and milliseconds of work (ADR 0014).
    static let orderedDeedsMax = 1_000
}
