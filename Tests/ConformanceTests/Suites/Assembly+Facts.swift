import Messages
import Primitives

@testable import Consensus

// What the log says besides messages.
extension Assembly {
    /// People in a network whose governance began this many days ago, with enough nodes for all of
    /// it since.
    ///
    /// From 30 days on cold start is over, and from 23 on the constitution may change.
    static func governed(
        days: Int64,
        parameters: NetworkParameters = NetworkParameters()
    ) throws -> Assembly {
        var assembly = Assembly(parameters: parameters)
        assembly.observe(
            ConsensusLimits.constitutionalNodes,
            hours: ConsensusLimits.sustainHoursIdle + 24 * days,
            until: Self.start
        )
        let phase = assembly.consensus.phase(now: Self.start).phase
        guard phase != .frozen else { throw VectorFailure("governance did not begin") }
        return assembly
    }

    /// Governance is told of an entry of the log.
    mutating func log(_ fact: LocalFact) {
        _ = self.consensus.advance(to: fact.recordedAt)
        if let decision = DecisionFact(fact) {
            self.consensus.decided(decision, at: fact.recordedAt)
        } else if let reopening = ReopeningFact(fact) {
            self.consensus.reopened(reopening)
        } else if let hour = HourObservation(fact) {
            self.consensus.observed(hour)
        }
    }

    /// So many identities were active in each of a number of hours.
    mutating func observe(
        _ active: Int,
        hours: Int64,
        until end: Timestamp,
        multiplier: FixedPoint = .one
    ) {
        for hour in end.clockHour - hours..<end.clockHour {
            self.log(
                HourObservation(hour: hour, activeIdentities: active, multiplier: multiplier)
            )
        }
    }

    /// An hour is over, and what was counted in it goes to the log.
    mutating func log(_ hour: HourObservation) {
        self.log(hour.fact(recordedAt: hour.end))
    }
}
