import Primitives

/// What earns and costs reputation, in reputation (§9).
enum EarningLimits {
    /// What one ADOPT earns a proposal's author and those who share with it.
    ///
    /// Source: R-09-006.
    static let adoption = FixedPoint(millionths: 5_000)

    /// Rewarded ADOPTs of one proposal.
    ///
    /// Source: R-09-006, D-44: 0.05 for each proposal.
    static let adoptionsMax: Int64 = 10

    /// Share of the first host in the author's part, in millionths.
    ///
    /// Source: R-06-039.
    static let hostShare: Int64 = 300_000

    /// Share of the confirmed providers in the whole, in millionths.
    ///
    /// Source: R-06-085, R-09-012.
    static let providerShare: Int64 = 300_000

    /// A host with this score gets its full share.
    ///
    /// Source: R-06-041.
    static let fullHost = FixedPoint(millionths: 300_000)

    /// All that a host below that score gets from one proposal.
    ///
    /// Source: R-06-042.
    static let smallHostMax = FixedPoint(millionths: 2_000)

    /// Confirming a claim that others confirm as well.
    ///
    /// Source: R-09-007.
    static let claimConfirmed = FixedPoint(millionths: 1_000)

    /// Finding a claim false that others find false as well.
    ///
    /// Source: R-09-008.
    static let claimContradicted = FixedPoint(millionths: 5_000)

    /// Being the first who found it false, on top.
    ///
    /// Source: R-09-008.
    static let firstContradiction = FixedPoint(millionths: 10_000)

    /// A false claim costs the author.
    ///
    /// Source: R-09-013.
    static let falseClaim = FixedPoint(millionths: 3_000)

    /// Identities that must agree on a claim.
    ///
    /// Source: D-45.
    static let claimVoicesMin = 3

    /// Networks that these must come from.
    ///
    /// Source: D-45.
    static let claimNetworksMin = 3

    /// Score from which a voice on a claim is heard.
    ///
    /// Source: D-45.
    static let claimVoiceScore = FixedPoint(millionths: 300_000)

    /// Claims that are being verified at one time, and findings on proposals that are not known yet.
    ///
    /// Source: own choice, against comments on invented claims.
    static let claimsMax = 10_000

    /// Hours of a UTC day in which an identity must be seen.
    ///
    /// Source: D-37.
    static let uptimeHoursMin = 20

    /// Silent days that cost nothing.
    ///
    /// Source: R-09-016, D-43.
    static let silentDaysFree = 30

    /// Each silent day beyond.
    ///
    /// Source: R-16-038, D-43.
    static let silentDay = FixedPoint(millionths: 667)

    /// Voting in step with others, and being the source of content that was flagged and upheld.
    ///
    /// Source: R-09-015, R-09-018.
    static let grave = FixedPoint(millionths: 50_000)

    /// Taking a copy and failing its first challenge.
    ///
    /// Source: R-06-031.
    static let abandoned = FixedPoint(millionths: 2_000)

    /// Stake of a dispute flag.
    ///
    /// Source: R-06-122.
    static let disputeStake = FixedPoint(millionths: 5_000)

    /// Stake of an illegal flag.
    ///
    /// Source: R-06-122.
    static let illegalStake = FixedPoint(millionths: 20_000)

    /// Beyond the stake, an illegal flag that was rejected.
    ///
    /// Source: R-06-139.
    static let rejectedIllegalFlag = FixedPoint(millionths: 50_000)

    // MARK: Storage

    /// The first, second, third and fourth failed challenge within the window; every further one
    /// costs what the fourth does.
    ///
    /// Source: R-09-021, D-64: four in a week make up the 0.01 of R-16-063.
    static let storageFailures = [1_000, 2_000, 3_000, 4_000].map { FixedPoint(millionths: $0) }

    /// A failure stops counting at this age.
    ///
    /// Source: R-09-022, D-64.
    static let failureWindow = MarketSpan.days(7)

    /// Between two failures of one identity that count.
    ///
    /// Source: D-64.
    static let failurePause = MarketSpan.days(1)

    /// Cycles of rent that are held at one time.
    ///
    /// Source: own choice: a hold is settled after a day, or after seven for want of a notice.
    static let rentHoldsMax = 100_000

    // MARK: Flags

    /// Illegal flags that suspend the source of the content.
    ///
    /// Source: R-06-134.
    static let suspendingFlagsMin = 3

    /// Networks that these must come from.
    ///
    /// Source: R-06-134.
    static let suspendingNetworksMin = 2

    /// Dispute flags for which an artefact gets no more room.
    ///
    /// Source: R-06-128.
    static let deprioritisingFlagsMin = 5

    /// Networks that these must come from.
    ///
    /// Source: R-06-128.
    static let deprioritisingNetworksMin = 3

    /// Illegal flags that delete an artefact.
    ///
    /// Source: R-06-130, R-16-104.
    static let condemningFlagsMin = 5

    /// Networks that these must come from.
    ///
    /// Source: R-06-130, R-16-104.
    static let condemningNetworksMin = 3

    /// Hash databases, each named by another identity, that delete an artefact.
    ///
    /// Source: R-06-124, R-16-104.
    static let condemningDatabasesMin = 2

    /// A flag that no vote decided about gives its stake back at this age.
    ///
    /// Source: D-77.
    static let flagLapse = MarketSpan.days(90)

    /// Flags whose authors' scores are too low for them so far.
    ///
    /// Source: own choice: such a flag costs nothing, so the newest are kept.
    static let waitingFlagsMax = 1_000

    /// Artefacts with open flags.
    ///
    /// Source: own choice: a flag costs 0.005 at least, so one identity can fill few.
    static let flaggedMax = 10_000

    /// Artefacts that flags condemned; the oldest is forgotten.
    ///
    /// Source: own choice: each takes five identities of 0.5 some of their scores for 90 days.
    static let condemnedMax = 100_000

    // MARK: Serving sync

    /// Between two answers to one peer that count.
    ///
    /// Source: R-05-112, R-16-157.
    static let servicePauseMilliseconds: Int64 = 900_000

    /// Peers that must be served within ``serviceDayMilliseconds`` before any of it counts.
    ///
    /// Source: R-05-113, R-16-157.
    static let servedPeersMin = 3

    /// The window of these.
    ///
    /// Source: R-05-113.
    static let serviceDayMilliseconds: Int64 = 86_400_000

    /// Served peers that are remembered.
    ///
    /// Source: own choice: three are enough.
    static let servedPeersMax = 1_000
}
