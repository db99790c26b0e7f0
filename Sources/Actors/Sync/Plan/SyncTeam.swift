import Messages
import OrderedCollections
import Primitives

/// The peers that a node which catches up syncs from.
struct SyncTeam: Sendable {
    private(set) var members: OrderedSet<NodeID> = []
    /// Peers whose session broke; others go first.
    private var failed: OrderedSet<NodeID> = []
    /// Who was in the team when an attempt failed; the next one has others, too (R-05-093).
    private var before: OrderedSet<NodeID> = []

    /// Until when members serve nothing more (R-05-087, R-05-089).
    private var resting: OrderedDictionary<NodeID, Timestamp> = [:]

    /// The first member that still serves; nil when all rest.
    func awake(now: Timestamp) -> NodeID? {
        self.members.first { self.resting[$0].map { $0 <= now } ?? true }
    }

    /// A member has served what it serves in a minute.
    mutating func rests(_ peer: NodeID, until moment: Timestamp) { self.resting[peer] = moment }

    func hasFailed(with peer: NodeID) -> Bool { self.failed.contains(peer) }

    /// The attempt failed by what this peer did.
    mutating func failed(with peer: NodeID) {
        self.before = self.members.union([peer])
        self.members.remove(peer)
        self.failed.append(peer)
    }

    /// The attempt came to nothing without anybody's fault.
    mutating func gaveUp() { self.before = self.members }

    /// The peer is gone; when it comes back it is like any other.
    mutating func forget(_ peer: NodeID) {
        self.members.remove(peer)
        self.failed.remove(peer)
        self.before.remove(peer)
        self.resting[peer] = nil
    }

    /// Makes the team as whole as it can be.
    ///
    /// - Parameters:
    ///   - pool: who may be in it, those that failed included.
    ///   - rules: what it has to be.
    ///   - order: who of two is taken first when both help as much.
    mutating func fill(
        from pool: [Candidate],
        by rules: TeamRules,
        in order: (Candidate, Candidate) -> Bool
    ) {
        let nodes = Set(pool.map(\.node))
        self.members = self.members.filter(nodes.contains)
        self.rotate(pool, rules, order)
        self.extend(from: pool.filter { !self.failed.contains($0.node) }, by: rules, in: order)
        guard !rules.areMet(by: self.members(of: pool)) else { return }
        self.failed = []
        self.extend(from: pool, by: rules, in: order)
    }

    /// The members, with what is known of them.
    func members(of pool: [Candidate]) -> [Candidate] {
        pool.filter { self.members.contains($0.node) }
    }

    /// After a failed attempt two others come in, where there are any, in place of those that have been in
    /// the team for longest: three liars that came first must not stay in it for ever.
    private mutating func rotate(
        _ pool: [Candidate],
        _ rules: TeamRules,
        _ order: (Candidate, Candidate) -> Bool
    ) {
        guard !self.before.isEmpty else { return }
        let others = pool.filter {
            !self.before.contains($0.node) && !self.failed.contains($0.node)
        }
        let count = min(SyncLimits.newPeersAfterFailure, others.count)
        self.before = []
        guard count > 0 else { return }
        self.members = OrderedSet(self.members.suffix(max(0, rules.peers - count)))
        for _ in 0..<count { self.add(from: others, to: pool, rules, order) }
    }

    private mutating func extend(
        from able: [Candidate],
        by rules: TeamRules,
        in order: (Candidate, Candidate) -> Bool
    ) {
        while !rules.areMet(by: self.members(of: able)),
            self.add(from: able, to: able, rules, order)
        {}
    }

    /// Takes in the one that helps most.
    ///
    /// - Returns: whether anybody was left who helps.
    @discardableResult
    private mutating func add(
        from others: [Candidate],
        to pool: [Candidate],
        _ rules: TeamRules,
        _ order: (Candidate, Candidate) -> Bool
    ) -> Bool {
        let team = self.members(of: pool)
        let networks = Set(team.map(\.network))
        var able = others.filter { !self.members.contains($0.node) }
        let bootstraps = rules.lackBootstrap(team) ? able.filter(\.isBootstrap) : []
        let elsewhere =
            rules.lackNetwork(team) ? able.filter { !networks.contains($0.network) } : []
        if !bootstraps.isEmpty { able = bootstraps } else if !elsewhere.isEmpty { able = elsewhere }
        let isInVain =
            bootstraps.isEmpty && elsewhere.isEmpty && team.count >= rules.peers
        guard !isInVain, let next = able.min(by: order) else { return false }
        self.members.append(next.node)
        return true
    }
}
