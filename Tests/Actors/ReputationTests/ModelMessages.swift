import Cryptography
import Messages
import Primitives

// What people say in the histories of the ledger.
extension ModelCast {
    private static let content = SHA256Digest.hash([1]).hex
    private static let described: [(String, JSONValue)] = [
        ("content_hash", .string(content)), ("content_type", .string("text/plain")),
        ("content_size", .integer(1)), ("filename", .null), ("description", .null),
        ("tags", .array([])),
    ]

    func share(_ number: Int, by person: Int, at time: Int64) throws -> Message {
        try self.message(number, .share, by: person, at: time, memo: "share") {
            [("entries", .array([.object(Self.described)]))]
        }
    }

    func upload(_ number: Int, by person: Int, at time: Int64) throws -> Message {
        try self.message(number, .replicateRequest, by: person, at: time, memo: "upload") {
            Self.described + [
                ("copy_count", .integer(3)), ("reputation_stake", .integer(1_000)),
            ]
        }
    }

    /// A proposal with one claim.
    func proposal(_ number: Int, by person: Int, origin: Int?, at time: Int64) throws -> Message {
        try self.message(number, .propose, by: person, at: time, memo: nil) {
            let claim = JSONValue.object([
                ("statement", .string("s")), ("verifiable", .bool(true)),
            ])
            return [
                ("title", .string("t")), ("body", .string("b")),
                ("content_hash", .string(Self.content)), ("content_type", .string("text/plain")),
                ("content_size", .integer(1)), ("tier", .string("standard")),
                ("claims", .array([claim])),
                ("voting_deadline", .integer(time + PlainLedger.day)),
                ("origin_share_id", origin.map { .string(self.id($0).hex) } ?? .null),
            ]
        }
    }

    func adoption(_ number: Int, by person: Int, of proposal: Int, at time: Int64) throws
        -> Message
    {
        try self.message(number, .adopt, by: person, at: time, memo: "adopt \(proposal)") {
            [("proposal_id", .string(self.id(proposal).hex)), ("success", .bool(true))]
        }
    }

    func verification(
        _ number: Int,
        by person: Int,
        of proposal: Int,
        _ isTrue: Bool,
        at time: Int64
    ) throws -> Message {
        let memo = "verify \(proposal) \(isTrue)"
        return try self.message(number, .comment, by: person, at: time, memo: memo) {
            let verification: [(String, JSONValue)] = [
                ("claim_index", .integer(0)), ("result", .string("\(isTrue)")),
                ("evidence", .string("e")),
            ]
            return [
                ("target_id", .string(self.id(proposal).hex)), ("body", .string("b")),
                ("verification", .object(verification)),
            ]
        }
    }

    func assessment(
        _ number: Int,
        by person: Int,
        of subject: Int,
        _ word: PlainLedger.Word,
        at time: Int64
    ) throws -> Message {
        try self.message(number, .reputationGossip, by: person, at: time, memo: nil) {
            let assessment = JSONValue.object([
                ("node_id", .string(try self.node(subject).hex)),
                ("overall", .integer(word.overall)), ("by_domain", .emptyObject),
                ("observation_count", .integer(1)), ("last_observed", .integer(word.formedAt)),
                ("assessment_timestamp", .integer(word.formedAt)),
            ])
            return [("assessments", .array([assessment]))]
        }
    }

    /// A decision of this node, with votes that counted or a resolution.
    func decision(
        _ number: Int,
        _ state: ProposalState,
        voters: [Int],
        resolution: (kind: String, subject: Int, successor: Int?)?,
        at time: Int64
    ) throws -> LocalFact {
        let timestamp = Timestamp(milliseconds: time)
        let ballots = try voters.map { voter in
            DecisionFact.Ballot(
                identity: try self.node(voter),
                voteID: self.id(voter),
                at: timestamp,
                stance: .endorse,
                weight: .zero,
                isDegraded: false,
                notCountedBecause: nil
            )
        }
        let remedy = try resolution.map { kind, subject, successor in
            JSONValue.object([
                ("kind", .string(kind)), ("subject", .string(try self.node(subject).hex)),
                ("successor", try successor.map { .string(try self.node($0).hex) } ?? .null),
            ])
        }
        let decision = DecisionFact(
            proposal: self.id(-number),
            state: state,
            mode: .weighted,
            needsHalfOfHeads: false,
            activeIdentities: voters.count,
            activeReputation: .zero,
            author: try self.node(-1),
            effectiveAt: timestamp,
            adopters: 0,
            resolution: remedy.flatMap { Propose.Resolution($0) },
            objection: nil,
            votes: ballots
        )
        return LocalFact(
            owner: .consensus,
            kind: DecisionFact.kind,
            body: decision.body,
            recordedAt: timestamp
        )
    }
}
