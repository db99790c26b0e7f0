import Cryptography
public import LocalAPI
public import Messages
public import Primitives

// What players do.
extension Stage {
    /// Why something was not done.
    public struct Objection: Error, Sendable, Equatable, CustomStringConvertible {
        /// Machine-readable cause.
        public let code: String
        /// The cause in words.
        public let detail: String

        /// Both.
        public var description: String { "\(self.code) (\(self.detail))" }
    }

    // MARK: Messages of any type

    /// Signs and sends a message.
    ///
    /// - Throws: a ``StoryFailure`` when the player's node refuses it.
    @discardableResult
    public func send(_ type: MessageType, _ payload: JSONValue, by player: Player) async throws
        -> MessageID
    {
        switch await self.attempt(type, payload, by: player) {
        case .success(let id): return id
        case .failure(let objection):
            throw self.failure(
                "\(type.rawValue) of \(player.name)",
                node: player.home,
                expected: "to be sent",
                found: objection.description
            )
        }
    }

    /// Signs and sends a message, if the player's node lets it.
    public func attempt(_ type: MessageType, _ payload: JSONValue, by player: Player) async
        -> Result<MessageID, Objection>
    {
        guard player.key == nil else {
            do {
                return await self.deliver(try self.sign(type, payload, by: player), to: player.home)
            } catch {
                return .failure(Objection(code: "unsigned", detail: "\(error)"))
            }
        }
        return await self.call(player.home, .publish(type, payload)).flatMap { answer in
            let id = answer["id"]?.string.flatMap { MessageID(hex: $0) }
            let missing = Objection(code: "no_id", detail: "the answer names no message")
            return id.map { .success($0) } ?? .failure(missing)
        }
    }

    /// Signs a message of a player without a node, which the story then delivers itself.
    ///
    /// - Throws: a `Refusal` when no node would read it.
    public func sign(_ type: MessageType, _ payload: JSONValue, by player: Player) throws -> Message
    {
        guard let key = player.key else {
            throw Refusal(.rule, "\(player.name) is a node and signs by itself")
        }
        return try EnvelopeCodec.sign(type, payload: payload, timestamp: self.now, key: key)
    }

    /// Hands a signed message to a node: to publish it, or only to hear it.
    public func deliver(_ message: Message, to node: Int, isRelayed: Bool = true) async
        -> Result<MessageID, Objection>
    {
        var origin = Origin.local(nil)
        if !isRelayed, case .gossip(let topic) = message.type?.channel {
            // A ticket of no pending validation: the node judges and keeps it, and relays nothing.
            origin = .gossip(relay: message.from, topic: topic, ticket: .max)
        }
        let refusal = await self.world.deliver(message, to: node, as: origin)
        guard let refusal else { return .success(message.id) }
        return .failure(Objection(code: refusal.code.rawValue, detail: refusal.detail))
    }

    /// Puts a call to a node.
    public func call(_ node: Int, _ call: APICall) async -> Result<JSONValue, Objection> {
        guard let answer = await self.world.call(node, call) else {
            return .failure(Objection(code: "silent", detail: "no answer in two minutes"))
        }
        guard answer.status != 200 else { return .success(answer.body) }
        let code = answer.body["code"]?.string ?? "\(answer.status)"
        return .failure(Objection(code: code, detail: answer.body["detail"]?.string ?? ""))
    }

    // MARK: Governance

    /// Proposes something.
    public func propose(_ draft: Draft, by player: Player) async throws -> MessageID {
        let payload = draft.payload(now: self.now)
        let id = try await self.send(.propose, payload, by: player)
        self.proposals.append((id: id, title: draft.title))
        return id
    }

    /// Votes on a proposal.
    @discardableResult
    public func vote(_ stance: Vote.Stance, on proposal: MessageID, by player: Player) async throws
        -> MessageID
    {
        try await self.send(.vote, Self.vote(stance, on: proposal), by: player)
    }

    /// The payload of a vote.
    public static func vote(_ stance: Vote.Stance, on proposal: MessageID) -> JSONValue {
        .object([
            ("proposal_id", .string(proposal.hex)),
            ("stance", .string(stance.rawValue)),
            ("sync_status", .string(SyncState.synced.rawValue)),
        ])
    }

    /// Says that a proposal was applied with success.
    public func adopt(_ proposal: MessageID, by player: Player) async throws {
        let payload = JSONValue.object([
            ("proposal_id", .string(proposal.hex)), ("success", .bool(true)),
        ])
        try await self.send(.adopt, payload, by: player)
    }

    /// Offers artefacts.
    public func share(_ drafts: [Draft], by player: Player) async throws -> MessageID {
        let entries = drafts.map { draft in
            JSONValue.object([
                ("content_hash", .string(SHA256Digest.hash(draft.artefact).hex)),
                ("content_type", .string("text/markdown")),
                ("content_size", .integer(Int64(draft.artefact.count))),
                ("filename", .null), ("description", .null), ("tags", .array([])),
            ])
        }
        return try await self.send(.share, .object([("entries", .array(entries))]), by: player)
    }

    // MARK: Keys

    /// A root takes in a key, which agrees.
    public func link(_ child: Player, to root: Player) async throws {
        guard let key = child.key else {
            throw Refusal(.rule, "\(child.name) is a node and gives its consent by itself")
        }
        let consent = key.sign(root.id.array + child.id.array)
        let payload = JSONValue.object([
            ("root_key", .string(root.id.hex)),
            ("child_key", .string(child.id.hex)),
            ("child_signature", .string(consent.hex)),
        ])
        try await self.send(.didLink, payload, by: root)
    }

    /// A root takes a key's right to act for it away.
    public static func revocation(of child: Player, by root: Player, from: Timestamp? = nil)
        -> JSONValue
    {
        .object([
            ("root_key", .string(root.id.hex)),
            ("revoked_key", .string(child.id.hex)),
            ("effective_from", from.map { .integer($0.milliseconds) } ?? .null),
        ])
    }

    /// A key gives its place to another one, which agrees.
    @discardableResult
    public func rotate(_ old: Player, to new: Player) async throws -> MessageID {
        try await self.send(.keyRotate, try self.rotation(of: old, to: new), by: old)
    }

    /// The payload of a rotation.
    public func rotation(of old: Player, to new: Player) throws -> JSONValue {
        guard let key = new.key else {
            throw Refusal(.rule, "\(new.name) is a node and gives its consent by itself")
        }
        let consent = key.sign(KeyRotate.consentBytes(oldKey: old.id, newKey: new.id))
        return .object([
            ("old_key", .string(old.id.hex)),
            ("new_key", .string(new.id.hex)),
            ("new_key_signature", .string(consent.hex)),
        ])
    }
}
