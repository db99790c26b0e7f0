import Cryptography
import Messages
import OrderedCollections
import Primitives

/// The rules of identities: who signs for this node, and who a sender is.
///
/// A key is its own identity as long as it stands alone. Identity messages are checked for the
/// consents they carry and kept in the identity tree; the map from child keys to roots grows here.
struct IdentityStateMachine: Sendable {
    private let key: SigningKey
    /// Identity messages in the order of (timestamp, id).
    private var messages: OrderedSet<MessageID> = []

    init(key: SigningKey) { self.key = key }

    /// The node's own key.
    var ownNode: NodeID { NodeID(self.key.publicKey) }

    /// Root of the identity tree (§5).
    var merkleRoot: Bytes32 { MerkleTree(ids: self.messages).root }

    /// What an uninterrupted fold of the log gives, too.
    var digest: Bytes32 { SHA256Digest.hash(self.merkleRoot.array) }

    // MARK: Signing

    func publish(_ command: PublishMessage, now: Timestamp) -> IdentityAction {
        switch self.sign(command.type, command.payload, now: now) {
        case .success(let message): .admit(message.canonical, command.request)
        case .failure(let refusal): .refuse(.local(command.request), nil, refusal)
        }
    }

    func request(_ command: SendRequest, now: Timestamp) -> IdentityAction {
        switch self.sign(command.type, command.payload, now: now) {
        case .success(let message): .open(command.exchange, message.canonical)
        case .failure(let refusal): .refuse(.answer(command.exchange), nil, refusal)
        }
    }

    func answer(_ command: SendAnswer, now: Timestamp) -> IdentityAction {
        switch self.sign(command.type, command.payload, now: now) {
        case .success(let message): .answer(command.exchange, message.canonical)
        case .failure: .answer(command.exchange, nil)
        }
    }

    private func sign(_ type: MessageType, _ payload: JSONValue, now: Timestamp)
        -> Result<Message, Refusal>
    {
        Result { () throws(Refusal) in
            try EnvelopeCodec.sign(type, payload: payload, timestamp: now, key: self.key)
        }
    }

    /// Signs a challenge unless it is the trap of D-09.
    func signature(for query: SignChallenge) -> Result<Signature, Refusal> {
        do {
            return .success(
                try AuthResponder.sign(
                    query.challenge,
                    channelKey: query.channelKey,
                    key: self.key
                )
            )
        } catch {
            return .failure(Refusal(.badSignature, "\(error)"))
        }
    }

    // MARK: Admission

    /// Adds what is known of the sender.
    func identify(_ command: IdentifySender) -> IdentityAction {
        .rate(
            RateSender(
                message: command.message,
                origin: command.origin,
                receivedAt: command.receivedAt,
                sender: SenderStanding(identity: command.message.from)
            )
        )
    }

    /// Judges a message of an identity type by the consents it carries.
    mutating func judge(_ admitted: AdmittedMessage) -> IdentityAction {
        if let cause = Self.flaw(in: admitted.message) {
            return .refuse(admitted.origin, admitted.message.id, Refusal(.rule, cause))
        }
        self.apply(admitted.message)
        return .accept(admitted)
    }

    /// Folds a message that was accepted before the restart.
    mutating func apply(_ message: Message) {
        guard message.type?.isIdentityType == true else { return }
        self.messages.append(message.id)
    }

    private static func flaw(in message: Message) -> String? {
        switch message.payload {
        case .keyRotate(let rotation):
            if rotation.oldKey != message.from { return "a key can only rotate itself" }
            return rotation.isConsented ? nil : "the new key did not sign the rotation (D-06)"
        case .didLink(let link):
            if link.rootKey != message.from { return "only a root can take in a key" }
            return link.isConsented ? nil : "the child did not consent to the link"
        case .didRevoke(let revocation):
            return revocation.rootKey == message.from ? nil : "only the root can revoke a key"
        default:
            return nil
        }
    }
}
