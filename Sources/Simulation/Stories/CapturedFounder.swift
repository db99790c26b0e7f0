import Consensus
import Gossip
import Messages
import Node
import Peers
import Primitives
import Sync

extension Story {
    /// §1, §8, §9: a thief of a founder's key gets one vote and one voice, until its owner and the
    /// others act.
    public static let capturedFounder: Story = {
        var setting = StorySetting()
        setting.pace.gossip.heartbeat = .seconds(60)
        setting.pace.peers.tickMilliseconds = 60_000
        setting.pace.sync.tickMilliseconds = 60_000
        // The network has governed itself for a day and a half when the key is taken.
        setting.past = ObservedHours.facts(
            204,
            until: Timestamp(milliseconds: 1_767_225_600_000),
            activeIdentities: 17
        )
        return Story(
            "captured-founder",
            "A founder's key votes and vouches for a thief; rotation and votes end it.",
            nodes: 16,
            absentFounders: ["frank"],
            setting: setting,
            play: CapturedFounder.play
        )
    }()
}

/// The parts of the story.
private enum CapturedFounder {
    static func play(_ stage: Stage) async throws {
        let frank = try stage.player("frank", at: 3)
        let friend = try stage.player("the thief's friend", at: 3)
        try await Self.vouch(stage, frank, friend)
        try await Self.oppose(stage, frank)
        let (heir, thief) = try await Self.rotate(stage, frank)
        try await Self.name(heir, of: frank, thief, stage)
        let ban = try await Self.ban(stage, thief)
        stage.step("An hour later, without faults, all nodes stand by the ban")
        stage.heal()
        await stage.wait(.seconds(3_600))
        try await stage.expect("state of the ban", "ratified") {
            try await stage.state(of: ban, at: $0)
        }
        try await stage.expect("score of \(thief.name)", FixedPoint.zero) {
            try await stage.score(of: thief, at: $0)
        }
        try await stage.expect("frank's identity", heir.name) {
            try await stage.identity(of: frank, at: $0)
        }
        try await stage.healAndConverge(mayDiffer: .weights)
    }

    private static func vouch(_ stage: Stage, _ frank: Player, _ friend: Player) async throws {
        stage.step("For an hour all is well; every founder has said what it thinks of the others")
        await stage.wait(.seconds(4_500))
        try await stage.expect("phase", "cold-start") { try await stage.phase(at: $0) }
        stage.step("The thief vouches for a friend and slanders the other founders")
        let slander = stage.world.nodes.prefix(9).map { Self.word(on: $0, 0, at: stage.now) }
        let praise = Self.word(on: friend.id, 1_000_000, at: stage.now)
        let words = JSONValue.object([("assessments", .array([praise] + slander))])
        try await stage.send(.reputationGossip, words, by: frank)
        await stage.wait(.seconds(60))
        // A single assessor lifts nobody above 0.2 (R-09-035), so the friend stays below every gate.
        try await stage.expect("score of the friend", FixedPoint(millionths: 200_000)) {
            try await stage.score(of: friend, at: $0)
        }
        let draft = Draft("A trap", voting: .seconds(1_800))
        try await stage.expectRefusal(
            .belowGate,
            of: .propose,
            draft.payload(now: stage.now),
            by: friend
        )
        for slandered in [0, 8] {
            let player = stage.node(slandered)
            try await stage.expect("score of \(player.name)", "0.4 at least") {
                try await stage.score(of: player, at: $0)
            } where: {
                $0 >= FixedPoint(millionths: 400_000)
            }
        }
    }

    private static func word(on subject: NodeID, _ overall: Int64, at time: Timestamp) -> JSONValue
    {
        .object([
            ("node_id", .string(subject.hex)), ("overall", .integer(overall)),
            ("by_domain", .emptyObject), ("observation_count", .integer(1_000)),
            ("last_observed", .integer(time.milliseconds)),
            ("assessment_timestamp", .integer(time.milliseconds)),
        ])
    }

