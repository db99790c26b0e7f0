import Messages
import Primitives
import TestSupport
import Testing

@testable import Consensus

@Suite("§8 Votes")
struct VoteTests {
    private func machine() throws -> (Governance, MessageID) {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        _ = machine.judge(proposal)
        return (machine, proposal.message.id)
    }

    @Test("R-08-002: the later vote of an identity replaces the earlier one, in either order")
    func replacement() throws {
        for order in [[1, 2], [2, 1]] as [[Int64]] {
            var (machine, id) = try self.machine()
            for hour in order {
                let stance = hour == 2 ? "reject" : "endorse"
                _ = machine.judge(
                    try Fixture.vote(stance, on: id, by: 1, at: hour * Fixture.hour)
                )
            }
            let view = try #require(machine.view(of: id))
            #expect(view.votes.map(\.stance) == ["reject"])
            #expect(view.tally.endorse == .zero)
            #expect(view.tally.voters == 1)
        }
    }

    @Test("R-08-002: of two votes of one moment the one with the larger id stands")
    func tie() throws {
        let (_, id) = try self.machine()
        let votes = [
            try Fixture.vote("endorse", on: id, by: 1), try Fixture.vote("reject", on: id, by: 1),
        ]
        let larger = try #require(votes.max { $0.message.id < $1.message.id })
        for order in [votes, votes.reversed()] {
            var (machine, _) = try self.machine()
            for vote in order { _ = machine.judge(vote) }
            #expect(machine.view(of: id)?.votes.map(\.voteID) == [larger.message.id])
        }
    }

    @Test("LINK-07: two keys of one identity have one vote")
    func identity() throws {
        var (machine, id) = try self.machine()
        machine.take(try Fixture.link(1, 2))
        machine.take(try Fixture.vote("endorse", on: id, by: 1))
        machine.take(try Fixture.vote("reject", on: id, by: 2, at: 2 * Fixture.hour))
        let view = try #require(machine.view(of: id))
        #expect(view.votes.map(\.identity) == [try Fixture.person(1)])
        #expect(view.votes.map(\.stance) == ["reject"])
    }

    @Test("R-08-003: a vote weighs the voter's score, half of it when degraded")
    func weight() throws {
        var (machine, id) = try self.machine()
        _ = machine.judge(try Fixture.vote("endorse", on: id, by: 1, score: 400_000))
        _ = machine.judge(
            try Fixture.vote("endorse", on: id, by: 2, score: 600_001, status: "degraded")
        )
        #expect(machine.view(of: id)?.tally.endorse.millionths == 700_000)
    }

    @Test("D-20, R-08-004: a vote from below 0.3 is accepted and does not count")
    func gate() throws {
        var (machine, id) = try self.machine()
        let below = machine.refusalCode(
            try Fixture.vote("endorse", on: id, by: 1, score: 299_999)
        )
        let at = machine.refusalCode(try Fixture.vote("endorse", on: id, by: 2, score: 300_000))
        #expect(below == nil && at == nil)
        let view = try #require(machine.view(of: id))
        #expect(view.votes.count == 2)
        #expect(view.tally.voters == 1)
        let silent = try #require(view.votes.first { $0.notCountedBecause != nil })
        #expect(silent.weight == .zero)
        #expect(silent.notCountedBecause?.contains("0.299999") == true)
    }

    @Test("R-07-012, D-55: a vote stamped after the deadline does not count and replaces none")
    func late() throws {
        for order in [[0, 1], [1, 0]] {
            var (machine, id) = try self.machine()
            let votes = [
                try Fixture.vote("endorse", on: id, by: 1, at: Fixture.voting),
                try Fixture.vote("reject", on: id, by: 1, at: Fixture.voting + 1),
            ]
            for number in order { _ = machine.judge(votes[number]) }
            let view = try #require(machine.view(of: id))
            #expect(view.votes.map(\.stance) == ["endorse"])
            #expect(view.tally.voters == 1)
        }
    }

    @Test("R-14-005, D-88: votes wait for their proposal, which is asked for where it may be found")
    func orphans() throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        var machine = Governance()
        let vote = try Fixture.vote("endorse", on: id, by: 1)
        let actions = machine.judge(vote)
        guard case .accept = actions.first, case .fetch(let missing, let holders) = actions.last
        else {
            Issue.record("\(actions)")
            return
        }
        #expect(missing == id)
        #expect(holders == [try Fixture.person(99), try Fixture.person(1)])
        #expect(machine.voteCount == 0)
        _ = machine.judge(proposal)
        #expect(machine.view(of: id)?.tally.voters == 1)
        #expect(machine.judge(try Fixture.vote("endorse", on: id, by: 2)).count == 1)
    }

    @Test("R-07-018: votes after a withdrawal do not count, whichever came first")
    func withdrawn() throws {
        let (_, id) = try self.machine()
        let messages = [
            try Fixture.vote("endorse", on: id, by: 1, at: Fixture.hour),
            try Fixture.withdrawal(of: id, by: 0, at: 2 * Fixture.hour),
            try Fixture.vote("endorse", on: id, by: 2, at: 3 * Fixture.hour),
        ]
        for order in permutations(messages) {
            var (machine, _) = try self.machine()
            for message in order { _ = machine.judge(message) }
            let view = try #require(machine.view(of: id))
            #expect(view.state == .withdrawn)
            #expect(view.tally.voters == 1)
            #expect(view.votes.count == 2)
        }
    }
}
