import Primitives

/// Follows a replay from the first record on and compares the digest at its end.
struct ReplayCheck {
    private(set) var sequence: UInt64
    private(set) var digest: Bytes32

    /// Begins behind a record, with the digest that the log is said to have there.
    init(after sequence: UInt64 = 0, digest: Bytes32 = LogDigest.empty) {
        (self.sequence, self.digest) = (sequence, digest)
    }

    /// Takes the checksums of a step; a step that does not continue the last one starts no check.
    mutating func follow(after start: UInt64, checksums: [Bytes32]) {
        if start == 0 { self = ReplayCheck() }
        guard start == self.sequence else { return }
        for checksum in checksums {
            self.digest = LogDigest.adding(checksum, to: self.digest)
            self.sequence += 1
        }
    }

    /// The digest that the records give, when the check has reached `last` without a gap.
    func digest(at last: UInt64) -> Bytes32? { self.sequence == last ? self.digest : nil }
}
