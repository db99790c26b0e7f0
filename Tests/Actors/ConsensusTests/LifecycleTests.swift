import Identities
import Messages
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Consensus

@Suite("§7 Proposals, comments, withdrawals")
struct LifecycleTests {
    @Test("R-07-017: only the author's identity withdraws, with any of its keys")
    func withdrawal() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        _ = machine.judge(proposal)
        let stranger = machine.refusalCode(try Fixture.withdrawal(of: id, by: 1))
        #expect(stranger == .rule)
        #expect(machine.view(of: id)?.state == .open)
        machine.take(try Fixture.link(0, 2))
        let sibling = machine.refusalCode(try Fixture.withdrawal(of: id, by: 2))
        #expect(sibling == nil)
        #expect(machine.view(of: id)?.state == .withdrawn)
        #expect(machine.nextDecision == nil)
        #expect(machine.decideNow(at: Fixture.voting + 1).isEmpty)
    }

    @Test("R-07-017: a stranger's withdrawal that came before the proposal has no effect")
    func earlyWithdrawal() throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        var machine = Governance()
        _ = machine.judge(try Fixture.withdrawal(of: id, by: 1))
        _ = machine.judge(proposal)
        #expect(machine.view(of: id)?.state == .open)
        var other = Governance()
        _ = other.judge(try Fixture.withdrawal(of: id, by: 0))
        _ = other.judge(proposal)
        #expect(other.view(of: id)?.state == .withdrawn)
    }

    @Test("R-07-013: three proposals of an identity within any seven days, by their timestamps")
    func proposalRate() throws {
        let week = 7 * Fixture.day
        var machine = Governance()
        for offset in [0, 1, 2] as [Int64] {
            let code = machine.refusalCode(try Fixture.proposal(at: offset))
            #expect(code == nil)
        }
        let fourth = machine.refusalCode(try Fixture.proposal(at: week - 1))
        let other = machine.refusalCode(try Fixture.proposal(by: 1, at: week - 1))
        let after = machine.refusalCode(try Fixture.proposal(at: week))
        #expect(fourth == .rateLimited)
        #expect(other == nil && after == nil)
    }

    @Test("D-86: what comes late by sync does not get around the window")
    func backdated() throws {
        var machine = Governance()
        let codes = try [5, 4, 3, 2, 1].map { number in
            machine.refusalCode(try Fixture.proposal(at: number * Fixture.hour))
        }
        #expect(codes == [nil, nil, nil, .rateLimited, .rateLimited])
        let earlier = machine.refusalCode(try Fixture.proposal(at: -7 * Fixture.day))
        #expect(earlier == nil)
    }

    @Test("D-86: an author who keeps to the limit is heard in every order of arrival")
    func honestAuthor() throws {
        let offsets: [Int64] = [0, 1, 2, 7, 8]
        let messages = try offsets.map { try Fixture.proposal(at: $0 * Fixture.day) }
        for order in permutations(messages) {
            var machine = Governance()
            for message in order {
                let code = machine.refusalCode(message)
                #expect(code == nil)
            }
        }
    }

    @Test("R-07-023: three comments of an identity on a proposal within any 24 hours")
    func commentRate() throws {
        var machine = Governance()
        let proposals = [try Fixture.proposal(), try Fixture.proposal(at: 1)]
        for proposal in proposals { _ = machine.judge(proposal) }
        let id = proposals[0].message.id
        var codes: [Refusal.Code?] = []
        for offset in [0, 1, 2, Fixture.day - 1, Fixture.day] {
            codes.append(machine.refusalCode(try Fixture.comment(on: id, by: 1, at: offset)))
        }
        #expect(codes == [nil, nil, nil, .rateLimited, nil])
        let elsewhere = machine.refusalCode(
            try Fixture.comment(on: proposals[1].message.id, by: 1, at: 3)
        )
        let somebodyElse = machine.refusalCode(try Fixture.comment(on: id, by: 2, at: 3))
        #expect(elsewhere == nil && somebodyElse == nil)
        #expect(machine.view(of: id)?.comments.count == 5)
    }

    @Test("R-07-021, R-07-024: comments on a withdrawn proposal are accepted and decide nothing")
    func comments() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        _ = machine.judge(proposal)
        _ = machine.judge(try Fixture.withdrawal(of: id, by: 0))
        let code = machine.refusalCode(try Fixture.comment(on: id, by: 1, at: 2 * Fixture.hour))
        #expect(code == nil)
        let view = try #require(machine.view(of: id))
        #expect(view.comments.count == 1 && view.tally.voters == 0)
    }

    @Test("D-72: an inline artefact must be the one that is named")
    func inline() throws {
        func inline(_ text: String) -> [(String, JSONValue)] {
            [("content_inline", .string(Base64.encode(Array(text.utf8))))]
        }
        var machine = Governance()
        func code(_ text: String) throws -> Refusal.Code? {
            machine.refusalCode(try Fixture.proposal(inline(text), isInline: false))
        }
        let wrongHash = try code("Artefact")
        let wrongSize = try code("artefact!")
        let right = try code("artefact")
        #expect(wrongHash == .schema && wrongSize == .schema)
        #expect(right == nil)
    }

    @Test("R-07-029: a newer proposal is shown with the one it replaces, whichever came first")
    func supersession() throws {
        let older = try Fixture.proposal()
        let newer = try Fixture.proposal(
            at: 1,
            [("supersedes", .string(older.message.id.hex))]
        )
        for order in [[older, newer], [newer, older]] {
            var machine = Governance()
            for message in order { _ = machine.judge(message) }
            #expect(machine.view(of: older.message.id)?.supersededBy == [newer.message.id])
        }
    }

    @Test("an adoption of this node is shown once its fact is logged")
    func ownAdoption() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        _ = machine.judge(proposal)
        _ = machine.judge(try Fixture.adoption(of: id, by: 3))
        #expect(machine.view(of: id)?.isAdopted == false)
        #expect(machine.view(of: id)?.adoptions.map(\.identity) == [try Fixture.person(3)])
        machine.adopted(id)
        #expect(machine.view(of: id)?.isAdopted == true)
    }

    @Test("D-33: the tree holds proposals that are neither withdrawn nor past their deadline")
    func proposalRoot() throws {
        var machine = Governance()
        let proposals = [try Fixture.proposal(), try Fixture.proposal(by: 1, at: Fixture.hour)]
        for proposal in proposals { _ = machine.judge(proposal) }
        let ids = proposals.map(\.message.id)
        #expect(machine.treeView(.root, now: Fixture.start).root == MerkleTree(ids: ids).root)
        // The time is rounded down to the minute: the first one stays until the minute is over.
        let end = Fixture.voting
        #expect(
            machine.treeView(.root, now: Fixture.at(end + 59_999)).root == MerkleTree(ids: ids).root
        )
        let later = machine.treeView(.root, now: Fixture.at(end + 60_000)).root
        #expect(later == MerkleTree(ids: [ids[1]]).root)
        _ = machine.judge(try Fixture.withdrawal(of: ids[1], by: 1))
        #expect(
            machine.treeView(.root, now: Fixture.at(end + 60_000)).root == MerkleTree(ids: []).root
        )
    }

    @Test(
        "R-12-001: the tree follows proposals, withdrawals and revocations within the minute, too"
    )
    func treeWithinTheMinute() throws {
        var machine = Governance()
        let now = Fixture.at(Fixture.hour + 30_000)
        #expect(machine.treeView(.root, now: now).root == MerkleTree(ids: []).root)
        let proposals = [try Fixture.proposal(), try Fixture.proposal(by: 1, at: Fixture.hour)]
        for proposal in proposals { _ = machine.judge(proposal) }
        let ids = proposals.map(\.message.id)
        let view = machine.treeView(.nodes(below: [], depth: 1), now: now)
        #expect(view.root == MerkleTree(ids: ids).root && view.leaves == 2)
        #expect(view.nodes == MerkleTree(ids: ids).nodes(below: [], depth: 1))
        for voter in 2...4 { machine.take(try Fixture.vote("endorse", on: ids[0], by: voter)) }
        #expect(machine.treeView(.root, now: now) == TreeView(root: view.root, leaves: 2))
        _ = machine.judge(try Fixture.withdrawal(of: ids[1], by: 1))
        let later = machine.treeView(.root, now: now)
        #expect(later.root == MerkleTree(ids: [ids[0]]).root)
        let leaf = MerkleNode(path: [1], hash: MerkleTree.leafHash(ids[1]), messageID: ids[1])
        #expect(machine.treeView(.shared([leaf]), now: now).shared == [0])
    }

    @Test("R-05-074: the votes on proposals are told in the order of sync, page by page")
    func votesOnProposals() throws {
        var machine = Governance()
        let proposals = [try Fixture.proposal(), try Fixture.proposal(by: 1, at: Fixture.hour)]
        for proposal in proposals { _ = machine.judge(proposal) }
        let ids = proposals.map(\.message.id)
        let votes = try (2...6).map { voter in
            try Fixture.vote("reject", on: ids[voter % 2], by: voter)
        }
        for vote in votes.reversed() { machine.take(vote) }
        let places = votes.map { MessagePlace($0.message) }
            .sorted { ($0.timestamp, $0.id) < ($1.timestamp, $1.id) }
        let unknown = MessageID.named("no proposal")
        let all = machine.votes(ProposalVotes(of: ids + [unknown], limit: 1_000))
        #expect(all == ProposalVotes.Reply(entries: places, hasMore: false))
        let page = machine.votes(ProposalVotes(of: ids, limit: 2))
        #expect(page == ProposalVotes.Reply(entries: Array(places.prefix(2)), hasMore: true))
        let rest = machine.votes(ProposalVotes(of: ids, after: places[1], limit: 3))
        #expect(rest == ProposalVotes.Reply(entries: Array(places.dropFirst(2)), hasMore: false))
        let ofOne = machine.votes(ProposalVotes(of: [ids[1]], limit: 1_000))
        #expect(ofOne.entries.count == 2)
    }

    @Test("lists are newest first and bounded")
    func lists() throws {
        var machine = Governance()
        for number in 0..<4 {
            _ = machine.judge(try Fixture.proposal(by: number, at: Int64(number)))
        }
        let outside = Outside(now: Fixture.start, network: Fixture.network())
        let views = machine.views(Proposals(limit: 2), outside)
        #expect(views.map(\.author) == [try Fixture.person(3), try Fixture.person(2)])
        #expect(machine.views(Proposals(limit: -1), outside).isEmpty)
    }

    @Test("a list goes on behind a place, whatever came meanwhile")
    func pages() throws {
        var machine = Governance()
        for number in 0..<4 {
            _ = machine.judge(try Fixture.proposal(by: number, at: Int64(number)))
        }
        let outside = Outside(now: Fixture.start, network: Fixture.network())
        let first = machine.views(Proposals(limit: 2), outside)
        let place = MessagePlace(try #require(first.last).message)
        _ = machine.judge(try Fixture.proposal(by: 4, at: 4))
        let second = machine.views(Proposals(limit: 10, after: place), outside)
        #expect(second.map(\.author) == [try Fixture.person(1), try Fixture.person(0)])
        let end = MessagePlace(try #require(second.last).message)
        #expect(machine.views(Proposals(limit: 10, after: end), outside).isEmpty)
    }
}

@Suite("§4 The consensus state is a fold over the log")
struct FoldTests {
    /// Messages about one proposal, in all orders of which every node must come to one state.
    private static func story() throws -> [AdmittedMessage] {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        return [
            proposal,
            try Fixture.vote("endorse", on: id, by: 1),
            try Fixture.vote("reject", on: id, by: 1, at: 2 * Fixture.hour),
            try Fixture.withdrawal(of: id, by: 0, at: 3 * Fixture.hour),
            try Fixture.vote("endorse", on: id, by: 2, at: 4 * Fixture.hour),
            try Fixture.adoption(of: id, by: 3),
        ]
    }

    @Test("every order of arrival gives one state")
    func permuted() throws {
        let orders = permutations(try Self.story())
        #expect(orders.count == 720)
        let states = Set(
            orders.map { order in
                var machine = Governance()
                for message in order { _ = machine.judge(message) }
                return machine.agreed
            }
        )
        #expect(states.count == 1)
    }

    @Test("the digest sees every message")
    func sensitive() throws {
        let story = try Self.story()
        var machine = Governance()
        var digests: Set<Bytes32> = [machine.digest]
        for message in story {
            _ = machine.judge(message)
            digests.insert(machine.digest)
        }
        #expect(digests.count == story.count + 1)
    }

    @Test("replay of what was accepted, decided and adopted gives the digest of the live node")
    func replay() throws {
        var live = Governance()
        let proposals = try (0..<3).map { try Fixture.proposal(by: $0) }
        var accepted: [AdmittedMessage] = []
        var messages = proposals
        for proposal in proposals {
            let id = proposal.message.id
            for voter in 4..<8 { messages.append(try Fixture.vote("endorse", on: id, by: voter)) }
            for number in 0..<5 as Range<Int64> {
                messages.append(try Fixture.comment(on: id, by: 9, at: number))
            }
        }
        for message in messages {
            if case .accept = live.judge(message).first { accepted.append(message) }
        }
        #expect(accepted.count == messages.count - 6)
        let states = live.decideNow(at: Fixture.voting + 1)
        #expect(states == [.ratified, .ratified, .ratified])
        live.adopted(proposals[1].message.id)

        var replayed = Governance()
        for message in accepted { replayed.apply(message) }
        for record in live.proposals.all {
            let decision = try #require(record.decision)
            replayed.decided(
                try #require(DecisionFact(decision.fact(recordedAt: Fixture.start))),
                at: Fixture.at(Fixture.voting + 1)
            )
        }
        replayed.adopted(proposals[1].message.id)
        #expect(replayed.digest == live.digest)
        #expect(replayed.nextDecision == nil)
    }
}
