import Cryptography
import Messages
import Primitives

@testable import Reputation

// Messages of people with a number.
extension Fixture {
    static func proposal(
        by author: Int,
        at offset: Int64 = 0,
        claims: Int = 0,
        origin: MessageID? = nil
    ) throws -> AdmittedMessage {
        let claim = JSONValue.object([
            ("statement", .string("s")), ("verifiable", .bool(true)),
        ])
        let origin = origin.map { [("origin_share_id", JSONValue.string($0.hex))] } ?? []
        return try Self.admitted(
            .propose,
            [
                ("title", .string("t")), ("body", .string("b")),
                ("content_hash", .string(Self.content.hex)),
                ("content_type", .string("text/plain")), ("content_size", .integer(1)),
                ("tier", .string("standard")),
                ("claims", .array(Array(repeating: claim, count: claims))),
                ("voting_deadline", .integer(Self.at(offset + Self.day).milliseconds)),
            ] + origin,
            by: author,
            at: offset
        )
    }

    static let content = ContentHash(SHA256Digest.hash([1]))

    static func adoption(
        of proposal: AdmittedMessage,
        by person: Int,
        at offset: Int64 = hour,
        success: Bool = true
    ) throws -> AdmittedMessage {
        let members: [(String, JSONValue)] = [
            ("proposal_id", .string(proposal.message.id.hex)), ("success", .bool(success)),
        ]
        return try Self.admitted(.adopt, members, by: person, at: offset)
    }

    private static var description: [(String, JSONValue)] {
        [
            ("content_hash", .string(Self.content.hex)), ("content_type", .string("text/plain")),
            ("content_size", .integer(1)), ("filename", .null), ("description", .null),
            ("tags", .array([])),
        ]
    }

    static func share(by host: Int, at offset: Int64) throws -> AdmittedMessage {
        try Self.admitted(
            .share,
            [("entries", .array([.object(Self.description)]))],
            by: host,
            at: offset
        )
    }

    static func upload(by uploader: Int, at offset: Int64) throws -> AdmittedMessage {
        try Self.admitted(
            .replicateRequest,
            Self.description + [
                ("copy_count", .integer(3)), ("reputation_stake", .integer(1_000)),
            ],
            by: uploader,
            at: offset
        )
    }

    static func announcement(
        by person: Int,
        at offset: Int64,
        network: Int? = nil,
        proofAt: Int64? = nil,
        arrival: Int64? = nil
    ) throws -> AdmittedMessage {
        let proof = VDF.prove(
            try Self.person(person).bytes,
            computedAt: Self.at(proofAt ?? offset),
            difficulty: 10
        )
        let addresses = network.map { [JSONValue.string("/ip4/20.\($0).0.1/tcp/1")] } ?? []
        return try Self.admitted(
            .peerAnnounce,
            [
                ("addresses", .array(addresses)), ("capabilities", .array([])),
                ("version", .integer(0)), ("uptime_seconds", .integer(0)),
                ("vdf_proof", proof.json),
            ],
            by: person,
            at: offset,
            arrival: arrival
        )
    }

    static func gossip(
        by assessor: Int,
        _ words: [(subject: Int, overall: Int64)],
        at offset: Int64,
        formedAt: Int64? = nil,
        domain: String? = nil
    ) throws -> AdmittedMessage {
        let formed = Self.at(formedAt ?? offset).milliseconds
        let assessments = try words.map { word in
            JSONValue.object([
                ("node_id", .string(try Self.person(word.subject).hex)),
                ("overall", .integer(word.overall)),
                ("by_domain", .object(domain.map { [($0, .integer(word.overall))] } ?? [])),
                ("observation_count", .integer(1)), ("last_observed", .integer(formed)),
                ("assessment_timestamp", .integer(formed)),
            ])
        }
        return try Self.admitted(
            .reputationGossip,
            [("assessments", .array(assessments))],
            by: assessor,
            at: offset
        )
    }

    static func comment(
        on proposal: AdmittedMessage,
        by person: Int,
        claim: Int64,
        result: String,
        at offset: Int64 = hour
    ) throws -> AdmittedMessage {
        let verification: [(String, JSONValue)] = [
            ("claim_index", .integer(claim)), ("result", .string(result)),
            ("evidence", .string("e")),
        ]
        return try Self.admitted(
            .comment,
            [
                ("target_id", .string(proposal.message.id.hex)), ("body", .string("b")),
                ("verification", .object(verification)),
            ],
            by: person,
            at: offset
        )
    }

