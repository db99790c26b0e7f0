import Messages
import Primitives

@testable import Consensus

/// How busy a network is, and how long it then has to last.
enum ActivityVectors {
    static func run(_ vector: VectorCase) throws {
        let multiplier: FixedPoint
        if vector.input.has("multiplier") {
            multiplier = try vector.input.fraction("multiplier")
        } else {
            multiplier =
                Activity(
                    adoptedProposals: Int(try vector.input.integer("adopted_proposals")),
                    earnedReputation: try vector.input.fraction("earned_rep_delta"),
                    challengePairs: Int(try vector.input.integer("challenge_pairs"))
                ).multiplier
            try Check.same("multiplier", multiplier, try vector.expect.fraction("multiplier"))
        }
        let hours = Activity.sustainHours(multiplier: multiplier)
        try Check.same("hours", Int64(hours), try vector.expect.integer("sustain_hours"))
    }
}

/// The phase of a network, from hourly counts of its nodes.
enum PhaseVectors {
    static func run(_ vector: VectorCase) throws {
        let multiplier = try vector.input.fraction("multiplier")
        var clock = SustainClock()
        var hour: Int64 = 0
        for run in try vector.input.list("hourly_active_runs") {
            guard let pair = run.elements, pair.count == 2, let active = pair[0].integer,
                let count = pair[1].integer
            else { throw VectorFailure("a run is no pair of nodes and hours") }
            for _ in 0..<count {
                clock.observe(
                    HourObservation(
                        hour: hour,
                        activeIdentities: Int(active),
                        multiplier: multiplier
                    )
                )
                hour += 1
            }
        }
        let phase = clock.phase(at: Timestamp(clockHour: hour)).rawValue
        try Check.text("phase", phase, try vector.expect.text("phase"))
    }
}
