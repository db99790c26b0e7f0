import Messages
import Primitives

/// Makes events of records of the log: a function of a record and of what was in the log before it.
struct EventReader {
    let belongings: Belongings

    /// What a record tells; nil for what concerns nobody outside the node.
    func event(of record: LogRecords.Record) -> NodeEvent? {
        switch record {
        case .message(let entry): self.event(of: entry.admitted, at: entry.sequence)
        case .fact(let entry): self.event(of: entry.fact, at: entry.sequence)
        }
    }

    // MARK: Messages

    private func event(of admitted: AdmittedMessage, at sequence: UInt64) -> NodeEvent? {
        let told = Draft(admitted, sequence)
        let event =
            switch admitted.message.payload {
            case .request, .propose, .vote, .withdraw, .adopt, .comment:
                self.governance(admitted.message, told)
            case .share, .contentWithdraw, .flag: self.content(admitted.message, told)
            case .keyRotate, .keyConflict, .didLink, .didRevoke:
                self.keys(admitted.message, told)
            default: self.storage(admitted.message, told)
            }
        // What one did oneself is no news.
        guard var event, self.belongings.isOwn(admitted, at: sequence) else { return event }
        event.concerns = []
        return event
    }

    private func governance(_ message: Message, _ told: Draft) -> NodeEvent? {
        switch message.payload {
        case .request(let request):
            return told.event(.request, [.requests]) {
                $0.title = request.title.shortened
                $0.tags = request.tags.shortened
                $0.deadline = request.expires
            }
        case .propose(let proposal):
            let about = [proposal.requestID, proposal.supersedes].compactMap(\.self)
            return told.event(.proposal, about.flatMap { self.concerns(of: $0, told) }) {
                $0.subject = proposal.requestID
                $0.content = proposal.contentHash
                $0.title = proposal.title.shortened
                $0.tags = proposal.tags.shortened
                $0.deadline = proposal.votingDeadline
            }
        case .vote(let vote):
            return self.remark(.vote, on: vote.proposalID, vote.stance.rawValue, told)
        case .withdraw(let withdrawal):
            return self.remark(.withdrawal, on: withdrawal.proposalID, nil, told)
        case .adopt(let adoption):
            let outcome = adoption.success ? "adopted" : "failed"
            return self.remark(.adoption, on: adoption.proposalID, outcome, told)
        case .comment(let comment):
            return self.remark(.comment, on: comment.targetID, nil, told)
        default: return nil
        }
    }

    private func remark(
        _ kind: NodeEvent.Kind,
        on subject: MessageID,
        _ outcome: String?,
        _ told: Draft
    ) -> NodeEvent {
        var concerns = self.concerns(of: subject, told)
        let isFate = kind == .withdrawal
        if isFate, self.belongings.hasVoted(on: subject, before: told.sequence) {
            concerns.append(.proposals)
        }
        return told.event(kind, concerns) {
            $0.subject = subject
            $0.outcome = outcome
            $0.title = self.belongings.work(subject, before: told.sequence)?.title
        }
    }

    /// Whom it concerns that somebody says something about a proposal or a request.
    private func concerns(of subject: MessageID, _ told: Draft) -> [NodeEvent.Concern] {
        guard let work = self.belongings.work(subject, before: told.sequence) else { return [] }
        return [work.isProposal ? .proposals : .answers]
    }

    private func content(_ message: Message, _ told: Draft) -> NodeEvent? {
        let (content, outcome): (ContentHash?, String)
        var tags: [String] = []
        switch message.payload {
        case .share(let share):
            (content, outcome) = (share.entries.first?.contentHash, "shared")
            tags = share.entries.first?.tags ?? []
        case .contentWithdraw(let withdrawal):
            (content, outcome) = (withdrawal.contentHash, "withdrawn")
        case .flag(let flag): (content, outcome) = (flag.contentHash, "flagged")
        default: return nil
        }
        return told.event(.content, self.concerns(of: content, told)) {
            $0.content = content
            $0.outcome = outcome
            $0.tags = tags.shortened
        }
    }

    private func keys(_ message: Message, _ told: Draft) -> NodeEvent? {
        let (keys, outcome): ([NodeID], String)
        switch message.payload {
        case .keyRotate(let rotation):
            (keys, outcome) = ([rotation.newKey, rotation.oldKey], "rotated")
        case .keyConflict(let conflict): (keys, outcome) = ([conflict.oldKey], "contradicted")
        case .didLink(let link): (keys, outcome) = ([link.childKey, link.rootKey], "linked")
        case .didRevoke(let revocation):
            (keys, outcome) = ([revocation.revokedKey, revocation.rootKey], "revoked")
        default: return nil
        }
        let isOwn = keys.contains { self.belongings.isOwn($0, before: told.sequence) }
        return told.event(.identity, isOwn ? [.identity] : []) {
            $0.key = keys.first
            $0.outcome = outcome
        }
    }

    // MARK: Storage

