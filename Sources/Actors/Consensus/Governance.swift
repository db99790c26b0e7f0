import Identities
import Messages
import OrderedCollections
import Primitives

/// The rules of governance: what is accepted, what counts, and what this node decides.
///
/// Accepted is objective and relayed; whether a vote counts is this node's own opinion (D-20).
/// The state is a fold over accepted messages, logged identity messages and logged facts. Messages
/// are kept as they came, in outline; whose they are, and what they count, is worked out when it is
/// asked. Whole texts are read from the log.
struct Governance: Sendable, Codable {
    private(set) var requests = RequestBook()
    private(set) var proposals = ProposalBook()
    private(set) var signers = Signers()
    private(set) var comments = CommentBook()
    private(set) var observations: Observations
    private(set) var clock = SustainClock()
    private(set) var presence = Presence()
    private(set) var takenBack = TakenBack()
    private(set) var parameters: ParameterHistory
    /// As peers are shown it.
    var tree = ProposalTree()
    /// This node's key; nil when nobody said.
    let own: NodeID?
    private var orphans = OrphanBox()
    private var parked = ParkedWithdrawals()
    /// The newest clock hour in which archived proposals were looked for, counted from 1970.
    private var archivedInHour = Int64.min
    /// Messages that left memory and of which nobody was told yet.
    private var newlyArchived: [MessagePlace] = []

    /// Begins with what the network's description says.
    init(
        parameters: NetworkParameters = NetworkParameters(),
        founders: [NodeID] = [],
        own: NodeID? = nil
    ) {
        self.parameters = ParameterHistory(parameters)
        self.own = own
        self.observations = Observations(vouched: Set(founders + [own].compactMap(\.self)))
    }

    // MARK: Judging

    /// Judges a message of its own types, and applies it when it holds.
    ///
    /// - Parameters:
    ///   - admitted: the message.
    ///   - findings: what the storage market said, where ``items(concerning:)`` had to be asked.
    /// - Returns: whether it holds, and what follows.
    mutating func judge(_ admitted: AdmittedMessage, _ findings: Findings = Findings())
        -> [ConsensusAction]
    {
        if let refusal = self.refusal(of: admitted, findings) {
            self.parked.park(admitted)
            return [.refuse(admitted, refusal)]
        }
        let message = admitted.message
        let isOrphan = self.isOrphan(message)
        self.apply(admitted)
        var actions: [ConsensusAction] = [.accept(admitted)]
        if isOrphan, let target = message.target {
            let holders = [admitted.origin.peer, message.from].compactMap { $0 }
            actions.append(.fetch(target, likelyHolders: holders))
        }
        return actions
    }

    func isOrphan(_ message: Message) -> Bool {
        message.target.map { !self.proposals.knows($0) && self.requests[$0] == nil } ?? false
    }

    /// Accepts withdrawals that were refused before, once a change of keys made them the author's.
    private mutating func unpark() -> [ConsensusAction] {
        let valid = self.parked.all.filter { self.refusal(of: $0, Findings()) == nil }
        return valid.flatMap { admitted -> [ConsensusAction] in
            self.parked.remove(admitted.message.id)
            // The relaying peer was told of the refusal already, so no verdict is sent again.
            let again = AdmittedMessage(
                message: admitted.message,
                origin: .sync(peer: admitted.origin.peer ?? admitted.message.from),
                receivedAt: admitted.receivedAt,
                sender: admitted.sender,
                reputation: admitted.reputation
            )
            self.apply(again)
            return [.accept(again)]
        }
    }

    // MARK: Presence

    /// Compares clocks with peers.
    mutating func compared(_ comparison: ClockComparison) { self.presence.compared(comparison) }

    /// This node starts and does not know yet what it missed.
    mutating func wasAway() { self.presence.wasAway() }

    /// This node has fetched what it missed; unless its network begins, it listens before it takes late
    /// decisions.
    mutating func caughtUp(isBeginning: Bool, now: Timestamp) {
        self.presence.caughtUp(isBeginning: isBeginning, now: now)
    }

    /// Late decisions wait until every peer has had the time to announce itself.
    mutating func listen(now: Timestamp) { self.presence.listen(now: now) }

