import Consensus
import Gossip
import LocalAPI
import Messages
import Node
import Peers
import Primitives
import Sync

extension Story {
    /// §8: a network grows into the constitutional tier and changes a number of its own rules.
    ///
    /// Twelve full nodes and 1,012 members of a fleet announce themselves in each of 720 hours. Every
    /// announcement is signed and admitted by every node. The profile is the local one, which lifts
    /// the 50 proofs a day of D-23 as any test network does: with them the fleet would be admitted
    /// over three weeks before the first hour that counts. While the vote is open nothing in the
    /// protocol asks for 1,024 active identities, so the fleet speaks once a week then and is all there
    /// again at the deadline, when the size of the network is sampled.
    public static let constitution = Constitution(nodes: 12, hoursBefore: 0, weekdays: true).story

    /// The same from a log that has 718 of the 720 hours already.
    ///
    /// No rule is scaled: each node replays the hours as it would have written them itself, and the
    /// last two pass live, with all announcements. Then four nodes and the fleet vote for 90 days and
    /// cool down for 30.
    public static let lateConstitution = Constitution(
        nodes: 4,
        hoursBefore: 718,
        weekdays: false
    ).story
}

/// The parts of the story of a constitutional change.
struct Constitution: Sendable {
    /// Full nodes.
    let nodes: Int
    /// Hours of a large network that every node has in its log.
    let hoursBefore: Int
    /// Whether the fleet speaks once a week while the vote is open.
    let weekdays: Bool

    private static let hour = 3_600
    private static let day = 86_400
    private static let hoursNeeded = 720
    /// Minute of each hour in which the fleet announces itself; it is active for 30 minutes then.
    private static let minute = 50
    private static let founders = 256
    private static let dissenters = 12

    var story: Story {
        var setting = StorySetting()
        // Far from each other, nodes live through long stretches side by side (ADR 0020).
        setting.faults = FaultPlan(
            latencyLeast: .milliseconds(110),
            latencyMost: .milliseconds(120),
            lossPerMille: 0
        )
        setting.pace = self.pace
        // In the short story nodes announce themselves seldom, so the fleet alone is large enough.
        let members = self.hoursBefore == 0 ? 1_024 - self.nodes : 1_024
        setting.fleet = StorySetting.FleetPlan(
            members: members,
            founders: Self.founders,
            carriers: 4
        )
        let start = Timestamp(milliseconds: 1_767_225_600_000)
        setting.past = ObservedHours.facts(
            self.hoursBefore,
            until: start,
            activeIdentities: 1_024
        )
        return Story(
            self.hoursBefore == 0 ? "constitution" : "late-constitution",
            "1,024 identities sustain for 30 days, vote for 90, cool down for 30, and a rule changes.",
            nodes: self.nodes,
            setting: setting,
            play: { try await self.play($0) }
        )
    }

    /// Connections are sound and months pass: the mesh is tended and the table looked through seldom.
    private var pace: NodePace {
        var pace = NodePace()
        let isLong = self.hoursBefore == 0
        pace.gossip.heartbeat = isLong ? .seconds(600) : .seconds(1_200)
        pace.gossip.meshSize = 3
        pace.peers.tickMilliseconds = isLong ? 300_000 : 43_200_000
        pace.peers.announceMilliseconds = isLong ? 1_500_000 : 43_200_000
        pace.sync.tickMilliseconds = isLong ? 3_600_000 : 43_200_000
        pace.sync.incrementalMilliseconds = isLong ? 21_600_000 : 43_200_000
        pace.assessments = isLong ? .seconds(21_600) : .seconds(43_200)
        return pace
    }

    // MARK: The story

    private func play(_ stage: Stage) async throws {
        try await self.grow(stage)
        let proposedAt = stage.world.elapsed
        let change = try await self.propose(stage)
        try await self.vote(stage, on: change)
        try await self.decide(stage, change, proposedAt)
        try await self.takeEffect(stage, change, proposedAt)
        stage.step("All nodes have one view")
        try await stage.healAndConverge(mayDiffer: .weights)
    }

