import Identities
import Messages
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Consensus

@Suite("§12 Proposal retention, ADR 0064")
struct ArchiveTests {
    private static let week = ConsensusLimits.undecidedRetentionMilliseconds
    private static let month = ConsensusLimits.rejectedRetentionMilliseconds
    private static let halfYear = ConsensusLimits.ratifiedRetentionMilliseconds

    /// A proposal on which people voted, and which is decided.
    private struct Decided {
        var machine = Governance()
        let proposal: AdmittedMessage
        let votes: [AdmittedMessage]
        var id: MessageID { self.proposal.message.id }

        /// So many people say this; each weighs enough for the quorum.
        init(_ stance: String, voters: Int) throws {
            self.proposal = try Fixture.proposal()
            let id = self.proposal.message.id
            self.votes = try (0..<voters).map {
                try Fixture.vote(stance, on: id, by: 1 + $0, score: 900_000)
            }
            for message in [self.proposal] + self.votes { self.machine.take(message) }
            self.machine.decideNow(at: Fixture.voting + 1)
        }

        /// Something is written to the log at this time.
        mutating func pass(to offset: Int64) { _ = self.machine.advance(to: Fixture.at(offset)) }

        func isListed(at offset: Int64) -> Bool {
            let outside = Outside(now: Fixture.at(offset), network: Fixture.network())
            return !self.machine.views(Proposals(), outside).isEmpty
        }

        func isArchived(at offset: Int64) -> Bool {
            self.machine.archived(among: [self.id], now: Fixture.at(offset)) == [self.id]
        }

        /// The proposal, when one asks for it by its id and the log hands its text out.
        func view(at offset: Int64) -> ProposalView? {
            var outside = Outside(now: Fixture.at(offset), network: Fixture.network())
            outside.texts = [self.id: self.proposal.message]
            return self.machine.views(Proposals(id: self.id), outside).first
        }
    }

    @Test(
        "R-12-009, R-12-010, R-12-011, R-12-015, R-16-071: lists leave it out at the moment, memory at the hour",
        arguments: [
            ("endorse", 1, ArchiveTests.week, ProposalState.rejected),
            ("reject", 4, ArchiveTests.month, .rejected),
            ("endorse", 4, ArchiveTests.halfYear, .ratified),
        ] as [(String, Int, Int64, ProposalState)]
    )
    func ages(stance: String, voters: Int, age: Int64, state: ProposalState) throws {
        var decided = try Decided(stance, voters: voters)
        let moment = Fixture.voting + age
        #expect(decided.view(at: 0)?.state == state)
        decided.pass(to: moment - 1)
        #expect(decided.isListed(at: moment - 1) && !decided.isArchived(at: moment - 1))
        #expect(!decided.isListed(at: moment) && decided.isArchived(at: moment))
        #expect(decided.machine.proposals.count == 1)
        decided.pass(to: moment)
        #expect(decided.machine.proposals.count == 0 && decided.machine.voteCount == 0)
        #expect(!decided.isListed(at: moment) && decided.isArchived(at: moment))
    }

