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

    /// Offset of the own clock beyond which a caller who acts near a deadline is warned.
    ///
    /// Source: own choice (ADR 0034): comparisons waver by less, and gossip takes as long.
    static let clockOffMilliseconds: Int64 = 3_000

    /// Time before a deadline from which on callers are warned, in addition to the offset of the
    /// clocks.
    ///
    /// Source: own choice (ADR 0034): time to set the clock, or to vote at once.
    static let nearMilliseconds: Int64 = 60_000

    /// Voting time of a proposal that names no deadline.
    ///
    /// Source: spec §7, suggested default of 14 days.
    static let votingMilliseconds: Int64 = 1_209_600_000

    /// Most bytes of a title, and of a device's label, that this node sends.
    ///
    /// Source: own choice: a long line, in any script.
    static let titleBytesMax = 512

    /// Most bytes of a text that this node sends.
    ///
    /// Source: own choice: a book of 100 pages; what is longer is an artefact.
    static let bodyBytesMax = 262_144

    /// Most bytes of a reason that this node sends.
    ///
    /// Source: own choice, as for the details of a flag (R-06-121).
    static let reasonBytesMax = 10_240

    /// Most tags that this node sends with a text.
    ///
    /// Source: own choice, as for content (R-06-006).
    static let tagsMax = 20

    /// Most bytes of a tag that this node sends.
    ///
    /// Source: own choice, as for content (R-06-006).
    static let tagBytesMax = 64
}
