import Messages
import OrderedCollections
import Primitives

/// The rules of governance: what is accepted, what counts, and what this node decides.
///
/// Accepted is objective and relayed; whether a vote counts is this node's own opinion (D-20).
/// The state is a fold over accepted messages, logged identity messages and logged facts. Messages
/// are kept as they came, in outline; whose they are, and what they count, is worked out when it is
/// asked. Whole texts are read from the log.
struct ConsensusStateMachine: Sendable {
    var requests: OrderedDictionary<MessageID, Message> = [:]
    var proposals: OrderedDictionary<MessageID, ProposalRecord> = [:]
    var signers = Signers()
    var comments = CommentBook()
    var observations: Observations
    /// This node's key; nil when nobody said.
    let own: NodeID?
    private(set) var clock = SustainClock()
    /// When this node had what it missed (ADR 0024); it decides nothing while this is nil.
    private(set) var caughtUpAt: Timestamp? = Timestamp(milliseconds: .min)
    /// From when on it decides what it was not there for in time.
    private(set) var lateFrom = Timestamp(milliseconds: .min)
    var parameters: ParameterHistory
    /// PROPOSE messages of each key, for the identity-wide limit.
    private var proposing: OrderedDictionary<NodeID, [Message]> = [:]
    private let weekly = RateWindow(
        count: ConsensusLimits.proposalsMax,
        milliseconds: ConsensusLimits.proposalWindowMilliseconds
    )
    private var orphans = OrphanBox()
    /// The newest clock hour in which expired requests were looked for, counted from 1970.
    private var lookedInHour = Int64.min
    /// How far the clock of this node is ahead of those of its peers, in milliseconds; negative when
    /// it is behind.
    private(set) var clockAhead: Int64 = 0
    private var successors: OrderedDictionary<MessageID, [MessageID]> = [:]
    /// Withdrawals by others than the author, refused so far: a link may come that allows them.
    private var parked: OrderedDictionary<MessageID, AdmittedMessage> = [:]

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
    mutating func judge(_ admitted: AdmittedMessage) -> [ConsensusAction] {
        if let refusal = self.refusal(of: admitted) {
            self.park(admitted)
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

    /// From when on an identity may propose, by the limit that its keys share (R-01-050); nil when it
    /// may at that moment.
    func nextProposal(of identity: NodeID, from moment: Timestamp) -> Timestamp? {
        let own = self.signers.keys(thatSignedFor: identity)
            .flatMap { self.proposing[$0] ?? [] }
            .filter { self.signers.owner(of: $0) == identity }
        return self.weekly.next(from: moment, among: own.map(\.timestamp))
    }

    func isOrphan(_ message: Message) -> Bool {
        message.target.map { self.proposals[$0] == nil && self.requests[$0] == nil } ?? false
    }

    private mutating func park(_ admitted: AdmittedMessage) {
        guard case .withdraw = admitted.message.payload, admitted.origin.peer != nil,
            admitted.message.canonical.count <= WireLimits.wholeBytesMax
        else { return }
        self.parked[admitted.message.id] = admitted
        if self.parked.count > ConsensusLimits.parkedMax { self.parked.removeFirst() }
    }

    /// Accepts withdrawals that a change of keys made the author's.
    private mutating func unpark() -> [ConsensusAction] {
        let valid = self.parked.values.filter { self.refusal(of: $0) == nil }
        return valid.flatMap { admitted -> [ConsensusAction] in
            self.parked.removeValue(forKey: admitted.message.id)
            // The relay had its answer; nobody waits for another one.
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

    /// Compares clocks; peers are believed no further than a clock may be off, or they could keep a
    /// node from voting at all.
    mutating func compared(_ comparison: ClockComparison) {
        let most = ConsensusLimits.clockDistanceMaxMilliseconds
        self.clockAhead = max(-most, min(most, comparison.offsetMilliseconds))
    }

    /// This node starts, and does not know what it missed.
    mutating func wasAway() { self.caughtUpAt = nil }

    /// This node has what it missed; unless its network begins, it listens before late decisions.
    mutating func caughtUp(isBeginning: Bool, now: Timestamp) {
        self.caughtUpAt = now
        if isBeginning { self.lateFrom = now } else { self.listen(now: now) }
    }

    /// Late decisions wait until every peer has had the time to announce itself.
    mutating func listen(now: Timestamp) {
        self.lateFrom = now.adding(milliseconds: ConsensusLimits.listeningMilliseconds)
    }

    // MARK: The fold

    /// Folds a message of any type that is in the log, live and at replay.
    mutating func logged(_ message: Message) -> [ConsensusAction] {
        self.observations.note(message)
        return self.signers.apply(message) ? self.unpark() : []
    }

    /// A revoked key proved its delay anew in a handshake (D-13).
    mutating func logged(_ start: KeyStartedOver) -> [ConsensusAction] {
        self.signers.apply(start) ? self.unpark() : []
    }

    /// Time passes by entries of the log: resolutions on keys come into force (D-61).
    mutating func advance(to time: Timestamp) -> [ConsensusAction] {
        self.dropRequests(at: time)
        return self.signers.advance(to: time) ? self.unpark() : []
    }

    /// Requests that nobody needed for a week leave memory and all answers; the log has them still.
    private mutating func dropRequests(at time: Timestamp) {
        let hour = time.milliseconds / ConsensusLimits.hourMilliseconds
        guard hour > self.lookedInHour else { return }
        self.lookedInHour = hour
        let oldest = time.adding(milliseconds: -ConsensusLimits.undecidedRetentionMilliseconds)
        self.requests.removeAll { _, message in
            guard case .request(let request) = message.payload else { return false }
            return request.expires.map { $0 < oldest } ?? false
        }
    }

    /// Applies an accepted message of its own types, now or at replay.
    mutating func apply(_ whole: AdmittedMessage) {
        let admitted = whole.outline
        let message = admitted.message
        switch message.payload {
        case .request:
            self.requests[message.id] = message
            self.adoptOrphans(of: message.id)
        case .propose(let proposal):
            self.open(proposal, admitted, carriesArtefact: whole.message.carriesArtefact)
        case .comment(let comment):
            self.comments.add(comment, admitted)
            if self.isOrphan(message) { self.keepOrphan(admitted, comment.targetID) }
        case .vote, .adopt, .withdraw:
            guard let target = message.target else { return }
            guard self.proposals[target] != nil else { return self.keepOrphan(admitted, target) }
            self.attach(admitted, to: target)
        default: break
        }
    }

    private mutating func open(
        _ proposal: Propose,
        _ admitted: AdmittedMessage,
        carriesArtefact: Bool
    ) {
        let message = admitted.message
        guard self.proposals[message.id] == nil else { return }
        self.proposing[message.from, default: []].append(message)
        var record = ProposalRecord(admitted, proposal)
        record.carriesArtefact = carriesArtefact
        record.supersededBy = OrderedSet(self.successors.removeValue(forKey: message.id) ?? [])
        self.proposals[message.id] = record
        self.link(message.id, supersedes: proposal.supersedes)
        self.adoptOrphans(of: message.id)
    }

    private mutating func link(_ id: MessageID, supersedes older: MessageID?) {
        guard let older else { return }
        if self.proposals[older] == nil {
            self.successors[older, default: []].append(id)
        } else {
            self.proposals[older]?.supersededBy.append(id)
        }
    }

    private mutating func keepOrphan(_ admitted: AdmittedMessage, _ target: MessageID) {
        for dropped in self.orphans.add(admitted, waitingFor: target) {
            self.comments.forget(dropped)
        }
    }

    private mutating func adoptOrphans(of target: MessageID) {
        for orphan in self.orphans.take(target) { self.attach(orphan, to: target) }
    }

    /// Proposals that others talk about and nobody has brought, with those who talked.
    var missing: [(target: MessageID, senders: [NodeID])] { self.orphans.targets }

    private mutating func attach(_ admitted: AdmittedMessage, to target: MessageID) {
        switch admitted.message.payload {
        case .vote(let vote): self.proposals[target]?.add(vote: vote, admitted)
        case .adopt(let adoption): self.proposals[target]?.add(adoption: adoption, admitted)
        case .withdraw: self.proposals[target]?.add(withdrawal: admitted.message)
        default: break
        }
    }

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
        for id in self.proposals.keys { self.takeBackDecision(on: id) }
    }

    mutating func takeBackDecision(on proposal: MessageID) {
        guard let record = self.proposals[proposal], record.decision?.restsOnPhase == true,
            self.phaseObjection(to: record) == nil
        else { return }
        self.proposals[proposal]?.takeBackDecision()
    }

    /// This node adopted a proposal: its artefact is verified and on disk.
    mutating func adopted(_ proposal: MessageID) {
        self.proposals[proposal]?.isAdopted = true
    }
}

extension Message {
    /// The proposal, or for a comment perhaps the request, that a message talks about.
    var target: MessageID? {
        switch self.payload {
        case .vote(let vote): vote.proposalID
        case .adopt(let adoption): adoption.proposalID
        case .withdraw(let withdrawal): withdrawal.proposalID
        case .comment(let comment): comment.targetID
        default: nil
        }
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
