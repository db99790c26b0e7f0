import Messages
import OrderedCollections
import Primitives

/// The rules of governance: what is accepted, what counts, and what this node decides.
///
/// Accepted is objective and relayed; whether a vote counts is this node's own opinion (D-20).
/// The state is a fold over accepted messages and logged decisions.
struct ConsensusStateMachine: Sendable {
    private(set) var requests: OrderedDictionary<MessageID, Message> = [:]
    private(set) var proposals: OrderedDictionary<MessageID, ProposalRecord> = [:]
    /// Votes, adoptions, withdrawals and comments whose proposal is not known yet (R-14-005).
    private var orphans: OrderedDictionary<MessageID, [AdmittedMessage]> = [:]
    private var orphanCount = 0
    private var successors: OrderedDictionary<MessageID, [MessageID]> = [:]
    private var proposing = RateWindow<NodeID>(
        count: ConsensusLimits.proposalsMax,
        milliseconds: ConsensusLimits.proposalWindowMilliseconds
    )
    private var commenting = RateWindow<CommentKey>(
        count: ConsensusLimits.commentsMax,
        milliseconds: ConsensusLimits.commentWindowMilliseconds
    )

    private struct CommentKey: Hashable, Sendable {
        let identity: NodeID
        let target: MessageID
    }

    // MARK: Judging

    mutating func judge(_ admitted: AdmittedMessage) -> [ConsensusAction] {
        if let refusal = self.refusal(of: admitted) { return [.refuse(admitted, refusal)] }
        let isOrphan = self.isOrphan(admitted.message)
        self.apply(admitted)
        var actions: [ConsensusAction] = [.accept(admitted)]
        if isOrphan, let target = admitted.message.target {
            let holders = [admitted.origin.peer, admitted.message.from].compactMap { $0 }
            actions.append(.fetch(target, likelyHolders: holders))
        }
        return actions
    }

    private func refusal(of admitted: AdmittedMessage) -> Refusal? {
        let message = admitted.message
        let identity = admitted.sender.identity
        switch message.payload {
        case .propose(let proposal):
            if let flaw = proposal.inlineFlaw { return Refusal(.schema, flaw) }
            guard self.proposing.allows(identity, at: message.timestamp) else {
                return Refusal(
                    .rateLimited,
                    "this identity made \(ConsensusLimits.proposalsMax) proposals in seven days"
                )
            }
        case .withdraw(let withdrawal):
            guard let record = self.proposals[withdrawal.proposalID] else { return nil }
            guard record.author == identity else {
                return Refusal(.rule, "only the author's identity can withdraw a proposal")
            }
        case .comment(let comment):
            let key = CommentKey(identity: identity, target: comment.targetID)
            guard self.commenting.allows(key, at: message.timestamp) else {
                return Refusal(
                    .rateLimited,
                    "this identity commented \(ConsensusLimits.commentsMax) times in a day on it"
                )
            }
        default: break
        }
        return nil
    }

    private func isOrphan(_ message: Message) -> Bool {
        message.target.map { self.proposals[$0] == nil } ?? false
    }

    // MARK: The fold

    /// Applies an accepted message, now or at replay.
    mutating func apply(_ admitted: AdmittedMessage) {
        let message = admitted.message
        switch message.payload {
        case .request:
            self.requests[message.id] = message
        case .propose(let proposal):
            self.open(proposal, admitted)
        case .vote, .adopt, .withdraw, .comment:
            guard let target = message.target else { return }
            if case .comment = message.payload {
                let key = CommentKey(identity: admitted.sender.identity, target: target)
                self.commenting.record(key, at: message.timestamp)
            }
            guard self.proposals[target] != nil else { return self.keepOrphan(admitted, target) }
            self.attach(admitted, to: target)
        default: break
        }
    }

