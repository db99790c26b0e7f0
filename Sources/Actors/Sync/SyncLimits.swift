import Primitives

/// Bounds and intervals of the Sync subsystem.
enum SyncLimits {
    /// Messages asked for in one page.
    ///
    /// Source: spec §5 names 100; the bound of what is served is ``pageMessagesMax``.
    static let pageMessages = 100

    /// Most messages served in one page.
    ///
    /// Source: D-22.
    static let pageMessagesMax = 1_000

    /// Most bytes of messages served in one page, so that the frame stays under 8 MiB (D-22).
    ///
    /// Source: D-17, with room for the response's own members and signature.
    static let pageBytesMax = 8_000_000

    /// Sync takes one part in so many of what the line brings.
    ///
    /// Source: R-05-086, R-16-143.
    static let requesterShare: Int64 = 2

    /// Bytes of a SYNC_RESPONSE beside its messages, its signature and envelope included.
    ///
    /// Source: own choice: it has about 600.
    static let answerOverheadBytes = 1_024

    /// Bytes of one entry of ``SyncResponse/differing``.
    ///
    /// Source: its longest form has 92.
    static let differenceBytes = 100

    /// Bytes of one entry of ``SyncResponse/banList``.
    ///
    /// Source: 64 digits, two quotation marks and a comma.
    static let banBytes = 67

    /// Bytes of one entry of ``SyncResponse/reputationCurrent``.
    ///
    /// Source: its longest form has 153.
    static let scoreBytes = 160

    /// Peers that are asked for scores.
    ///
    /// Source: R-05-054.
    static let scorePeersMax = 5

    /// Pages of scores that are read of one peer, refusals included.
    ///
    /// Source: own choice: ten thousand identities.
    static let scorePagesMax = 10

    /// Reports whose inner ones lie further apart than this are not used.
    ///
    /// Source: R-05-058.
    static let scoreSpreadMax = FixedPoint(millionths: 100_000)

    /// Proposals of bans that are known as such; of more the first ones are forgotten, and asked for again.
    ///
    /// Source: own choice: sixteen times what one answer lists.
    static let banProposalsMax = 4_096

    /// Answers up to this size need no trial whether they can be signed.
    ///
    /// Source: own choice: half of the largest frame (D-17).
    static let usualAnswerBytesMax = 4_194_304

    /// The same for each message in them.
    ///
    /// Source: own choice: far above what people write, and a sixteenth of the largest frame.
    static let usualMessageBytesMax = 524_288

    /// The same for the levels of a message.
    ///
    /// Source: own choice: the deepest message of the protocol has six.
    static let usualDepthMax = 16

    /// Requests served per peer and minute.
    ///
    /// Source: R-01-034.
    static let requestsPerMinuteMax = 10

    /// Requests served per minute to a peer that announces `syncing`.
    ///
    /// Source: R-05-089, R-05-090.
    static let requestsPerMinuteWhileSyncingMax = 50

    /// Bytes of answers served per peer and minute.
    ///
    /// Source: R-05-087.
    static let bytesPerMinuteMax = 10_485_760

    /// Peers whose traffic is counted; the oldest count goes first.
    ///
    /// Source: own choice: ten times the connections.
    static let countedPeersMax = 1_000

    /// Sync peers that a complete sync needs.
    ///
    /// Source: R-05-075; scaled down in small networks (D-26).
    static let peersWanted = 5

    /// Networks that they are in.
    ///
    /// Source: R-05-075.
    static let networksWanted = 3

    /// Identities with nodes, apart from the own one, from which on the rules hold without exception.
    ///
    /// Source: D-26.
    static let identitiesOfSmallNetwork = 6

    /// Peers that take part in a retry and did not before.
    ///
    /// Source: R-05-093.
    static let newPeersAfterFailure = 2

    /// A peer whose clock is further off the median is not synced from.
    ///
    /// Source: R-02-027.
    static let unreliableClockMilliseconds: UInt64 = 180_000

    /// Clocks of peers that make up a median.
    ///
    /// Source: own choice: of two clocks nobody can say which is wrong.
    static let comparedClocksMin = 3

    /// A retry reads identities again that were finished longer ago.
    ///
    /// Source: R-05-092.
    static let identitiesStaleMilliseconds: Int64 = 3_600_000

    /// Rounds in which peers with other roots are asked before this node says that it is degraded.
    ///
    /// Source: own choice: two minutes, as a root may be a minute old on both sides (R-05-063, D-33).
    static let rootRoundsMax = 12

    /// Time between two such rounds.
    ///
    /// Source: own choice: within ``requestsPerMinuteMax``.
    static let rootPauseMilliseconds: Int64 = 10_000

    /// Cycles of incremental sync from one that asks for identities to the next.
    ///
    /// Source: R-05-110.
    static let cyclesPerIdentities = 3...5

    /// Interval of incremental sync.
    ///
    /// Source: R-05-108.
    static let incrementalMilliseconds: Int64 = 900_000

    /// How far incremental sync looks back at least.
    ///
    /// Source: R-05-109.
    static let lookbackMilliseconds: Int64 = 1_800_000

