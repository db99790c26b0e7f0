package import Messages
package import Primitives

// What people say about proposals.
extension Draft {
    /// Asks for a proposal.
    package static func request(title: String = "t", body: String = "b") -> Draft {
        Draft(Request(title: title, body: body, tags: []))
    }

    /// Proposes an artefact, which the proposal carries unless others are to keep it; votes are open
    /// until the deadline.
    package static func proposal(
        title: String = "t",
        content: [UInt8] = Array("artefact".utf8),
        isInline: Bool = true,
        tier: Propose.Tier = .standard,
        until deadline: Timestamp
    ) -> Draft {
        Draft(
            Propose(
                title: title,
                body: "b",
                contentHash: ContentHash(SHA256Digest.hash(content)),
                contentType: "text/plain",
                contentSize: Int64(content.count),
                contentInline: isInline ? content : nil,
                tier: tier,
                votingDeadline: deadline
            )
        )
    }

    /// The `claims` of a proposal.
    package static func claims(_ count: Int) -> Member {
        let claim = Propose.Claim(statement: "s", isVerifiable: true)
        return ("claims", .array(Array(repeating: claim.json, count: count)))
    }

    /// The `resolution` of a proposal.
    package static func resolution(
        _ kind: Propose.Resolution.Kind,
        subject: NodeID,
        successor: NodeID? = nil,
        content: ContentHash? = nil
    ) -> Propose.Resolution {
        Propose.Resolution(
            kind: kind,
            contentHash: content,
            subject: subject,
            successor: successor
        )
    }

    /// The author takes a proposal back.
    package static func withdrawal(of proposal: MessageID) -> Draft {
        Draft(Withdraw(proposalID: proposal))
    }

    /// Votes.
    package static func vote(
        _ stance: String,
        on proposal: MessageID,
        status: String = SyncState.synced.rawValue
    ) -> Draft {
        Draft(
            .vote,
            [
                ("proposal_id", .string(proposal.hex)), ("stance", .string(stance)),
                ("sync_status", .string(status)),
            ]
        )
    }

    /// Says how it went to use what was proposed.
    package static func adoption(of proposal: MessageID, success: Bool = true) -> Draft {
        Draft(Adopt(proposalID: proposal, success: success))
    }

    /// Comments on a message, or answers another comment on it.
    package static func comment(
        on target: MessageID,
        body: String = "b",
        answering parent: MessageID? = nil
    ) -> Draft {
        Draft(
            .comment,
            [
                ("target_id", .string(target.hex)), ("body", .string(body)),
                ("parent_comment_id", parent.map { .string($0.hex) } ?? .null),
            ]
        )
    }

    /// Says what came of checking a claim of a proposal.
    package static func verification(of target: MessageID, claim: Int64, result: String) -> Draft {
        let verification: [Member] = [
            ("claim_index", .integer(claim)), ("result", .string(result)),
            ("evidence", .string("e")),
        ]
        return .comment(on: target).adding([("verification", .object(verification))])
    }
}

extension DecisionFact {
    /// A decision with the votes that counted.
    package init(
        on proposal: MessageID,
        _ state: ProposalState = .ratified,
        hasQuorum: Bool = true,
        author: NodeID,
        effectiveAt: Timestamp,
        activeIdentities: Int = 1,
        resolution: Propose.Resolution? = nil,
        objection: String? = nil,
        votes: [Ballot] = []
    ) {
        self.init(
            proposal: proposal,
            state: state,
            hasQuorum: hasQuorum,
            mode: .weighted,
            needsHalfOfHeads: false,
            activeIdentities: activeIdentities,
            activeReputation: .zero,
            author: author,
            effectiveAt: effectiveAt,
            adopters: 0,
            resolution: resolution,
            objection: objection,
            votes: votes
        )
    }

    /// The decision as the log has it.
    package func recorded(at time: Timestamp) -> LocalFact {
        self.fact(recordedAt: time)
    }
}

extension DecisionFact.Ballot {
    /// A vote that counted, whatever its weight.
    package init(_ stance: Vote.Stance, of identity: NodeID, voteID: MessageID, at time: Timestamp)
    {
        self.init(
            identity: identity,
            voteID: voteID,
            at: time,
            stance: stance,
            weight: .zero,
            isDegraded: false,
            notCountedBecause: nil
        )
    }
}
