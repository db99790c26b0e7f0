import Messages
import OrderedCollections
import Primitives
import Testing

@testable import Consensus

@Suite("ADR 0024: what this node was not there to decide")
struct LateDecisionTests {
    private static let listening = ConsensusLimits.listeningMilliseconds

    /// A proposal of person 0 with four votes for it, in the order of arrival.
    static func story(_ more: [(String, JSONValue)] = []) throws -> [AdmittedMessage] {
        let proposal = try Fixture.proposal(more)
        return [proposal]
            + (try (1...4).map {
                try Fixture.vote("endorse", on: proposal.message.id, by: $0)
            })
    }

    static func ban() throws -> [(String, JSONValue)] {
        let remedy = JSONValue.object([
            ("kind", .string("ban")), ("subject", .string(try Fixture.person(77).hex)),
        ])
        return [("resolution", remedy)]
    }

    @Test("D-58: nothing is decided before a node knows its network, then what was missed is late")
    func away() throws {
        var machine = ConsensusStateMachine()
        machine.decidesFrom = nil
        let story = try Self.story()
        for message in story { machine.take(message) }
        let id = story[0].message.id
        let (deadline, back) = (Fixture.voting, Fixture.voting + Fixture.hour)
        #expect(machine.nextDecision == nil && machine.decisionDue(on: id) == nil)
        #expect(machine.decideNow(at: back).isEmpty)
        machine.decidesFrom = Fixture.at(deadline)
        #expect(machine.areLate([id]) == false)
        machine.decidesFrom = Fixture.at(back)
        #expect(machine.nextDecision == Fixture.at(back))
        #expect(machine.areLate([id]))
        #expect(machine.decideNow(at: back).isEmpty)
        #expect(machine.decideNow(at: back + 1) == [.ratified])
        #expect(machine.areLate([id]) == false, "nothing is due")
    }

    @Test("D-55: a proposal that comes after its deadline waits for its votes")
    func arrivesLate() throws {
        for (arrival, due, isLate) in [
            (Fixture.voting, Fixture.voting, false),
            (Fixture.voting + 1, Fixture.voting + 1 + Self.listening, true),
        ] {
            var machine = ConsensusStateMachine()
            let story = try Self.story()
            for message in story { machine.take(message.arriving(at: arrival)) }
            #expect(machine.nextDecision == Fixture.at(due))
            #expect(machine.areLate([story[0].message.id]) == isLate)
            #expect(machine.decideNow(at: due).isEmpty)
            #expect(machine.decideNow(at: due + 1) == [.ratified])
        }
    }

    // MARK: The phase

    /// A machine that refused a ban because it had not heard of governance.
    private func refusing() throws -> (ConsensusStateMachine, MessageID) {
        var machine = ConsensusStateMachine()
        let story = try Self.story(try Self.ban())
        for message in story { machine.take(message) }
        #expect(machine.decideNow(at: Fixture.voting + 1, Self.large) == [.rejected])
        return (machine, story[0].message.id)
    }

    private static let large = Fixture.network(16, 4_000_000)

    @Test(
        "D-59: what was refused for the phase alone is decided again when governance began before"
    )
    func learns() throws {
        for (offset, expected) in [(-40 * Fixture.day, [ProposalState.ratified]), (1, [])] {
            var (machine, id) = try self.refusing()
            #expect(machine.proposals[id]?.decision?.restsOnPhase == true)
            #expect(machine.nextDecision == nil)
            let hint = GovernanceHint(since: Fixture.at(offset))
            machine.learnt(hint, at: Fixture.at(Fixture.voting + 2))
            let states = machine.decideNow(at: Fixture.voting + 3, Self.large)
            #expect(states == expected)
        }
    }

    @Test("D-59: own hours that end later say nothing of before")
    func ownHours() throws {
        var (machine, id) = try self.refusing()
        for hour in 11..<200 as Range<Int64> {
            machine.observed(
                HourObservation(
                    hour: Fixture.start.clockHour + hour,
                    activeIdentities: 16,
                    multiplier: .one
                )
            )
        }
        #expect(machine.clock.governanceSince != nil)
        #expect(machine.proposals[id]?.outcome?.state == .rejected)
        #expect(machine.nextDecision == nil)
    }

    @Test("an objection that does not rest on the phase stays")
    func otherObjections() throws {
        var machine = ConsensusStateMachine()
        let poor = try Fixture.proposal(try Self.ban(), score: 200_000)
        let flawed = try Fixture.proposal(
            by: 1,
            [("resolution", .object([("kind", .string("parameter"))]))]
        )
        for proposal in [poor, flawed] { machine.take(proposal) }
        #expect(machine.decideNow(at: Fixture.voting + 1) == [.rejected, .rejected])
        let hint = GovernanceHint(since: Fixture.at(-Fixture.day))
        machine.learnt(hint, at: Fixture.at(Fixture.voting + 2))
        // The phase spoke against the first one, too; now its author's score alone does.
        #expect(machine.decideNow(at: Fixture.voting + 3) == [.rejected])
        let decision = machine.proposals[poor.message.id]?.decision
        #expect(decision?.restsOnPhase == false)
        #expect(decision?.objection?.contains("proposing needs") == true)
        #expect(machine.nextDecision == nil)
    }

    @Test("D-59: no hint reaches the constitutional level")
    func constitutional() throws {
        var machine = ConsensusStateMachine()
        let proposal = try Fixture.proposal(constitutional: true)
        machine.take(proposal)
        #expect(machine.decideNow(at: 90 * Fixture.day + 1) == [.rejected])
        let hint = GovernanceHint(since: Fixture.at(-40 * Fixture.day))
        machine.learnt(hint, at: Fixture.at(90 * Fixture.day + 2))
        #expect(machine.proposals[proposal.message.id]?.outcome?.restsOnPhase == true)
        #expect(machine.nextDecision == nil)
    }
}