    private mutating func open(_ proposal: Propose, _ admitted: AdmittedMessage) {
        let message = admitted.message
        guard self.proposals[message.id] == nil else { return }
        self.proposing.record(admitted.sender.identity, at: message.timestamp)
        var record = ProposalRecord(
            message: message,
            proposal: proposal,
            author: admitted.sender.identity
        )
        record.supersededBy = OrderedSet(self.successors.removeValue(forKey: message.id) ?? [])
        self.proposals[message.id] = record
        self.link(message.id, supersedes: proposal.supersedes)
        let waiting = self.orphans.removeValue(forKey: message.id) ?? []
        self.orphanCount -= waiting.count
        for orphan in waiting { self.attach(orphan, to: message.id) }
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
        self.orphans[target, default: []].append(admitted)
        self.orphanCount += 1
        while self.orphanCount > ConsensusLimits.orphansMax, let oldest = self.orphans.keys.first {
            self.orphanCount -= self.orphans.removeValue(forKey: oldest)?.count ?? 0
        }
    }

    private mutating func attach(_ admitted: AdmittedMessage, to target: MessageID) {
        guard var record = self.proposals[target] else { return }
        let message = admitted.message
        let identity = admitted.sender.identity
        switch message.payload {
        case .vote(let vote): record.cast(self.ballot(vote, admitted, on: record))
        case .adopt(let adoption):
            record.adopt(
                ProposalRecord.Adoption(message: message, success: adoption.success),
                by: identity
            )
        case .withdraw where identity == record.author:
            record.withdrawnAt = min(record.withdrawnAt ?? message.timestamp, message.timestamp)
        case .comment: record.comment(admitted)
        default: break
        }
        self.proposals[target] = record
    }

    /// A vote with its weight, and why it does not count, if it does not.
    private func ballot(_ vote: Vote, _ admitted: AdmittedMessage, on record: ProposalRecord)
        -> ProposalRecord.Ballot
    {
        let objection: String? =
            if record.isLate(admitted.message) {
                "stamped after the voting deadline"
            } else if !Capability.vote.isPermitted(at: admitted.reputation) {
                "score \(admitted.reputation), voting needs \(Capability.vote.gate)"
            } else {
                nil
            }
        // Half weight for voters with incomplete state (§5 Degraded mode).
        let weight =
            vote.syncStatus == .degraded
            ? admitted.reputation.scaled(numerator: 1, denominator: 2) : admitted.reputation
        return ProposalRecord.Ballot(
            message: admitted.message,
            vote: vote,
            identity: admitted.sender.identity,
            weight: objection == nil ? weight : .zero,
            objection: objection
        )
    }

    // MARK: Decisions

    /// The next moment at which a decision is due.
    var nextDecision: Timestamp? { self.proposals.values.compactMap(\.decisionDue).min() }

    /// Proposals whose decision is due.
    func due(now: Timestamp) -> [MessageID] {
        self.proposals.values.filter { $0.decisionDue.map { $0 < now } ?? false }.map(\.message.id)
    }

    /// Decides what is due on a sample of the network.
    func decide(network: NetworkSize, now: Timestamp) -> [ConsensusAction] {
        self.due(now: now).compactMap { id in
            self.proposals[id].map { .record(Decision(on: $0, network: network)) }
        }
    }

    /// A decision is in the log: it takes effect.
    mutating func decided(_ decision: Decision) {
        guard self.proposals[decision.proposal]?.decisionDue != nil else { return }
        self.proposals[decision.proposal]?.decision = decision
    }

    /// This node adopted a proposal: its artefact is verified and on disk.
    mutating func adopted(_ proposal: MessageID) {
        self.proposals[proposal]?.isAdopted = true
    }
}

extension Message {
    /// The proposal that a message talks about.
    fileprivate var target: MessageID? {
        switch self.payload {
        case .vote(let vote): vote.proposalID
        case .adopt(let adoption): adoption.proposalID
        case .withdraw(let withdrawal): withdrawal.proposalID
        case .comment(let comment): comment.targetID
        default: nil
        }
    }
}

extension Propose {
    /// Why the inline artefact is not the one that is named (D-72).
    fileprivate var inlineFlaw: String? {
        guard let inline = self.contentInline else { return nil }
        guard Int64(inline.count) == self.contentSize else {
            return "content_inline has \(inline.count) bytes, content_size says \(self.contentSize)"
        }
        let found = ContentHash(SHA256Digest.hash(inline))
        guard found == self.contentHash else {
            return "content_inline hashes to \(found), content_hash says \(self.contentHash)"
        }
        return nil
    }
}