    private func storage(_ message: Message, _ told: Draft) -> NodeEvent? {
        switch message.payload {
        case .replicateRequest(let request):
            return self.copies(of: request.content.contentHash, "requested", told)
        case .replicateAccept(let acceptance):
            return self.copies(of: acceptance.contentHash, "accepted", told)
        case .copyAssignment(let assignment):
            let (content, providers) = (assignment.contentHash, assignment.providers)
            return self.copies(of: content, "assigned", for: providers, told)
        case .copyReceived(let receipt):
            return self.copies(of: receipt.contentHash, "received", told)
        case .challengeResult(let result):
            let outcome = result.result == .pass ? "challenge_passed" : "challenge_failed"
            let node = result.challengedNode
            return self.copies(of: result.contentHash, outcome, for: [node], key: node, told)
        case .rentPayment(let rent):
            let providers = rent.providers.map(\.nodeID)
            let (content, amount) = (rent.contentHash, rent.amount)
            return self.copies(of: content, "rent_stated", for: providers, amount: amount, told)
        case .rentTransfer(let transfer):
            let node = transfer.receivingProvider
            return self.copies(
                of: transfer.contentHash,
                "handed_over",
                for: [node],
                key: node,
                told
            )
        case .rentTransferAck(let receipt):
            let node = receipt.originalProvider
            return self.copies(of: receipt.contentHash, "taken_over", for: [node], key: node, told)
        default: return nil
        }
    }

    private func copies(
        of content: ContentHash,
        _ outcome: String,
        for nodes: [NodeID] = [],
        key: NodeID? = nil,
        amount: FixedPoint? = nil,
        _ told: Draft
    ) -> NodeEvent {
        let isOwn = nodes.contains { self.belongings.isOwn($0, before: told.sequence) }
        return told.event(.storage, isOwn ? [.storage] : self.concerns(of: content, told)) {
            $0.content = content
            $0.outcome = outcome
            $0.key = key
            $0.amount = amount
        }
    }

    private func concerns(of content: ContentHash?, _ told: Draft) -> [NodeEvent.Concern] {
        guard let content, self.belongings.holds(content, before: told.sequence) else { return [] }
        return [.storage]
    }

    // MARK: Facts

    private func event(of fact: LocalFact, at sequence: UInt64) -> NodeEvent? {
        let told = Draft(fact, sequence)
        if let decision = DecisionFact(fact) { return self.decision(decision, told) }
        if let notice = Notice(fact) { return self.notice(notice, told) }
        return StorageFact(fact).flatMap { self.storage($0, told) }
    }

    private func decision(_ decision: DecisionFact, _ told: Draft) -> NodeEvent {
        let proposal = decision.proposal
        let isOwn =
            self.belongings.isOwn(decision.author, before: told.sequence)
            || self.belongings.hasVoted(on: proposal, before: told.sequence)
        return told.event(.decision, isOwn ? [.proposals] : []) {
            $0.subject = proposal
            $0.author = decision.author
            $0.outcome = decision.state.rawValue
            $0.title = self.belongings.work(proposal, before: told.sequence)?.title
        }
    }

    private func notice(_ notice: Notice, _ told: Draft) -> NodeEvent {
        switch notice {
        case .open(let ballot): Self.ballot(.ballot, [.votes], ballot, told)
        case .closing(let ballot): Self.ballot(.deadline, [.votes, .deadlines], ballot, told)
        case .score(let score): told.event(.score, [.score]) { $0.amount = score }
        case .refused(let message, let code):
            told.event(.refused, [.identity]) {
                $0.message = message
                $0.outcome = code
            }
        }
    }

    private static func ballot(
        _ kind: NodeEvent.Kind,
        _ concerns: [NodeEvent.Concern],
        _ ballot: Notice.Ballot,
        _ told: Draft
    ) -> NodeEvent {
        told.event(kind, concerns) {
            $0.subject = ballot.proposal
            $0.title = ballot.title
            $0.deadline = ballot.deadline
            $0.amount = ballot.weight
        }
    }

    private func storage(_ fact: StorageFact, _ told: Draft) -> NodeEvent? {
        switch fact {
        case .rentHeld(let cycle, let payer, let amount):
            return self.copies(
                of: cycle.content,
                "rent_held",
                for: [payer],
                key: payer,
                amount: amount,
                told
            )
        case .rentSettled(let cycle, let work):
            let nodes = (work.providers + work.validators).map(\.identity)
            return self.copies(of: cycle.content, "rent_settled", for: nodes, told)
        case .rentMissed(let cycle, let payer):
            return self.copies(of: cycle.content, "rent_missed", for: [payer], key: payer, told)
        case .challengeFailed(let provider, let content):
            return self.copies(of: content, "copy_lost", for: [provider], key: provider, told)
        case .copyAbandoned(let provider, let content):
            return self.copies(of: content, "copy_abandoned", for: [provider], key: provider, told)
        case .transferFee, .copiesHeld: return nil
        }
    }
}

/// What all events of a record have in common.
private struct Draft {
    let sequence: UInt64
    private let at: Timestamp
    private let message: MessageID?
    private let author: NodeID?

    init(_ admitted: AdmittedMessage, _ sequence: UInt64) {
        self.sequence = sequence
        self.at = admitted.receivedAt
        self.message = admitted.message.id
        self.author = admitted.sender.identity
    }

    init(_ fact: LocalFact, _ sequence: UInt64) {
        self.sequence = sequence
        self.at = fact.recordedAt
        self.message = nil
        self.author = nil
    }

    func event(
        _ kind: NodeEvent.Kind,
        _ concerns: [NodeEvent.Concern],
        _ fill: (inout NodeEvent) -> Void
    ) -> NodeEvent {
        var event = NodeEvent(sequence: self.sequence, at: self.at, kind: kind)
        event.concerns = NodeEvent.Concern.allCases.filter { concerns.contains($0) }
        event.message = self.message
        event.author = self.author
        fill(&event)
        return event
    }
}

extension [String] {
    /// The tags that an event has room for.
    fileprivate var shortened: [String] {
        Array(
            self.filter { $0.utf8.count <= EventsLimits.tagBytesMax }.prefix(EventsLimits.tagsMax)
        )
    }
}
