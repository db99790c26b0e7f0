import Messages
import OrderedCollections
import Primitives

/// What connected peers are worth, to the mesh and to the transport (ADR 0019).
struct PeerRatings: Sendable {
    /// The last standing that Reputation told of each connected peer.
    private var standings: OrderedDictionary<NodeID, PeerStandings.Standing> = [:]
    /// The value that the transport was told of each connected peer.
    private var values: [NodeID: Int] = [:]
    private var nextReview = Timestamp(milliseconds: 0)

    /// What is known of a connected peer.
    func standing(of peer: NodeID) -> PeerStandings.Standing? { self.standings[peer] }

    /// Whether it is time to ask for the standing of all connected peers, which is once a minute.
    mutating func takeReview(now: Timestamp) -> Bool {
        guard now >= self.nextReview else { return false }
        self.nextReview = now.adding(milliseconds: GossipLimits.reviewMilliseconds)
        return true
    }

    /// Reputation says what a connected peer is worth.
    mutating func rated(_ standing: PeerStandings.Standing) {
        self.standings[standing.node] = standing
    }

    /// A peer is gone.
    mutating func forget(_ peer: NodeID) {
        self.standings[peer] = nil
        self.values[peer] = nil
    }

    /// Tells the transport whose value has changed.
    ///
    /// - Parameter places: in how many meshes each peer is.
    /// - Returns: what to tell it.
    mutating func revalue(places: [NodeID: Int]) -> [GossipAction] {
        var actions: [GossipAction] = []
        for (peer, standing) in self.standings {
            let value = standing.value + places[peer, default: 0] * GossipLimits.meshValue
            guard self.values[peer] != value else { continue }
            self.values[peer] = value
            actions.append(.setValue(peer, value))
        }
        return actions
    }
}

extension PeerStandings.Standing {
    /// The application's part of a peer's score.
    var points: FixedPoint {
        switch self.condition {
        case .good:
            (self.score - GossipLimits.reputationFloor).scaled(
                numerator: GossipLimits.pointsPerReputation,
                denominator: 1
            )
        case .suspended: GossipLimits.suspendedPoints
        case .banned: GossipLimits.bannedPoints
        }
    }

    /// What the connection is worth without its places in meshes: reputation in hundredths.
    fileprivate var value: Int {
        let hundredths = self.score.scaled(numerator: 1, denominator: 10_000).millionths
        return Int(clamping: hundredths)
    }
}
