import Cryptography
import Messages
import Primitives

/// This node's own proof of delay, which every handshake and every announcement needs.
struct OwnProof: Sendable {
    private let own: NodeID
    /// The newest proof; nil before the first one is computed.
    private(set) var current: VDFProof?
    private var isOnItsWay = false

    init(of own: NodeID) { self.own = own }

    /// Has a proof computed when there is none, or only an old one.
    mutating func refresh(now: Timestamp) -> [PeersAction] {
        if let current,
            now.milliseconds(since: current.computedAt) < PeersLimits.proofRefreshMilliseconds
        {
            return []
        }
        guard !self.isOnItsWay else { return [] }
        self.isOnItsWay = true
        return [.computeProof(self.own)]
    }

    /// A proof is computed; nil when none was computed in time, and then another one is asked for.
    mutating func computed(_ proof: VDFProof?) {
        self.isOnItsWay = false
        if let proof { self.current = proof }
    }
}
