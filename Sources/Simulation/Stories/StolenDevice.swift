import Messages
import Primitives

extension Story {
    /// §1, D-14: a revocation races the votes of the device that it revokes.
    ///
    /// Twenty-four nodes that hear nothing of each other get the same four messages, each node in an
    /// order of its own: all orders that there are.
    public static let stolenDevice = Story(
        "stolen-device",
        "A stolen device votes while it is revoked; all orders of arrival end in one tally.",
        nodes: 24,
        absentFounders: ["alice"]
    ) { stage in
        let alice = try stage.player("alice", at: 0)
        let phone = try stage.player("alice's phone", at: 0)

        stage.step("Alice links her phone; node 1 proposes a checklist")
        await stage.wait(.seconds(120))
        try await stage.link(phone, to: alice)
        let checklist = try await stage.propose(
            Draft("A checklist", voting: .seconds(1_500)),
            by: stage.node(1)
        )
        await stage.wait(.seconds(60))
        try await stage.expect("identity of the phone", "alice") {
            try await stage.identity(of: phone, at: $0)
        }

        stage.step("Eight nodes endorse it, nodes 2 and 3 reject it")
        for node in 2..<12 {
            let stance: Vote.Stance = node < 4 ? .reject : .endorse
            try await stage.vote(stance, on: checklist, by: stage.node(node))
        }
        await stage.wait(.seconds(60))
        try await stage.expect("votes on the checklist", 10) {
            try await stage.votes(on: checklist, at: $0).count
        }

        stage.step(
            "Alice endorses by phone; it is stolen, the thief rejects; Alice revokes the phone"
        )
        stage.isolateEverybody()
        let honest = try stage.sign(.vote, Stage.vote(.endorse, on: checklist), by: phone)
        await stage.wait(.seconds(10))
        let stolenAt = stage.now
        await stage.wait(.seconds(10))
        let stolen = try stage.sign(.vote, Stage.vote(.reject, on: checklist), by: phone)
        await stage.wait(.seconds(10))
        let payload = Stage.revocation(of: phone, by: alice, from: stolenAt)
        let revocation = try stage.sign(.didRevoke, payload, by: alice)
        await stage.wait(.seconds(10))
        let late = try stage.sign(.vote, Stage.vote(.abstain, on: checklist), by: phone)
        let messages = [honest, stolen, revocation, late]
        for (node, order) in Self.orders(of: messages).enumerated() {
            for message in order {
                await stage.wait(.seconds(1))
                // A node that knows of the revocation refuses what is void; that is the point.
                _ = await stage.deliver(message, to: node, isRelayed: false)
            }
        }

        stage.step("Before they hear each other all nodes count the same: the honest vote")
        try await stage.expect("counted vote of alice", ["alice: endorse"]) { node in
            try await stage.votes(on: checklist, at: node).filter { $0.hasPrefix("alice: ") }
        }
        try await stage.expect("votes that count", 11) { node in
            let votes = try await stage.votes(on: checklist, at: node)
            return votes.count { !$0.hasSuffix("not counted") }
        }
        try await stage.expect("identity of the phone", phone.name) {
            try await stage.identity(of: phone, at: $0)
        }

        stage.step("The phone is silenced: no node takes another vote of it")
        try await stage.expectRefusal(
            .keyNotValid,
            of: .vote,
            Stage.vote(.reject, on: checklist),
            by: phone.at(13)
        )

        stage.step("The network heals and decides")
        try await stage.healAndConverge(scoresOf: [alice])
        await stage.wait(.seconds(1_500))
        try await stage.expect("state of the checklist", "ratified") {
            try await stage.state(of: checklist, at: $0)
        }
        try await stage.healAndConverge(scoresOf: [alice])
    }

    /// All orders of some messages, in a fixed sequence.
    private static func orders(of messages: [Message]) -> [[Message]] {
        guard messages.count > 1 else { return [messages] }
        return messages.indices.flatMap { index in
            var rest = messages
            let first = rest.remove(at: index)
            return Self.orders(of: rest).map { [first] + $0 }
        }
    }
}
