import Messages
import OrderedCollections
import Primitives
import Testing

@testable import Consensus

@Suite("§8 Phases of the network")
struct PhaseTests {
    private static let activeSince = Fixture.hours([(16, 168)])

    private static func governance(_ kind: String = "ban") throws -> [(String, JSONValue)] {
        let resolution: [(String, JSONValue)] = [
            ("kind", .string(kind)), ("subject", .string(try Fixture.person(77).hex)),
        ]
        return [("resolution", .object(resolution))]
    }

    @Test("PHASE-N02, PHASE-N03, PHASE-N04: 168 good hours in a row begin governance")
    func sustained() {
        let short = Governance(Fixture.hours([(16, 167)]))
        let full = Governance(Fixture.hours([(16, 168)]))
        let broken = Governance(Fixture.hours([(16, 100), (15, 1), (16, 167)]))
        let now = Fixture.start
        #expect(short.phase(now: now).phase == .frozen)
        #expect(short.phase(now: now).missing == ["167 of 168 hours in a row"])
        #expect(full.phase(now: now).phase == .coldStart)
        #expect(full.phase(now: now).governanceSince == now)
        #expect(broken.phase(now: now).phase == .frozen)
    }

    @Test("D-59: hours that were not seen neither extend nor reset a run")
    func unknown() {
        var hours = Fixture.hours([(16, 200)])
        hours.removeSubrange(50..<82)
        let machine = Governance(hours)
        #expect(machine.phase(now: Fixture.start).phase == .coldStart)
        let fewer = Governance(Array(hours.dropLast()))
        #expect(fewer.phase(now: Fixture.start).phase == .frozen)
    }

    @Test("R-08-019: an hour with too few nodes freezes, and a good one thaws")
    func frozenAgain() {
        let end = Fixture.start
        let bad = Governance(Fixture.hours([(16, 168), (15, 1)]))
        let good = Governance(Fixture.hours([(16, 168), (15, 1), (16, 1)]))
        #expect(bad.phase(now: end).phase == .frozen)
        #expect(good.phase(now: end).phase == .coldStart)
        let gap = end.adding(milliseconds: -Fixture.hour)
        #expect(good.clock.level(at: gap) == .frozen)
    }

    @Test("PHASE-N07, PHASE-N08, R-08-026: cold start ends after 30 days, 1,024 nodes for 30 days")
    func later() {
        let large = Governance(Fixture.hours([(1_024, 720)]))
        let almost = Governance(Fixture.hours([(1_024, 719)]))
        let old = Governance(Fixture.hours([(20, 888)]))
        #expect(large.phase(now: Fixture.start).phase == .constitutional)
        #expect(almost.phase(now: Fixture.start).phase == .coldStart)
        #expect(old.phase(now: Fixture.start).phase == .standard)
    }

    @Test("an hour comes back from the log as it was written")
    func fact() {
        let hour = HourObservation(hour: 5, activeIdentities: 17, multiplier: .one)
        let fact = hour.fact(recordedAt: hour.end)
        #expect(HourObservation(fact) == hour)
        #expect(GovernanceHint(fact) == nil)
        let hint = GovernanceHint(since: Fixture.start)
        #expect(GovernanceHint(hint.fact(recordedAt: Fixture.start)) == hint)
    }

    @Test("D-52: governance proposals wait for 16 nodes, content does not")
    func frozen() throws {
        var machine = Governance()
        let ban = try Fixture.proposal(by: 0, try Self.governance())
        let content = try Fixture.proposal(by: 1)
        for proposal in [ban, content] {
            let code = machine.refusalCode(proposal)
            #expect(code == nil, "acceptance is objective (D-20)")
            for voter in 2...4 {
                machine.take(try Fixture.vote("endorse", on: proposal.message.id, by: voter))
            }
        }
        #expect(machine.view(of: ban.message.id)?.missing.first?.contains("frozen") == true)
        let states = machine.decideNow(at: Fixture.voting + 1)
        #expect(states == [.rejected, .ratified])
        let own = machine.refusalCode(
            try Fixture.proposal(by: 9, try Self.governance(), isOwn: true)
        )
        #expect(own == .rule)
    }