    /// From where a node asks whose saved time lies in the future.
    ///
    /// Source: R-05-030.
    static let futureLookbackMilliseconds: Int64 = 86_400_000

    /// Lengths of the blocks of time by which logs are compared, shortest first; each divides the next.
    ///
    /// Source: ADR 0035: a minute, ten, an hour, a day, thirty days.
    static let comparedBlocksMilliseconds: [Int64] = [
        60_000, 600_000, 3_600_000, 86_400_000, 2_592_000_000,
    ]

    /// How many blocks of each length are kept, back from the newest message; nil keeps all.
    ///
    /// Source: ADR 0035: minutes of two days, ten minutes of thirty, hours of 360; each reaches further back
    /// than the ranges of its length in ``comparedBlocks``. The last length has no bound.
    static let comparedBlocksKept: [Int64?] = [2_880, 4_320, 8_640, nil, nil]

    /// Ranges of each length, at least, that a comparison begins with, going back from the present.
    ///
    /// Source: ADR 0035: what parted lately is found to the minute, what parted long ago to the month.
    static let comparedBlocks = [10, 6, 24, 30, 12]

    /// How far ahead of this node's clock messages may be stamped.
    ///
    /// Source: D-16.
    static let clockSkewMilliseconds: Int64 = 300_000

    /// What is younger may still be on its way by gossip, and is compared only with peers that are new.
    ///
    /// Source: own choice: gossip takes seconds.
    static let underWayMilliseconds: Int64 = 60_000

    /// Least time between two comparisons with one peer.
    ///
    /// Source: own choice: a comparison and a few pages fit into ``requestsPerMinuteMax``.
    static let comparisonPauseMilliseconds: Int64 = 60_000

    /// Longest random delay before the log is compared with a peer that has connected or seems to differ.
    ///
    /// Source: own choice: shorter than ``jitterMilliseconds``, since a comparison is small (R-05-082 is
    /// about whole sessions), unless a partition has healed (R-05-083).
    static let comparisonJitterMilliseconds: UInt64 = 5_000

    /// Most messages, as a peer counts them, of a range that is read without asking where in it the logs
    /// differ.
    ///
    /// Source: own choice: five pages; the question costs as much as one.
    static let stretchMessages: UInt64 = 500

    /// Answers about one phase after which a comparison leaves the rest of the phase to the next one.
    ///
    /// Source: own choice: one minute of ``requestsPerMinuteMax``.
    static let comparisonAnswersMax = 10

    /// After this time a comparison is given up, and the peer is asked again after others.
    ///
    /// Source: own choice: twice what five phases of ``comparisonAnswersMax`` take.
    static let comparisonMilliseconds: Int64 = 600_000

    /// Reading goes on as long as it brings ``newsMin`` messages that are new to the log in this time.
    ///
    /// Source: own choice: a cycle of incremental sync; known messages of a restart are read within it.
    static let newsMilliseconds: Int64 = 900_000

    /// See ``newsMilliseconds``.
    ///
    /// Source: own choice: one page in the time of 150.
    static let newsMin = 100

    /// Share of the open proposals from which on a difference is worth a warning, in percent.
    ///
    /// Source: §12 Severity Classification, R-12-006.
    static let warningPercent: Int128 = 5

    /// Share of the open proposals above which a difference is critical, in percent.
    ///
    /// Source: §12 Severity Classification, R-12-006.
    static let criticalPercent: Int128 = 20

    /// Differences of trees with synced peers that are kept in mind; more are not noted.
    ///
    /// Source: own choice: two trees of more peers than a node is connected to.
    static let openDifferencesMax = 512

    /// How long a difference is open that nobody has shown again.
    ///
    /// Source: own choice: trees are compared in each cycle of incremental sync, so in a quarter of an hour.
    static let differenceMilliseconds: Int64 = 3_600_000

    /// How long nothing may have come late before a partition counts as healed.
    ///
    /// Source: own choice: what one side said is fetched from several peers in turn, with pauses between them.
    static let lateQuietMilliseconds: Int64 = 300_000

    /// Pages of archived messages alone that are passed in one answer; of each a thousand are read.
    ///
    /// Source: own choice: some tenths of a second of work. With ``emptyPagesMax`` empty pages in a row a
    /// peer gets past 170,000 archived messages; ADR 0064.
    static let archivedPagesMax = 16

    /// Pages without messages in a row, each of which leads on to another one.
    ///
    /// Source: own choice: a page of this node is empty only when the log holds nothing at that place but
    /// messages that no answer can carry, or very many of archived proposals.
    static let emptyPagesMax = 10

    /// Pause before a peer is asked again for what this node had no room for: least, and more at random.
    ///
    /// Source: own choice: five to ten minutes; room comes with the hours, and reading it costs the peer.
    static let roomPauseMilliseconds: (least: UInt64, spread: UInt64) = (300_000, 300_000)

    /// Ranges of a peer that are remembered as served in full.
    ///
    /// Source: own choice: as many as one answer can name.
    static let settledRangesMax = 1_000

