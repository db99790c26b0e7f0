public import Primitives

/// What an identity may do (§9 Capability Ramp, D-75, D-76).
public enum Capability: String, Sendable, CaseIterable {
    case sync
    case browse
    case adopt
    case store
    case earnRent = "earn_rent"
    case propose
    case vote
    case flagDispute = "flag_dispute"
    case replicate
    case comment
    case flagIllegal = "flag_illegal"
    case fullProposalSize = "full_proposal_size"
    case publishSnapshot = "publish_snapshot"

    /// The lowest score that permits it.
    public var gate: FixedPoint {
        switch self {
        case .sync, .browse, .adopt, .store, .earnRent: .zero
        case .propose, .vote, .flagDispute, .replicate, .comment:
            FixedPoint(millionths: 300_000)
        case .flagIllegal, .fullProposalSize: FixedPoint(millionths: 500_000)
        case .publishSnapshot: FixedPoint(millionths: 700_000)
        }
    }

    /// Whether a score permits it.
    public func isPermitted(at score: FixedPoint) -> Bool { score >= self.gate }
}
