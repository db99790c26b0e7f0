public import LocalAPI
public import Messages
public import Primitives

// What a story checks. Every check names what it looked at; one that fails ends the story.
extension Stage {
    /// Looks at some nodes, all of them unless said otherwise, and compares.
    ///
    /// - Throws: a ``StoryFailure`` that names the first node that sees something else.
    public func expect<Value: Equatable>(
        _ subject: String,
        at nodes: [Int]? = nil,
        _ expected: Value,
        _ look: (Int) async throws -> Value
    ) async throws {
        try await self.expect(subject, at: nodes, "\(expected)", look) { $0 == expected }
    }

    /// Looks at some nodes and judges what is found.
    ///
    /// - Throws: a ``StoryFailure`` that names the first node that sees something else.
    public func expect<Value>(
        _ subject: String,
        at nodes: [Int]? = nil,
        _ expected: String,
        _ look: (Int) async throws -> Value,
        where holds: (Value) -> Bool
    ) async throws {
        for node in nodes ?? self.everyone {
            let found = try await look(node)
            guard holds(found) else {
                let found = "\(found)"
                throw self.failure(subject, node: node, expected: expected, found: found)
            }
        }
        self.held("\(subject): \(expected), \(self.text(nodes))")
    }

    private func text(_ nodes: [Int]?) -> String {
        guard let nodes, nodes.count < self.everyone.count else { return "on all nodes" }
        let list = nodes.map { "\($0)" }.joined(separator: ", ")
        return nodes.count == 1 ? "on node \(list)" : "on nodes \(list)"
    }

    /// Expects a player's own node to refuse a message.
    public func expectRefusal(
        _ code: Refusal.Code,
        of type: MessageType,
        _ payload: JSONValue,
        by player: Player
    ) async throws {
        let subject = "\(type.rawValue) of \(player.name)"
        let expected = "refused as \(code.rawValue)"
        switch await self.attempt(type, payload, by: player) {
        case .failure(let objection) where objection.code == code.rawValue:
            self.held("\(subject): \(expected): \(objection.detail)")
        case .failure(let objection):
            let found = objection.description
            throw self.failure(subject, node: player.home, expected: expected, found: found)
        case .success:
            throw self.failure(subject, node: player.home, expected: expected, found: "sent")
        }
    }

    // MARK: Looking

    /// A node's answer to a call.
    ///
    /// - Throws: a ``StoryFailure`` when it gives none.
    public func ask(_ node: Int, _ call: APICall) async throws -> JSONValue {
        switch await self.call(node, call) {
        case .success(let answer): return answer
        case .failure(let objection):
            throw self.failure(
                "the local API",
                node: node,
                expected: "an answer",
                found: objection.description
            )
        }
    }

    /// The player that a key acts for, as a node sees it.
    public func identity(of player: Player, at node: Int) async throws -> String {
        let answer = try await self.ask(node, .identity(player.id))
        return self.name(of: answer["identity"]?.string)
    }

    /// Whether a node has heard of a key.
    func isKnown(_ key: NodeID, at node: Int) async -> Bool {
        if case .failure(let objection) = await self.call(node, .identity(key)),
            objection.code == "unknown_identity"
        {
            return false
        }
        return true
    }

    /// Whether a contradiction of rotations is open over a player, as far as a node has heard of it.
    public func isSuspended(_ player: Player, at node: Int) async throws -> Bool {
        guard await self.isKnown(player.id, at: node) else { return false }
        return try await self.ask(node, .identity(player.id))["suspended"]?.bool ?? false
    }

    /// A node's score of a player.
    public func score(of player: Player, at node: Int) async throws -> FixedPoint {
        let answer = try await self.ask(node, .reputation(player.id))
        return FixedPoint(millionths: answer["overall"]?.integer ?? 0)
    }

    /// A node's own ledger value of a player, whatever others say.
    public func direct(of player: Player, at node: Int) async throws -> FixedPoint {
        let answer = try await self.ask(node, .reputation(player.id))
        return FixedPoint(millionths: answer["direct"]?.integer ?? 0)
    }

    /// How far a node says that it is with what it missed.
    public func syncState(of node: Int) async throws -> SyncState? {
        let state = try await self.ask(node, .status)["sync"]?["state"]?.string
        return state.flatMap { SyncState(rawValue: $0) }
    }

    /// Root of the tree of all identities, as a node sees it.
    public func identityRoot(at node: Int) async throws -> String {
        try await self.ask(node, .status)["identity"]?["merkle_root"]?.string ?? "none"
    }

    /// The state of a proposal.
    public func state(of proposal: MessageID, at node: Int) async throws -> String {
        try await self.ask(node, .proposal(proposal))["state"]?.string ?? "unknown"
    }

    /// The phase of governance.
    public func phase(at node: Int) async throws -> String {
        try await self.ask(node, .network)["phase"]?.string ?? "unknown"
    }

    /// The votes on a proposal as `name: stance`, with `, not counted` where they are not.
    public func votes(on proposal: MessageID, at node: Int) async throws -> [String] {
        let votes = try await self.ask(node, .proposal(proposal))["votes"]?.elements ?? []
        return votes.map { vote in
            let name = self.name(of: vote["identity"]?.string)
            let note = vote["not_counted_because"]?.string == nil ? "" : ", not counted"
            return "\(name): \(vote["stance"]?.string ?? "-")\(note)"
        }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }
}
