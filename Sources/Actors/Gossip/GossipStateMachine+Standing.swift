import GossipSub
import Messages
import Multiformats
import OrderedCollections
import Primitives

// What connected peers are worth, to the mesh and to the transport (ADR 0019).
extension GossipStateMachine {
    /// Asks for the standing of all connected peers once a minute.
    mutating func review(now: Timestamp) -> [GossipAction] {
        guard now >= self.nextReview else { return [] }
        self.nextReview = now.adding(milliseconds: GossipLimits.reviewMilliseconds)
        return self.connected.isEmpty ? [] : [.askStandings(Array(self.connected))]
    }

    /// Reputation says what peers are worth.
    mutating func rated(_ standings: [PeerStandings.Standing], now: Timestamp) -> [GossipAction] {
        var actions: [GossipAction] = []
        for standing in standings where self.connected.contains(standing.node) {
            self.standings[standing.node] = standing
            let crossing = self.router.setApplicationScore(
                standing.points,
                of: PeerID(ed25519: standing.node.publicKey),
                now: now.milliseconds
            )
            actions += self.translate(crossing)
        }
        return actions + self.revalue()
    }

    /// Tells the transport whose value has changed.
    private mutating func revalue() -> [GossipAction] {
        var places: [NodeID: Int] = [:]
        for topic in Topic.allCases {
            for peer in self.router.meshPeers(of: topic.rawValue) {
                if let node = NodeID(peer: peer) { places[node, default: 0] += 1 }
            }
        }
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