    private func grow(_ stage: Stage) async throws {
        let live = Self.hoursNeeded - self.hoursBefore
        stage.step("\(self.nodes) nodes and a fleet announce themselves for \(live) hours")
        await stage.wait(.seconds(1_200))
        try stage.fleet.connect()
        await stage.wait(.seconds(60))
        try await stage.announce(hours: live - 1, minute: Self.minute)
        try await stage.expect("phase after \(Self.hoursNeeded - 1) hours", "cold-start") {
            try await stage.phase(at: $0)
        }
        try await stage.expectRefusal(
            .rule,
            of: .propose,
            self.draft.payload(now: stage.now),
            by: stage.node(0)
        )
        stage.step("One hour later the constitution can be changed")
        try await stage.announce(hours: 1, minute: Self.minute)
        try await stage.expect("active identities", "at least 1024") {
            try await stage.ask($0, .network)["active_identities"]?.integer ?? 0
        } where: {
            $0 >= 1_024
        }
        try await stage.expect("phase after \(Self.hoursNeeded) hours", "constitutional") {
            try await stage.phase(at: $0)
        }
    }

    private var draft: Draft {
        Draft(
            "Half the quorum",
            voting: .seconds(90 * Self.day),
            tier: .constitutional,
            resolution: Propose.Resolution(
                kind: .parameter,
                name: "quorum_per_identity",
                value: 50_000
            )
        )
    }

    private func propose(_ stage: Stage) async throws -> MessageID {
        stage.step("Node 1 proposes to halve the quorum per identity, to be voted on for 90 days")
        let change = try await stage.propose(self.draft, by: stage.node(1))
        await stage.wait(.seconds(60))
        try await stage.expect("state of the change", "open") {
            try await stage.state(of: change, at: $0)
        }
        return change
    }

    private func vote(_ stage: Stage, on change: MessageID) async throws {
        stage.step("The nodes and \(Self.founders) founders of the fleet vote; few are against it")
        for node in stage.everyone {
            try await stage.vote(.endorse, on: change, by: stage.node(node))
        }
        let ballots = try (0..<Self.founders).map { member in
            try stage.fleet.publication(
                of: member,
                .vote,
                Stage.vote(member < Self.dissenters ? .reject : .endorse, on: change),
                at: stage.now
            )
        }
        try stage.fleet.publish(ballots)
        await stage.wait(.seconds(60))
        try await stage.expect("votes on the change", Self.founders + self.nodes) {
            try await stage.votes(on: change, at: $0).count
        }
    }

    private func decide(_ stage: Stage, _ change: MessageID, _ proposedAt: Duration) async throws {
        let deadline = proposedAt + .seconds(90 * Self.day)
        stage.step("90 days pass; at the deadline all are there again")
        if self.weekdays {
            for week in 1...12 {
                await stage.wait(until: proposedAt + .seconds(7 * week * Self.day))
                try await stage.announceAll()
            }
        }
        await stage.wait(until: deadline - .seconds(300))
        try await stage.announceAll()
        await stage.wait(until: deadline + .seconds(60))
        try await stage.expect("state of the change", "ratified") {
            try await stage.state(of: change, at: $0)
        }
        for node in stage.everyone {
            try await stage.expectRefusal(
                .rule,
                of: .adopt,
                Stage.adoption(of: change),
                by: stage.node(node)
            )
        }
        try await stage.expectQuorum(of: "A document while it cools", millionths: 100_000)
    }

    private func takeEffect(_ stage: Stage, _ change: MessageID, _ proposedAt: Duration)
        async throws
    {
        stage.step("After 30 days of cooling it is in force and may be adopted")
        if self.weekdays {
            for week in 13...16 {
                await stage.wait(until: proposedAt + .seconds(7 * week * Self.day))
                try await stage.announceAll()
            }
        }
        await stage.wait(until: proposedAt + .seconds(120 * Self.day + 60))
        try await stage.announceAll()
        try await stage.expectQuorum(of: "A document after the change", millionths: 50_000)
        try await stage.adopt(change, by: stage.node(0))
    }
}