    /// A range that a peer served in full is not asked for again, however it differs, for this time.
    ///
    /// Source: own choice: a day; what was refused then may be accepted later.
    static let settledMilliseconds: Int64 = 86_400_000

    /// Peers of which is remembered when they were last connected, and what they served.
    ///
    /// Source: own choice: several times the connections.
    static let contactsMax = 256

    /// A peer that does not compare is asked from so long before the last contact with it.
    ///
    /// Source: own choice: the five minutes of D-16, and as many until a dead connection is noticed.
    static let contactMarginMilliseconds: Int64 = 600_000

    /// Peers that are asked for older assessments when a vote was close.
    ///
    /// Source: R-08-015; the number is our own choice.
    static let lookbackSessions = 3

    /// Longest random delay before the first sync of a node that was not away for long.
    ///
    /// Source: R-05-082; none in the local profile.
    static let jitterMilliseconds: UInt64 = 30_000

    /// The same after a partition, or of a node that was away for long.
    ///
    /// Source: R-05-083, R-05-084, D-30.
    static let jitterMaxMilliseconds: UInt64 = 300_000

    /// A partition is assumed when more than one of so many connected peers holds something else.
    ///
    /// Source: R-05-083.
    static let divergingPeersPerPartition = 5

    /// Seconds of absence for each second of that delay.
    ///
    /// Source: R-05-084, D-30.
    static let offlinePerJitter: Int64 = 100

    /// Pause between phases: one second and up to four more at random.
    ///
    /// Source: R-05-088; none in the local profile.
    static let phasePauseMilliseconds: (least: UInt64, spread: UInt64) = (1_000, 4_000)

    /// First pause after a failed session; doubles up to ``backOffMaxMilliseconds``.
    ///
    /// Source: R-05-085.
    static let backOffMilliseconds: Int64 = 5_000

    /// Longest pause after a failed session.
    ///
    /// Source: R-05-085.
    static let backOffMaxMilliseconds: Int64 = 300_000

    /// Failures in a row after which the node is degraded.
    ///
    /// Source: R-05-094.
    static let failuresUntilDegraded = 3

    /// Least pause of a node that has become degraded before its next try.
    ///
    /// Source: R-05-094.
    static let degradedPauseMilliseconds: Int64 = 300_000

    /// Looks that find too few synced peers before those that are not synced are asked, too.
    ///
    /// Source: D-27, ADR 0024.
    static let lonelyAttempts = 3

    /// Time between such attempts.
    ///
    /// Source: own choice: three attempts take about half a minute.
    static let lonelyMilliseconds: Int64 = 10_000

    /// A page whose messages are not all judged after this time counts as judged.
    ///
    /// Source: own choice: the exchange time-out of D-18.
    static let judgingMilliseconds: Int64 = 30_000

    /// Missing ids waiting to be fetched.
    ///
    /// Source: D-88 bounds orphan votes to 10,000.
    static let missingMax = 10_000

    /// Ids asked for in one request.
    ///
    /// Source: D-90.
    static let idsPerRequestMax = 1_000

    /// Peers kept as likely holders of a missing message.
    ///
    /// Source: D-88 names two, the relaying peer and the sender; twice that.
    static let likelyHoldersMax = 4

    /// Times a missing message is asked for in one round.
    ///
    /// Source: own choice: the likely holders and as many others.
    static let missingAttemptsMax = 8

    /// Pauses between rounds before a missing message is given up.
    ///
    /// Source: own choice: the last of nine rounds begins four hours after the first (D-88).
    static let missingRoundsMax = 8

    /// The first of these pauses; each further one is twice as long.
    ///
    /// Source: own choice: by then the proposal of an early vote has usually come by itself.
    static let missingPauseMilliseconds: Int64 = 60_000

    /// Least time between two requests for ids to one peer.
    ///
    /// Source: own choice: four a minute leave six of ``requestsPerMinuteMax`` to the session.
    static let idRequestPauseMilliseconds: Int64 = 15_000

    /// A request for ids that was not answered after this time counts as failed.
    ///
    /// Source: own choice: twice the exchange time-out of D-18.
    static let idRequestMilliseconds: Int64 = 60_000

    /// Time to judge the messages of an answer before the ids count as not brought.
    ///
    /// Source: own choice: 1,000 signatures take a tenth of a second on one core.
    static let settlingMilliseconds: Int64 = 5_000

    /// Keys whose identity chain was asked for and is not asked for again soon.
    ///
    /// Source: own choice: ten times the connections.
    static let chainsRememberedMax = 1_000

    /// Further pages of one identity chain.
    ///
    /// Source: own choice: with the first one a thousand messages.
    static let chainPagesMax = 9

    /// Bounds of the wait that a throttling peer may ask for.
    ///
    /// Source: own choice: from one second to the minute over which requests are counted (D-22).
    static let throttleMilliseconds: ClosedRange<Int64> = 1_000...60_000

    /// Throttled answers in a row after which a session counts as failed.
    ///
    /// Source: own choice: five minutes, as ``backOffMaxMilliseconds``.
    static let throttlesMax = 5

    /// How often the state is looked through.
    ///
    /// Source: own choice.
    static let tickMilliseconds: Int64 = 500
}