    // MARK: The fold

    /// Folds a message of any type that is in the log, live and at replay.
    mutating func logged(_ admitted: AdmittedMessage) -> [ConsensusAction] {
        self.observations.note(admitted.message)
        self.takenBack.note(admitted)
        self.archive(after: admitted.message)
        return self.signers.apply(admitted.message) ? self.keysChanged() : []
    }

    /// Whose messages are whose is another matter now.
    private mutating func keysChanged() -> [ConsensusAction] {
        self.tree.changed()
        self.archiveAll()
        return self.unpark()
    }

    /// A revoked key proved its delay anew in a handshake (D-13).
    mutating func logged(_ start: KeyStartedOver) -> [ConsensusAction] {
        self.signers.apply(start) ? self.keysChanged() : []
    }

    /// Time passes by entries of the log: resolutions on keys come into force (D-61).
    mutating func advance(to time: Timestamp) -> [ConsensusAction] {
        self.requests.drop(at: time)
        let actions = self.signers.advance(to: time) ? self.keysChanged() : []
        if time.clockHour > self.archivedInHour {
            self.archivedInHour = time.clockHour
            self.archiveAll()
        }
        return actions
    }

    /// Applies an accepted message of its own types, now or at replay.
    mutating func apply(_ whole: AdmittedMessage) {
        let admitted = whole.outline
        let message = admitted.message
        switch message.payload {
        case .request:
            self.requests.add(message, receivedAt: admitted.receivedAt)
            self.adoptOrphans(of: message.id)
        case .propose(let proposal):
            self.open(proposal, admitted, carriesArtefact: whole.message.carriesArtefact)
            self.tree.changed()
        case .comment, .vote, .adopt, .withdraw:
            guard let target = message.target else { return }
            // It is in the log, and about something that nobody looks at any more.
            guard self.proposals.archived(target) == nil else {
                self.newlyArchived.append(MessagePlace(message))
                return
            }
            self.attach(admitted, to: target)
        default: break
        }
    }

    private mutating func attach(_ admitted: AdmittedMessage, to target: MessageID) {
        let message = admitted.message
        if case .comment(let comment) = message.payload {
            self.comments.add(comment, admitted)
            if self.isOrphan(message) { self.keepOrphan(admitted, target) }
        } else if self.proposals[target] == nil {
            self.keepOrphan(admitted, target)
        } else {
            self.proposals.attach(admitted, to: target)
            if message.type == .withdraw { self.tree.changed() }
        }
    }

    private mutating func open(
        _ proposal: Propose,
        _ admitted: AdmittedMessage,
        carriesArtefact: Bool
    ) {
        let isNew = self.proposals.open(proposal, admitted, carriesArtefact: carriesArtefact)
        if isNew { self.adoptOrphans(of: admitted.message.id) }
    }

    private mutating func keepOrphan(_ admitted: AdmittedMessage, _ target: MessageID) {
        for dropped in self.orphans.add(admitted, waitingFor: target) {
            self.comments.forget(dropped)
        }
    }

    private mutating func adoptOrphans(of target: MessageID) {
        for orphan in self.orphans.take(target) {
            self.proposals.attach(orphan, to: target, wasOrphan: true)
        }
    }

    /// Proposals that others talk about and nobody has brought, with those who talked.
    var missing: [(target: MessageID, senders: [NodeID])] { self.orphans.targets }

    /// An hour is in the log.
    mutating func observed(_ hour: HourObservation) {
        self.clock.observe(hour)
        self.takeBackDecisions()
    }

    /// Peers agree on when governance began, says the log (D-59).
    mutating func learnt(_ hint: GovernanceHint, at moment: Timestamp) {
        self.clock.learn(hint.since, at: moment)
        self.takeBackDecisions()
    }

    /// Rules could be changed when these were proposed, as is known now (ADR 0024).
    private mutating func takeBackDecisions() {
        for id in self.proposals.ids { self.takeBackDecision(on: id) }
    }

    private mutating func takeBackDecision(on proposal: MessageID) {
        guard let record = self.proposals[proposal], record.decision?.restsOnPhase == true,
            self.phaseObjection(to: record) == nil
        else { return }
        self.proposals.takeBackDecision(on: proposal)
        self.tree.changed()
    }

