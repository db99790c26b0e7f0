import Identities
import Messages
import OrderedCollections
import Primitives

/// Everything that this node holds of one proposal.
///
/// What others said is kept as it came; who it counts for follows from the registry of keys when
/// it is looked at, so that the order of arrival does not matter.
struct ProposalRecord: Sendable {
    let message: Message
    let proposal: Propose
    /// The author's score at arrival.
    let reputation: FixedPoint
    let receivedAt: Timestamp
    private(set) var votes = MessageBox<Vote>()
    private(set) var adoptions = MessageBox<Adopt>()
    /// At least as many as there are identities behind them.
    private var weightyAdoptions = 0
    /// The earliest withdrawal of each key.
    private var withdrawals: OrderedDictionary<NodeID, Message> = [:]
    private(set) var supersededBy: OrderedSet<MessageID>
    private(set) var decision: DecisionFact?
    private(set) var decidedAt: Timestamp?
    private(set) var isAdopted = false
    /// Whether the whole message, as the log has it, carries the artefact inline.
    let carriesArtefact: Bool

    init(
        _ admitted: AdmittedMessage,
        _ proposal: Propose,
        carriesArtefact: Bool? = nil,
        supersededBy: OrderedSet<MessageID> = []
    ) {
        self.carriesArtefact = carriesArtefact ?? (proposal.contentInline != nil)
        self.supersededBy = supersededBy
        self.message = admitted.message
        self.proposal = proposal
        self.reputation = admitted.reputation
        self.receivedAt = admitted.receivedAt
    }

    var id: MessageID { self.message.id }

    // MARK: What others said

    mutating func add(vote: Vote, _ admitted: AdmittedMessage) {
        let isInTime = admitted.message.timestamp <= self.proposal.votingDeadline
        self.votes.insert(Self.item(vote, admitted, isInTime: isInTime))
    }

    mutating func add(adoption: Adopt, _ admitted: AdmittedMessage) {
        let isInTime = admitted.message.timestamp >= self.proposal.adoptableFrom
        self.adoptions.insert(Self.item(adoption, admitted, isInTime: isInTime))
        if adoption.success, Capability.vote.isPermitted(at: admitted.reputation) {
            self.weightyAdoptions += 1
        }
    }

    private static func item<Body>(_ body: Body, _ admitted: AdmittedMessage, isInTime: Bool)
        -> MessageBox<Body>.Item
    {
        let message = admitted.message
        return MessageBox.Item(
            message: message,
            body: body,
            reputation: admitted.reputation,
            rank: Rank(isInTime: isInTime, timestamp: message.timestamp, id: message.id)
        )
    }

    mutating func add(withdrawal message: Message) {
        if let other = self.withdrawals[message.from],
            (other.timestamp, other.id) < (message.timestamp, message.id)
        {
            return
        }
        self.withdrawals[message.from] = message
    }

    /// Another proposal says that it replaces this one.
    mutating func superseded(by id: MessageID) { self.supersededBy.append(id) }

    /// This node adopted it.
    mutating func adopted() { self.isAdopted = true }

    // MARK: Reading

    /// The identity that proposes; nil when its key was revoked with effect before (D-14).
    func author(_ signers: Signers) -> NodeID? { signers.owner(of: self.message) }

    /// When any key of the author's identity took it back; nil when none did (R-07-017).
    func withdrawnAt(_ signers: Signers) -> Timestamp? {
        guard !self.withdrawals.isEmpty, let author = self.author(signers) else { return nil }
        return self.withdrawals.values
            .filter { $0.timestamp <= self.decisionEnds && signers.owner(of: $0) == author }
            .map(\.timestamp).min()
    }

    /// No withdrawal has an effect later.
    var decisionEnds: Timestamp {
        self.decision?.state == .confirming ? self.confirmationEnds : self.proposal.votingDeadline
    }

    private var confirmationEnds: Timestamp {
        self.proposal.votingDeadline.adding(milliseconds: ConsensusLimits.confirmationMilliseconds)
    }

    /// The decision once it is final; a confirmation is not.
    var outcome: DecisionFact? { self.decision?.state == .confirming ? nil : self.decision }

    /// Identities that reported an adoption, sorted; those before the cooling period ended are not
    /// among them.
    func adopters(_ signers: Signers) -> [(identity: NodeID, item: MessageBox<Adopt>.Item)] {
        self.adoptions.newest(signers).filter { $0.item.rank.isInTime }
    }

