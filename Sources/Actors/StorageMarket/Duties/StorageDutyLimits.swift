import Primitives

/// Bounds of what a node does in the storage market.
enum StorageDutyLimits {
    /// What is left to a payer in any case.
    ///
    /// Source: D-66, D-73.
    static let scoreFloor = FixedPoint(millionths: 100_000)

    /// Things said that are remembered.
    ///
    /// Source: own choice: some hundred bytes each, far more than are said in ten minutes.
    static let saidMax = 4_096

    /// How long it takes before something is said again of which nothing was seen.
    ///
    /// Source: own choice: longer than what gossip and a busy disk need together.
    static let repeatPause = MarketSpan.minutes(10)

    /// How long an uploader waits for more providers once there are enough.
    ///
    /// Source: own choice: nodes accept within seconds, and a choice needs more than the fastest ones.
    static let gathering = MarketSpan.minutes(10)

    /// Networks that providers should come from, when possible.
    ///
    /// Source: R-06-029.
    static let networksWanted = 3

    /// A claim from here on is odd when almost nothing is held.
    ///
    /// Source: R-06-046.
    static let oddClaimBytes: Int64 = 1_000_000_000_000

    /// Less than this is almost nothing.
    ///
    /// Source: R-06-046.
    static let oddHoldingBytes: Int64 = 10_000_000

    /// Cycles for which a notice may still be sent, the one that lasts included.
    ///
    /// Source: R-06-079: within seven days of the cycle's beginning.
    static let noticeCycles: Int64 = 7

    /// Copies that a provider keeps or promised for one uploader.
    ///
    /// Source: own choice: with a score of 0.5 one may have 65 MB replicated (R-06-048), which is so many
    /// artefacts of 256 KiB.
    static let copiesPerUploaderMax = 256

    /// Copies that a provider promises to one uploader in a day.
    ///
    /// Source: own choice: whoever has more to keep finds other providers, or waits a day; what one
    /// uploader can say of a provider within a day stays small.
    static let newCopiesPerUploaderMax = 32

    /// Shortest pause before a failed pull is repeated, in milliseconds.
    ///
    /// Source: own choice: an uploader that is busy or just starts is back within a minute.
    static let pullPauseMilliseconds: Int64 = 60_000

    /// Longest pause between pulls.
    ///
    /// Source: own choice: there are more than a hundred tries in the seven days.
    static let longestPullPause = MarketSpan.hours(1)

    /// Challenges to one peer in a day, and of one identity that this node answers in a day.
    ///
    /// Source: R-06-115.
    static let challengesPerPeerMax = 10

    /// Own challenges under way.
    ///
    /// Source: own choice: bounds memory and disk reads after a long absence.
    static let challengesOpenMax = 64

    /// How long a provider without a connection is given to be reached, in milliseconds.
    ///
    /// Source: own choice: a dial takes 10 s at most and a handshake with its proof of work less than 30.
    static let reachingMilliseconds: Int64 = 60_000

    /// Challenges of others that wait for the disk; more are refused.
    ///
    /// Source: own choice: each is a read of 64 KiB at most.
    static let proofsWaitingMax = 256

    /// Proofs for others that are computed at a time.
    ///
    /// Source: own choice: always work for the disk, and few before somebody with a part in the artefact.
    static let proofsComputedMax = 8

    /// Challenges of one peer that wait or are computed.
    ///
    /// Source: own choice: a validator challenges each copy about once a day (R-06-114).
    static let proofsPerPeerMax = 2

    /// Identities whose challenges are counted.
    ///
    /// Source: own choice: more than are connected within a day.
    static let countedChallengersMax = 4_096

    /// An exchange that lasts so long got no answer; one that ends before was refused.
    ///
    /// Source: D-70.
    static let proofMilliseconds: Int64 = 30_000

    /// Times in a row that a provider may refuse a challenge before that is a failure.
    ///
    /// Source: own choice: a refusal does not say why; a busy node has time until then.
    static let refusedChallengesMax = 2

    /// Own failures in a row after which a copy counts as lost.
    ///
    /// Source: own choice: with one challenge a day it was out of reach for two days.
    static let failuresOfLostCopy = 3

    /// Answers by which the delay of a provider is judged, the newest ones.
    ///
    /// Source: threat T9: twenty challenges.
    static let timingSamples = 20

    /// Milliseconds by which a provider may answer later than others.
    ///
    /// Source: own choice: half of the 50 ms that a relay adds (T9).
    static let timingToleranceMilliseconds: Int64 = 25

    /// Providers whose answers are timed; the one that was timed longest ago gives way.
    ///
    /// Source: own choice: some hundred bytes each.
    static let timedProvidersMax = 4_096

    /// Suspicious pairs that people are shown.
    ///
    /// Source: own choice: more than anybody looks at.
    static let pairsShownMax = 200

    /// Milliseconds between the end of a replay and the first look at all contracts.
    ///
    /// Source: own choice: by then Sync has said whether the node has to catch up.
    static let firstLookMilliseconds: Int64 = 3_000

    /// Milliseconds by which the stamp of a message may be later than the moment it was put together;
    /// in short days no more than an hour of the market.
    ///
    /// Source: own choice: an own message is signed within seconds, or not at all.
    static let stampMilliseconds: Int64 = 60_000
}
