import Messages
import Primitives
import TestSupport

@testable import Consensus

/// Histories that go on for long: proposals are archived, and changes of the protocol lose against others.
enum LateHistory {
    /// Two archived proposals that differ in all that is left of them.
    static func archived() throws -> Governance {
        var machine = Governance()
        let ratified = try Fixture.admitted(
            .proposal(content: [1], until: Fixture.at(Fixture.voting + 7)).adding([
                ("supersedes", .string(MessageID.named("older").hex)),
                ("request_id", .string(MessageID.named("request").hex)),
            ]),
            by: 1,
            at: 5,
            score: 400_000
        )
        let withdrawn = try Fixture.proposal(by: 2, isInline: false)
        for proposal in [ratified, withdrawn] { machine.take(proposal) }
        machine.take(try Fixture.withdrawal(of: withdrawn.message.id, by: 2))
        machine.adopted(ratified.message.id)
        machine.decided(try Self.decision(on: ratified), at: Fixture.at(Fixture.voting + 1))
        _ = machine.advance(to: Fixture.at(2 * ConsensusLimits.ratifiedRetentionMilliseconds))
        return machine
    }

    private static func decision(on proposal: AdmittedMessage) throws -> DecisionFact {
        let stances: [Vote.Stance] = [.endorse, .reject, .abstain, .endorse]
        let votes = try stances.enumerated().map { number, stance in
            DecisionFact.Ballot(
                identity: try Fixture.person(10 + number),
                voteID: .named("vote \(number)"),
                at: Fixture.start,
                stance: stance,
                weight: FixedPoint(millionths: 500_000 + Int64(number)),
                isDegraded: number == 3,
                notCountedBecause: nil
            )
        }
        return DecisionFact(
            on: proposal.message.id,
            .ratified,
            author: proposal.message.from,
            effectiveAt: Fixture.at(Fixture.voting),
            votes: votes
        )
    }

    /// Of four changes of two parameters two lost, at different times, and one was decided anew.
    static func reopened() throws -> Governance {
        var machine = Governance(Fixture.hours([(1_024, 900)]))
        let parameters: [NetworkParameter] = [.standardThreshold, .quorumShare]
        for number in 0..<4 {
            let resolution = Propose.Resolution(
                kind: .parameter,
                name: parameters[number / 2].rawValue,
                value: 600_000 + Int64(number)
            )
            let change = try Fixture.proposal(
                by: number,
                at: Int64(number),
                [("resolution", resolution.json)],
                constitutional: true
            )
            machine.take(change)
            let decision = DecisionFact(
                on: change.message.id,
                .ratified,
                author: change.message.from,
                effectiveAt: Fixture.at(120 * Fixture.day),
                resolution: resolution
            )
            let now = Fixture.at((91 + Int64(number)) * Fixture.day)
            machine.decided(decision, at: now)
            for reopening in machine.settlement(now: now).compactMap({ ReopeningFact($0) }) {
                machine.reopened(reopening)
                let isLast = number == 3
                if isLast {
                    machine.decided(decision.copy(recount: 1), at: Fixture.at(365 * Fixture.day))
                }
            }
        }
        return machine
    }
}
