import Messages
import OrderedCollections
import Primitives
import Testing

@testable import Consensus

@Suite("§8 Decisions")
struct DecisionTests {
    /// A machine with one proposal and votes of `weights`, positive to endorse, negative to reject.
    private func machine(_ weights: [Int64], abstain: [Int64] = [], constitutional: Bool = false)
        throws -> (Governance, MessageID)
    {
        var machine = Governance()
        let proposal = try Fixture.proposal(constitutional: constitutional)
        _ = machine.judge(proposal)
        let id = proposal.message.id
        for (voter, weight) in weights.enumerated() {
            let stance = weight > 0 ? "endorse" : "reject"
            let score = Int64(weight.magnitude)
            _ = machine.judge(try Fixture.vote(stance, on: id, by: voter + 1, score: score))
        }
        for (voter, weight) in abstain.enumerated() {
            _ = machine.judge(try Fixture.vote("abstain", on: id, by: voter + 50, score: weight))
        }
        return (machine, id)
    }

    private func outcome(
        _ weights: [Int64],
        abstain: [Int64] = [],
        _ network: NetworkSize = Fixture.network()
    ) throws -> ProposalState? {
        var (machine, _) = try self.machine(weights, abstain: abstain)
        return machine.decideNow(at: Fixture.voting + 1, network).first
    }

    @Test("D-58: nothing is decided before the deadline, nor at the deadline itself")
    func deadline() throws {
        var (machine, id) = try self.machine([500_000, 500_000, 500_000])
        #expect(machine.nextDecision == Fixture.at(Fixture.voting))
        #expect(machine.view(of: id)?.state == .converging)
        #expect(machine.decideNow(at: Fixture.voting - 1).isEmpty)
        #expect(machine.decideNow(at: Fixture.voting).isEmpty)
        #expect(machine.decideNow(at: Fixture.voting + 1) == [.ratified])
        #expect(machine.view(of: id)?.state == .ratified)
        #expect(machine.view(of: id)?.missing == [])
        #expect(machine.nextDecision == nil)
    }

    @Test("R-08-008: three identities must vote, with any stance")
    func voters() throws {
        #expect(try self.outcome([900_000, 900_000]) == .rejected)
        #expect(try self.outcome([900_000, 900_000], abstain: [300_000]) == .ratified)
    }

    @Test(
        "C1-15, D-56: without a quorum a proposal is rejected at once, however close the votes are"
    )
    func noQuorum() throws {
        var (machine, id) = try self.machine([670_000, -330_000])
        #expect(machine.decideNow(at: Fixture.voting + 1) == [.rejected])
        #expect(machine.view(of: id)?.state == .rejected)
        #expect(machine.proposals[id]?.decision?.hasQuorum == false)
    }

    @Test("R-08-005: abstentions fill the quorum and stay out of the ratio")
    func abstentions() throws {
        #expect(try self.outcome([300_000], abstain: [900_000, 900_000]) == .ratified)
        #expect(try self.outcome([-300_000], abstain: [900_000, 900_000]) == .rejected)
        #expect(try self.outcome([], abstain: [900_000, 900_000, 900_000]) == .rejected)
    }

    @Test("R-08-031: the quorum is the larger of 0.1 a head and a tenth of all reputation")
    func quorum() throws {
        let votes: [Int64] = [300_000, 300_000, 300_000]
        #expect(try self.outcome(votes, Fixture.network(9, 0)) == .ratified)
        #expect(try self.outcome(votes, Fixture.network(10, 0)) == .rejected)
        #expect(try self.outcome(votes, Fixture.network(1, 9_000_000)) == .ratified)
        #expect(try self.outcome(votes, Fixture.network(1, 9_000_010)) == .rejected)
    }

    @Test("R-08-033: 67 percent of endorse and reject ratify; far enough from it")
    func threshold() throws {
        #expect(try self.outcome([700_000, 700_000, -600_000]) == .ratified)
        #expect(try self.outcome([600_000, 600_000, -800_000]) == .rejected)
    }

    @Test(
        "D-56: within 0.02 of the threshold, both ends included, a confirmation follows",
        arguments: [
            (690_000, 310_000, ProposalState.confirming), (690_001, 309_999, .ratified),
            (650_000, 350_000, .confirming), (649_999, 350_001, .rejected),
        ]
    )
    func closeMargin(endorse: Int64, reject: Int64, expected: ProposalState) throws {
        let half = endorse / 2
        #expect(try self.outcome([half, endorse - half, -reject]) == expected)
    }

