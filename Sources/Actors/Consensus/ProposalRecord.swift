import Identities
import Messages
import OrderedCollections
import Primitives

/// Everything that this node holds of one proposal.
///
/// What others said is kept as it came; who it counts for follows from the registry of keys when
/// it is looked at, so that the order of arrival does not matter.
struct ProposalRecord: KnownProposal, Sendable, Codable {
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
    /// Those of them that are on their way to the log; at replay they come later.
    private var unlogged: Set<MessageID> = []
    private(set) var supersededBy: OrderedSet<MessageID>
    private(set) var decision: DecisionFact?
    private(set) var decidedAt: Timestamp?
    /// How often an outcome was set aside (ADR 0064).
    private(set) var recount = 0
    /// The contradictory change of the protocol that it lost to, and until when it is voted on once more.
    private(set) var reopening: Reopening?
    /// What was decided before it lost.
    private var overruled: DecisionFact?
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

    /// An archived proposal once more, with its text, to be looked at.
    init(_ archived: ArchivedProposal, _ message: Message, _ proposal: Propose) {
        self.message = message
        self.proposal = proposal
        self.reputation = archived.reputation
        self.receivedAt = archived.receivedAt
        self.carriesArtefact = archived.carriesArtefact
        self.supersededBy = []
        self.decision = archived.decision
        self.decidedAt = archived.decidedAt
        self.isAdopted = archived.isAdopted
    }

    var id: MessageID { self.message.id }
    var timestamp: Timestamp { self.message.timestamp }
    var votingDeadline: Timestamp { self.proposal.votingDeadline }
    var contentHash: ContentHash { self.proposal.contentHash }
    var supersedes: MessageID? { self.proposal.supersedes }
    var requestID: MessageID? { self.proposal.requestID }

    /// The proposal itself and all that was said about it, as far as it is kept.
    var messages: [Message] {
        [self.message] + self.votes.items.map(\.message) + self.adoptions.items.map(\.message)
            + self.withdrawals.values
    }

    // MARK: What others said

