import Doors
import Messages
import Primitives
import TestSupport
import Testing

@testable import LocalAPI

@Suite("Why a proposal stands where it stands")
struct ReasonTests {
    /// A proposal with so much of everything.
    private static func view(
        _ state: ProposalState = .open,
        mode: VotingMode = .weighted,
        voters: Int = 2,
        quorum: (reached: Int64, needed: Int64) = (600_000, 1_100_000),
        ratio: Int64? = 500_000,
        endorsementMissing: Int64? = 100_000,
        needsHalf: Bool = false,
        isClose: Bool = false,
        objection: String? = nil,
        votes: [VoteView] = []
    ) throws -> ProposalView {
        let example = try ProposalView.example(state)
        func amount(_ millionths: Int64) -> FixedPoint { FixedPoint(millionths: millionths) }
        return ProposalView(
            message: example.message,
            proposal: example.proposal,
            author: example.author,
            state: state,
            isAdopted: false,
            tally: Tally(
                voters: voters,
                endorse: .zero,
                reject: .zero,
                abstain: .zero,
                quorum: amount(quorum.needed),
                threshold: amount(670_000)
            ),
            votes: votes,
            adoptions: [],
            supersededBy: [],
            supersedes: [],
            threads: [],
            outlook: Outlook(
                mode: mode,
                quorumReached: amount(quorum.reached),
                quorumNeeded: amount(quorum.needed),
                votersNeeded: 3,
                ratio: ratio.map(amount),
                threshold: amount(670_000),
                endorsementMissing: endorsementMissing.map(amount),
                isClose: isClose,
                activeIdentities: 11,
                needsHalfOfHeads: needsHalf,
                effectiveAt: APISteps.start
            ),
            decisionDue: nil,
            isArchived: false,
            missing: example.missing,
            objection: objection
        )
    }

    private static func vote(_ because: String?, remedy: String? = nil) -> VoteView {
        VoteView(
            identity: Samples.nodes[0],
            voteID: Samples.ids[0],
            stance: "endorse",
            weight: because == nil ? .one : .zero,
            notCountedBecause: because,
            rule: because.map { _ in "R-08-004" },
            remedy: remedy,
            reason: nil
        )
    }

    private static func changes(_ view: ProposalView) -> [String] {
        view.changes(now: APISteps.start)
    }

    @Test("bars say what there is and what it takes, in figures and in words")
    func bars() throws {
        let bars = try Self.view(needsHalf: true).bars
        #expect(bars.map(\.name) == [.voters, .quorum, .heads, .threshold])
        #expect(bars.map(\.isPassed) == [false, false, false, false])
        #expect(bars.map { $0.needed.millionths } == [3_000_000, 1_100_000, 6_000_000, 670_000])
        #expect(bars.map { $0.reached?.millionths } == [2_000_000, 600_000, 2_000_000, 500_000])
        #expect(bars[1].unit == .reputation && bars[1].sentence.contains("1.100000"))
        let passed = try Self.view(
            voters: 3,
            quorum: (1_100_000, 1_100_000),
            ratio: 670_000,
            endorsementMissing: 0
        ).bars
        #expect(passed.map(\.isPassed) == [true, true, true])
        let heads = try Self.view(mode: .headcount, quorum: (2_000_000, 6_000_000)).bars
        #expect(heads[1].unit == .identities && heads[1].sentence.contains("2 of 11"))
    }

    @Test("what would change it names what is missing, and what those who do not count can do")
    func lacks() throws {
        let votes = [
            Self.vote("score 0.2", remedy: "Earn it."), Self.vote("score 0.1", remedy: "Earn it."),
            Self.vote(nil),
        ]
        let changes = Self.changes(try Self.view(votes: votes))
        #expect(changes[0] == "Votes of 1 more identities, of any stance.")
        #expect(changes[1] == "Votes that weigh 0.500000 more, of any stance, abstentions too.")
        #expect(changes[2] == "Endorsements that weigh 0.100000 more, or fewer rejections.")
        #expect(changes[3] == "2 votes do not count. Earn it.", "each way out once")
        #expect(changes[4].hasPrefix("Votes that are stamped until"))
        let lost = Self.changes(try Self.view(endorsementMissing: nil))
        #expect(lost.contains { $0.hasPrefix("Voters who reject it") })
        let heads = try Self.view(mode: .headcount, endorsementMissing: 2_000_000)
        #expect(
            Self.changes(heads).contains("Endorsements of 2 more identities, or fewer rejections.")
        )
    }

    @Test("an objection leaves nothing to voters, and what would be ratified says what turns it")
    func turns() throws {
        let against = Self.changes(try Self.view(objection: "governance is frozen"))
        #expect(
            against == ["No vote changes it while this stands against it: governance is frozen."]
        )
        let good = try Self.view(
            .converging,
            voters: 3,
            quorum: (2_000_000, 1_000_000),
            ratio: 900_000,
            endorsementMissing: 0,
            isClose: true
        )
        let changes = Self.changes(good)
        #expect(changes[0].hasPrefix("As votes are now it is ratified"))
        #expect(changes[1].contains("seven days of confirmation"))
    }

    @Test(
        "what is decided says whether anything can still be done",
        arguments: [
            (.ratified, "Nothing: what is ratified stays so"),
            (.withdrawn, "Anybody may propose it anew"),
            (.rejected, "--supersedes"), (.expired, "R-08-013"),
        ] as [(ProposalState, String)]
    )
    func decided(state: ProposalState, text: String) throws {
        #expect(Self.changes(try Self.view(state)).joined(separator: " ").contains(text))
    }

    @Test("the answer has both kinds of votes, and keeps to its schema")
    func answer() throws {
        let view = try Self.view(votes: [Self.vote(nil), Self.vote("late")])
        var steps = APISteps()
        #expect(
            steps.put(.reasons(view.message.id)).questions == [
                "1 proposals, \(view.message.id.hex)"
            ]
        )
        let answer = try #require(steps.hear(.proposals([view]), from: .consensus).answer)
        #expect(ProposalReasons.schema.flaw(of: answer.body) == nil)
        #expect(answer.body["counted"]?.elements?.count == 1)
        #expect(answer.body["not_counted"]?.elements?.first?["rule"]?.string == "R-08-004")
        _ = steps.put(.reasons(view.message.id))
        let unknown = steps.hear(.proposals([]), from: .consensus).answer
        #expect(unknown == .unknownProposal)
    }
}
