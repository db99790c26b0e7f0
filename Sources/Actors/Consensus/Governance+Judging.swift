import Messages
import OrderedCollections
import Primitives

// What is refused: by everybody, or only as an own message that others would not count (D-51).
extension Governance {
    func refusal(of admitted: AdmittedMessage, _ findings: Findings) -> Refusal? {
        let message = admitted.message
        let identity = self.signers.owner(of: message) ?? admitted.sender.identity
        let objection: Refusal? =
            switch message.payload {
            case .propose(let proposal): self.refusal(of: proposal, message, identity)
            case .withdraw(let withdrawal):
                self.refusal(of: withdrawal, by: self.signers.owner(of: message))
            case .adopt(let adoption): self.refusal(of: adoption, message)
            case .comment(let comment): self.refusal(of: comment, message, identity)
            default: nil
            }
        if let objection { return objection }
        guard case .local = admitted.origin else { return nil }
        return self.ownRefusal(of: admitted, identity, findings)
    }

    private func refusal(of proposal: Propose, _ message: Message, _ identity: NodeID) -> Refusal? {
        if let flaw = proposal.inlineFlaw { return Refusal(.schema, flaw) }
        let room = self.proposals.next(of: identity, from: message.timestamp, self.signers)
        guard let room else { return nil }
        return Refusal(
            .rateLimited,
            "this identity made \(ConsensusLimits.proposalsMax) proposals in seven days; the next "
                + "one may be made from \(room.nextMinute.text) on",
            retryAt: room
        )
    }

    private func refusal(of withdrawal: Withdraw, by identity: NodeID?) -> Refusal? {
        guard let proposal = self.proposals.known(withdrawal.proposalID),
            proposal.author(self.signers) != identity
        else { return nil }
        return Refusal(.rule, "only the author's identity can withdraw a proposal")
    }

    private func refusal(of adoption: Adopt, _ message: Message) -> Refusal? {
        guard let record = self.proposals[adoption.proposalID],
            message.timestamp < record.proposal.adoptableFrom
        else { return nil }
        return Refusal(
            .rule,
            "a constitutional proposal may be adopted 30 days after its deadline, from "
                + "\(record.proposal.adoptableFrom.nextMinute.text) on"
        )
    }

    private func refusal(of comment: Comment, _ message: Message, _ identity: NodeID) -> Refusal? {
        let next = self.comments.next(
            identity,
            on: comment.targetID,
            from: message.timestamp,
            self.signers
        )
        guard let next else { return nil }
        return Refusal(
            .rateLimited,
            "this identity commented \(ConsensusLimits.commentsMax) times in a day on it; the next "
                + "comment may be made from \(next.nextMinute.text) on",
            retryAt: next
        )
    }

    // MARK: Own messages

    private func ownRefusal(
        of admitted: AdmittedMessage,
        _ identity: NodeID,
        _ findings: Findings
    ) -> Refusal? {
        let message = admitted.message
        if let stranger = self.unknownReference(of: message) { return stranger }
        if let refusal = self.refusal(ofSpeakingOfArchived: message) { return refusal }
        switch message.payload {
        case .propose(let proposal):
            return self.refusal(ofProposing: ProposalRecord(admitted, proposal), findings)
        case .vote(let vote):
            return self.proposals[vote.proposalID].flatMap {
                self.refusal(ofVoteOn: $0, at: message.timestamp, findings)
            }
        case .withdraw(let withdrawal):
            return self.proposals[withdrawal.proposalID].flatMap {
                self.refusal(ofWithdrawing: $0, at: message.timestamp)
            }
        case .comment:
            let hasRoom = self.comments.hasRoom(
                identity,
                at: message.timestamp,
                score: admitted.reputation,
                self.signers
            )
            guard !hasRoom else { return nil }
            let most = CommentBook.perHour(admitted.reputation)
            return Refusal(.rateLimited, "\(most) comments an hour at score \(admitted.reputation)")
        default: return nil
        }
    }