    mutating func add(vote: Vote, _ admitted: AdmittedMessage) {
        let isInTime = admitted.message.timestamp <= self.votingEnds
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

    /// Adds a withdrawal.
    ///
    /// - Parameters:
    ///   - message: it.
    ///   - isLogged: whether it is in the log before anything that comes from now on.
    mutating func add(withdrawal message: Message, isLogged: Bool) {
        if let other = self.withdrawals[message.from],
            (other.timestamp, other.id) < (message.timestamp, message.id)
        {
            return
        }
        if !isLogged, self.withdrawals[message.from]?.id != message.id {
            self.unlogged.insert(message.id)
        }
        self.withdrawals[message.from] = message
    }

    /// A withdrawal is in the log.
    mutating func logged(withdrawal id: MessageID) { self.unlogged.remove(id) }

    /// Another proposal says that it replaces this one.
    mutating func superseded(by id: MessageID) { self.supersededBy.append(id) }

    /// This node adopted it.
    mutating func adopted() { self.isAdopted = true }

    // MARK: Reading

    /// The identity that proposes; nil when its key was revoked with effect before (D-14).
    func author(_ signers: Signers) -> NodeID? { signers.owner(of: self.message) }

    /// When any key of the author's identity took it back; nil when none did (R-07-017).
    func withdrawnAt(_ signers: Signers) -> Timestamp? {
        self.withdrawnAt(signers, by: self.withdrawals.values)
    }

    /// The same as far as the log knows, so that replay archives at the same place.
    func withdrawnInLogAt(_ signers: Signers) -> Timestamp? {
        self.withdrawnAt(
            signers,
            by: self.withdrawals.values.filter { !self.unlogged.contains($0.id) }
        )
    }

    private func withdrawnAt(_ signers: Signers, by withdrawals: some Collection<Message>)
        -> Timestamp?
    {
        guard !withdrawals.isEmpty, let author = self.author(signers) else { return nil }
        return
            withdrawals
            .filter { $0.timestamp <= self.decisionEnds && signers.owner(of: $0) == author }
            .map(\.timestamp).min()
    }

    /// No withdrawal has an effect later.
    var decisionEnds: Timestamp {
        self.decision?.state == .confirming ? self.confirmationEnds : self.votingEnds
    }

    /// Until when votes count: the signed deadline, or a later one where it was opened once more (D-91).
    var votingEnds: Timestamp { self.reopening?.votingEnds ?? self.votingDeadline }

    /// When a ratification has effect.
    var effectiveAt: Timestamp {
        let later = self.votingEnds.milliseconds(since: self.votingDeadline)
        return self.proposal.effectiveAt.adding(milliseconds: later)
    }

    private var confirmationEnds: Timestamp {
        self.votingEnds.adding(milliseconds: ConsensusLimits.confirmationMilliseconds)
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
        // The outcome that was set aside, said once more by a node that stopped in between.
        guard fact.recount == self.recount else { return }
        // Twice the same step, or one that a restart repeated, changes nothing.
        if let outcome = self.outcome,
            outcome.state == .ratified || fact.adopters <= outcome.adopters
        {
            return
        }
        self.decision = fact
        self.decidedAt = moment
        // Nobody could have voted once more by then: it stands after all.
        if let reopening, moment < reopening.votingEnds { self.restore() }
    }

    private mutating func restore() {
        self.reopening = nil
        self.overruled = nil
        let deadline = self.votingDeadline
        self.votes.rank { $0.timestamp <= deadline }
    }

    /// Drops the decision: the phase of the network that it rests on was wrong.
    mutating func takeBackDecision() {
        self.decision = nil
        self.decidedAt = nil
    }

    /// The outcome is set aside: votes are counted again, or people vote once more.
    ///
    /// - Returns: whether it is; a fact that a restart repeated changes nothing.
    mutating func reopen(_ fact: ReopeningFact) -> Bool {
        guard self.outcome != nil, fact.winner != nil ? self.reopening == nil : self.recount == 0
        else { return false }
        self.recount += 1
        let overruled = self.decision
        self.takeBackDecision()
        guard let winner = fact.winner else { return true }
        self.overruled = overruled
        self.reopening = Reopening(winner: winner, votingEnds: fact.votingEnds)
        self.votes.rank { $0.timestamp <= fact.votingEnds }
        return true
    }

    /// The decision that stands once more, as what it lost to lost itself; nil when it is decided anew.
    var restored: DecisionFact? {
        guard self.reopening != nil, self.outcome == nil else { return nil }
        return self.overruled?.copy(recount: self.recount)
    }

    // MARK: Age

    /// How it ended and from when on it is archived for that; nil when it has not ended, or never is
    /// (D-33, ADR 0064).
    func end(_ signers: Signers) -> (state: ProposalState, archivedFrom: Timestamp)? {
        self.end(signers, withdrawnAt: self.withdrawnAt(signers))
    }

    /// The same as far as the log knows.
    func endInLog(_ signers: Signers) -> (state: ProposalState, archivedFrom: Timestamp)? {
        self.end(signers, withdrawnAt: self.withdrawnInLogAt(signers))
    }

    private func end(_ signers: Signers, withdrawnAt: Timestamp?)
        -> (state: ProposalState, archivedFrom: Timestamp)?
    {
        guard !self.isPermanent else { return nil }
        if let outcome = self.outcome {
            let age = Retention.milliseconds(after: outcome)
            return (outcome.state, self.votingEnds.adding(milliseconds: age))
        }
        guard withdrawnAt != nil || self.author(signers) == nil else { return nil }
        let age = ConsensusLimits.undecidedRetentionMilliseconds
        return (.withdrawn, (withdrawnAt ?? self.votingDeadline).adding(milliseconds: age))
    }

    /// Whether its age has reached the limit of how it ended; the moment itself counts (R-12-015).
    func isArchived(_ signers: Signers, now: Timestamp) -> Bool {
        self.end(signers).map { $0.archivedFrom <= now } ?? false
    }

    /// Whether who joins later needs it, however old it is (R-12-012).
    private var isPermanent: Bool {
        if self.proposal.changesProtocol { return true }
        guard self.proposal.isGovernance, let outcome = self.outcome else { return false }
        return outcome.state == .ratified || outcome.restsOnPhase
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
        writer.field("recount", self.recount)
        writer.field("reopening", self.reopening)
        writer.field("overruled", self.overruled)
        writer.field("isAdopted", self.isAdopted)
        writer.field("carriesArtefact", self.carriesArtefact)
    }
}

/// How long proposals are kept for others, by how they ended (§12, D-33).
enum Retention {
    /// The age at which what was decided is archived.
    ///
    /// What ended without a quorum expired, as §12 has it, whatever it is called (D-56).
    static func milliseconds(after outcome: DecisionFact) -> Int64 {
        switch outcome.state {
        case .ratified: ConsensusLimits.ratifiedRetentionMilliseconds
        case .rejected where outcome.hasQuorum: ConsensusLimits.rejectedRetentionMilliseconds
        case .rejected, .expired, .withdrawn, .open, .converging, .confirming:
            ConsensusLimits.undecidedRetentionMilliseconds
        }
    }
}

extension Propose {
    /// Whether it changes what others must compute by: the protocol, or a parameter of it.
    var changesProtocol: Bool { self.eol != nil || self.resolution?.kind == .parameter }
}
