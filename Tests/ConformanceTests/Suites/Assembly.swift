import Cryptography
import Identities
import Messages
import Primitives

@testable import Consensus

/// People with names who speak to the state machine of governance.
struct Assembly {
    static let start = Timestamp(milliseconds: 1_700_000_000_000)
    static let day: Int64 = 86_400_000

    var consensus = ConsensusStateMachine()
    private var said: Int64 = 0

    static func key(_ name: String) throws -> SigningKey {
        try SigningKey(seed: SHA256Digest.hash(Array("assembly \(name)".utf8)).array)
    }

    static func node(_ name: String) throws -> NodeID { NodeID(try self.key(name).publicKey) }

    /// A message of a person; the text of its body makes it unlike others of the same moment.
    static func message(
        _ type: MessageType,
        _ members: [(String, JSONValue)],
        by name: String,
        at time: Timestamp
    ) throws -> Message {
        try EnvelopeCodec.sign(
            type,
            payload: .object(members),
            timestamp: time,
            key: try self.key(name)
        )
    }

    /// Has a message judged, or folded when it is about keys.
    ///
    /// - Returns: why it was refused; nil when it was not.
    mutating func hear(
        _ message: Message,
        score: FixedPoint = FixedPoint(millionths: 500_000),
        isOwn: Bool = false
    ) -> Refusal? {
        switch message.type {
        case .didLink, .didRevoke, .keyRotate:
            _ = self.consensus.logged(message)
            return nil
        default: break
        }
        let admitted = AdmittedMessage(
            message: message,
            origin: isOwn ? .local(nil) : .sync(peer: message.from),
            receivedAt: message.timestamp,
            sender: SenderStanding(identity: message.from),
            reputation: score
        )
        for case .refuse(_, let refusal) in self.consensus.judge(admitted) { return refusal }
        _ = self.consensus.logged(message)
        return nil
    }

    func view(of id: MessageID, at time: Timestamp = start, standings: Standings = Standings())
        -> ProposalView?
    {
        let network = NetworkSize(activeIdentities: 10, activeReputation: .one)
        let outside = Outside(now: time, network: network, standings: standings)
        return self.consensus.views(Proposals(id: id, limit: 1), outside).first
    }

    // MARK: Messages

    static func proposal(
        by name: String,
        title: String = "title",
        at time: Timestamp = start,
        deadline: Timestamp? = nil,
        tier: Propose.Tier = .standard,
        supersedes: MessageID? = nil
    ) throws -> Message {
        let artefact = Array("artefact".utf8)
        let span = tier == .standard ? 14 * Self.day : 90 * Self.day
        let end = deadline ?? time.adding(milliseconds: span)
        return try self.message(
            .propose,
            [
                ("title", .string(title)), ("body", .string("body")),
                ("content_hash", .string(SHA256Digest.hash(artefact).hex)),
                ("content_type", .string("text/plain")),
                ("content_size", .integer(Int64(artefact.count))),
                ("tier", .string(tier.rawValue)),
                ("supersedes", supersedes.map { .string($0.hex) } ?? .null),
                ("voting_deadline", .integer(end.milliseconds)),
            ],
            by: name,
            at: time
        )
    }

    static func vote(
        _ stance: Vote.Stance,
        on proposal: MessageID,
        by name: String,
        at time: Timestamp,
        status: SyncState = .synced
    ) throws -> Message {
        try self.message(
            .vote,
            [
                ("proposal_id", .string(proposal.hex)), ("stance", .string(stance.rawValue)),
                ("sync_status", .string(status.rawValue)),
            ],
            by: name,
            at: time
        )
    }

    static func withdrawal(of proposal: MessageID, by name: String, at time: Timestamp) throws
        -> Message
    {
        try self.message(
            .withdraw,
            [("proposal_id", .string(proposal.hex))],
            by: name,
            at: time
        )
    }

    static func link(_ root: String, _ child: String, at time: Timestamp = start) throws -> Message
    {
        let (rootNode, childNode) = (try self.node(root), try self.node(child))
        let consent = try self.key(child).sign(rootNode.array + childNode.array)
        return try self.message(
            .didLink,
            [
                ("root_key", .string(rootNode.hex)), ("child_key", .string(childNode.hex)),
                ("child_signature", .string(Hex.encode(consent.array))),
            ],
            by: root,
            at: time
        )
    }

    static func rotation(_ old: String, _ new: String, at time: Timestamp) throws -> Message {
        let (oldNode, newNode) = (try self.node(old), try self.node(new))
        let bytes = KeyRotate.consentBytes(oldKey: oldNode, newKey: newNode)
        let consent = try self.key(new).sign(bytes)
        return try self.message(
            .keyRotate,
            [
                ("old_key", .string(oldNode.hex)), ("new_key", .string(newNode.hex)),
                ("new_key_signature", .string(Hex.encode(consent.array))),
            ],
            by: old,
            at: time
        )
    }
}
