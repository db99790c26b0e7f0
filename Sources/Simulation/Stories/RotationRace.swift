import Messages
import Primitives

extension Story {
    /// §1: a stolen key is rotated by its owner and by the thief, each in one half of the network.
    public static let rotationRace = Story(
        "rotation-race",
        "Two rotations of one key reach two halves of the network first; both are suspended.",
        nodes: 8,
        absentFounders: ["alice"]
    ) { stage in
        let (left, right) = ([0, 1, 2, 3], [4, 5, 6, 7])
        let alice = try stage.player("alice", at: 0)
        let heir = try stage.player("alice's new key", at: 0)
        let thief = try stage.player("the thief's key", at: 7)

        stage.step("Alice founded the network with others; node 1 proposes a checklist")
        await stage.wait(.seconds(180))
        let checklist = try await stage.propose(
            Draft("A checklist", voting: .seconds(3_600)),
            by: stage.node(1)
        )
        await stage.wait(.seconds(20))
        try await stage.expect("state of the checklist", "open") {
            try await stage.state(of: checklist, at: $0)
        }
        try await stage.expect("score of alice", FixedPoint(millionths: 500_000)) {
            try await stage.score(of: alice, at: $0)
        }

        stage.step("The network splits; Alice rotates her key left, the thief rotates it right")
        stage.partition(left)
        try await stage.rotate(alice, to: heir)
        await stage.wait(.seconds(30))
        try await stage.rotate(alice.at(7), to: thief)
        await stage.wait(.seconds(30))
        try await stage.expect("alice's identity", at: left, heir.name) {
            try await stage.identity(of: alice, at: $0)
        }
        try await stage.expect("alice's identity", at: right, thief.name) {
            try await stage.identity(of: alice, at: $0)
        }
        try await stage.expect(
            "score of the thief's key",
            at: right,
            FixedPoint(millionths: 500_000)
        ) {
            try await stage.score(of: thief, at: $0)
        }
        try await stage.expect("suspension of either successor", false) { node in
            let heirWaits = try await stage.isSuspended(heir, at: node)
            return try await stage.isSuspended(thief, at: node) || heirWaits
        }

        stage.step("Both halves vote on the checklist, each without hearing the other")
        for node in left + right {
            let stance: Vote.Stance = node == 7 ? .reject : .endorse
            try await stage.vote(stance, on: checklist, by: stage.node(node))
        }
        await stage.wait(.seconds(30))
        try await stage.expect("votes on the checklist", 4) {
            try await stage.votes(on: checklist, at: $0).count
        }

        stage.step("The network heals; every node hears of both rotations and of the conflict")
        stage.heal()
        await stage.wait(.seconds(2_100))
        for successor in [heir, thief] {
            try await stage.expect("suspension of \(successor.name)", true) {
                try await stage.isSuspended(successor, at: $0)
            }
            try await stage.expect("score of \(successor.name)", FixedPoint(millionths: 100_000)) {
                try await stage.score(of: successor, at: $0)
            }
        }
        try await stage.expect("KEY_CONFLICT in the log", "at least one") {
            stage.world.logged(.keyConflict, at: $0)
        } where: {
            $0 > 0
        }
        try await stage.expect("KEY_ROTATE in the log", 2) {
            stage.world.logged(.keyRotate, at: $0)
        }

        stage.step("An hour later the stolen key signs nothing any more, not even a third rotation")
        await stage.wait(.seconds(3_600))
        try await stage.expectRefusal(
            .keyNotValid,
            of: .vote,
            Stage.vote(.reject, on: checklist),
            by: alice.at(7)
        )
        let another = try stage.player("the thief's second key", at: 7)
        try await stage.expectRefusal(
            .keyNotValid,
            of: .keyRotate,
            stage.rotation(of: alice, to: another),
            by: alice.at(7)
        )

        stage.step("All nodes agree: the checklist is ratified, both successors stay suspended")
        try await stage.healAndConverge(scoresOf: [heir, thief])
        try await stage.expect("alice's identity, by the earlier rotation", heir.name) {
            try await stage.identity(of: alice, at: $0)
        }
        try await stage.expect("state of the checklist", "ratified") {
            try await stage.state(of: checklist, at: $0)
        }
        try await stage.expect("votes on the checklist", 8) {
            try await stage.votes(on: checklist, at: $0).count
        }
    }
}