    @Test("R-12-008, R-12-014: of what is archived a line stays, which tells how it ended")
    func line() throws {
        var decided = try Decided("endorse", voters: 4)
        decided.machine.adopted(decided.id)
        let before = try #require(decided.view(at: 0))
        decided.pass(to: Self.halfYear * 2)
        let after = try #require(decided.view(at: Self.halfYear * 2))
        #expect(after.isArchived && !before.isArchived)
        #expect(after.state == .ratified && after.isAdopted && after.votes.isEmpty)
        #expect(after.tally.endorse == before.tally.endorse && after.tally.voters == 4)
        #expect(after.proposal.title == before.proposal.title)
        #expect(after.author == before.author && after.decidedAt == before.decidedAt)
        #expect(after.decisionDue == nil && after.missing.isEmpty)
        #expect(
            decided.machine.cutTexts(Proposals(id: decided.id), now: Fixture.start) == [decided.id]
        )
    }

    @Test("R-12-014: an archived proposal is still the source of its artefact, and can be adopted")
    func source() throws {
        var decided = try Decided("endorse", voters: 4)
        decided.pass(to: Self.halfYear * 2)
        guard case .propose(let proposal) = decided.proposal.message.payload else {
            Issue.record("no proposal")
            return
        }
        var outside = Outside(now: Fixture.at(Self.halfYear * 2), network: Fixture.network())
        outside.texts = [decided.id: decided.proposal.message]
        let offers = decided.machine.views(Proposals(offering: proposal.contentHash), outside)
        #expect(offers.map(\.message.id) == [decided.id])
        decided.machine.adopted(decided.id)
        #expect(decided.view(at: Self.halfYear * 2)?.isAdopted == true)
    }

    @Test(
        "R-12-013: what comes late for an archived proposal is accepted, kept nowhere and fetches nothing"
    )
    func late() throws {
        var decided = try Decided("endorse", voters: 4)
        decided.pass(to: Self.halfYear * 2)
        _ = decided.machine.takeNewlyArchived()
        let messages = [
            try Fixture.vote("reject", on: decided.id, by: 9),
            try Fixture.adoption(of: decided.id, by: 9),
            try Fixture.comment(on: decided.id, by: 9, at: 1),
            try Fixture.withdrawal(of: decided.id, by: 0),
        ]
        for message in messages {
            let actions = decided.machine.take(message)
            #expect(actions.count == 1)
            guard case .accept = actions.first else {
                Issue.record("\(message.message.typeName) is not accepted")
                continue
            }
        }
        #expect(decided.machine.missing.isEmpty && decided.machine.voteCount == 0)
        #expect(decided.machine.comments.remarks(on: decided.id).isEmpty)
        #expect(decided.machine.takeNewlyArchived().map(\.id) == messages.map(\.message.id))
        let stranger = decided.machine.refusalCode(try Fixture.withdrawal(of: decided.id, by: 5))
        #expect(stranger == .rule)
    }

    @Test(
        "R-12-013: this node says nothing more about an archived proposal, but that it adopted it"
    )
    func own() throws {
        var decided = try Decided("endorse", voters: 4)
        decided.pass(to: Self.halfYear * 2)
        let vote = try Fixture.vote("reject", on: decided.id, by: 9, isOwn: true)
        guard case .refuse(_, let refusal) = decided.machine.judge(vote).first else {
            Issue.record("an own vote is accepted")
            return
        }
        #expect(refusal.detail.contains("archived") && refusal.detail.contains("ratified"))
        let comment = try Fixture.comment(on: decided.id, by: 9, at: 1, isOwn: true)
        #expect(decided.machine.refusalCode(comment) == .rule)
        let adoption = try Fixture.admitted(.adoption(of: decided.id), by: 9, at: 1, isOwn: true)
        #expect(decided.machine.refusalCode(adoption) == nil)
    }

    @Test("R-12-013: it is told once of each message that it is archived, whenever that came")
    func told() throws {
        var decided = try Decided("endorse", voters: 4)
        let comment = try Fixture.comment(on: decided.id, by: 9, at: 1)
        let adoption = try Fixture.adoption(of: decided.id, by: 8)
        for message in [comment, adoption] { decided.machine.take(message) }
        let all = [decided.proposal, comment, adoption] + decided.votes
        #expect(decided.machine.takeNewlyArchived().isEmpty)
        decided.pass(to: Self.halfYear * 2)
        let told = decided.machine.takeNewlyArchived()
        #expect(Set(told.map(\.id)) == Set(all.map(\.message.id)) && told.count == all.count)
        decided.pass(to: Self.halfYear * 3)
        #expect(decided.machine.takeNewlyArchived().isEmpty)
    }

    @Test("ADR 0024, ADR 0064: what no decision was taken on waits for one, however old it is")
    func undecided() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        machine.take(proposal)
        _ = machine.advance(to: Fixture.at(2 * Self.halfYear))
        #expect(machine.proposals.count == 1)
        #expect(machine.archived(among: [proposal.message.id], now: .distantFuture).isEmpty)
    }

    @Test("R-12-012: who joins later can count changes of the protocol and of parameters, and bans")
    func permanent() throws {
        let parameter = Propose.Resolution(
            kind: .parameter,
            name: NetworkParameter.standardThreshold.rawValue,
            value: 700_000
        )
        let ban = Draft.resolution(.ban, subject: try Fixture.person(7))
        let end = JSONValue.integer(Fixture.at(300 * Fixture.day).milliseconds)
        let cases: [(member: Draft.Member, isConstitutional: Bool)] = [
            (("resolution", parameter.json), true), (("resolution", ban.json), false),
            (("eol", end), true),
        ]
        for (member, isConstitutional) in cases {
            var machine = Governance(Fixture.hours([(1_024, 900)]))
            let proposal = try Fixture.proposal([member], constitutional: isConstitutional)
            machine.take(proposal)
            let id = proposal.message.id
            for voter in 1...4 {
                machine.take(try Fixture.vote("endorse", on: id, by: voter, score: 900_000))
            }
            let deadline = isConstitutional ? 90 * Fixture.day : Fixture.voting
            #expect(machine.decideNow(at: deadline + 1) == [.ratified])
            _ = machine.advance(to: Fixture.at(10 * Self.halfYear))
            #expect(machine.proposals.count == 1)
            #expect(machine.archived(among: [id], now: .distantFuture).isEmpty)
        }
    }

    @Test("R-12-015: a withdrawal that comes when its proposal has its age archives it at once")
    func lateWithdrawal() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        machine.take(proposal)
        _ = machine.advance(to: Fixture.at(Self.halfYear))
        machine.take(
            try Fixture.withdrawal(of: proposal.message.id, by: 0).arriving(at: Self.halfYear)
        )
        #expect(machine.proposals.count == 0)
        #expect(machine.proposals.archived(proposal.message.id)?.state == .withdrawn)
    }

    @Test("R-01-050, R-07-030: archived proposals count for limits and chains as before")
    func afterwards() throws {
        var decided = try Decided("endorse", voters: 1)
        decided.pass(to: 10 * Fixture.day)
        #expect(decided.machine.proposals.count == 0)
        let next = try Fixture.proposal(
            at: 10 * Fixture.day,
            [("supersedes", .string(decided.id.hex))]
        )
        decided.machine.take(next)
        let view = try #require(decided.machine.view(of: next.message.id))
        #expect(view.supersedes == [decided.id])
        #expect(decided.view(at: 11 * Fixture.day)?.supersededBy == [next.message.id])
        for offset in [1, 2] as [Int64] {
            #expect(decided.machine.refusalCode(try Fixture.proposal(at: offset)) == nil)
        }
        #expect(decided.machine.refusalCode(try Fixture.proposal(at: 3)) == .rateLimited)
    }

    @Test("R-12-015: the state at the end is the same, whenever archived proposals were looked for")
    func schedule() throws {
        let entries = try Self.entries()
        let digests = [Fixture.day * 400, Fixture.day * 40, Fixture.day, Fixture.hour].map {
            (step: Int64) -> Bytes32 in
            var machine = Governance()
            var now: Int64 = 0
            for (number, entry) in entries.enumerated() {
                let time = Int64(number) * 3 * Fixture.day
                for moment in stride(from: now, to: time, by: Int(step)) {
                    _ = machine.advance(to: Fixture.at(moment))
                }
                now = time
                machine.log(entry.arriving(at: time))
            }
            _ = machine.advance(to: Fixture.at(400 * Fixture.day))
            #expect(machine.proposals.count == 3, "those on which nothing was decided")
            return machine.digest
        }
        #expect(Set(digests).count == 1)
    }

    /// Proposals that end in all ways, with votes before and after.
    private static func entries() throws -> [Entry] {
        var entries: [Entry] = []
        for number in 0..<8 {
            let proposal = try Fixture.proposal(by: number, title: "\(number)")
            let id = proposal.message.id
            entries.append(.message(proposal))
            entries += try (10..<14).map { voter in
                .message(try Fixture.vote("endorse", on: id, by: voter, score: 900_000))
            }
            if number % 3 == 0 {
                entries.append(.message(try Fixture.withdrawal(of: id, by: number)))
            }
            if number % 2 == 0 {
                let decision = DecisionFact(
                    on: id,
                    number % 4 == 0 ? .ratified : .rejected,
                    author: try Fixture.person(number),
                    effectiveAt: Fixture.at(Fixture.voting)
                )
                entries.append(.fact(decision.recorded(at: Fixture.at(Fixture.voting + 1))))
            }
        }
        return entries
    }
}

extension Governance {
    /// Replays an entry of a log.
    fileprivate mutating func log(_ entry: Entry) {
        switch entry {
        case .message(let admitted):
            _ = self.advance(to: admitted.receivedAt)
            if admitted.isForConsensus { self.apply(admitted) }
            _ = self.logged(admitted)
        case .fact(let fact):
            _ = self.advance(to: fact.recordedAt)
            if let decision = DecisionFact(fact) { self.decided(decision, at: fact.recordedAt) }
        }
    }
}
