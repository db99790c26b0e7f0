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

    /// A second rotation that comes by sync suspends nobody once it is older than this.
    ///
    /// Source: D-08.
    static let lateRotationMilliseconds: Int64 = 86_400_000
}
