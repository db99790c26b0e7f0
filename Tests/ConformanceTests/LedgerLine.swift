import Cryptography
import Messages
import Primitives

@testable import Reputation

/// A ledger and people with names, who sign real messages that it folds.
struct LedgerLine {
    static let start: Int64 = 1_700_000_000_000
    var machine: ReputationStateMachine

    /// A ledger whose founders are these people.
    init(founders: [(String, FixedPoint)] = [], isLocalProfile: Bool = false) throws {
        var configuration = ReputationConfiguration(
            genesis: try founders.map { .init(identity: try Self.node($0.0), score: $0.1) },
            ownIdentity: try Self.node("this node"),
            isLocalProfile: isLocalProfile
        )
        configuration.believesClaims = true
        self.machine = ReputationStateMachine(configuration: configuration)
    }

    static func key(_ name: String) throws -> SigningKey {
        try SigningKey(seed: SHA256Digest.hash(Array("person \(name)".utf8)).array)
    }

    static func node(_ name: String) throws -> NodeID { NodeID(try Self.key(name).publicKey) }

    static func message(_ name: String) -> MessageID {
        MessageID(SHA256Digest.hash(Array("message \(name)".utf8)))
    }

    func direct(_ name: String) throws -> FixedPoint {
        self.machine.ledger.direct(of: try Self.node(name))
    }

    // MARK: What people do

    /// Somebody sends a message of any type.
    @discardableResult
    mutating func log(
        _ type: MessageType,
        _ members: [(String, JSONValue)],
        by name: String,
        at time: Int64 = start
    ) throws -> MessageID {
        let message = try EnvelopeCodec.sign(
            type,
            payload: .object(members),
            timestamp: Timestamp(milliseconds: time),
            key: try Self.key(name)
        )
        self.machine.logged(
            AdmittedMessage(
                message: message,
                origin: .gossip(relay: try Self.node("relay"), topic: .peers, ticket: 0),
                receivedAt: message.timestamp,
                sender: SenderStanding(identity: self.machine.ledger.identity(of: message.from)),
                reputation: .zero
            )
        )
        return message.id
    }

    mutating func link(_ root: String, _ child: String) throws {
        let bytes = try Self.node(root).array + Self.node(child).array
        try self.log(
            .didLink,
            [
                ("root_key", .string(try Self.node(root).hex)),
                ("child_key", .string(try Self.node(child).hex)),
                ("child_signature", .string(try Self.key(child).sign(bytes).hex)),
            ],
            by: root,
            at: Self.start
        )
    }

    mutating func rotate(_ old: String, _ new: String) throws {
        let consent = KeyRotate.consentBytes(
            oldKey: try Self.node(old),
            newKey: try Self.node(new)
        )
        try self.log(
            .keyRotate,
            [
                ("old_key", .string(try Self.node(old).hex)),
                ("new_key", .string(try Self.node(new).hex)),
                ("new_key_signature", .string(try Self.key(new).sign(consent).hex)),
            ],
            by: old,
            at: Self.start
        )
    }

    mutating func announce(
        _ name: String,
        address: String? = nil,
        proofAt computed: Int64,
        at time: Int64 = start
    ) throws {
        let proof = VDF.prove(
            try Self.node(name).bytes,
            computedAt: Timestamp(milliseconds: computed),
            difficulty: 10
        )
        try self.log(
            .peerAnnounce,
            [
                ("addresses", .array([address].compactMap { $0 }.map { .string($0) })),
                ("capabilities", .array([])), ("version", .integer(0)),
                ("uptime_seconds", .integer(1)), ("vdf_proof", proof.json),
            ],
            by: name,
            at: time
        )
    }

    /// Says something of somebody at a time after the start.
    mutating func assess(
        _ subject: String,
        _ overall: FixedPoint,
        by assessor: String,
        at offset: Int64
    ) throws {
        let time = Self.start + offset
        let assessment: [(String, JSONValue)] = [
            ("node_id", .string(try Self.node(subject).hex)),
            ("overall", .integer(overall.millionths)), ("by_domain", .emptyObject),
            ("observation_count", .integer(1)), ("last_observed", .integer(time)),
            ("assessment_timestamp", .integer(time)),
        ]
        try self.log(
            .reputationGossip,
            [("assessments", .array([.object(assessment)]))],
            by: assessor,
            at: time
        )
    }

    /// This node decides on a proposal with these votes.
    mutating func decide(
        _ proposal: MessageID,
        _ votes: [(String, Vote.Stance)],
        _ state: ProposalState = .rejected,
        resolution: JSONValue? = nil
    ) throws {
        let time = Timestamp(milliseconds: Self.start)
        let ballots = try votes.map { name, stance in
            DecisionFact.Ballot(
                identity: self.machine.ledger.identity(of: try Self.node(name)),
                voteID: Self.message("vote of \(name)"),
                at: time,
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
            activeIdentities: ballots.count,
            activeReputation: .zero,
            author: try Self.node("an author"),
            effectiveAt: time,
            adopters: 0,
            resolution: resolution.flatMap { Propose.Resolution($0) },
            objection: nil,
            votes: ballots
        )
        self.machine.logged(
            LocalFact(
                owner: .consensus,
                kind: DecisionFact.kind,
                body: decision.body,
                recordedAt: time
            )
        )
    }
}
