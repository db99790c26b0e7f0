import Cryptography
import Kernel
import Messages
import Primitives

/// A proof whose segments must be recomputed.
struct OpenProof: Sendable {
    let proof: VDFProof
    let key: NodeID
    /// The allowance that it uses up.
    let allowance: ProofMemory.Allowance
    /// Only one segment is tried yet; all others follow once they are paid.
    private(set) var isProbe: Bool
    /// The segment that a stranger's proof was tried with.
    private var probed: Int?

    init(proof: VDFProof, key: NodeID, allowance: ProofMemory.Allowance) {
        self.proof = proof
        self.key = key
        self.allowance = allowance
        self.isProbe = allowance != .paid
    }

    /// Whether it came in the announcement of a stranger.
    var isAnnounced: Bool { if case .announcement = self.allowance { true } else { false } }

    /// The segments to recompute now.
    ///
    /// A stranger's proof is probed first, so that junk uses up nothing that others need. Nobody can
    /// foresee with which segment: the choice follows from the machine's entropy alone (R-10-006).
    mutating func segments(entropy: UInt64) -> [Int] {
        guard self.isProbe else { return (0..<VDF.segments).filter { $0 != self.probed } }
        let segment = Int(entropy % UInt64(VDF.segments))
        self.probed = segment
        return [segment]
    }

    /// The tried segment holds: all others are recomputed, too.
    mutating func continueWithRest() { self.isProbe = false }
}

/// Who is waiting for the verdict on a proof.
enum Claim: Sendable {
    case message(Message, Origin, receivedAt: Timestamp)
    case query(ReplyAddress<CheckProof>)
}
