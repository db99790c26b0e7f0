import LocalAPI
import Messages
import Primitives

extension Story {
    /// §5: who joins a network through liars is held up by them, and not kept from anything.
    public static let fourLiars = Story(
        "four-liars",
        "Four of the five peers that a node is told of hide a revocation; it becomes synced, and has it.",
        seed: 2,
        nodes: 11,
        setting: .joining(10, told: [6, 7, 8, 9, 0])
    ) { stage in
        let (honest, liars, joiner) = (Array(0..<6), 6..<10, 10)
        let world = stage.world

        stage.step("Ten founders meet; one of them links a phone, loses it and revokes it")
        await stage.wait(.seconds(60))
        let root = stage.node(0)
        let phone = try stage.player("phone", at: 0)
        try await stage.link(phone, to: root)
        await stage.wait(.seconds(30))
        let links = world.log(of: 0, .didLink)
        try await stage.send(.didRevoke, Stage.revocation(of: phone, by: root), by: root)
        await stage.wait(.seconds(300))
        let revocations = world.log(of: 0, .didRevoke)

        stage.step("Four of them serve everything but the revocation, and swear that this is all")
        let forged = MerkleTree(ids: links).root
        for liar in liars { world.tamper(with: liar, .hiding(.didRevoke, claiming: forged)) }

        stage.step("A node joins that is told of these four and of one honest node")
        try await world.join(joiner)
        let end = world.elapsed + .seconds(3_600)
        while world.elapsed < end, try await stage.syncState(of: joiner) != .synced {
            await stage.wait(.seconds(30))
        }
        try await stage.expect("state of sync", at: [joiner], SyncState.synced) {
            try await stage.syncState(of: $0)
        }

        stage.step("It knows of the revocation, and holds what all honest nodes hold")
        await stage.wait(.seconds(70))
        try await stage.expect("revocations", at: [joiner], revocations) {
            world.log(of: $0, .didRevoke)
        }
        let truth = try await stage.identityRoot(at: 0)
        try await stage.expect("identity tree", at: honest + [joiner], truth) {
            try await stage.identityRoot(at: $0)
        }
    }
}
