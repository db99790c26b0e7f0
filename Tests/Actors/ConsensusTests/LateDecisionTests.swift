import Messages
import OrderedCollections
import Primitives
import TestSupport
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

    @Test("D-58: nothing is decided before a node has caught up, then what was missed is late")
    func away() throws {
        var machine = Governance()
        machine.wasAway()
        let story = try Self.story()
        for message in story { machine.take(message) }
        let id = story[0].message.id
        let back = Fixture.voting + Fixture.hour
        #expect(machine.nextDecision == nil && machine.decisionDue(on: id) == nil)
        #expect(machine.decideNow(at: back).isEmpty)
        machine.caughtUp(isBeginning: false, now: Fixture.at(back))
        let late = back + Self.listening
        #expect(machine.nextDecision == Fixture.at(late))
        #expect(machine.decideNow(at: late).isEmpty)
        #expect(machine.decideNow(at: late + 1) == [.ratified])
        #expect(machine.nextDecision == nil)
    }

    @Test(
        "D-55: what comes due when a node has caught up is decided in time, before late ones",
        arguments: [Fixture.voting, Fixture.voting + 1]
    )
    func inTime(back: Int64) throws {
        var machine = Governance()
        machine.wasAway()
        for message in try Self.story() { machine.take(message) }
        machine.caughtUp(isBeginning: false, now: Fixture.at(back))
        let due = back == Fixture.voting ? back : back + Self.listening
        #expect(machine.nextDecision == Fixture.at(due))
    }

    @Test("D-58: who listens on decides in time what is not late")
    func listens() throws {
        var machine = Governance()
        machine.wasAway()
        let missed = try Self.story()
        for message in missed { machine.take(message) }
        let back = Fixture.voting + 1
        machine.caughtUp(isBeginning: false, now: Fixture.at(back))
        let timely = try Fixture.proposal(by: 5, at: back, title: "timely")
        machine.take(timely)
        let end = back + Fixture.voting
        machine.listen(now: Fixture.at(end))
        #expect(machine.decisionDue(on: timely.message.id) == Fixture.at(end))
        #expect(machine.decisionDue(on: missed[0].message.id) == Fixture.at(end + Self.listening))
    }

    @Test("D-55: a proposal that comes after its deadline, or just before, waits for its votes")
    func arrivesLate() throws {
        for (arrival, due) in [
            (Fixture.voting - Self.listening, Fixture.voting),
            (Fixture.voting - Self.listening + 1, Fixture.voting + 1),
            (Fixture.voting + 1, Fixture.voting + 1 + Self.listening),
        ] {
            var machine = Governance()
            let story = try Self.story()
            for message in story { machine.take(message.arriving(at: arrival)) }
            #expect(machine.nextDecision == Fixture.at(due))
            #expect(machine.decideNow(at: due).isEmpty)
            #expect(machine.decideNow(at: due + 1) == [.ratified])
        }
    }

    @Test("D-55: a proposal that comes live is not late, however short its vote")
    func arrivesLive() throws {
        for (made, due) in [
            (-Self.listening, 1), (-Self.listening - 1, Self.listening),
        ] as [(Int64, Int64)] {
            var machine = Governance()
            let draft = Draft.proposal(until: Fixture.at(1))
            machine.take(try Fixture.admitted(draft, by: 0, at: made).arriving(at: 0))
            #expect(machine.nextDecision == Fixture.at(due))
        }
    }

    // MARK: The phase

    /// A machine that refused a ban because it had not heard of governance.
    private func refusing() throws -> (Governance, MessageID) {
        var machine = Governance()
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

    @Test("D-59: a refusal that was on its way when the node learnt of governance is taken again")
    func learnsMeanwhile() throws {
        var machine = Governance()
        for message in try Self.story(try Self.ban()) { machine.take(message) }
        let now = Fixture.at(Fixture.voting + 1)
        let refusals = machine.decide(
            machine.due(now: now),
            network: Self.large,
            Standings(),
            now: now
        )
        #expect(refusals.map(\.restsOnPhase) == [true])
        machine.learnt(GovernanceHint(since: Fixture.at(-40 * Fixture.day)), at: now)
        for refusal in refusals { machine.decided(refusal, at: now) }
        let states = machine.decideNow(at: Fixture.voting + 2, Self.large)
        #expect(states == [.ratified])
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
        var machine = Governance()
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
        var machine = Governance()
        let proposal = try Fixture.proposal(constitutional: true)
        machine.take(proposal)
        #expect(machine.decideNow(at: 90 * Fixture.day + 1) == [.rejected])
        let hint = GovernanceHint(since: Fixture.at(-40 * Fixture.day))
        machine.learnt(hint, at: Fixture.at(90 * Fixture.day + 2))
        #expect(machine.proposals[proposal.message.id]?.outcome?.restsOnPhase == true)
        #expect(machine.nextDecision == nil)
    }
}
