import Primitives

/// Numbers of §7 and §8.
enum ConsensusLimits {
    /// Distinct voting identities that a ratification needs.
    ///
    /// Source: R-08-008.
    static let votersMin = 3

    /// Distance from the threshold, both ends included, that asks for confirmation.
    ///
    /// Source: R-08-014, D-56.
    static let closeMargin: Int64 = 20_000

    /// Length of the confirmation period.
    ///
    /// Source: R-08-014.
    static let confirmationMilliseconds: Int64 = 7 * 86_400_000

    /// How long before a proposal an assessment was made that may still weigh its voters.
    ///
    /// Source: R-08-011, R-08-015; a day is our own choice: in it a node assesses 960 others.
    static let assessmentMilliseconds: Int64 = 86_400_000

    /// How long after a deadline a node waits before it decides: votes of the last moment are on their
    /// way.
    ///
    /// Source: own choice: gossip reaches everybody within a few seconds; ADR 0034.
    static let settlingMilliseconds: Int64 = 5_000

    /// How far from the own clock those of peers are believed to be at most.
    ///
    /// Source: R-02-021: beyond that nobody hears anybody; ADR 0034.
    static let clockDistanceMaxMilliseconds: Int64 = 300_000

    /// How long a node that was away listens before it decides what came due meanwhile.
    ///
    /// Source: R-04-014: in this time every peer has announced itself once; ADR 0024.
    static let listeningMilliseconds: Int64 = 300_000

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
    /// Source: D-88. Kept in outline, they take 80 MiB at most, and 15 MiB as votes usually are.
    static let orphansMax = 10_000

    /// The same for a protocol change, whatever its tier, if it is higher.
    ///
    /// Source: R-08-012, VOTE-N14.
    static let protocolChangeThreshold = FixedPoint(millionths: 800_000)

    /// Lowest score of §9, of which a suspended voter keeps a share.
    ///
    /// Source: R-09-003, D-47.
    static let reputationFloor = FixedPoint(millionths: 100_000)

    /// That share.
    ///
    /// Source: D-47, SIG-07.
    static let suspendedShare = FixedPoint(millionths: 100_000)

    /// What a vote in degraded mode keeps of its weight.
    ///
    /// Source: R-05-106.
    static let degradedShare = FixedPoint(millionths: 500_000)

    /// Messages of one key about one proposal that are kept of each kind: half of them the first, half
    /// the last.
    ///
    /// Source: own choice: only the newest counts, older ones matter when a revocation voids it (D-14).
    static let messagesPerKeyMax = 16

    /// Announced sync states that are remembered of a key; those that change nothing are dropped first.
    ///
    /// Source: own choice; the newest ones decide.
    static let announcedStatesMax = 32

    /// Length of a clock hour.
    ///
    /// Source: R-08-018.
    static let hourMilliseconds: Int64 = 3_600_000

    /// How long after the full hour the network may still be looked at for the hour that ended.
    ///
    /// Source: own choice, half of the 30 minutes in which a node counts as active (R-08-016).
    static let observationDelayMilliseconds: Int64 = 900_000

    /// Active nodes of an hour that supports standard governance.
    ///
    /// Source: R-08-020, R-16-022.
    static let standardNodes = 16

    /// The same for constitutional governance.
    ///
    /// Source: R-08-026, R-16-023.
    static let constitutionalNodes = 1_024

    /// Hours that constitutional governance has to be sustained.
    ///
    /// Source: R-08-026, R-16-023.
    static let constitutionalHours = 720

    /// Fewest hours that standard governance has to be sustained.
    ///
    /// Source: R-08-021, D-60.
    static let sustainHoursMin = 72

    /// Hours in an idle network, of which the activity multiplier takes its part.
    ///
    /// Source: R-08-021, D-60.
    static let sustainHoursIdle: Int64 = 168

    /// Most that activity adds to the multiplier.
    ///
    /// Source: R-08-022, R-16-085.
    static let activityMax = FixedPoint(millionths: 1_330_000)

    /// What an adopted proposal adds.
    ///
    /// Source: R-08-022.
    static let activityPerAdoption = FixedPoint(millionths: 330_000)

    /// What a whole unit of earned reputation adds.
    ///
    /// Source: R-08-022.
    static let activityPerReputation: Int64 = 2

    /// Most earned reputation that is counted.
    ///
    /// Source: R-08-024.
    static let earnedReputationMax = FixedPoint.one

    /// What a pair of challenger and challenged adds.
    ///
    /// Source: R-08-022.
    static let activityPerPair = FixedPoint(millionths: 100_000)

    /// Most pairs that are counted.
    ///
    /// Source: R-08-025.
    static let challengePairsMax = 10

    /// Pairs that are remembered; the oldest gives way.
    ///
    /// Source: own choice, far above what is counted.
    static let pairsRememberedMax = 1_000

    /// Distinct adopters that make a content proposal count as adopted.
    ///
    /// Source: R-08-023.
    static let adoptersMin = 3

