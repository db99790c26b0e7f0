import Cryptography
import Messages
import Primitives

/// Keys, times and one valid payload of every type.
enum Wire {
    static let now = Timestamp(milliseconds: 1_767_225_600_000)
    static let key: SigningKey = {
        do {
            return try SigningKey(seed: [UInt8](repeating: 3, count: 32))
        } catch {
            preconditionFailure("a seed of 32 bytes makes a key: \(error)")
        }
    }()
    static let node = NodeID(key.publicKey)

    static func hash(_ text: String) -> String { SHA256Digest.hash(Array(text.utf8)).hex }

    static func text(_ name: String) -> JSONValue { .string(self.hash(name)) }

    static func sign(_ type: MessageType, _ payload: JSONValue, at time: Timestamp = now)
        throws(Refusal) -> Message
    {
        try EnvelopeCodec.sign(type, payload: payload, timestamp: time, key: self.key)
    }

    /// Types that travel in an envelope.
    static let types = MessageType.allCases.filter {
        $0 != .authChallenge && $0 != .authResponse
    }

    static let millisecond: JSONValue = .integer(now.milliseconds)

    static func payload(_ type: MessageType) -> JSONValue {
        switch type {
        case .request, .propose, .withdraw, .adopt, .vote, .comment: Self.governance(type)
        case .keyRotate, .keyConflict, .didLink, .didRevoke, .reputationGossip:
            Self.identity(type)
        case .peerAnnounce, .peerListRequest, .peerListResponse, .syncRequest, .syncResponse,
            .stateSnapshot, .authChallenge, .authResponse:
            Self.peers(type)
        default: Self.storage(type)
        }
    }

    private static func governance(_ type: MessageType) -> JSONValue {
        switch type {
        case .request:
            .object([
                ("title", .string("t")), ("body", .string("b")), ("tags", .array([])),
                ("expires", .null),
            ])
        case .propose: Self.proposal()
        case .withdraw: .object([("proposal_id", Self.text("p")), ("reason", .string("r"))])
        case .adopt: .object([("proposal_id", Self.text("p")), ("success", .bool(true))])
        case .vote:
            .object([
                ("proposal_id", Self.text("p")), ("stance", .string("endorse")),
                ("sync_status", .string("synced")),
            ])
        default: .object([("target_id", Self.text("p")), ("body", .string("b"))])
        }
    }

    /// A proposal; `changes` replace or add members, null values included.
    static func proposal(_ changes: [(String, JSONValue)] = []) -> JSONValue {
        let artefact = Array("text".utf8)
        let members: [(String, JSONValue)] = [
            ("title", .string("t")), ("body", .string("b")),
            ("tags", .array([.string("skill")])),
            ("content_hash", .string(SHA256Digest.hash(artefact).hex)),
            ("content_type", .string("text/plain")), ("content_size", .integer(4)),
            ("content_inline", .string(Base64.encode(artefact))),
            ("request_id", .null), ("supersedes", .null), ("claims", .array([])),
            ("tier", .string("standard")), ("eol", .null),
            ("voting_deadline", .integer(Self.now.milliseconds + 1_000)),
        ]
        return Self.changed(.object(members), changes)
    }

    /// The object with members replaced or added.
    static func changed(_ value: JSONValue, _ changes: [(String, JSONValue)]) -> JSONValue {
        let kept = (value.members ?? []).filter { member in
            !changes.contains { $0.0 == member.key }
        }
        return .object(kept + changes.map { JSONMember(key: $0.0, value: $0.1) })
    }

    /// The object without one member.
    static func without(_ value: JSONValue, _ key: String) -> JSONValue {
        .object((value.members ?? []).filter { $0.key != key })
    }

