import LocalAPI
import Messages
import Primitives
import Simulation

/// A network with a history, the joiner that wants to have it, and nodes that do not let it.
///
/// The history is a device that was linked and revoked, a proposal with votes, and some requests.
struct JoiningScene {
    let stage: Stage
    let joiner: Int
    let honest: [Int]
    let proposal: MessageID
    /// Root of an identity tree that lacks the revocation.
    let forgedRoot: Bytes32

    private static let requests = 8

    /// Plays a scene: `honest` nodes, the liars behind them, and the joiner.
    static func play(
        _ name: String,
        honest: Int,
        liars: Int,
        told: [Int],
        seed: UInt64 = 1,
        _ act: @escaping @Sendable (JoiningScene) async throws -> Void
    ) async throws {
        let joiner = honest + liars
        let story = Story(
            name,
            "A node joins.",
            seed: seed,
            nodes: joiner + 1,
            setting: .joining(joiner, told: told)
        ) { stage in
            try await act(Self.make(stage, honest: Array(0..<honest), joiner: joiner))
        }
        _ = try await story.run()
    }

    private static func make(_ stage: Stage, honest: [Int], joiner: Int) async throws
        -> JoiningScene
    {
        stage.step("Nodes meet, link a device and revoke it, propose and vote")
        await stage.wait(.seconds(60))
        let root = stage.node(0)
        let phone = try stage.player("phone", at: 0)
        try await stage.link(phone, to: root)
        let draft = Draft("A guide", voting: .seconds(86_400))
        let proposal = try await stage.propose(draft, by: root)
        for number in 0..<Self.requests {
            let request = JSONValue.object([
                ("title", .string("Request \(number)")), ("body", .string("b")),
                ("tags", .array([])),
            ])
            try await stage.send(.request, request, by: stage.node(number % honest.count))
        }
        await stage.wait(.seconds(60))
        for voter in honest.prefix(2) {
            try await stage.vote(.endorse, on: proposal, by: stage.node(voter))
        }
        let links = stage.world.log(of: 0, .didLink)
        try await stage.send(.didRevoke, Stage.revocation(of: phone, by: root), by: root)
        // Gossip offers again what is young; from now on it is to be had by sync alone.
        await stage.wait(.seconds(300))
        return JoiningScene(
            stage: stage,
            joiner: joiner,
            honest: honest,
            proposal: proposal,
            forgedRoot: MerkleTree(ids: links).root
        )
    }

    // MARK: Looking

    /// Whether the joiner holds what the honest nodes hold.
    var isWhole: Bool {
        let world = self.stage.world
        return [MessageType.didLink, .didRevoke, .propose, .vote, .request].allSatisfy {
            world.log(of: self.joiner, $0).isSuperset(of: world.log(of: 0, $0))
        }
    }

    /// The joiner starts, and becomes synced with all that honest nodes hold.
    ///
    /// - Returns: how long it took.
    @discardableResult
    func join(within limit: Duration) async throws -> Duration {
        let world = self.stage.world
        self.stage.step("A node joins")
        try await world.join(self.joiner)
        let start = world.elapsed
        while world.elapsed < start + limit {
            await self.stage.wait(.seconds(10))
            if try await self.stage.syncState(of: self.joiner) == .synced, self.isWhole { break }
        }
        let duration = world.elapsed - start
        await self.stage.wait(.seconds(70))
        try await self.expectHonestState()
        return duration
    }

    func expectHonestState() async throws {
        let stage = self.stage
        try await stage.expect("state of sync", at: [self.joiner], SyncState.synced) {
            try await stage.syncState(of: $0)
        }
        for type in [MessageType.didLink, .didRevoke, .propose, .vote] {
            let expected = stage.world.log(of: 0, type)
            try await stage.expect("\(type.rawValue) in the log", at: [self.joiner], expected) {
                stage.world.log(of: $0, type)
            }
        }
        let root = try await stage.identityRoot(at: 0)
        try await stage.expect("identity tree", at: self.honest + [self.joiner], root) {
            try await stage.identityRoot(at: $0)
        }
        let votes = try await stage.votes(on: self.proposal, at: 0)
        try await stage.expect("votes", at: [self.joiner], votes) {
            try await stage.votes(on: self.proposal, at: $0)
        }
    }
}
