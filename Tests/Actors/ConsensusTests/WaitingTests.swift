import Messages
import Primitives
import TestSupport
import Testing

@testable import Consensus
@testable import Kernel

@Suite("What waits for a vote of this node, and which requests it could answer")
struct WaitingTests {
    /// This node.
    private static let own = 5
    private var machine: ConsensusStateMachine

    init() throws {
        self.machine = ConsensusStateMachine(own: try Fixture.person(Self.own))
        _ = self.machine.replayFinished(now: Fixture.start)
        _ = self.machine.caughtUp(isBeginning: true, now: Fixture.start)
    }

    private static func asker<Q: RoundTrip>() -> ReplyAddress<Q> {
        ReplyAddress(
            asker: SubsystemID(rawValue: 0),
            question: EnvelopeID(rawValue: 1),
            topic: 0
        )
    }

    /// Asks, and answers for Reputation and the storage market.
    private mutating func waiting(
        at offset: Int64 = Fixture.hour,
        score: Int64 = 400_000,
        lack: String? = nil,
        limit: Int = 10,
        after: DeadlinePlace? = nil
    ) throws -> WaitingVotes.Reply {
        let now = Fixture.at(offset)
        let query = WaitingVotes(limit: limit, after: after)
        var actions = self.machine.asked(query, by: Self.asker(), now: now)
        for _ in 0..<3 {
            switch actions.first {
            case .ask(.standings(let question, let purpose))?:
                let standings = question.voters.map { voter in
                    VoterStandings.Reply.Standing(
                        identity: voter.identity,
                        at: voter.at,
                        reputation: FixedPoint(millionths: score),
                        isSuspended: false,
                        tenureFactor: FixedPoint(millionths: 500_000)
                    )
                }
                let reply = VoterStandings.Reply(standings: standings)
                actions = self.machine.heard(reply, for: purpose, now: now)
            case .ask(.artefacts(let question, let purpose))?:
                let findings = question.items.map {
                    CheckArtefacts.Finding(proposal: $0.proposal, lack: lack, otherBytes: 0)
                }
                let reply = CheckArtefacts.Reply(findings: findings)
                actions = self.machine.heard(reply, for: purpose, now: now)
            case .showWaiting(let reply, _)?: return reply
            default: break
            }
        }
        Issue.record("there was no answer")
        return WaitingVotes.Reply()
    }

    private mutating func judge(_ admitted: AdmittedMessage) -> MessageID {
        _ = self.machine.judge(admitted)
        return admitted.message.id
    }

    @Test("proposals wait by deadline, with what the vote would weigh, until the vote is there")
    mutating func deadlines() throws {
        let late = self.judge(try Fixture.proposal(by: 1, at: 2_000, title: "late"))
        let soon = self.judge(try Fixture.proposal(by: 0, at: 1_000, title: "soon"))
        let both = try self.waiting()
        #expect(both.entries.map(\.proposal) == [soon, late])
        #expect(both.entries.map(\.title) == ["soon", "late"])
        // Tenure halves the score.
        #expect(both.entries.allSatisfy { $0.weight == FixedPoint(millionths: 200_000) })
        let place = try #require(both.entries.first)
        let rest = try self.waiting(
            after: DeadlinePlace(deadline: place.deadline, id: place.proposal)
        )
        #expect(rest.entries.map(\.proposal) == [late])
        #expect(try self.waiting(limit: 1).entries.map(\.proposal) == [soon])
        _ = self.judge(try Fixture.vote("abstain", on: soon, by: Self.own, isOwn: true))
        _ = self.judge(try Fixture.vote("endorse", on: late, by: 3))
        #expect(try self.waiting().entries.map(\.proposal) == [late])
    }

    @Test("a vote that would be refused is not waited for: too late, withdrawn, artefact missing")
    mutating func refused() throws {
        let proposal = self.judge(try Fixture.proposal(by: 0))
        #expect(try self.waiting(at: Fixture.voting - 1).entries.count == 1)
        #expect(try self.waiting(at: Fixture.voting).entries.isEmpty)
        _ = self.judge(try Fixture.withdrawal(of: proposal, by: 0))
        #expect(try self.waiting().entries.isEmpty)
        _ = self.judge(try Fixture.proposal(by: 1, isInline: false))
        #expect(try self.waiting(lack: "nobody keeps it").entries.isEmpty)
        #expect(try self.waiting(lack: nil).entries.count == 1)
    }

    @Test("who has no say is told why, by the rule that counts votes (R-08-004)")
    mutating func noVote() throws {
        _ = self.judge(try Fixture.proposal(by: 0))
        let poor = try self.waiting(score: 299_999)
        #expect(poor.entries.isEmpty)
        #expect(poor.objection?.contains("voting needs 0.3") == true)
        #expect(try self.waiting(score: 300_000).objection == nil)
        self.machine = ConsensusStateMachine()
        #expect(try self.waiting().objection != nil)
    }

    @Test(
        "requests that this node could answer: of others, not answered, with a tag if there are any"
    )
    func requests() throws {
        var governance = Governance(own: try Fixture.person(Self.own))
        func request(_ tags: [String], by person: Int, at offset: Int64) throws -> MessageID {
            let draft = Draft(Request(title: "t", body: "b", tags: tags))
            let admitted = try Fixture.admitted(draft, by: person, at: offset)
            _ = governance.judge(admitted)
            return admitted.message.id
        }
        let swift = try request(["swift"], by: 0, at: 1)
        let rust = try request(["rust"], by: 0, at: 2)
        _ = try request(["swift"], by: Self.own, at: 3)
        let done = try request(["swift"], by: 1, at: 4)
        _ = governance.judge(
            try Fixture.proposal(by: Self.own, at: 5, [("request_id", .string(done.hex))])
        )
        func found(_ tags: [String]?) -> [MessageID] {
            let query = Requests(answerable: tags)
            return governance.views(query, now: Fixture.at(10), [:]).map(\.message.id)
        }
        #expect(found(nil).count == 4)
        #expect(found([]) == [rust, swift])
        #expect(found(["swift"]) == [swift])
        #expect(found(["go"]).isEmpty)
    }
}
