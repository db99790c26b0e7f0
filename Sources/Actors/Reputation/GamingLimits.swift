import Primitives

/// Numbers of §11.
enum GamingLimits {
    /// Length of a voting cycle.
    ///
    /// Source: R-16-068.
    static let cycleMilliseconds: Int64 = 2_592_000_000

    /// Consecutive active cycles that cost nothing.
    ///
    /// Source: R-16-053.
    static let freeCycles: Int64 = 6

    /// What each further cycle leaves of a vote's weight, in percent.
    ///
    /// Source: R-16-054.
    static let tenurePercent: Int64 = 95

    /// The whole, in percent.
    ///
    /// Source: arithmetic.
    static let percent: Int64 = 100

    /// Active cycles remembered of one identity.
    ///
    /// Source: own choice: ten years; the weight of 120 cycles is 0.3 percent.
    static let cyclesMax = 120

    /// Decided proposals that voting patterns are compared over.
    ///
    /// Source: own choice: the width of a register; R-11-002 asks for 20 or more.
    static let comparedProposals = 128

    /// Proposals that two identities must both have voted on.
    ///
    /// Source: R-11-002.
    static let sharedProposalsMin = 20

    /// Equal votes beyond this percentage of the shared ones are suspicious.
    ///
    /// Source: R-11-002.
    static let agreementPercent: Int64 = 95

    /// Identities that make a group.
    ///
    /// Source: R-11-002, R-11-003.
    static let groupMin = 3

    /// A group, whoever is in it, is punished once within this time.
    ///
    /// Source: D-50.
    static let penaltyMilliseconds: Int64 = 30 * 86_400_000

    /// First proofs of delay within this time are suspicious.
    ///
    /// Source: R-11-003.
    static let registrationMilliseconds: Int64 = 86_400_000

    /// A network with more than one in so many of the active voters is suspicious.
    ///
    /// Source: R-11-004: over 25 percent.
    static let networkShare = 4

    /// Trust in who is under suspicion is divided by this.
    ///
    /// Source: D-50.
    static let distrustDivisor: Int64 = 2
}