    /// A decision is in the log: it takes effect.
    mutating func decided(_ decision: DecisionFact, at moment: Timestamp) {
        self.proposals.decided(decision, at: moment)
        self.tree.changed()
        // Hours observed while the decision was on its way to the log are taken into account, too.
        self.takeBackDecision(on: decision.proposal)
        // A fact that came too late to be the decision has no effect.
        guard self.proposals[decision.proposal]?.decision == decision,
            let ratified = ResolutionRatified(decision)
        else { return self.archiveIfDue(decision.proposal) }
        self.ratified(ratified)
    }

    /// An outcome was set aside, says the log.
    mutating func reopened(_ fact: ReopeningFact) {
        guard self.proposals.reopen(fact) else { return }
        self.parameters.remove(fact.proposal)
    }

    /// A resolution was voted for: it comes into force when its time comes.
    mutating func ratified(_ ratified: ResolutionRatified) {
        switch ratified.resolution.kind {
        case .parameter: self.parameters.add(ratified)
        case .keyConflict:
            self.signers.ratified(ratified)
            self.tree.changed()
        case .flag, .ban: break
        }
    }

    // MARK: The archive

    /// What has its age at the beginning of the hour leaves memory: it must not matter when in the hour
    /// one looks.
    private mutating func archiveAll() {
        for id in self.proposals.ids { self.archiveIfDue(id) }
    }

    /// What comes late may be about a proposal that has its age already.
    private mutating func archive(after message: Message) {
        switch message.payload {
        case .propose: self.archiveIfDue(message.id)
        case .withdraw(let withdrawal):
            self.proposals.logged(withdrawal: message.id, of: withdrawal.proposalID)
            self.archiveIfDue(withdrawal.proposalID)
        default: return
        }
    }

    private mutating func archiveIfDue(_ proposal: MessageID) {
        guard self.archivedInHour > Int64.min,
            let end = self.proposals[proposal]?.endInLog(self.signers),
            end.archivedFrom <= Timestamp(clockHour: self.archivedInHour)
        else { return }
        self.newlyArchived += self.proposals.archive(proposal, as: end.state, self.signers)
        self.newlyArchived += self.comments.archive(proposal)
    }

    /// Takes the messages that left memory since the last time.
    mutating func takeNewlyArchived() -> [MessagePlace] {
        defer { self.newlyArchived = [] }
        return self.newlyArchived
    }

    /// The archived ones among these proposals.
    func archived(among proposals: [MessageID], now: Timestamp) -> Set<MessageID> {
        Set(
            proposals.filter { id in
                self.proposals[id].map { $0.isArchived(self.signers, now: now) }
                    ?? (self.proposals.archived(id) != nil)
            }
        )
    }

    /// This node adopted a proposal: its artefact is verified and on disk.
    mutating func adopted(_ proposal: MessageID) {
        self.proposals.adopted(proposal)
    }
}

extension Governance: Digestible {
    /// Who was there when, and which withdrawals were refused so far, is not in the log.
    func digest(into writer: inout some StateWriter) {
        writer.field("requests", self.requests)
        writer.field("proposals", self.proposals)
        writer.field("signers", self.signers)
        writer.field("comments", self.comments)
        writer.field("observations", self.observations)
        writer.field("takenBack", self.takenBack)
        writer.field("clock", self.clock)
        writer.field("parameters", self.parameters)
        writer.field("orphans", self.orphans)
        writer.field("archivedInHour", self.archivedInHour)
    }
}

extension Message {
    /// Whether it is a proposal with its artefact inline; the outline of a long one no longer tells.
    fileprivate var carriesArtefact: Bool {
        guard case .propose(let proposal) = self.payload else { return false }
        return proposal.contentInline != nil
    }
}

extension AdmittedMessage {
    /// What is kept of it: long texts stay in the log.
    fileprivate var outline: AdmittedMessage {
        AdmittedMessage(
            message: self.message.outline,
            origin: self.origin,
            receivedAt: self.receivedAt,
            sender: self.sender,
            reputation: self.reputation
        )
    }
}
