import Messages
import Primitives

/// What this node decided on a proposal, as far as the ledger is concerned (§8, D-58).
///
/// Consensus writes it; members that are missing are taken as unknown.
struct DecisionFact: Sendable {
    /// A vote on the proposal.
    struct Ballot: Sendable, Equatable {
        let identity: NodeID
        let at: Timestamp
        let isCounted: Bool
    }

    static let kind = "decision"

    let proposal: MessageID
    let state: ProposalState
    let author: NodeID?
    let votes: [Ballot]

    /// Reads a fact; nil for others.
    init?(_ fact: LocalFact) {
        guard fact.owner == .consensus, fact.kind == Self.kind,
            let root = try? JSONDocument(scanning: fact.body).root,
            let proposal = root["proposal_id"]?.string.flatMap({ MessageID(hex: $0) }),
            let state = root["state"]?.string.flatMap(ProposalState.init(rawValue:))
        else { return nil }
        self.proposal = proposal
        self.state = state
        self.author = root["author"]?.string.flatMap { NodeID(hex: $0) }
        self.votes = (root["votes"]?.elements ?? []).compactMap { Self.ballot($0) }
    }

    private static func ballot(_ vote: JSONView) -> Ballot? {
        guard let identity = vote["identity"]?.string.flatMap({ NodeID(hex: $0) }),
            let at = vote["at"]?.integer
        else { return nil }
        return Ballot(
            identity: identity,
            at: Timestamp(milliseconds: at),
            isCounted: vote["counted"]?.bool ?? false
        )
    }

    /// Whether the decision stands for good.
    var isFinal: Bool {
        switch self.state {
        case .ratified, .rejected, .expired: true
        case .open, .converging, .confirming, .withdrawn: false
        }
    }
}
