import Messages
import OrderedCollections
import Primitives

/// The roots of the trees of a node.
struct Roots: Sendable, Hashable {
    let proposals: Bytes32
    /// Nil from nodes that do not say.
    let identities: Bytes32?
}

/// Whether the peers that this node synced from hold the same as it does (R-05-095).
struct RootAgreement: Sendable {
    /// What each peer said last.
    private(set) var latest: OrderedDictionary<NodeID, Roots> = [:]
    /// Who is still to be asked in this round.
    private var unasked: OrderedSet<NodeID> = []
    /// Rounds in which those that differ were asked.
    private var rounds = 0
    /// The own roots are being asked for.
    private(set) var isJudging = false

    // MARK: What peers say

    /// A peer answered; one that says no root of proposals says nothing.
    mutating func heard(_ answer: SyncResponse, from peer: NodeID) {
        guard answer.error == nil else { return }
        self.latest[peer] = answer.checkpoint.map {
            Roots(proposals: $0, identities: answer.identityCheckpoint)
        }
    }

    /// Whether a peer has said what it holds.
    func knows(_ peer: NodeID) -> Bool { self.latest[peer] != nil }

    /// The peer is gone.
    mutating func forget(_ peer: NodeID) {
        self.latest[peer] = nil
        self.unasked.remove(peer)
    }

    // MARK: Judging

    /// The own roots are asked for.
    mutating func beginToJudge() { self.isJudging = true }

    /// The own roots were told, or not.
    mutating func endJudging() { self.isJudging = false }

    /// Whether enough of a team hold the same proposals, and enough the same identities.
    func isEnough(_ own: Roots, of team: [NodeID]) -> Bool {
        let needed = TeamRules.agreeing(of: team.count)
        return team.count { self.hasProposals(of: own, $0) } >= needed
            && team.count { self.hasIdentities(of: own, $0) } >= needed
    }

    /// Who holds something else, or did not say.
    func dissenters(from own: Roots, in team: [NodeID]) -> [NodeID] {
        team.filter { !self.hasProposals(of: own, $0) || !self.hasIdentities(of: own, $0) }
    }

    private func hasProposals(of own: Roots, _ peer: NodeID) -> Bool {
        self.latest[peer]?.proposals == own.proposals
    }

    /// A peer that says no root of identities counts by its proposals alone.
    private func hasIdentities(of own: Roots, _ peer: NodeID) -> Bool {
        guard let theirs = self.latest[peer] else { return false }
        guard let ours = own.identities, let identities = theirs.identities else {
            return theirs.proposals == own.proposals
        }
        return identities == ours
    }

    // MARK: Asking again

    /// Who is to be asked what it holds.
    var next: NodeID? { self.unasked.first }

    /// Those that hold something else are asked again.
    ///
    /// - Returns: false when that was done often enough; then the next round is the first one again.
    mutating func askAgain(_ dissenters: [NodeID]) -> Bool {
        guard self.rounds < SyncLimits.rootRoundsMax else {
            self.rounds = 0
            return false
        }
        self.rounds += 1
        self.unasked = OrderedSet(dissenters)
        return true
    }

    /// Whether no round came before this one: what arrived since the phases were read may be all.
    var isFirstRound: Bool { self.rounds <= 1 }

    /// A peer was asked, with whatever outcome.
    mutating func asked(_ peer: NodeID) { self.unasked.remove(peer) }
}
