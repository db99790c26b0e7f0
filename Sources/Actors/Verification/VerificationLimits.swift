import Messages

/// Bounds of the Verification subsystem.
enum VerificationLimits {
    /// Message identifiers remembered against replays.
    ///
    /// Source: R-05-117.
    static let seenIDsMax = 100_000

    /// An identity message that comes again passes again after this time.
    ///
    /// Source: D-15.
    static let repeatMilliseconds: Int64 = 86_400_000

    /// Identity messages whose last passing is remembered.
    ///
    /// Source: own choice: as many as ``seenIDsMax``.
    static let repeatsMax = 100_000

    /// Proofs remembered as good, by key and checkpoints; a repeat costs no hashing.
    ///
    /// Source: D-23; the bound is our own choice, 64 bytes an entry.
    static let knownProofsMax = 100_000

    /// Refusals of own messages that are remembered.
    ///
    /// Source: own choice (ADR 0061): more than an agent can cause in a day by the limits of §7.
    static let ownRefusalsMax = 1_024

    /// Refusals of messages of others that are remembered.
    ///
    /// Source: own choice (ADR 0061): 4 MiB at most.
    static let refusalsMax = 4_096

    /// How long a refusal is remembered.
    ///
    /// Source: own choice (ADR 0061): an agent that looks once a day finds it.
    static let refusalMilliseconds: Int64 = 86_400_000

    /// Bytes of a reason that are remembered.
    ///
    /// Source: own choice (ADR 0061): our own reasons are shorter.
    static let refusalReasonBytesMax = 1_024

    /// Jobs submitted and not finished, above which new messages are turned away for now.
    ///
    /// Source: own choice: twice the admission credit of Gossip, so that it never binds first.
    static let jobsMax = 16_384

    /// Proofs of unknown keys that connect which are recomputed within ``proofsMilliseconds``.
    ///
    /// Source: R-10-012, R-16-045; lifted in the local profile (D-23).
    static let proofsPerDayMax = 50

    /// The rolling day of that limit.
    ///
    /// Source: R-10-012; own choice that it rolls (ADR 0040).
    static let proofsMilliseconds: Int64 = 86_400_000

    /// Time in which a segment of hashing is earned for announcements of unknown keys.
    ///
    /// Source: own choice (ADR 0040): a segment takes 26 to 50 ms, so that no more than five percent of
    /// a core are spent in the long run (threat T2).
    static let segmentMilliseconds: Int64 = 1_000

    /// How much of that may be saved up, as the time in which it is earned.
    ///
    /// Source: own choice (ADR 0040): 2,400 proofs, of which one relay can use half: a node that joins
    /// 1,024 others by way of one counts them all at once.
    static let hashingMilliseconds: Int64 = 24_000_000

    /// Proofs in announcements of unknown keys that wait for the one that is being recomputed.
    ///
    /// Source: own choice: all that may arrive at a joiner of 1,024 nodes; 8 MiB with usual
    /// announcements.
    static let proofsWaitingMax = 1_024

    /// Strangers that connect and are let in within ``newPeersMilliseconds``.
    ///
    /// Source: R-10-013, R-16-046; lifted in the local profile (D-23).
    static let newPeersMax = 5

    /// The rolling hour of that limit, by the local clock (D-86).
    ///
    /// Source: R-10-013.
    static let newPeersMilliseconds: Int64 = 3_600_000

    /// Proofs of unknown keys that connect which may be tried with one segment in a row.
    ///
    /// Source: own choice (ADR 0040): twelve times what is let in within an hour, three seconds of hashing.
    static let probesMax = 60

    /// Time in which another such try is earned.
    ///
    /// Source: own choice (ADR 0040): no more than five percent of a core, as for announcements.
    static let probeMilliseconds: Int64 = 1_000

    /// Offsets of other clocks that are kept.
    ///
    /// Source: R-02-025.
    static let clockSamplesMax = 50

    /// One peer gives one offset in this time.
    ///
    /// Source: D-92.
    static let clockSampleDistanceMilliseconds: Int64 = 60_000

    /// Messages further off than this are late or early for other reasons; offsets are kept as long.
    ///
    /// Source: D-92.
    static let clockSampleMilliseconds: Int64 = 3_600_000

    /// Other subsystems are told when the median has moved by this much.
    ///
    /// Source: own choice: what a vote near its deadline needs to know, and more than gossip wavers.
    static let clockStepMilliseconds: Int64 = 1_000

    /// An offset beyond this is warned of.
    ///
    /// Source: R-02-026, D-92.
    static let clockWarningMilliseconds: Int64 = 120_000

    /// A node whose clock is further off is taken for unreliable.
    ///
    /// Source: R-02-027, D-92.
    static let clockUnreliableMilliseconds: Int64 = 180_000

    /// Time servers are asked again after this time.
    ///
    /// Source: R-02-024.
    static let timeMilliseconds: Int64 = 21_600_000

    /// The pause is shorter by a random part of this at most, so that nodes that started together do not ask
    /// together.
    ///
    /// Source: own choice: a twelfth of the pause.
    static let timeSpreadMilliseconds: Int64 = 1_800_000

    /// Time servers are asked again after this time when none answered; each time twice as long, up to
    /// ``timeMilliseconds``.
    ///
    /// Source: own choice: RFC 4330, section 10, forbids less than 15 seconds.
    static let timeRetryMilliseconds: Int64 = 60_000

    /// A clock that is further off by time servers is told of.
    ///
    /// Source: ADR 0066: what makes a caller near a deadline worry (ADR 0034).
    static let timeWarningMilliseconds: Int64 = 3_000
}
