import Messages
import Primitives

/// What the peers that a node syncs from have to be together (R-05-075, R-05-076, D-26).
struct TeamRules: Sendable, Equatable {
    /// How many there are at least.
    let peers: Int
    /// In how many networks they are at least.
    let networks: Int
    /// Whether one of them is a bootstrap node.
    let needsBootstrap: Bool

    private init(peers: Int, networks: Int, needsBootstrap: Bool) {
        self.peers = peers
        self.networks = networks
        self.needsBootstrap = needsBootstrap
    }

    /// The rules of the protocol.
    static func strict(needsBootstrap: Bool) -> TeamRules {
        TeamRules(
            peers: SyncLimits.peersWanted,
            networks: SyncLimits.networksWanted,
            needsBootstrap: needsBootstrap
        )
    }

    /// In a small network all that can serve are the team (D-26).
    static func small(_ serving: [Candidate], needsBootstrap: Bool) -> TeamRules {
        TeamRules(
            peers: max(1, serving.count),
            networks: min(SyncLimits.networksWanted, Self.networks(of: serving)),
            needsBootstrap: needsBootstrap
        )
    }

    /// Whether peers meet the rules; more of them never do less.
    func areMet(by team: [Candidate]) -> Bool {
        team.count >= self.peers && !self.lackNetwork(team) && !self.lackBootstrap(team)
    }

    func lackNetwork(_ team: [Candidate]) -> Bool { Self.networks(of: team) < self.networks }

    func lackBootstrap(_ team: [Candidate]) -> Bool {
        self.needsBootstrap && !team.contains(where: \.isBootstrap)
    }

    private static func networks(of team: [Candidate]) -> Int { Set(team.map(\.network)).count }

    /// How many of so many peers must hold the same root (R-05-095, D-26).
    static func agreeing(of peers: Int) -> Int { (3 * peers + 4) / 5 }
}

/// How many identities run nodes, as far as this node has ever heard (D-26).
struct NetworkSize: Sendable, Codable {
    private var announced: Set<NodeID> = []

    /// An identity announced a node.
    mutating func heard(_ identity: NodeID) {
        if self.isSmall { self.announced.insert(identity) }
    }

    var isSmall: Bool { self.announced.count < SyncLimits.identitiesOfSmallNetwork }
}
