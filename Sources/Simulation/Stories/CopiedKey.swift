import LocalAPI
import Messages
import Primitives

extension Story {
    /// T22, ADR 0072: a backup is put back while the machine that it was made on still runs, or does not.
    public static let copiedKey = Story(
        "copied-key",
        "A key is put back from a backup while the old node still votes; it votes once all the same.",
        nodes: 7,
        setting: CopiedKey.setting
    ) { stage in
        let old = try stage.copy(of: CopiedKey.victim, at: 2)
        try await CopiedKey(stage).stillRunning(old)
        try await CopiedKey(stage).gone()
        stage.step("All nodes agree, and have one vote of each identity")
        try await stage.healAndConverge()
        try await CopiedKey(stage).expectOneVoteEach()
    }
}

/// Two nodes whose keys are put back.
private struct CopiedKey {
    static let victim = 5
    private static let other = 6
    static let setting: StorySetting = {
        var setting = StorySetting.sound
        setting.haveCaughtUp = 5
        return setting
    }()

    private let stage: Stage

    init(_ stage: Stage) { self.stage = stage }

    /// The old machine goes on, and votes.
    func stillRunning(_ old: Player) async throws {
        let victim = self.stage.node(Self.victim)
        self.stage.step(
            "All nodes meet; node 1 proposes, and the key of node 5 is put back elsewhere"
        )
        await self.stage.wait(.seconds(1_800))
        let proposal = try await self.propose("While two run")
        await self.stage.wait(.seconds(60))
        try await self.stage.world.putKeyBack(of: Self.victim)

        self.stage.step("The new node is asked to reject, at once and when it is synced")
        try await self.refuses(proposal, .notSynced, by: victim)
        try await self.awaitSync(of: Self.victim)
        try await self.refuses(proposal, .notSynced, by: victim)
        try await self.expectStop(at: Self.victim, "put back from a backup")

        self.stage.step("The old one endorses: the new one hears of it, and stops for good")
        try await self.stage.vote(.endorse, on: proposal, by: old)
        await self.stage.wait(.seconds(1_800))
        try await self.expectStop(at: Self.victim, "used elsewhere")
        try await self.refuses(proposal, .keyUsedElsewhere, by: victim)

        self.stage.step("The old one is stopped, and the operator says so: the new one signs")
        try await self.stage.world.restartAsOnlyInstance(Self.victim)
        try await self.awaitSync(of: Self.victim)
        try await self.expectStop(at: Self.victim, nil)
        try await self.speaksAgain(victim)
    }

    /// The old machine is gone: nobody has to say anything.
    func gone() async throws {
        let other = self.stage.node(Self.other)
        self.stage.step("The machine of node 6 is lost; its key is put back and heard by nobody")
        let proposal = try await self.propose("While one runs")
        await self.stage.wait(.seconds(60))
        try await self.stage.world.putKeyBack(of: Self.other)
        let restored = self.stage.now
        try await self.awaitSync(of: Self.other)
        await self.stage.wait(.seconds(1_080))
        try await self.refuses(proposal, .notSynced, by: other)
        try await self.stage.expect("words of node 6 since then", at: [0], 0) { node in
            self.stage.world.messages(of: other.id, at: node).count { $0.timestamp > restored }
        }

        self.stage.step("After twenty quiet minutes it votes by itself")
        await self.stage.wait(.seconds(300))
        try await self.expectStop(at: Self.other, nil)
        try await self.stage.vote(.reject, on: proposal, by: other)
        await self.stage.wait(.seconds(60))
    }

    /// No identity said two things of one proposal, on any node.
    func expectOneVoteEach() async throws {
        for keys in [self.stage.node(Self.victim), self.stage.node(Self.other)] {
            try await self.stage.expect("votes of \(keys.name) on each proposal", 1) { node in
                let votes = self.stage.world.messages(of: keys.id, at: node).compactMap { message in
                    if case .vote(let vote) = message.payload { vote.proposalID } else { nil }
                }
                return votes.isEmpty || Set(votes).count != votes.count ? 0 : 1
            }
        }
    }

    // MARK: Parts

    private func propose(_ title: String) async throws -> MessageID {
        try await self.stage.propose(
            Draft(title, voting: .seconds(40_000)),
            by: self.stage.node(1)
        )
    }

    private func refuses(
        _ proposal: MessageID,
        _ code: Refusal.Code,
        by player: Player
    ) async throws {
        let vote = Stage.vote(.reject, on: proposal)
        try await self.stage.expectRefusal(code, of: .vote, vote, by: player)
    }

    private func awaitSync(of node: Int) async throws {
        let end = self.stage.world.elapsed + .seconds(900)
        while self.stage.world.elapsed < end, try await self.stage.syncState(of: node) != .synced {
            await self.stage.wait(.seconds(10))
        }
        try await self.stage.expect("state of sync", at: [node], SyncState.synced) {
            try await self.stage.syncState(of: $0)
        }
    }

    /// Why a node says that it signs nothing, and whether it is ready.
    private func expectStop(at node: Int, _ words: String?) async throws {
        try await self.stage.expect("signing stopped", at: [node], words ?? "no") { node in
            let status = try await self.stage.ask(node, .status)
            return status["identity"]?["signing_stopped_because"]?.string ?? "no"
        } where: {
            text in
            words.map { text.contains($0) } ?? (text == "no")
        }
        try await self.stage.expect("ready", at: [node], words == nil) { node in
            if case .success = await self.stage.call(node, .readiness(MemoryUse(bytes: 0))) {
                true
            } else {
                false
            }
        }
    }

    private func speaksAgain(_ player: Player) async throws {
        let request = JSONValue.object([
            ("title", .string("\(player.name) is back")), ("body", .string("For a story.")),
            ("tags", .array([])),
        ])
        try await self.stage.send(.request, request, by: player)
    }
}