    private static func identity(_ type: MessageType) -> JSONValue {
        let node = JSONValue.string(Self.node.hex)
        let consent = JSONValue.string(Self.key.sign([1]).hex)
        return switch type {
        case .keyRotate:
            .object([
                ("old_key", node), ("new_key", Self.text("k")), ("new_key_signature", consent),
            ])
        case .keyConflict:
            .object([
                ("old_key", node), ("rotate_message_1_id", Self.text("1")),
                ("rotate_message_2_id", Self.text("2")), ("new_key_1", Self.text("3")),
                ("new_key_2", Self.text("4")),
            ])
        case .didLink:
            .object([
                ("root_key", node), ("child_key", Self.text("c")), ("child_signature", consent),
            ])
        case .didRevoke: .object([("root_key", node), ("revoked_key", Self.text("c"))])
        default:
            .object([
                (
                    "assessments",
                    .array([
                        .object([
                            ("node_id", node), ("overall", .integer(1_000_000)),
                            ("observation_count", .integer(1)), ("last_observed", millisecond),
                            ("assessment_timestamp", millisecond),
                        ])
                    ])
                )
            ])
        }
    }

    private static func peers(_ type: MessageType) -> JSONValue {
        switch type {
        case .peerAnnounce:
            .object([
                ("addresses", .array([.string("/ip4/127.0.0.1/tcp/1")])),
                ("capabilities", .array([.string("vote")])), ("version", .integer(0)),
                ("uptime_seconds", .integer(0)),
                (
                    "vdf_proof",
                    VDF.prove(Self.node.bytes, computedAt: Self.now, difficulty: 10).json
                ),
            ])
        case .peerListRequest: .object([("limit", .integer(1)), ("after", .null)])
        case .peerListResponse: .object([("peers", .array([])), ("has_more", .bool(false))])
        case .syncRequest: .emptyObject
        case .syncResponse: .object([("messages", .array([])), ("has_more", .bool(false))])
        default:
            .object([
                ("identity_merkle_root", Self.text("1")), ("proposal_merkle_root", Self.text("2")),
                ("reputation_summary_hash", Self.text("3")), ("active_node_count", .integer(1)),
                ("snapshot_timestamp", Self.millisecond), ("identity_count", .integer(1)),
                ("proposal_count", .integer(1)),
            ])
        }
    }

    private static func storage(_ type: MessageType) -> JSONValue {
        let hash = ("content_hash", Self.text("h"))
        let described: [(String, JSONValue)] = [
            hash, ("content_type", .string("text/plain")), ("content_size", .integer(4)),
        ]
        let members: [(String, JSONValue)] =
            switch type {
            case .share: [("entries", .array([.object(described)]))]
            case .replicateRequest:
                described + [("copy_count", .integer(3)), ("reputation_stake", .integer(1))]
            case .replicateAccept: [hash, ("capacity_available", .integer(1))]
            case .copyAssignment: [hash, ("providers", .array([Self.text("n")]))]
            case .storageChallenge:
                [
                    hash, ("offset", .integer(0)), ("direction", .string("after")),
                    ("challenge_nonce", Self.text("n")),
                ]
            case .storageProof: [("proof_hash", Self.text("p"))]
            case .challengeResult:
                [
                    hash, ("challenge_id", Self.text("c")), ("challenged_node", Self.text("n")),
                    ("result", .string("pass")),
                ]
            case .copyQueryResponse: [("has_copy", .bool(true))]
            case .contentRequest: [hash, ("offset", .integer(0)), ("length", .integer(1))]
            case .contentResponse:
                [
                    hash, ("offset", .integer(0)), ("data", .string("AA==")),
                    ("total_size", .integer(1)),
                ]
            case .contentWithdraw: [hash, ("effective_after", Self.millisecond)]
            case .flag:
                [
                    hash, ("severity", .string("dispute")), ("category", .string("spam")),
                    ("details", .string("d")),
                ]
            case .rentPayment:
                [
                    hash, ("billing_cycle", .integer(0)), ("amount", .integer(1)),
                    ("providers", .array([])),
                ]
            case .rentTransfer:
                [hash, ("receiving_provider", Self.text("n")), ("transfer_fee", .integer(200))]
            case .rentTransferAck:
                [hash, ("original_provider", Self.text("n")), ("transfer_id", Self.text("t"))]
            default: [hash]
            }
        return .object(members)
    }
}
