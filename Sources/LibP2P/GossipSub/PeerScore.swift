/// Why a peer was put on the graylist: the deed that crossed the limit.
public enum GossipPenalty: Sendable, Equatable {
    /// It relayed a message that was rejected, or one without the members StrictSign demands.
    case invalidMessage
    /// It sent bytes that are no RPC, or an RPC over a limit.
    case malformedRPC
    /// It advertised a message and did not send it when asked.
    case brokenPromise
    /// It grafted during the back-off that a PRUNE had set.
    case graftFlood
}

/// What one peer has done wrong of late.
///
/// One counter, which grows with each deed and shrinks by a hundredth each heartbeat. P1 to P3 and
/// P5 to P6 of the v1.1 score function have no counterpart here: nothing a peer does right outweighs
/// what it does wrong. A full score function replaces the inside of this type; the router asks only
/// the three questions ``isMeshWorthy``, ``isGraylisted`` and ``penalty``.
///
/// Source: gossipsub v1.1 spec, Peer Scoring, P4 and P7.
struct PeerScore: Sendable, Equatable {
    /// Thousandths of a point; never above twice the graylist limit, so that it decays in time.
    private(set) var penalty = 0
    /// Whether the peer's RPCs are ignored.
    private(set) var isGraylisted = false

    /// Whether the peer may be in a mesh or be gossiped with.
    var isMeshWorthy: Bool { self.penalty < PeerScoreLimits.mesh }

    /// Whether nothing is held against the peer.
    var isClean: Bool { self.penalty == 0 }

    /// Counts a deed; true when the peer crosses the graylist limit by it.
    mutating func punish(_ deed: GossipPenalty) -> Bool {
        let sum = self.penalty + Self.weight(of: deed)
        self.penalty = min(sum, 2 * PeerScoreLimits.graylist)
        guard self.penalty >= PeerScoreLimits.graylist, !self.isGraylisted else { return false }
        self.isGraylisted = true
        return true
    }

    /// Forgives a hundredth for each heartbeat that passed.
    mutating func decay(heartbeats: Int = 1) {
        for _ in 0..<heartbeats where self.penalty > 0 {
            self.penalty = self.penalty * 99 / 100
        }
        if self.penalty < PeerScoreLimits.graylistEnd { self.isGraylisted = false }
    }

    private static func weight(of deed: GossipPenalty) -> Int {
        switch deed {
        case .invalidMessage: PeerScoreLimits.invalidMessage
        case .malformedRPC: PeerScoreLimits.malformedRPC
        case .brokenPromise: PeerScoreLimits.brokenPromise
        case .graftFlood: PeerScoreLimits.graftFlood
        }
    }
}

/// The weights and limits of ``PeerScore``, in thousandths of a point.
enum PeerScoreLimits {
    /// A peer at this sum is ignored.
    ///
    /// Source: own choice: ten invalid messages at once, or more than one each ten seconds.
    static let graylist = 100_000

    /// A graylisted peer is heard again below this sum.
    ///
    /// Source: own choice: about 69 heartbeats after the last deed, so that it does not flutter.
    static let graylistEnd = 50_000

    /// A peer at this sum is pruned from every mesh.
    ///
    /// Source: own choice: two invalid messages in a row may come from a clock, three do not.
    static let mesh = 25_000

    /// An invalid message (P4).
    ///
    /// Source: own choice: honest peers validate before they relay.
    static let invalidMessage = 10_000

    /// A malformed RPC.
    ///
    /// Source: own choice: one of them never suffices (`docs/architecture.md`).
    static let malformedRPC = 10_000

    /// A broken promise (P7).
    ///
    /// Source: own choice: an overloaded honest peer breaks a few, one each heartbeat is a lie.
    static let brokenPromise = 2_000

    /// A GRAFT during back-off (P7).
    ///
    /// Source: own choice: half an invalid message; clocks of honest peers may differ a little.
    static let graftFlood = 5_000
}
