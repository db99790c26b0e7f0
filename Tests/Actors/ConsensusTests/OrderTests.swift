import Messages
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Consensus

@Suite("§1, §8 Governance is the same in every order of arrival")
struct OrderTests {
    /// What a node came to: who votes how, and what became of the proposal.
    private struct Outcome: Hashable {
        let state: ProposalState
        let author: NodeID
        let votes: [String]
        let agreed: [Bytes32]
    }

    /// Runs messages in one order; a machine that hears the proposal's author last included.
    private func outcome(_ messages: [AdmittedMessage], of proposal: MessageID) throws -> Outcome {
        var machine = Governance()
        for message in messages { machine.take(message) }
        let view = try #require(machine.view(of: proposal))
        return Outcome(
            state: view.state,
            author: view.author,
            votes: view.votes.map {
                "\($0.identity) \($0.stance) \($0.weight) \($0.notCountedBecause ?? "counts")"
            },
            agreed: machine.agreed
        )
    }

    private func outcomes(_ messages: [AdmittedMessage], of proposal: MessageID) throws
        -> Set<Outcome>
    {
        Set(try permutations(messages).map { try self.outcome($0, of: proposal) })
    }

    @Test("LINK-07, D-12: open votes of a new child collapse into the identity's latest one")
    func linked() throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        let all = try self.outcomes(
            [
                proposal, try Fixture.link(1, 2, at: 3 * Fixture.hour),
                try Fixture.vote("endorse", on: id, by: 1, at: Fixture.hour),
                try Fixture.vote("reject", on: id, by: 2, at: 2 * Fixture.hour),
                try Fixture.vote("abstain", on: id, by: 3),
            ],
            of: id
        )
        #expect(all.count == 1)
        let votes = try #require(all.first?.votes)
        #expect(votes.count == 2)
        let root = try Fixture.person(1)
        #expect(votes.contains { $0.hasPrefix("\(root) reject") })
    }

    @Test("D-14: what a revoked key signed from the effective time on is void, before it counts")
    func revoked() throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        let link = try Fixture.link(1, 2)
        let revocation = try Fixture.revocation(1, 2, at: 5 * Fixture.hour, from: 3 * Fixture.hour)
        let others = [
            proposal, try Fixture.vote("endorse", on: id, by: 2, at: 2 * Fixture.hour),
            try Fixture.vote("reject", on: id, by: 2, at: 4 * Fixture.hour),
            try Fixture.vote("abstain", on: id, by: 3),
        ]
        let all = try self.outcomes(others + [link, revocation], of: id)
        #expect(all.count == 1)
        let votes = try #require(all.first?.votes)
        let root = try Fixture.person(1)
        #expect(votes.contains { $0.hasPrefix("\(root) endorse") })
        #expect(votes.contains { $0.contains("revoked with effect before") })
    }

    @Test("D-14: however often a thief voted since, the device's vote before counts again")
    func flooded() throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        let vote = try Fixture.vote("endorse", on: id, by: 2, at: 2 * Fixture.hour)
        let thefts = try (1...40).map {
            try Fixture.vote("reject", on: id, by: 2, at: 3 * Fixture.hour + $0)
        }
        let link = try Fixture.link(1, 2)
        let revocation = try Fixture.revocation(1, 2, at: 5 * Fixture.hour, from: 3 * Fixture.hour)
        for order in [
            [proposal, link, vote] + thefts + [revocation],
            [proposal, link, revocation] + thefts.reversed() + [vote],
            thefts + [vote, revocation, link, proposal],
        ] {
            let votes = try self.outcome(order, of: id).votes
            let counted = votes.filter { $0.hasSuffix("counts") }
            #expect(counted == ["\(try Fixture.person(1)) endorse 0.500000 counts"])
        }
    }

    @Test("R-05-106: what a key announced of its state is the same in every order of arrival")
    func announced() throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        let messages = [
            proposal, try Fixture.announcement(by: 1, status: .degraded, at: Fixture.hour),
            try Fixture.announcement(by: 1, status: .synced, at: 2 * Fixture.hour),
            try Fixture.announcement(by: 1, status: .degraded, at: 4 * Fixture.hour),
            try Fixture.announcement(by: 1, status: .synced, at: 4 * Fixture.hour),
            try Fixture.vote("endorse", on: id, by: 1, at: 3 * Fixture.hour),
        ]
        let all = try self.outcomes(messages, of: id)
        #expect(all.count == 1)
        #expect(all.first?.votes == ["\(try Fixture.person(1)) endorse 0.500000 counts"])
    }

    @Test("R-01-061: a vote goes along with the rotation of its key, as does the proposal")
    func rotated() throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        let all = try self.outcomes(
            [
                proposal, try Fixture.rotation(0, 10, at: Fixture.hour),
                try Fixture.rotation(1, 11, at: 2 * Fixture.hour),
                try Fixture.vote("endorse", on: id, by: 1, at: Fixture.hour),
                try Fixture.vote("reject", on: id, by: 11, at: 3 * Fixture.hour),
                try Fixture.withdrawal(of: id, by: 10, at: 4 * Fixture.hour),
            ],
            of: id
        )
        #expect(all.count == 1)
        #expect(all.first?.author == (try Fixture.person(10)))
        #expect(all.first?.state == .withdrawn)
        #expect(all.first?.votes.count == 1)
    }

    @Test("LINK-14: a sibling's withdrawal holds even when it comes before the link")
    func withdrawn() throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        let all = try self.outcomes(
            [
                proposal, try Fixture.link(1, 0), try Fixture.link(1, 2),
                try Fixture.withdrawal(of: id, by: 2, at: 2 * Fixture.hour),
                try Fixture.vote("endorse", on: id, by: 3),
                try Fixture.vote("endorse", on: id, by: 4, at: 3 * Fixture.hour),
            ],
            of: id
        )
        #expect(all.count == 1)
        #expect(all.first?.state == .withdrawn)
    }

    @Test("D-12, D-14, R-01-061, LINK-14: votes, link, revocation, rotation, withdrawal: one end")
    func everything() throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        let link = try Fixture.link(1, 2)
        let revocation = try Fixture.revocation(1, 2, at: 3 * Fixture.hour, from: 2 * Fixture.hour)
        let messages = [
            proposal, link, revocation, try Fixture.rotation(1, 11, at: 4 * Fixture.hour),
            try Fixture.vote("endorse", on: id, by: 1, at: Fixture.hour),
            try Fixture.vote("reject", on: id, by: 2, at: 2 * Fixture.hour),
            try Fixture.withdrawal(of: id, by: 0, at: 5 * Fixture.hour),
        ]
        let all = try self.outcomes(messages, of: id)
        #expect(all.count == 1)
        #expect(all.first?.state == .withdrawn)
        let successor = try Fixture.person(11)
        let voided = try Fixture.person(2)
        #expect(
            all.first?.votes == [
                "\(successor) endorse 0.500000 counts",
                "\(voided) reject 0.000000 the key was revoked with effect before",
            ]
        )
    }

    @Test("a withdrawal that a link makes the author's is accepted then, and only once")
    func parked() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        let withdrawal = try Fixture.withdrawal(of: proposal.message.id, by: 2)
        machine.take(proposal)
        let early = machine.refusalCode(withdrawal)
        #expect(early == .rule)
        let unrelated = machine.take(try Fixture.link(5, 6))
        #expect(unrelated.isEmpty)
        let actions = machine.take(try Fixture.link(0, 2))
        guard case .accept(let admitted)? = actions.first else {
            Issue.record("\(actions)")
            return
        }
        #expect(admitted.message.id == withdrawal.message.id && actions.count == 1)
        let again = machine.take(try Fixture.link(0, 7))
        #expect(again.isEmpty)
    }

    @Test("D-14, D-55: a revocation after the final decision leaves it as it is")
    func final() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        machine.take(proposal)
        machine.take(try Fixture.link(1, 2))
        for voter in 2...4 { machine.take(try Fixture.vote("endorse", on: id, by: voter)) }
        machine.decideNow(at: Fixture.voting + 1)
        let before = machine.view(of: id)
        machine.take(try Fixture.revocation(1, 2, at: 2 * Fixture.voting, from: 0))
        machine.take(try Fixture.withdrawal(of: id, by: 0, at: 2 * Fixture.voting))
        let after = machine.view(of: id)
        #expect(before?.state == .ratified && after?.state == .ratified)
        #expect(after?.tally == before?.tally)
    }

    @Test("D-14: a revoked key that does not start over has no vote")
    func silenced() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal(at: -Fixture.hour)
        let id = proposal.message.id
        machine.take(proposal)
        machine.take(try Fixture.link(1, 2, at: -3 * Fixture.hour))
        machine.take(try Fixture.revocation(1, 2, at: -2 * Fixture.hour, from: -2 * Fixture.hour))
        machine.take(try Fixture.vote("endorse", on: id, by: 2))
        let view = try #require(machine.view(of: id))
        #expect(view.tally.voters == 0)
        #expect(view.votes.map(\.notCountedBecause) == ["the key was revoked with effect before"])
    }

    @Test(
        "R-01-041, LINK-17: a key that starts over votes from 60 days after its revocation on",
        arguments: [
            (59 * Fixture.day, false), (60 * Fixture.day - 1, false), (60 * Fixture.day, true),
            (61 * Fixture.day, true),
        ] as [(Int64, Bool)]
    )
    func cooldown(offset: Int64, counts: Bool) throws {
        let proposal = try Fixture.proposal(at: offset - Fixture.hour)
        let id = proposal.message.id
        // The wait counts from when the revocation was signed, not from when it has effect.
        let revocation = try Fixture.revocation(1, 2, at: 0, from: -Fixture.day)
        let past = [try Fixture.link(1, 2, at: -2 * Fixture.day), revocation]
        let messages = [
            proposal, try Fixture.announcement(by: 2, at: Fixture.day),
            try Fixture.vote("endorse", on: id, by: 2, at: offset),
        ]
        let all = Set(try permutations(messages).map { try self.outcome(past + $0, of: id) })
        #expect(all.count == 1)
        let person = try Fixture.person(2)
        let expected =
            counts
            ? "0.500000 counts" : "0.000000 the key was revoked less than 60 days before"
        #expect(all.first?.votes == ["\(person) endorse \(expected)"])
    }

    @Test("LINK-08, RATE-04: the limit of proposals follows links and rotations")
    func rates() throws {
        var machine = Governance()
        for (number, author) in [1, 2, 3].enumerated() {
            machine.take(try Fixture.proposal(by: author, at: Int64(number)))
        }
        machine.take(try Fixture.link(1, 2))
        machine.take(try Fixture.link(1, 3))
        let child = machine.refusalCode(try Fixture.proposal(by: 2, at: 10))
        machine.take(try Fixture.rotation(1, 4, at: 20))
        let root = machine.refusalCode(try Fixture.proposal(by: 4, at: 30))
        machine.take(try Fixture.revocation(4, 2, at: 40, from: 40))
        let freed = machine.refusalCode(try Fixture.proposal(by: 5, at: 50))
        #expect(child == .rateLimited && root == .rateLimited && freed == nil)
    }
}
