/// Bounds of messages, each with its source.
public enum WireLimits {
    /// Largest message on streams and gossip, in bytes.
    ///
    /// Source: R-02-011, D-17.
    public static let messageBytesMax = 8_388_608

    /// Largest message that nodes keep and hand on, in bytes of its RFC 8785 form: the response that
    /// carries it in a sync needs room for its own members and signature.
    ///
    /// Source: ADR 0037; 64 KiB are kept free, of which a response needs 1 KiB today.
    public static let carriedBytesMax = Self.messageBytesMax - 65_536

    /// Largest difference between a message's timestamp and the local clock, inclusive.
    ///
    /// Source: R-02-021, D-16.
    public static let timeWindowMilliseconds: Int64 = 300_000

    /// Longest name of a message type in UTF-8 bytes; unknown types are relayed, so they are bounded.
    ///
    /// Source: own choice; the longest known name has 19.
    public static let typeNameBytesMax = 64

    /// Tags of a PROPOSE.
    ///
    /// Source: R-07-004.
    public static let proposalTagsMax = 10

    /// Characters (Unicode scalars) of a PROPOSE tag.
    ///
    /// Source: R-07-004.
    public static let proposalTagScalarsMax = 64

    /// Bytes of a PROPOSE description.
    ///
    /// Source: R-07-005.
    public static let descriptionBytesMax = 1_024

    /// Bytes of an inline artefact before base64.
    ///
    /// Source: R-07-007, D-72.
    public static let inlineContentBytesMax = 1_048_576

    /// Claims of a PROPOSE.
    ///
    /// Source: R-07-009.
    public static let claimsMax = 50

    /// Bytes of statement and evidence of one claim together.
    ///
    /// Source: R-07-009.
    public static let claimBytesMax = 2_048

    /// Longest voting time of a standard proposal, and shortest of a constitutional one.
    ///
    /// Source: R-07-011, R-08-036, D-57.
    public static let votingMilliseconds: Int64 = 90 * 86_400_000

    /// Longest voting time of a constitutional proposal.
    ///
    /// Source: D-57.
    public static let constitutionalVotingMillisecondsMax: Int64 = 365 * 86_400_000

    /// From the voting deadline of a constitutional proposal to its effect, and to the first ADOPT.
    ///
    /// Source: R-08-037, R-16-031.
    public static let coolingMilliseconds: Int64 = 30 * 86_400_000

    /// Entries of a SHARE.
    ///
    /// Source: R-06-005.
    public static let shareEntriesMax = 50

    /// Tags of a SHARE entry or REPLICATE_REQUEST.
    ///
    /// Source: R-06-006, D-90.
    public static let contentTagsMax = 20

    /// Bytes of a SHARE or REPLICATE_REQUEST tag.
    ///
    /// Source: R-06-006, D-90.
    public static let contentTagBytesMax = 64

    /// Bytes of replicated content (100 MB).
    ///
    /// Source: R-06-018, D-63.
    public static let replicatedContentBytesMax: Int64 = 100_000_000

    /// Bytes asked for in one CONTENT_REQUEST.
    ///
    /// Source: R-06-014.
    public static let contentChunkBytesMax: Int64 = 1_048_576

    /// Bytes of a FLAG's details.
    ///
    /// Source: R-06-121.
    public static let flagDetailsBytesMax = 10_240

    /// Bytes of a CONTENT_WITHDRAW's reason.
    ///
    /// Source: R-06-095.
    public static let withdrawalReasonBytesMax = 1_024

    /// Copies that a REPLICATE_REQUEST may ask for.
    ///
    /// Source: R-06-017.
    public static let copyCount: ClosedRange<Int64> = 1...5

    /// Window of a storage challenge that names none, in bytes.
    ///
    /// Source: R-06-106.
    public static let challengeWindowUsual: Int64 = 4_096

    /// Window of a storage challenge in bytes.
    ///
    /// Source: R-06-105.
    public static let challengeWindowBytes: ClosedRange<Int64> = 1_024...65_536

    /// Messages that one SYNC_REQUEST may ask for; other values are clamped.
    ///
    /// Source: D-22.
    public static let syncPage: ClosedRange<Int64> = 1...1_000

    /// Ranges of time that two logs are compared by in one SYNC_REQUEST.
    ///
    /// Source: ADR 0035: from minutes to months, a network of many years has 153.
    public static let comparedRangesMax = 200

    /// Phases of reconciliation.
    ///
    /// Source: spec §5.
    public static let syncPhasesMax = 5

    /// Differences that are read of one SYNC_RESPONSE.
    ///
    /// Source: every range of every phase.
    public static let differencesMax = comparedRangesMax * syncPhasesMax

    /// Bans that one SYNC_RESPONSE lists; of more the newest are listed, and the first are read.
    ///
    /// Source: ADR 0054: 17 KB, and each of them takes a vote of the network.
    public static let bansMax = 256

    /// Levels of a Merkle tree, in paths and in depths that are asked for; other depths are clamped.
    ///
    /// Source: ADR 0062: a tree so deep has more leaves than there can be messages.
    public static let merkleLevelsMax = 64

    /// Nodes of a tree that one SYNC_RESPONSE carries; more are not read.
    ///
    /// Source: ADR 0062: all nodes twelve levels below another one, about a megabyte.
    public static let merkleNodesMax = 4_096

    /// Items of a list that are processed; more are ignored, not refused.
    ///
    /// Source: D-90.
    public static let assessmentsProcessed = 10
    /// Addresses of an announcement that are processed.
    ///
    /// Source: D-90.
    public static let addressesProcessed = 32
    /// Capabilities of an announcement that are processed.
    ///
    /// Source: D-90.
    public static let capabilitiesProcessed = 64
    /// Entries of a peer list that are processed.
    ///
    /// Source: D-90.
    public static let listEntriesProcessed = 1_000

    /// How long votes are open when the author says nothing else.
    ///
    /// Source: R-16-016.
    public static let defaultVotingMilliseconds: Int64 = 14 * 86_400_000

    /// Envelopes up to this size are kept whole in memory; of larger ones an outline is.
    ///
    /// Source: own choice: usual requests, votes and comments, and most proposals, are smaller.
    public static let wholeBytesMax = 2_048
    /// Longest text in an outline, in bytes.
    ///
    /// Source: own choice: a title and the beginning of a body.
    public static let outlineTextBytesMax = 1_024
    /// Elements of a list that an outline keeps.
    ///
    /// Source: own choice: all tags of a proposal (R-07-004) and the first of its claims.
    public static let outlineElementsMax = 10
    /// Characters that are kept of a network's name in the handshake.
    ///
    /// Source: own choice: it is shown to people beside a hash, in one line.
    public static let networkNameScalarsMax = 40
}
