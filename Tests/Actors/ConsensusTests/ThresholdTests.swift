import Messages
import Primitives
import Testing

@testable import Consensus

@Suite("§8 Thresholds")
struct ThresholdTests {
    /// What becomes of a change of the constitution with so many votes of equal weight.
    private func outcome(endorse: Int, reject: Int) throws -> [ProposalState] {
        var machine = Governance(Fixture.hours([(1_024, 720)]))
        let parameter: [(String, JSONValue)] = [
            ("kind", .string("parameter")), ("name", .string("quorum_share")),
            ("value", .integer(200_000)),
        ]
        let proposal = try Fixture.proposal(
            [("resolution", .object(parameter))],
            constitutional: true
        )
        machine.take(proposal)
        for voter in 1...endorse + reject {
            let stance = voter <= endorse ? "endorse" : "reject"
            machine.take(try Fixture.vote(stance, on: proposal.message.id, by: voter))
        }
        let network = Fixture.network(endorse + reject, Int64(endorse + reject) * 500_000)
        return machine.decideNow(at: 90 * Fixture.day + 1, network)
    }

    @Test("R-08-035, R-16-028, D-56: a constitution changes from nine tenths on, beyond the margin")
    func constitution() throws {
        // 0.9231 and 0.875 are decided; 0.92 and 0.88 lie within 0.02 and are confirmed.
        #expect(try self.outcome(endorse: 24, reject: 2) == [.ratified])
        #expect(try self.outcome(endorse: 23, reject: 2) == [.confirming])
        #expect(try self.outcome(endorse: 22, reject: 3) == [.confirming])
        #expect(try self.outcome(endorse: 21, reject: 3) == [.rejected])
    }
}
