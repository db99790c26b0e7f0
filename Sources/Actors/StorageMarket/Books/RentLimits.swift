import Primitives

// Bounds of contracts, rent and challenges.
extension StorageMarketLimits {
    // MARK: Contracts

    /// How long after a REPLICATE_REQUEST providers may accept, inclusive.
    ///
    /// Source: R-06-023, R-16-125.
    static let acceptance = MarketSpan.hours(48)

    /// How long after the first assignment copies may be confirmed, inclusive.
    ///
    /// Source: R-06-033.
    static let confirmation = MarketSpan.days(7)

    /// Providers of an assignment that are looked at, in its order.
    ///
    /// Source: own choice: thrice the five copies that can be asked for.
    static let assignedMax = 15

    /// Between the stamp of a CONTENT_WITHDRAW and the time from which it has effect.
    ///
    /// Source: R-06-097, R-16-123.
    static let withdrawalDelay = MarketSpan.hours(24)

    // MARK: Rent

    /// One cycle.
    ///
    /// Source: R-06-054, R-16-097.
    static let cycle = MarketSpan.days(1)

    /// How long after the beginning of its cycle a RENT_PAYMENT is timely, inclusive.
    ///
    /// Source: R-06-079, R-16-124, D-67.
    static let notice = MarketSpan.days(7)

    /// How long copies are kept after the first, second and third grace within ``graceWindow``.
    ///
    /// Source: R-06-056, R-06-060, R-16-098.
    static let graces = [7, 3, 0].map { MarketSpan.days($0) }

    /// From this age on a grace no longer shortens the next one.
    ///
    /// Source: R-06-060, R-16-098.
    static let graceWindow = MarketSpan.days(90)

    /// The unit of the base rate, in bytes.
    ///
    /// Source: D-63: GB is 10^9.
    static let gigabyte: Int64 = 1_000_000_000

    /// Endorsing identities beside author and uploader that free proposed content of rent.
    ///
    /// Source: R-06-084, D-78.
    static let exemptingEndorsersMin = 3

    /// How long after a moment messages stamped before it may still be under way.
    ///
    /// Source: the time window of gossip (R-02-021).
    static let settling = MarketSpan.minutes(5)

    /// From this age on what a node hears is of the past, and costs nobody anything here.
    ///
    /// Source: own choice: what is older came by sync; see ADR 0048, Rent.
    static let news = MarketSpan.days(1)

    /// How long after a question that nobody answered it is asked again.
    ///
    /// Source: own choice, as `ConsensusLimits.askAgainMilliseconds`.
    static let askAgainMilliseconds: Int64 = 60_000

    /// How long a node waits to be told that it has caught up, before it decides on what it knows.
    ///
    /// Source: own choice: a node without peers is never told; a cycle lasts a day.
    static let catchingUp = MarketSpan.hours(1)

    /// How often all artefacts are looked at, whatever is known to be due on them.
    ///
    /// Source: own choice: keys that change hands may change what is due; it costs a pass over all
    /// contracts.
    static let round = MarketSpan.days(1)

    /// Cycles that are decided on in one round.
    ///
    /// Source: own choice: bounds one question to Reputation.
    static let cyclesDecidedMax = 200

    // MARK: Challenges

    /// The time over which challenges are counted.
    ///
    /// Source: D-67.
    static let challengeWindow = MarketSpan.days(30)

    /// Challenges that a provider must pass for its whole part.
    ///
    /// Source: R-06-064, R-16-122.
    static let requiredPassesMax: Int64 = 10

    /// Of younger content one pass is required for so many days.
    ///
    /// Source: D-67.
    static let daysOfPass: Int64 = 3

    /// Results of one validator on one artefact that earn, within the window.
    ///
    /// Source: R-06-068, R-16-126, D-69.
    static let earningResultsMax = 30

    /// How long after a failure another validator's result confirms or contradicts it, inclusive.
    ///
    /// Source: R-06-073, R-16-128.
    static let corroboration = MarketSpan.hours(24)

    /// How long after a copy was confirmed its first failed challenge counts as abandonment,
    /// inclusive.
    ///
    /// Source: R-06-031.
    static let abandonment = MarketSpan.days(7)