    @Test("D-56: the outlook names a confirmation only with a quorum, and before the decision")
    func confirmationAhead() throws {
        let close: [Int64] = [335_000, 335_000, -330_000]
        var (machine, id) = try self.machine(close)
        #expect(machine.view(of: id)?.outlook.isClose == true)
        let larger = Fixture.network(4, 90_000_000)
        #expect(machine.view(of: id, larger)?.outlook.isClose == false, "no quorum")
        machine.decideNow(at: Fixture.voting + 1)
        #expect(machine.view(of: id, larger)?.state == .confirming)
        #expect(machine.view(of: id, larger)?.outlook.isClose == true)
        machine.decideNow(at: Fixture.voting + 7 * Fixture.day + 1)
        #expect(machine.view(of: id)?.state == .ratified)
        #expect(machine.view(of: id)?.outlook.isClose == false, "decided")
        var (other, withdrawn) = try self.machine(close)
        other.take(try Fixture.withdrawal(of: withdrawn, by: 0))
        #expect(other.view(of: withdrawn)?.outlook.isClose == false, "withdrawn")
        let (expired, without) = try self.machine([670_000, -330_000])
        #expect(expired.view(of: without)?.outlook.isClose == false, "two voters")
    }

    @Test("R-08-014: after seven days of confirmation the threshold alone decides")
    func confirmation() throws {
        for (reject, expected) in [(330_000, ProposalState.ratified), (330_001, .rejected)]
            as [(Int64, ProposalState)]
        {
            var (machine, id) = try self.machine([335_000, 1_000_000 - reject - 335_000, -reject])
            #expect(machine.decideNow(at: Fixture.voting + 1) == [.confirming])
            let end = Fixture.voting + 7 * Fixture.day
            #expect(machine.nextDecision == Fixture.at(end))
            #expect(machine.decideNow(at: end).isEmpty)
            #expect(machine.decideNow(at: end + 1) == [expected])
            #expect(machine.view(of: id)?.state == expected)
            #expect(machine.nextDecision == nil)
        }
    }

    @Test("D-55: votes stamped in time count while a confirmation runs, late ones never")
    func lateArrivals() throws {
        var (machine, id) = try self.machine([335_000, 335_000, -330_000])
        #expect(machine.decideNow(at: Fixture.voting + 1) == [.confirming])
        _ = machine.judge(
            try Fixture.vote("endorse", on: id, by: 8, at: Fixture.voting + 1, score: 900_000)
        )
        #expect(machine.view(of: id)?.tally.voters == 3)
        _ = machine.judge(
            try Fixture.vote("reject", on: id, by: 9, at: Fixture.voting, score: 900_000)
        )
        #expect(machine.view(of: id)?.tally.voters == 4)
        #expect(machine.decideNow(at: Fixture.voting + 7 * Fixture.day + 1) == [.rejected])
    }

    @Test("D-58: the decision keeps its sample of the network, and a later one changes nothing")
    func sample() throws {
        var (machine, id) = try self.machine([500_000, 500_000, 500_000])
        machine.decideNow(at: Fixture.voting + 1)
        let larger = Fixture.network(1_000, 90_000_000)
        let view = try #require(machine.view(of: id, larger))
        #expect(view.state == .ratified)
        #expect(view.tally.quorum == FixedPoint(millionths: 400_000))
        #expect(machine.decideNow(at: Fixture.voting + 2, larger).isEmpty)
    }

    @Test("R-08-019: rules do not change below 16 nodes, and the view says why")
    func governance() throws {
        var (machine, id) = try self.machine(
            [900_000, 900_000, 900_000],
            constitutional: true
        )
        #expect(machine.view(of: id)?.missing.first?.contains("frozen") == true)
        #expect(machine.decideNow(at: 90 * Fixture.day + 1) == [.rejected])
    }

    @Test("what a ratification still needs is told in words")
    func missing() throws {
        let (machine, id) = try self.machine([-300_000])
        let view = try #require(machine.view(of: id, Fixture.network(10, 0)))
        #expect(view.state == .open)
        #expect(
            view.missing == [
                "1 identity voted, at least 3 must",
                "votes weigh 0.300000 together, the quorum is 1.000000",
                "endorsed by less than 0.670000 of the weight",
            ]
        )
    }

    @Test("a decision comes back from the log as it was written; other facts are none")
    func fact() throws {
        let (machine, id) = try self.machine([500_000, 500_000, 500_000])
        let record = try #require(machine.proposals[id])
        let decision = machine.decision(
            on: record,
            Fixture.network(7, 123_456),
            Standings(),
            Findings()
        )
        #expect(decision.votes.count == 3)
        let fact = decision.fact(recordedAt: Fixture.start)
        #expect(DecisionFact(fact) == decision)
        #expect(AdoptionFact(fact) == nil)
        let adoption = AdoptionFact(proposal: id).fact(recordedAt: Fixture.start)
        #expect(AdoptionFact(adoption)?.proposal == id)
        #expect(DecisionFact(adoption) == nil)
    }
}
