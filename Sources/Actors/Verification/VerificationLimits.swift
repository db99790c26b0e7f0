import Messages

/// Bounds of the Verification subsystem.
enum VerificationLimits {
    /// Message identifiers remembered against replays.
    ///
    /// Source: R-05-117.
    static let seenIDsMax = 100_000

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
    /// Source: R-10, spec §10 Rate Limiting; lifted in the local profile (D-23).
    static let proofsPerDayMax = 50

    /// Segments of a stranger's proof that are recomputed before it is charged to the day.
    ///
    /// Source: own choice: junk nearly always fails here, at a tenth of the cost.
    static let probedSegments = 1
}