    /// Refuses an own message that names something this node does not know, since it could not be
    /// understood.
    private func unknownReference(of message: Message) -> Refusal? {
        if let target = message.target, self.isOrphan(message) {
            return Self.unknown(.unknownProposal, message, "is about", target)
        }
        switch message.payload {
        case .propose(let proposal):
            if let request = proposal.requestID, self.requests[request] == nil {
                return Self.unknown(.unknownRequest, message, "answers the request", request)
            }
            if let older = proposal.supersedes, !self.proposals.knows(older) {
                return Self.unknown(.unknownProposal, message, "replaces", older)
            }
        case .comment(let comment):
            let known = self.comments.remarks(on: comment.targetID).lazy.map(\.message.id)
            if let parent = comment.parentCommentID, !known.contains(parent) {
                return Self.unknown(.unknownComment, message, "answers the comment", parent)
            }
        default: break
        }
        return nil
    }

    /// What a node says about an archived proposal is heard by nobody; only that it adopted one is news.
    private func refusal(ofSpeakingOfArchived message: Message) -> Refusal? {
        guard message.type != .adopt,
            let archived = message.target.flatMap({ self.proposals.archived($0) })
        else { return nil }
        return Refusal(
            .rule,
            "the proposal is archived: it ended as \(archived.state.rawValue), voting closed at "
                + "\(archived.votingDeadline.text), and nobody follows it any more"
        )
    }

    private static func unknown(
        _ code: Refusal.Code,
        _ message: Message,
        _ verb: String,
        _ id: MessageID
    ) -> Refusal {
        let command =
            switch code {
            case .unknownRequest: "valence-node request list"
            case .unknownComment: "valence-node proposal show"
            default: "valence-node proposal list"
            }
        return Refusal(
            code,
            "\(message.typeName) \(verb) \(id), which this node does not know; wait until it has "
                + "arrived, or check the id with `\(command)`"
        )
    }

    /// A withdrawal without effect is not sent: it would look like one that has an effect.
    private func refusal(ofWithdrawing record: ProposalRecord, at time: Timestamp) -> Refusal? {
        if let outcome = record.outcome {
            return Refusal(
                .rule,
                "it is \(outcome.state.rawValue) already; what is decided cannot be taken back"
            )
        }
        if let moment = record.withdrawnAt(self.signers) {
            return Refusal(.rule, "it is withdrawn already, since \(moment.text)")
        }
        return self.lateness(of: time, at: record.decisionEnds)
    }

    /// A proposal that others would not count is not sent: it would use up one of three in seven days.
    private func refusal(ofProposing record: ProposalRecord, _ findings: Findings) -> Refusal? {
        if let objection = self.objection(to: record) { return Refusal(.rule, objection) }
        guard
            let objection = self.artefactObjection(to: record, at: record.reputation, findings)
        else { return nil }
        let next =
            findings[record.id]?.lack == nil
            ? "propose a smaller one, or look with `valence-node storage status` at what takes the room"
            : "ask for copies with `valence-node content replicate` and propose it when `valence-node "
                + "storage status` shows that they are confirmed"
        return Refusal(.rule, "\(objection); \(next)")
    }

    /// Why a vote of this node on a proposal would not count, whatever it says and weighs.
    func refusal(
        ofVoteOn record: ProposalRecord,
        at time: Timestamp,
        _ findings: Findings
    ) -> Refusal? {
        if record.withdrawnAt(self.signers) != nil {
            return Refusal(.rule, "the proposal was withdrawn")
        }
        let objection = self.artefactObjection(to: record, at: record.reputation, findings)
        if let objection {
            return Refusal(
                .rule,
                "\(objection), so that votes on it do not count here; vote once that changes"
            )
        }
        let deadline = record.votingEnds
        guard time > deadline else { return self.lateness(of: time, at: deadline) }
        let isEarly = self.presence.timeOfPeers(at: time) <= deadline
        let hint = isEarly ? ", though not for peers: this node's clock is ahead of theirs" : ""
        return Refusal(.rule, "voting ended at \(deadline.text)\(hint)")
    }

    /// Why an own statement comes too late for peers although its stamp is in time: they have decided
    /// without it, and this node would be alone with what it counts (ADR 0034).
    private func lateness(of time: Timestamp, at deadline: Timestamp) -> Refusal? {
        guard time <= deadline else { return nil }
        let late = self.presence.timeOfPeers(at: time).milliseconds(since: deadline)
        guard late > 0 else { return nil }
        let behind = Self.seconds(0 - self.presence.clockAhead)
        return Refusal(
            .clockBehind,
            "the deadline was \(deadline.text), and by the clocks of peers that was "
                + "\(Self.seconds(late)) s ago: this node's clock is \(behind) s behind theirs; set it"
        )
    }