    @Test("R-16-115, R-06-135, D-61: a ban passes at 0.67 of a standard vote, says the fact")
    func ban() throws {
        let old = Fixture.hours([(16, 168 + 720)])
        var machine = Governance(old)
        let ban = try Fixture.proposal(try Self.governance())
        machine.take(ban)
        for voter in 2...4 {
            machine.take(try Fixture.vote("endorse", on: ban.message.id, by: voter))
        }
        let network = Fixture.network(16, 4_000_000)
        let states = machine.decideNow(at: Fixture.voting + 1, network)
        #expect(states == [.rejected], "1.5 of the quorum of 1.6")
        var other = Governance(old)
        other.take(ban)
        for voter in 2...5 {
            other.take(try Fixture.vote("endorse", on: ban.message.id, by: voter))
        }
        other.decideNow(at: Fixture.voting + 1, network)
        let decision = try #require(other.proposals[ban.message.id]?.decision)
        let ratified = try #require(ResolutionRatified(decision))
        #expect(ratified.resolution.kind == .ban)
        #expect(ratified.resolution.subject == (try Fixture.person(77)))
        #expect(ratified.effectiveAt == Fixture.at(Fixture.voting))
    }

    @Test("PHASE-N09: constitutional proposals need the constitutional phase")
    func constitutional() throws {
        for (hours, expected) in [
            (Fixture.hours([(16, 900)]), ProposalState.rejected),
            (Fixture.hours([(1_024, 900)]), .ratified),
        ] {
            var machine = Governance(hours)
            let proposal = try Fixture.proposal(constitutional: true)
            machine.take(proposal)
            for voter in 2...4 {
                machine.take(try Fixture.vote("endorse", on: proposal.message.id, by: voter))
            }
            let states = machine.decideNow(at: 90 * Fixture.day + 1)
            #expect(states == [expected])
        }
    }

    @Test("QUORUM-N21, QUORUM-N28: in cold start heads decide, a majority of which must vote")
    func coldStart() throws {
        for (voters, expected) in [(8, ProposalState.rejected), (9, .ratified)] {
            var machine = Governance(Self.activeSince)
            let proposal = try Fixture.proposal()
            machine.take(proposal)
            for voter in 1...voters {
                machine.take(
                    try Fixture.vote("endorse", on: proposal.message.id, by: voter, score: 300_000)
                )
            }
            let network = Fixture.network(16, 16_000_000)
            let outlook = machine.view(of: proposal.message.id, network)?.outlook
            #expect(outlook?.mode == .headcount)
            let states = machine.decideNow(at: Fixture.voting + 1, network)
            #expect(states == [expected])
        }
    }

    @Test("QUORUM-04: what was proposed in cold start needs half of the heads afterwards as well")
    func floor() throws {
        let hours = Fixture.hours([(16, 168 + 719)])
        for (voters, expected) in [(7, ProposalState.rejected), (8, .ratified)] {
            var machine = Governance(hours)
            let proposal = try Fixture.proposal()
            machine.take(proposal)
            for voter in 1...voters {
                machine.take(try Fixture.vote("endorse", on: proposal.message.id, by: voter))
            }
            let states = machine.decideNow(at: Fixture.voting + 1, Fixture.network(16, 0))
            #expect(states == [expected])
        }
    }

    @Test("D-59: an hour is written down only when it was seen in full and with peers")
    func observation() {
        let machine = Governance()
        let full = Fixture.start
        func seen(_ active: Int, since: Int64, at offset: Int64) -> HourObservation? {
            machine.observation(
                liveSince: full.adding(milliseconds: since),
                Scores.Reply(entries: [], activeIdentities: active, activeReputation: .zero),
                now: full.adding(milliseconds: offset)
            )
        }
        let hour = full.clockHour - 1
        let expected = HourObservation(hour: hour, activeIdentities: 5, multiplier: .one)
        #expect(seen(5, since: -Fixture.hour, at: 0) == expected)
        #expect(seen(5, since: 1 - Fixture.hour, at: 0) == nil)
        #expect(seen(1, since: -Fixture.hour, at: 0) == nil)
        #expect(seen(5, since: -Fixture.hour, at: 900_000) == expected)
        #expect(seen(5, since: -Fixture.hour, at: 900_001) == nil)
    }
}
