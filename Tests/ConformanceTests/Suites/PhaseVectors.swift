import Cryptography
import Messages
import Primitives
import TestSupport

@testable import Consensus

/// How busy a network is, and how long it then has to last.
enum ActivityVectors {
    static func run(_ vector: VectorCase) throws {
        var assembly = Assembly()
        if vector.input.has("multiplier") {
            assembly.observe(
                ConsensusLimits.standardNodes,
                hours: 1,
                until: Assembly.start,
                multiplier: try vector.input.fraction("multiplier")
            )
        } else {
            try self.live(vector.input, &assembly)
            let multiplier = assembly.consensus.phase(now: Assembly.start).activityMultiplier
            try Check.same("multiplier", multiplier, try vector.expect.fraction("multiplier"))
        }
        let hours = assembly.consensus.phase(now: Assembly.start).standard.hoursNeeded
        try Check.same("hours", Int64(hours), try vector.expect.integer("sustain_hours"))
    }

    /// An hour of a network in which all this happened; Reputation says what was earned.
    private static func live(_ input: Fields, _ assembly: inout Assembly) throws {
        for number in 0..<(try input.integer("adopted_proposals")) {
            try self.adopt("author \(number)", &assembly)
        }
        let challenged = try Assembly.node("challenged")
        try self.announce("challenged", &assembly)
        for number in 0..<(try input.integer("challenge_pairs")) {
            let draft = Draft.challengeResult(of: challenged)
            let name = "challenger \(number)"
            try self.announce(name, &assembly)
            try self.say(
                try Assembly.message(draft, by: name, at: Assembly.start),
                &assembly
            )
        }
        let scores = Scores.Reply(
            entries: [],
            activeIdentities: ConsensusLimits.standardNodes,
            activeReputation: .one,
            earnedDelta: try input.fraction("earned_rep_delta")
        )
        let hour = Assembly.start.clockHour
        let observation = assembly.consensus.observation(
            liveSince: Timestamp(clockHour: hour),
            scores,
            now: Timestamp(clockHour: hour + 1)
        )
        guard let observation else { throw VectorFailure("the hour is not written down") }
        assembly.log(observation)
    }

    /// Somebody proposes content, and as many others as it takes adopt it.
    private static func adopt(_ author: String, _ assembly: inout Assembly) throws {
        let proposal = try Assembly.proposal(by: author)
        try self.say(proposal, &assembly)
        for adopter in 0..<ConsensusLimits.adoptersMin {
            try self.announce("adopter \(adopter)", &assembly)
            let adoption = Draft.adoption(of: proposal.id)
            let time = Assembly.start.adding(milliseconds: 1)
            try self.say(
                try Assembly.message(adoption, by: "adopter \(adopter)", at: time),
                &assembly
            )
        }
    }

    /// Who proved nothing makes no network busy (ADR 0025).
    private static func announce(_ name: String, _ assembly: inout Assembly) throws {
        let proof = VDFProof.easy(of: try Assembly.node(name), at: Assembly.start)
        try self.say(
            try Assembly.message(.announcement(proof), by: name, at: Assembly.start),
            &assembly
        )
    }

    private static func say(_ message: Message, _ assembly: inout Assembly) throws {
        if let refusal = assembly.hear(message) {
            throw VectorFailure("\(message.typeName) is refused: \(refusal)")
        }
    }
}

/// The phase of a network, from hourly counts of its nodes in the log.
enum PhaseVectors {
    static func run(_ vector: VectorCase) throws {
        let multiplier = try vector.input.fraction("multiplier")
        var assembly = Assembly()
        var now = Assembly.start
        for run in try vector.input.list("hourly_active_runs") {
            guard let pair = run.elements, pair.count == 2, let active = pair[0].integer,
                let count = pair[1].integer
            else { throw VectorFailure("a run is no pair of nodes and hours") }
            now = now.adding(milliseconds: count * ConsensusLimits.hourMilliseconds)
            assembly.observe(Int(active), hours: count, until: now, multiplier: multiplier)
        }
        let phase = assembly.consensus.phase(now: now).phase.rawValue
        try Check.text("phase", phase, try vector.expect.text("phase"))
    }
}