    /// Passes in a row between two identities that need no review.
    ///
    /// Source: R-06-112.
    static let straightPassesMax = 20

    /// From so many cycles on in which one validator gave more than half of a provider's passes both are
    /// reviewed.
    ///
    /// Source: R-06-072.
    static let dominatedCyclesMin = 3

    /// A validator that reports more failures than this many times the average is not rewarded for them.
    ///
    /// Source: R-06-075.
    static let failureRateMax: Int64 = 3

    // MARK: Memory

    /// Artefacts that somebody asked for who may; of more the one gives way about which nobody spoke for
    /// the longest time, and whose contract is not confirmed.
    ///
    /// Source: own choice.
    static let artefactsMax = 20_000

    /// The same of one identity.
    ///
    /// Source: own choice: a twentieth of all.
    static let artefactsPerUploaderMax = 1_000

    /// Artefacts for which nobody asked who may, and about which others spoke all the same; the one about
    /// which nobody spoke for the longest time gives way.
    ///
    /// Source: own choice: their requests are on the way, or never come.
    static let rumoursMax = 1_000

    /// Keys of those who asked for copies of one artefact; of more those whose contracts ended give way, and
    /// else whoever comes last.
    ///
    /// Source: own choice: one contract at a time is in force.
    static let uploadersMax = 8

    /// Messages of one kind and key about one artefact; of more the first and the last in time are kept.
    ///
    /// Source: own choice: an uploader that assigns anew every week fills it in four months; a
    /// provider of several uploaders repeats its receipt as often.
    static let wordsPerKeyMax = 16

    /// Messages of one kind about one artefact of those who have no part in it.
    ///
    /// Source: own choice: of five copies few more are accepted by those who are yet to be chosen.
    static let wordsOfStrangersMax = 64

    /// Results and notices of those who have no part in an artefact, of each on all artefacts.
    ///
    /// Source: own choice: what makes their words count may be on its way.
    static let allWordsOfStrangersMax = 4_096

    /// Assignments of an uploader whose providers are kept before strangers, newest first.
    ///
    /// Source: own choice: who was replaced is a stranger some time later.
    static let assignmentsOfPartiesMax = 4

    /// Results of challenges on one artefact; the oldest give way.
    ///
    /// Source: own choice: as many as six parties may keep, and what is left to strangers.
    static let resultsMax = 4_900

    /// The same of one key.
    ///
    /// Source: own choice: five providers, four times a day.
    static let resultsPerKeyMax = 800

    /// All results of challenges; an artefact that has the most loses its oldest.
    ///
    /// Source: own choice: about 50 MB of memory.
    static let allResultsMax = 250_000

    /// RENT_PAYMENTs on one artefact; the oldest give way.
    ///
    /// Source: own choice: as many as eight uploaders may keep, and what is left to strangers.
    static let noticesMax = 192

    /// The same of one key.
    ///
    /// Source: own choice: ten cycles can be under way.
    static let noticesPerKeyMax = 16

    /// All RENT_PAYMENTs; an artefact that has the most loses its oldest.
    ///
    /// Source: own choice: of 20,000 artefacts one a day is kept for ten days.
    static let allNoticesMax = 250_000

    /// How long results of challenges are kept: the window, and the longest wait for a notice behind it.
    ///
    /// Source: D-67, with some days of room.
    static let resultsKept = MarketSpan.days(42)

    /// How long RENT_PAYMENTs are kept after their stamp.
    ///
    /// Source: R-06-079, with some days of room.
    static let noticesKept = MarketSpan.days(10)

    /// How long an artefact is kept about which nobody speaks.
    ///
    /// Source: ``graceWindow``, with some days of room.
    static let silence = MarketSpan.days(100)

    /// Proposals of those who may propose whose artefacts are remembered; the one with the earliest
    /// deadline gives way.
    ///
    /// Source: own choice.
    static let referencesMax = 20_000

    /// Endorsements of one proposal that are kept, of those who may vote.
    ///
    /// Source: own choice: three of others than the author are needed.
    static let endorsementsMax = 64

    /// Proposals of others, and proposals of which only votes are known.
    ///
    /// Source: own choice.
    static let orphanReferencesMax = 1_000
}
