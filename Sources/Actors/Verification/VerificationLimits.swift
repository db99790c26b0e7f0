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

    /// Jobs submitted and not finished, above which new messages are turned away for now.
    ///
    /// Source: own choice: twice the admission credit of Gossip, so that it never binds first.
    static let jobsMax = 16_384

    /// Proofs of unknown keys that are recomputed per UTC day.
    ///
    /// Source: R-10-012, R-16-045; lifted in the local profile (D-23).
    static let proofsPerDayMax = 50

    /// Strangers that connect and are let in within ``newPeersMilliseconds``.
    ///
    /// Source: R-10-013, R-16-046; lifted in the local profile (D-23).
    static let newPeersMax = 5

    /// The rolling hour of that limit, by the local clock (D-86).
    ///
    /// Source: R-10-013.
    static let newPeersMilliseconds: Int64 = 3_600_000

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

    /// An offset beyond this is warned of.
    ///
    /// Source: R-02-026, D-92.
    static let clockWarningMilliseconds: Int64 = 120_000

    /// A node whose clock is further off is taken for unreliable.
    ///
    /// Source: R-02-027, D-92.
    static let clockUnreliableMilliseconds: Int64 = 180_000
}
