import Primitives

/// Numbers of §7 and §8.
enum ConsensusLimits {
    /// Distinct voting identities that a ratification needs.
    ///
    /// Source: R-08-008.
    static let votersMin = 3

    /// Quorum per active identity.
    ///
    /// Source: R-08-031, D-53.
    static let quorumPerIdentity = FixedPoint(millionths: 100_000)

    /// Quorum as a share of the reputation of the active identities.
    ///
    /// Source: R-08-031, D-53.
    static let quorumShare = FixedPoint(millionths: 100_000)

    /// Share of endorse in endorse and reject that ratifies a standard proposal.
    ///
    /// Source: R-08-033.
    static let standardThreshold = FixedPoint(millionths: 670_000)

    /// The same for a constitutional one.
    ///
    /// Source: R-08-035.
    static let constitutionalThreshold = FixedPoint(millionths: 900_000)

    /// Distance from the threshold, both ends included, that asks for confirmation.
    ///
    /// Source: R-08-014, D-56.
    static let closeMargin: Int64 = 20_000

    /// Length of the confirmation period.
    ///
    /// Source: R-08-014.
    static let confirmationMilliseconds: Int64 = 7 * 86_400_000

    /// PROPOSE messages of one identity in a rolling window, by message timestamp.
    ///
    /// Source: R-07-013.
    static let proposalsMax = 3

    /// Length of that window.
    ///
    /// Source: R-07-013.
    static let proposalWindowMilliseconds: Int64 = 7 * 86_400_000

    /// Comments of one identity on one proposal in a rolling window.
    ///
    /// Source: R-07-023.
    static let commentsMax = 3

    /// Length of that window.
    ///
    /// Source: R-07-023.
    static let commentWindowMilliseconds: Int64 = 86_400_000

    /// Messages whose proposal is not known yet; the oldest gives way.
    ///
    /// Source: D-88.
    static let orphansMax = 10_000
}