    static func flag(
        _ severity: Flag.Severity,
        by flagger: Int,
        at offset: Int64 = 0,
        content: ContentHash = content
    ) throws -> AdmittedMessage {
        try Self.admitted(
            .flag,
            [
                ("content_hash", .string(content.hex)),
                ("severity", .string(severity.rawValue)), ("category", .string("other")),
                ("details", .string("d")),
            ],
            by: flagger,
            at: offset
        )
    }

    // MARK: Keys

    static func link(_ root: Int, _ child: Int, at offset: Int64 = 0) throws -> AdmittedMessage {
        let bytes = try Self.person(root).array + Self.person(child).array
        return try Self.admitted(
            .didLink,
            [
                ("root_key", .string(try Self.person(root).hex)),
                ("child_key", .string(try Self.person(child).hex)),
                ("child_signature", .string(try Self.key(child).sign(bytes).hex)),
            ],
            by: root,
            at: offset
        )
    }

    static func revocation(_ root: Int, _ child: Int, at offset: Int64) throws -> AdmittedMessage {
        try Self.admitted(
            .didRevoke,
            [
                ("root_key", .string(try Self.person(root).hex)),
                ("revoked_key", .string(try Self.person(child).hex)),
            ],
            by: root,
            at: offset
        )
    }

    static func rotation(_ old: Int, _ new: Int, at offset: Int64 = 0) throws -> AdmittedMessage {
        let consent = KeyRotate.consentBytes(
            oldKey: try Self.person(old),
            newKey: try Self.person(new)
        )
        return try Self.admitted(
            .keyRotate,
            [
                ("old_key", .string(try Self.person(old).hex)),
                ("new_key", .string(try Self.person(new).hex)),
                ("new_key_signature", .string(try Self.key(new).sign(consent).hex)),
            ],
            by: old,
            at: offset
        )
    }

    // MARK: Decisions

    static func resolution(
        _ kind: Propose.Resolution.Kind,
        subject: Int,
        successor: Int? = nil,
        content: ContentHash? = nil
    ) throws -> Propose.Resolution? {
        let proposal = try Self.admitted(
            .propose,
            [
                ("title", .string("t")), ("body", .string("b")),
                ("content_hash", .string(Self.content.hex)),
                ("content_type", .string("text/plain")), ("content_size", .integer(1)),
                ("tier", .string("standard")),
                ("voting_deadline", .integer(Self.at(Self.day).milliseconds)),
                (
                    "resolution",
                    .object([
                        ("kind", .string(kind.rawValue)),
                        ("subject", .string(try Self.person(subject).hex)),
                        ("content_hash", content.map { .string($0.hex) } ?? .null),
                        (
                            "successor",
                            try successor.map { .string(try Self.person($0).hex) } ?? .null
                        ),
                    ])
                ),
            ],
            by: 90,
            at: 0
        )
        guard case .propose(let payload) = proposal.message.payload else { return nil }
        return payload.resolution
    }

    /// A decision of this node on a proposal, with votes that counted.
    static func decision(
        on proposal: MessageID,
        _ state: ProposalState = .rejected,
        author: Int = 90,
        votes: [(person: Int, stance: Vote.Stance)] = [],
        votedAt: Int64 = 0,
        resolution: Propose.Resolution? = nil,
        objection: String? = nil,
        at offset: Int64 = 0,
        effectiveAt: Int64? = nil
    ) throws -> LocalFact {
        let ballots = try votes.map { person, stance in
            DecisionFact.Ballot(
                identity: try Self.person(person),
                voteID: Self.id(person),
                at: Self.at(votedAt),
                stance: stance,
                weight: .zero,
                isDegraded: false,
                notCountedBecause: nil
            )
        }
        let decision = DecisionFact(
            proposal: proposal,
            state: state,
            mode: .weighted,
            needsHalfOfHeads: false,
            activeIdentities: votes.count,
            activeReputation: .zero,
            author: try Self.person(author),
            effectiveAt: Self.at(effectiveAt ?? offset),
            adopters: 0,
            resolution: resolution,
            objection: objection,
            votes: ballots
        )
        return LocalFact(
            owner: .consensus,
            kind: DecisionFact.kind,
            body: decision.body,
            recordedAt: Self.at(offset)
        )
    }
}