    private static func oppose(_ stage: Stage, _ frank: Player) async throws {
        stage.step("The thief votes against a good proposal, which is one vote of seventeen")
        let checklist = try await stage.propose(
            Draft("A checklist", voting: .seconds(600)),
            by: stage.node(1)
        )
        await stage.wait(.seconds(10))
        try await stage.vote(.reject, on: checklist, by: frank)
        for node in stage.everyone {
            try await stage.vote(.endorse, on: checklist, by: stage.node(node))
        }
        await stage.wait(.seconds(660))
        try await stage.expect("state of the checklist", "ratified") {
            try await stage.state(of: checklist, at: $0)
        }
        for node in [2, 4, 5, 6] { try await stage.adopt(checklist, by: stage.node(node)) }
        try await stage.adopt(checklist, by: frank)
        await stage.wait(.seconds(60))
        // Velocity: however many identities adopt, an author gains 0.02 a day at most (§9).
        let author = stage.node(1)
        try await stage.expect("own ledger's value of \(author.name)", "0.52 at most") {
            try await stage.direct(of: author, at: $0)
        } where: {
            $0 <= FixedPoint(millionths: 520_000)
        }
    }

    /// The owner rotates the key, and the thief contradicts.
    private static func rotate(_ stage: Stage, _ frank: Player) async throws -> (Player, Player) {
        stage.step("Frank rotates his key; the thief answers with a rotation of its own")
        let heir = try stage.player("frank's new key", at: 5)
        let thief = try stage.player("the thief's key", at: 3)
        try await stage.rotate(frank.at(5), to: heir)
        await stage.wait(.seconds(30))
        try await stage.expect("own ledger's value of frank's new key", "0.4 at least") {
            try await stage.direct(of: heir, at: $0)
        } where: {
            $0 >= FixedPoint(millionths: 400_000)
        }
        try await stage.rotate(frank, to: thief)
        await stage.wait(.seconds(30))
        for successor in [heir, thief] {
            try await stage.expect("score of \(successor.name)", FixedPoint(millionths: 100_000)) {
                try await stage.score(of: successor, at: $0)
            }
        }
        return (heir, thief)
    }

    /// A vote says which of the two is Frank's.
    private static func name(
        _ heir: Player,
        of frank: Player,
        _ thief: Player,
        _ stage: Stage
    ) async throws {
        stage.step("The others name Frank's new key by a resolution")
        let resolution = Propose.Resolution(
            kind: .keyConflict,
            subject: frank.id,
            successor: heir.id
        )
        try await Self.pass(
            Draft("Frank's key", voting: .seconds(600), resolution: resolution),
            stage
        )
        for successor in [heir, thief] {
            try await stage.expect("suspension of \(successor.name)", false) {
                try await stage.isSuspended(successor, at: $0)
            }
        }
        try await stage.expect("own ledger's value of the thief's key", "0.2 at most") {
            try await stage.direct(of: thief, at: $0)
        } where: {
            $0 <= FixedPoint(millionths: 200_000)
        }
        stage.step("An hour after the rotation the old key signs nothing any more")
        await stage.wait(.seconds(3_600))
        let word = Self.word(on: heir.id, 0, at: stage.now)
        try await stage.expectRefusal(
            .keyNotValid,
            of: .reputationGossip,
            .object([("assessments", .array([word]))]),
            by: frank
        )
    }

    /// All nodes endorse something, and it is ratified everywhere.
    @discardableResult
    private static func pass(_ draft: Draft, _ stage: Stage) async throws -> MessageID {
        let proposal = try await stage.propose(draft, by: stage.node(2))
        await stage.wait(.seconds(10))
        for node in stage.everyone {
            try await stage.vote(.endorse, on: proposal, by: stage.node(node))
        }
        await stage.wait(.seconds(660))
        try await stage.expect("state of “\(draft.title)”", "ratified") {
            try await stage.state(of: proposal, at: $0)
        }
        return proposal
    }

    private static func ban(_ stage: Stage, _ thief: Player) async throws -> MessageID {
        stage.step("The others ban the thief's key by a resolution")
        let resolution = Propose.Resolution(kind: .ban, subject: thief.id)
        let ban = try await Self.pass(
            Draft("A ban of a thief's key", voting: .seconds(600), resolution: resolution),
            stage
        )
        try await stage.expect("score of \(thief.name)", FixedPoint.zero) {
            try await stage.score(of: thief, at: $0)
        }
        let document = try await stage.propose(
            Draft("A document", voting: .seconds(600)),
            by: stage.node(1)
        )
        await stage.wait(.seconds(10))
        try await stage.expectRefusal(
            .keyNotValid,
            of: .vote,
            Stage.vote(.reject, on: document),
            by: thief
        )
        return ban
    }
}