    /// The span over which activity is measured.
    ///
    /// Source: D-60.
    static let activityWindowMilliseconds: Int64 = 7 * 86_400_000

    /// From the beginning of governance until votes are weighed.
    ///
    /// Source: R-08-027, R-16-025.
    static let coldStartMilliseconds: Int64 = 30 * 86_400_000

    /// How long after cold start half of the heads must still vote on proposals made in it.
    ///
    /// Source: R-08-030, R-16-091.
    static let headcountFloorMilliseconds: Int64 = 60 * 86_400_000

    /// Peers whose hint of the beginning of governance is looked at.
    ///
    /// Source: D-59.
    static let hintPeers = 5

    /// Of these must agree.
    ///
    /// Source: D-59.
    static let hintPeersAgreeing = 3

    /// How far apart hints that agree may lie.
    ///
    /// Source: D-59.
    static let hintSpreadMilliseconds: Int64 = 86_400_000

    /// Levels of a supersession chain that are shown.
    ///
    /// Source: R-07-030, R-16-018.
    static let chainShown = 5

    /// Older versions that a proposal may have; deeper chains are not counted, and not sent.
    ///
    /// Source: R-07-031, R-07-032, R-16-019.
    static let chainDepthMax = 10

    /// Shortest time between a minor protocol change's effect and the end of the version before.
    ///
    /// Source: R-13-009, R-16-069.
    static let minorEndOfLifeMilliseconds: Int64 = 30 * 86_400_000

    /// The same for a major one.
    ///
    /// Source: R-13-009, R-16-070.
    static let majorEndOfLifeMilliseconds: Int64 = 90 * 86_400_000

    /// Age at which an expired or withdrawn proposal is archived, and an expired request dropped.
    ///
    /// Source: D-33, §12.
    static let undecidedRetentionMilliseconds: Int64 = 7 * 86_400_000

    /// Age at which a rejected one is archived.
    ///
    /// Source: D-33, §12.
    static let rejectedRetentionMilliseconds: Int64 = 30 * 86_400_000

    /// Age at which a ratified one is archived.
    ///
    /// Source: D-33, §12.
    static let ratifiedRetentionMilliseconds: Int64 = 180 * 86_400_000

    /// Score from which an identity may write five comments an hour.
    ///
    /// Source: R-07-022, D-76.
    static let severalCommentsScore = FixedPoint(millionths: 500_000)

    /// Score from which an identity may write ten comments an hour.
    ///
    /// Source: R-07-022, D-76.
    static let manyCommentsScore = FixedPoint(millionths: 800_000)

    /// The hour of the comment limits.
    ///
    /// Source: R-07-022.
    static let commentHourMilliseconds: Int64 = 3_600_000

    /// Withdrawals by others than the author that wait for a link to say otherwise.
    ///
    /// Source: own choice; the oldest gives way. Those over 2 KiB are not among them.
    static let parkedMax = 1_000

    /// Texts that are read from the log for one answer; what the log hands out is bounded in bytes.
    ///
    /// Source: contract of `MessagesByID`.
    static let textsRead = 1_000

    /// How long after a question that nobody answered it is asked again.
    ///
    /// Source: own choice: often enough for an hour to be seen (``observationDelayMilliseconds``), and
    /// no load.
    static let askAgainMilliseconds: Int64 = 60_000

    /// Shortest time between two looks at a lost proposal that others adopted.
    ///
    /// Source: own choice: a look writes a fact to the log.
    static let reexaminationMilliseconds: Int64 = 86_400_000

    /// Artefacts of which it is remembered who asked for copies and who took them back; of more the one
    /// heard of first gives way.
    ///
    /// Source: own choice, as `StorageMarketLimits.artefactsMax`.
    static let uploadedMax = 20_000

    /// The same of one key; its oldest gives way.
    ///
    /// Source: own choice, as `StorageMarketLimits.artefactsPerUploaderMax`.
    static let uploadedPerKeyMax = 1_000

    /// Keys of those who asked for copies of one artefact; who comes when there are more is not noted.
    ///
    /// Source: own choice.
    static let uploadersKeptMax = 16

    /// Requests for copies, and withdrawals, of one key and artefact; those in the middle give way.
    ///
    /// Source: own choice.
    static let uploadsKeptMax = 4

    /// Withdrawals of one artefact by keys that did not ask for its copies so far.
    ///
    /// Source: own choice.
    static let wordsOfStrangersMax = 16

    /// Artefacts that somebody took back, and for which nobody asked so far; the one heard of first gives
    /// way.
    ///
    /// Source: own choice: the request may be on its way.
    static let earlyWithdrawalsMax = 1_000

    /// How long after its stamp a withdrawal keeps an artefact from being proposed at most, once copies are
    /// asked for anew.
    ///
    /// Source: own choice: seven times the day that R-06-097 gives others to hear of it.
    static let withdrawalMilliseconds: Int64 = 7 * 86_400_000
}
