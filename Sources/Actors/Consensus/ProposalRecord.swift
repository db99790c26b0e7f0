import Messages
import OrderedCollections
import Primitives

/// Everything that this node holds of one proposal.
struct ProposalRecord: Sendable {
    /// One identity's vote with its weight at arrival.
    struct Ballot: Sendable {
        let message: Message
        let vote: Vote
        let identity: NodeID
        let weight: FixedPoint
        /// Why the vote does not count whatever becomes of the proposal; nil when it may.
        let objection: String?
    }

    /// One identity's newest ADOPT.
    struct Adoption: Sendable {
        let message: Message
        let success: Bool
    }

    let message: Message
    let proposal: Propose
    let author: NodeID
    private(set) var ballots: OrderedDictionary<NodeID, Ballot> = [:]
    private(set) var adoptions: OrderedDictionary<NodeID, Adoption> = [:]
    private(set) var comments: [AdmittedMessage] = []
    var withdrawnAt: Timestamp?
    var supersededBy: OrderedSet<MessageID> = []
    var decision: Decision?
    var isAdopted = false

    init(message: Message, proposal: Propose, author: NodeID) {
        self.message = message
        self.proposal = proposal
        self.author = author
    }

    /// Share of endorse that ratifies.
    var threshold: FixedPoint {
        switch self.proposal.tier {
        case .standard: ConsensusLimits.standardThreshold
        case .constitutional: ConsensusLimits.constitutionalThreshold
        }
    }

    /// When the next decision is due; nil when none is.
    var decisionDue: Timestamp? {
        guard self.withdrawnAt == nil else { return nil }
        guard let decision = self.decision else { return self.proposal.votingDeadline }
        guard decision.state == .confirming else { return nil }
        return self.proposal.votingDeadline.adding(
            milliseconds: ConsensusLimits.confirmationMilliseconds
        )
    }

    /// A later vote of an identity replaces the earlier one; larger id on a tie (R-08-002).
    ///
    /// One that is stamped after the deadline replaces none that is not (D-55).
    mutating func cast(_ ballot: Ballot) {
        if let earlier = self.ballots[ballot.identity], self.rank(earlier) >= self.rank(ballot) {
            return
        }
        self.ballots[ballot.identity] = ballot
    }

    private func rank(_ ballot: Ballot) -> (Int, Timestamp, MessageID) {
        let message = ballot.message
        return (self.isLate(message) ? 0 : 1, message.timestamp, message.id)
    }

    /// Whether a message is stamped after the voting deadline.
    func isLate(_ message: Message) -> Bool {
        message.timestamp > self.proposal.votingDeadline
    }

    /// Why a vote does not count; nil when it does.
    func reasonNotToCount(_ ballot: Ballot) -> String? {
        if let objection = ballot.objection { return objection }
        let isWithdrawn = self.withdrawnAt.map { ballot.message.timestamp > $0 } ?? false
        return isWithdrawn ? "the proposal was withdrawn before" : nil
    }

    /// The newest ADOPT of an identity stands.
    mutating func adopt(_ adoption: Adoption, by identity: NodeID) {
        if let earlier = self.adoptions[identity]?.message,
            (earlier.timestamp, earlier.id) >= (adoption.message.timestamp, adoption.message.id)
        {
            return
        }
        self.adoptions[identity] = adoption
    }

    mutating func comment(_ admitted: AdmittedMessage) { self.comments.append(admitted) }

    /// The tally of the votes that count, against a network of this size.
    func tally(of network: NetworkSize) -> Tally {
        var tally = Tally(
            voters: 0,
            endorse: .zero,
            reject: .zero,
            abstain: .zero,
            quorum: network.quorum,
            threshold: self.threshold
        )
        for ballot in self.ballots.values where self.reasonNotToCount(ballot) == nil {
            tally.voters += 1
            switch ballot.vote.stance {
            case .endorse: tally.endorse = tally.endorse + ballot.weight
            case .reject: tally.reject = tally.reject + ballot.weight
            case .abstain: tally.abstain = tally.abstain + ballot.weight
            }
        }
        return tally
    }
}

/// How large the network was when somebody looked.
struct NetworkSize: Sendable, Equatable {
    let activeIdentities: Int
    let activeReputation: FixedPoint

    /// Weight that must take part: the larger of 0.1 a head and a tenth of all reputation (D-53).
    var quorum: FixedPoint {
        let heads = FixedPoint(millionths: Int64(clamping: self.activeIdentities))
            .scaled(numerator: ConsensusLimits.quorumPerIdentity.millionths, denominator: 1)
        return max(heads, self.activeReputation.multiplied(by: ConsensusLimits.quorumShare))
    }
}
