import Primitives

/// Numbers of the score (§9).
enum ReputationLimits {
    // MARK: Score

    /// Score of an identity seen for the first time.
    ///
    /// Source: BOUNDS-01.
    static let start = FixedPoint(millionths: 200_000)

    /// Lowest score of an identity that is not banned.
    ///
    /// Source: BOUNDS-03.
    static let floor = FixedPoint(millionths: 100_000)

    /// Weight of the own opinion for each observation, in millionths.
    ///
    /// Source: §9, α = min(0.6, observations / 10).
    static let alphaPerObservation: Int64 = 100_000

    /// Full weight of the own opinion, in millionths.
    ///
    /// Source: §9, α = min(0.6, observations / 10).
    static let alphaMax: Int64 = 600_000

    /// Observations after which the own opinion has its full weight.
    ///
    /// Source: §9, α = min(0.6, observations / 10).
    static let observationsForFullWeight = 6

    /// Assessors of so many networks lift the limit on what only others say.
    ///
    /// Source: R-09-035, R-16-080.
    static let assessorNetworksMin = 3

    /// Own messages of a gated type are held back when the own score is below the gate by more.
    ///
    /// Source: D-51.
    static let ownGateMargin = FixedPoint(millionths: 20_000)

    // MARK: Velocity

    /// Gains are limited by the day above this score.
    ///
    /// Source: R-09-030.
    static let velocityBoundary = FixedPoint(millionths: 200_000)

    /// Gain above the boundary within a UTC day.
    ///
    /// Source: R-09-028, D-41.
    static let dailyGain = FixedPoint(millionths: 20_000)

    /// Gain above the boundary within any UTC day and the six before it.
    ///
    /// Source: R-09-029, D-41.
    static let weeklyGain = FixedPoint(millionths: 80_000)

    /// Days of the weekly window.
    ///
    /// Source: D-41.
    static let windowDays: Int64 = 7

    /// Days whose gains are remembered; what belongs to an older day gains nothing any more.
    ///
    /// Source: own choice: longer than a vote lasts, 90 days, with a month to spare.
    static let velocityDaysMax = 128

    /// What was gained within this time counts as growth of the network.
    ///
    /// Source: D-60.
    static let earningWindowMilliseconds: Int64 = 604_800_000

    // MARK: Observations and presence

    /// Hours whose observations are remembered, to count a type once.
    ///
    /// Source: own choice: gossip is at most five minutes old (D-16), so two would do.
    static let observedHours: Int64 = 3

    /// An announcement counts as seen when it arrives within this time of its timestamp.
    ///
    /// Source: D-16, the window of gossip.
    static let freshMilliseconds: Int64 = 300_000

    /// Days whose hours of presence are remembered.
    ///
    /// Source: own choice: a fresh announcement belongs to today or to yesterday.
    static let presenceDays: Int64 = 2

    /// Days that this node watched and remembers.
    ///
    /// Source: own choice: 1,350 silent days take a score of 1 to the floor.
    static let watchedDaysMax = 2_000

    /// An identity counts as active for this long after an announcement.
    ///
    /// Source: R-08-016.
    static let activeMilliseconds: Int64 = 1_800_000

    // MARK: Assessments

    /// Assessors remembered for one subject; the least trusted give way.
    ///
    /// Source: own choice: more voices hardly move a weighted average, and each costs a look-up for
    /// every message of the subject.
    static let assessorsMax = 128

    /// Subjects that are assessed without having been heard here.
    ///
    /// Source: own choice, against assessments of invented keys: more than a large network has;
    /// whoever proved nothing gives way, then whoever names most.
    static let strangersMax = 10_000

    /// Words of one assessor on one subject that are kept for reconstruction.
    ///
    /// Source: D-48 asks for the longest vote; an opinion that changes daily has 90 in it. Of one that
    /// changes more often, what only repeats the word before it gives way first, then what held for
    /// the shortest time.
    static let opinionWordsMax = 96

    /// Words are joined when they are older than the newest by more.
    ///
    /// Source: own choice: gossip is at most five minutes old (D-16), and the past comes from one peer
    /// in the order of its times.
    static let lateWordMilliseconds: Int64 = 86_400_000

    /// An opinion counts from the time when it was formed, but at most from so long before it was said.
    ///
    /// Source: ADR 0038: what was formed since the last broadcast (R-09-042). Without a bound a word
    /// dated before a vote could be made up while the vote is counted (D-48, R-08-015).
    static let opinionAgeMilliseconds = Self.gossipMilliseconds

    /// An assessor whose words on one subject lie so far apart is named to people.
    ///
    /// Source: own choice; R-09-041 gives no number.
    static let swingMin = FixedPoint(millionths: 300_000)

    /// Named fields of an assessment that are kept.
    ///
    /// Source: own choice; the protocol names none.
    static let domainsMax = 8

    /// Between two broadcasts of own assessments.
    ///
    /// Source: R-09-042, R-16-040.
    static let gossipMilliseconds: Int64 = 900_000

    /// Subjects of one broadcast.
    ///
    /// Source: R-09-042, R-16-041.
    static let gossipSubjects = 10

    // MARK: Memory

    /// Ledger entries of one identity that are kept one by one; the oldest become a single one.
    ///
    /// Source: own choice: a year of daily gains and a reward a day.
    static let historyMax = 1_000

    /// ADOPTs that do not count yet: by their proposal, its author or the adopter (ADR 0025).
    ///
    /// Source: D-88 keeps as many orphan votes.
    static let waitingAdoptionsMax = 10_000

    /// Adoptions wait so long after a proposal came for the SHARE that it names (ADR 0025).
    ///
    /// Source: own choice: a vote lasts longer, and sync fetches SHAREs one phase after ADOPTs.
    static let originWaitMilliseconds: Int64 = 21_600_000

    /// SHARE messages, uploaded artefacts and sources of artefacts that are remembered.
    ///
    /// Source: own choice: 50,000 of them are 10 MB. Sources of flagged artefacts stay, and are fewer
    /// (``EarningLimits/flaggedMax``).
    static let sharesMax = 50_000

    /// Scores that peers agree on, in the log and in memory.
    ///
    /// Source: own choice: as many as are read of one peer; the fact has 1.5 MB then.
    static let reportedBoundsMax = 10_000
}
