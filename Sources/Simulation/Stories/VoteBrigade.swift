import Cryptography
import Gossip
import LocalAPI
import Messages
import Node
import Peers
import Primitives
import Sync

extension Story {
    /// §1, §8, §11: a hundred keys cannot say more than the identities behind them.
    public static let voteBrigade: Story = {
        var setting = StorySetting()
        // The members of a carrier reach the network through that carrier alone.
        setting.faults = FaultPlan(lossPerMille: 0)
        setting.pace.gossip.heartbeat = .seconds(10)
        setting.pace.peers.tickMilliseconds = 10_000
        setting.pace.sync.tickMilliseconds = 10_000
        // Member 0 is a founder with fifty devices; the last fifty are keys made for the occasion.
        setting.fleet = StorySetting.FleetPlan(members: 101, founders: 1, carriers: 2)
        return Story(
            "vote-brigade",
            "Fifty linked and fifty unlinked keys vote against what eight nodes want; one voice counts.",
            nodes: 8,
            setting: setting,
            play: VoteBrigade.play
        )
    }()
}

/// The parts of the story.
private enum VoteBrigade {
    static let linked = 1...50
    static let everybody = 0...100

    static func play(_ stage: Stage) async throws {
        try await Self.gather(stage)
        let checklist = try await Self.attack(stage)
        try await Self.check(stage, checklist)
        stage.step("The deadline passes; all nodes decide alike")
        await stage.wait(.seconds(3_600))
        try await stage.expect("state of the checklist", "ratified") {
            try await stage.state(of: checklist, at: $0)
        }
        try await stage.healAndConverge()
    }

    static func gather(_ stage: Stage) async throws {
        stage.step("Mallory, a founder, links fifty keys; fifty more stay strangers")
        await stage.wait(.seconds(180))
        let fleet = try stage.fleet
        fleet.connect()
        await stage.wait(.seconds(30))
        let rootID = fleet.crew.identities[0]
        let links = try Self.linked.map { number in
            let child = fleet.crew.identities[number]
            let consent = fleet.crew.members[number].sign(rootID.array + child.array)
            return try fleet.publication(
                of: 0,
                .didLink,
                .object([
                    ("root_key", .string(rootID.hex)), ("child_key", .string(child.hex)),
                    ("child_signature", .string(consent.hex)),
                ]),
                // One key signs them all, and its relay numbers grow with the time.
                at: stage.now.adding(milliseconds: Int64(number))
            )
        }
        fleet.publish(links)
        try await stage.announceAll()
        try await stage.expect("identity of a linked key", rootID.hex) {
            let key = fleet.crew.identities[Self.linked.upperBound]
            return try await stage.ask($0, .identity(key))["identity"]?.string ?? "none"
        }
    }

    static func attack(_ stage: Stage) async throws -> MessageID {
        stage.step("Node 1 proposes a checklist; eight nodes endorse it, 101 keys reject it")
        let checklist = try await stage.propose(
            Draft("A checklist", voting: .seconds(3_600)),
            by: stage.node(1)
        )
        await stage.wait(.seconds(20))
        for node in stage.everyone {
            try await stage.vote(.endorse, on: checklist, by: stage.node(node))
        }
        let fleet = try stage.fleet
        let ballots = try Self.everybody.map { member in
            try fleet.publication(
                of: member,
                .vote,
                Stage.vote(.reject, on: checklist),
                at: stage.now
            )
        }
        fleet.publish(ballots)
        await stage.wait(.seconds(60))
        return checklist
    }

    static func check(_ stage: Stage, _ checklist: MessageID) async throws {
        stage.step("Every vote is relayed and logged, and of the brigade's one counts")
        let votes = stage.everyone.count + Self.everybody.count
        try await stage.expect("VOTE in the log", votes) { stage.world.logged(.vote, at: $0) }
        try await stage.expect("counted votes", "8 endorse, 1 reject") { node in
            let votes = try await stage.votes(on: checklist, at: node)
            let counted = votes.filter { !$0.hasSuffix("not counted") }
            let endorse = counted.count { $0.hasSuffix("endorse") }
            return "\(endorse) endorse, \(counted.count - endorse) reject"
        }
        try await stage.expect("votes of strangers that are shown and do not count", 50) { node in
            let votes = try await stage.votes(on: checklist, at: node)
            return votes.count { $0.hasSuffix("not counted") }
        }
    }
}
