package import Messages
package import Primitives

// What people say about proposals.
extension Draft {
    /// Asks for a proposal.
    package static func request(title: String = "t", body: String = "b") -> Draft {
        Draft(
            .request,
            [("title", .string(title)), ("body", .string(body)), ("tags", .array([]))]
        )
    }

    /// Proposes an artefact; votes are open until the deadline.
    package static func proposal(
        title: String = "t",
        content: [UInt8] = Array("artefact".utf8),
        tier: Propose.Tier = .standard,
        until deadline: Timestamp
    ) -> Draft {
        Draft(
            .propose,
            [
                ("title", .string(title)), ("body", .string("b")),
                ("content_hash", .string(SHA256Digest.hash(content).hex)),
                ("content_type", .string("text/plain")),
                ("content_size", .integer(Int64(content.count))),
                ("claims", .array([])), ("tier", .string(tier.rawValue)),
                ("voting_deadline", .integer(deadline.milliseconds)),
            ]
        )
    }

    /// The `claims` of a proposal.
    package static func claims(_ count: Int) -> Member {
        let claim = JSONValue.object([("statement", .string("s")), ("verifiable", .bool(true))])
        return ("claims", .array(Array(repeating: claim, count: count)))
    }

    /// The `resolution` of a proposal.
    package static func resolution(
        _ kind: Propose.Resolution.Kind,
        subject: NodeID,
        successor: NodeID? = nil,
        content: ContentHash? = nil
    ) -> JSONValue {
        .object([
            ("kind", .string(kind.rawValue)), ("subject", .string(subject.hex)),
            ("successor", successor.map { .string($0.hex) } ?? .null),
            ("content_hash", content.map { .string($0.hex) } ?? .null),
        ])
    }

    /// The author takes a proposal back.
    package static func withdrawal(of proposal: MessageID) -> Draft {
        Draft(.withdraw, [("proposal_id", .string(proposal.hex))])
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
        Draft(.adopt, [("proposal_id", .string(proposal.hex)), ("success", .bool(success))])
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
        resolution: JSONValue? = nil,
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
            resolution: resolution.flatMap { Propose.Resolution($0) },
            objection: objection,
            votes: votes
        )
    }

    /// The decision as the log has it.
    package func recorded(at time: Timestamp) -> LocalFact {
        LocalFact(owner: .consensus, kind: Self.kind, body: self.body, recordedAt: time)
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