    /// A span of less than an hour as people read it, in seconds and tenths.
    private static func seconds(_ milliseconds: Int64) -> String {
        "\(milliseconds / 1_000).\(milliseconds % 1_000 / 100)"
    }

    // MARK: Objections

    /// Why a proposal is not put to the vote here, whatever others think; nil when it is.
    ///
    /// The author's score is another matter: it may change until the decision.
    func objection(to record: ProposalRecord) -> String? {
        self.flaw(of: record) ?? self.phaseObjection(to: record)
    }

    /// Who took the artefact back, and when; nil when nobody did who could (R-06-099).
    private func withdrawalObjection(to record: ProposalRecord) -> String? {
        let withdrawal = self.takenBack.withdrawal(
            of: record.proposal.contentHash,
            before: record.message,
            self.proposals,
            self.signers
        )
        return withdrawal.map {
            "its uploader took the artefact back at \($0.timestamp.text); ask for copies of it anew "
                + "before it is proposed"
        }
    }

    private func flaw(of record: ProposalRecord) -> String? {
        if let flaw = record.proposal.governanceFlaw(effectiveAt: record.proposal.effectiveAt) {
            return flaw
        }
        if let objection = self.withdrawalObjection(to: record) { return objection }
        guard self.chainDepth(of: record) > ConsensusLimits.chainDepthMax else { return nil }
        return "it replaces a chain of more than \(ConsensusLimits.chainDepthMax) versions"
    }

    /// Whether the phase of the network is all that speaks against a proposal here.
    func restsOnPhase(_ record: ProposalRecord) -> Bool {
        self.flaw(of: record) == nil && self.phaseObjection(to: record) != nil
    }

    /// Why rules could not be changed when it was proposed, as far as this node knows.
    func phaseObjection(to record: ProposalRecord) -> String? {
        let proposal = record.proposal
        guard proposal.isGovernance else { return nil }
        // The phase when it was proposed: later hours do not undo a vote that began in order.
        let level = self.clock.level(at: record.message.timestamp)
        if level == .frozen {
            return "governance is frozen until 16 nodes were active for days (§8)"
        }
        guard proposal.tier == .constitutional, level < .constitutional else { return nil }
        return "constitutional governance needs 1,024 nodes for 30 days (§8)"
    }

    /// How many older versions a proposal has, as far as they are known.
    func chainDepth(of record: ProposalRecord) -> Int {
        self.proposals.olderVersions(of: record, limit: ConsensusLimits.chainDepthMax + 1).count
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

    /// Which rule for changes of rules a proposal breaks (§8, §13).
    fileprivate func governanceFlaw(effectiveAt: Timestamp) -> String? {
        if self.resolution?.kind == .parameter {
            guard self.tier == .constitutional else {
                return "a parameter is changed by a constitutional proposal"
            }
            guard self.resolution?.name != nil, self.resolution?.value != nil else {
                return "a change of a parameter states its name and value"
            }
        }
        guard let endOfLife = self.eol else { return nil }
        guard self.tier == .constitutional else {
            return "eol is for changes of the protocol, which are constitutional (§13)"
        }
        guard self.contentSize > 0 else {
            return "a change of the protocol brings its specification or a diff as content (§13)"
        }
        guard self.body.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            return "a change of the protocol says in its body how to migrate (§13)"
        }
        let grace = endOfLife.milliseconds(since: effectiveAt)
        let isMinor = self.tags.contains { $0.utf8.elementsEqual(Self.minorTag.utf8) }
        let (least, days) =
            isMinor
            ? (ConsensusLimits.minorEndOfLifeMilliseconds, "30 days")
            : (ConsensusLimits.majorEndOfLifeMilliseconds, "90 days, or 30 with the tag minor,")
        guard grace < least else { return nil }
        return "eol leaves less than \(days) after the change takes effect (§13)"
    }

    /// Marks a minor change of the protocol (ADR 0009).
    private static var minorTag: String { "minor" }
}