    /// Successful adoptions by identities whose word weighs something (R-08-013).
    func weightyAdopters(_ signers: Signers) -> Int {
        self.adopters(signers).count {
            $0.item.body.success && Capability.vote.isPermitted(at: $0.item.reputation)
        }
    }

    /// When the next decision is due by the rules; nil when none is.
    func decisionDue(_ signers: Signers) -> Timestamp? {
        if let outcome = self.outcome { return self.reexaminationDue(outcome, signers) }
        guard self.author(signers) != nil, self.withdrawnAt(signers) == nil else { return nil }
        return self.decisionEnds
    }

    /// Whether the proposal came after a decision was due, or so shortly before, and not live, that
    /// its votes may still be under way (ADR 0024).
    func cameLate(for due: Timestamp) -> Bool {
        let listening = ConsensusLimits.listeningMilliseconds
        let isLive = self.receivedAt.milliseconds(since: self.message.timestamp) <= listening
        return self.receivedAt > due
            || !isLive && self.receivedAt.adding(milliseconds: listening) > due
    }

    /// Others adopted what this node saw fail: it looks again, with newer reputation (R-08-013).
    private func reexaminationDue(_ outcome: DecisionFact, _ signers: Signers) -> Timestamp? {
        // What stood against an artefact may have been for want of messages that came since (D-72).
        guard outcome.state != .ratified, outcome.objection == nil || !self.carriesArtefact,
            let decidedAt = self.decidedAt,
            self.weightyAdoptions > outcome.adopters,
            self.weightyAdopters(signers) > outcome.adopters
        else { return nil }
        return decidedAt.adding(milliseconds: ConsensusLimits.reexaminationMilliseconds)
    }

    /// A decision is in the log.
    mutating func decided(_ fact: DecisionFact, at moment: Timestamp) {
        // Twice the same step, or one that a restart repeated, changes nothing.
        if let outcome = self.outcome,
            outcome.state == .ratified || fact.adopters <= outcome.adopters
        {
            return
        }
        self.decision = fact
        self.decidedAt = moment
    }

    /// Drops the decision: the phase of the network that it rests on was wrong.
    mutating func takeBackDecision() {
        self.decision = nil
        self.decidedAt = nil
    }

    // MARK: Age

    /// Whether its age has reached the limit of its state (D-33).
    ///
    /// A change of the protocol never has: who joins later needs it (R-12-012).
    func isArchived(_ state: ProposalState, _ signers: Signers, now: Timestamp) -> Bool {
        guard self.proposal.eol == nil else { return false }
        let start = self.withdrawnAt(signers).flatMap { state == .withdrawn ? $0 : nil }
        let age = now.milliseconds(since: start ?? self.proposal.votingDeadline)
        return Retention.milliseconds(of: state).map { age >= $0 } ?? false
    }

    /// Whether it is a leaf of the Merkle tree at a full minute (D-33).
    func isLeaf(_ signers: Signers, minute: Timestamp) -> Bool {
        self.proposal.votingDeadline >= minute && self.author(signers) != nil
            && self.withdrawnAt(signers) == nil
    }
}

extension ProposalRecord: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("message", self.message)
        writer.field("reputation", self.reputation)
        writer.field("receivedAt", self.receivedAt)
        writer.field("votes", self.votes)
        writer.field("adoptions", self.adoptions)
        writer.field("withdrawals", self.withdrawals.ascending)
        writer.field("supersededBy", self.supersededBy.sorted())
        writer.field("decision", self.decision)
        writer.field("decidedAt", self.decidedAt)
        writer.field("isAdopted", self.isAdopted)
        writer.field("carriesArtefact", self.carriesArtefact)
    }
}

/// How long proposals are kept for others, by their state (§12, D-33).
enum Retention {
    /// The age at which a state is archived; nil for states that are not final.
    static func milliseconds(of state: ProposalState) -> Int64? {
        switch state {
        case .open, .converging, .confirming: nil
        case .expired, .withdrawn: ConsensusLimits.undecidedRetentionMilliseconds
        case .rejected: ConsensusLimits.rejectedRetentionMilliseconds
        case .ratified: ConsensusLimits.ratifiedRetentionMilliseconds
        }
    }
}
