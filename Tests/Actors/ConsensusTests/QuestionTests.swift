import Messages
import Primitives
import Testing

@testable import Consensus
@testable import Kernel

extension [ConsensusAction] {
    fileprivate var facts: [LocalFact] {
        self.compactMap { if case .record(let fact) = $0 { fact } else { nil } }
    }

    /// The earliest time for which a wake is asked.
    fileprivate var wake: Timestamp? {
        self.compactMap { if case .wake(let moment) = $0 { moment } else { nil } }.min()
    }

    fileprivate var networkPurposes: [NetworkPurpose] {
        self.compactMap { if case .ask(.network(_, let purpose)) = $0 { purpose } else { nil } }
    }

    /// The question for the size of the network that a decision waits for.
    fileprivate var decision: NetworkPurpose? {
        self.networkPurposes.first { if case .decision = $0 { true } else { false } }
    }

    /// The question for the size of the network at a full hour.
    fileprivate var hour: NetworkPurpose? {
        self.networkPurposes.first { if case .hour = $0 { true } else { false } }
    }

    fileprivate var standings: (query: VoterStandings, purpose: StandingsPurpose)? {
        for case .ask(.standings(let query, let purpose)) in self { return (query, purpose) }
        return nil
    }

    fileprivate var texts: TextsPurpose? {
        for case .ask(.texts(_, let purpose)) in self { return purpose }
        return nil
    }

    fileprivate var shown: [ProposalView]? {
        for case .showProposals(let views, _) in self { return views }
        return nil
    }
}

@Suite("What Consensus asks others, and what it does when they do not answer")
struct QuestionTests {
    private static let pause = ConsensusLimits.askAgainMilliseconds
    private static let noScores: Scores.Reply? = nil
    private static let noStandings: VoterStandings.Reply? = nil
    private static let noTexts: MessagesByID.Reply? = nil

    private static let scores = Scores.Reply(
        entries: [],
        activeIdentities: 4,
        activeReputation: FixedPoint(millionths: 2_000_000)
    )

    private static func rated(_ query: VoterStandings) -> VoterStandings.Reply {
        let standings = query.voters.map { voter in
            VoterStandings.Reply.Standing(
                identity: voter.identity,
                at: voter.at,
                reputation: FixedPoint(millionths: 400_000),
                isSuspended: false,
                tenureFactor: .one
            )
        }
        return VoterStandings.Reply(standings: standings)
    }

    private static func asker<Q: RoundTrip>() -> ReplyAddress<Q> {
        ReplyAddress(
            asker: SubsystemID(rawValue: 0),
            question: EnvelopeID(rawValue: 1),
            topic: 0
        )
    }

    private var machine = ConsensusStateMachine()
    private let proposal: AdmittedMessage

    /// A node that missed nothing, with a proposal that three endorse.
    init() throws {
        self.proposal = try Fixture.proposal()
        _ = self.machine.replayFinished(now: Fixture.start)
        _ = self.machine.caughtUp(isBeginning: true, now: Fixture.start)
        _ = self.machine.judge(self.proposal)
        for voter in 1...3 {
            _ = self.machine.judge(
                try Fixture.vote("endorse", on: self.proposal.message.id, by: voter)
            )
        }
    }

    @Test(
        "a decision for which nobody knows the network is not lost: it is asked again in a minute"
    )
    mutating func silentNetwork() throws {
        let purpose = try #require(
            self.machine.woke(now: Fixture.at(Fixture.looking)).decision
        )
        let given = Fixture.looking + 10_000
        let actions = self.machine.heard(Self.noScores, for: purpose, now: Fixture.at(given))
        #expect(actions.facts.isEmpty)
        #expect(actions.wake == Fixture.at(given + Self.pause))
        let early = self.machine.woke(now: Fixture.at(given + Self.pause - 1))
        #expect(early.decision == nil)
        #expect(early.wake == Fixture.at(given + Self.pause))
        try self.expectDecision(at: given + Self.pause)
    }

    @Test(
        "a decision for which nobody knows the voters is not lost, and made with no wrong weights"
    )
    mutating func silentStandings() throws {
        let now = Fixture.at(Fixture.looking)
        let purpose = try #require(self.machine.woke(now: now).decision)
        let question = try #require(
            self.machine.heard(Self.scores, for: purpose, now: now).standings
        )
        let actions = self.machine.heard(Self.noStandings, for: question.purpose, now: now)
        #expect(actions.facts.isEmpty)
        #expect(actions.wake == Fixture.at(Fixture.looking + Self.pause))
        try self.expectDecision(at: Fixture.looking + Self.pause)
    }

    /// Reputation answers: the decision is made, with the weights that it told.
    private mutating func expectDecision(at offset: Int64) throws {
        let now = Fixture.at(offset)
        let purpose = try #require(self.machine.woke(now: now).decision)
        let question = try #require(
            self.machine.heard(Self.scores, for: purpose, now: now).standings
        )
        let reply = Self.rated(question.query)
        let facts = self.machine.heard(reply, for: question.purpose, now: now).facts
        let decision = try #require(facts.first.flatMap { DecisionFact($0) })
        #expect(decision.proposal == self.proposal.message.id)
        #expect(decision.votes.map(\.weight.millionths) == [400_000, 400_000, 400_000])
    }

    @Test("one round of decisions at a time: the next one begins when the log has the last one")
    mutating func rounds() throws {
        let later = try Fixture.proposal(by: 5, at: Fixture.hour, title: "later")
        _ = self.machine.judge(later)
        let now = Fixture.at(Fixture.looking)
        let purpose = try #require(self.machine.woke(now: now).decision)
        let after = Fixture.at(Fixture.looking + Fixture.hour)
        #expect(self.machine.woke(now: after).decision == nil, "it is asking")
        let question = try #require(
            self.machine.heard(Self.scores, for: purpose, now: now).standings
        )
        let actions = self.machine.heard(
            Self.rated(question.query),
            for: question.purpose,
            now: now
        )
        #expect(actions.facts.count == 1)
        #expect(self.machine.woke(now: after).decision == nil, "the log has not got it")
        for fact in actions.facts { _ = self.machine.logged(fact) }
        #expect(self.machine.woke(now: after).decision != nil)
    }

    @Test("D-59: an hour for which nobody knows the network is looked at again while it is fresh")
    mutating func silentHour() throws {
        var offset = Fixture.hour
        var looks = 0
        while let purpose = self.machine.woke(now: Fixture.at(offset)).hour {
            looks += 1
            let actions = self.machine.heard(Self.noScores, for: purpose, now: Fixture.at(offset))
            #expect(actions.facts.isEmpty)
            let next = try #require(actions.wake)
            guard next < Fixture.at(2 * Fixture.hour) else { break }
            #expect(next == Fixture.at(offset + Self.pause))
            offset += Self.pause
        }
        #expect(looks == 1 + Int(ConsensusLimits.observationDelayMilliseconds / Self.pause))
        let next = Fixture.at(2 * Fixture.hour)
        let purpose = try #require(self.machine.woke(now: next).hour)
        let facts = self.machine.heard(Self.scores, for: purpose, now: next).facts
        #expect(
            facts.compactMap { HourObservation($0)?.hour } == [
                Fixture.start.clockHour + 1
            ]
        )
    }

    @Test("who wants to see proposals is answered, whoever is silent")
    mutating func silentViews() throws {
        let asker: ReplyAddress<Proposals> = Self.asker()
        let now = Fixture.at(Fixture.hour)
        let first = self.machine.asked(Proposals(id: nil, limit: 10), by: asker)
        let purpose = try #require(first.networkPurposes.first)
        let alone = self.machine.heard(Self.noScores, for: purpose, now: now)
        #expect(alone.shown?.map(\.tally.endorse.millionths) == [1_500_000])
        let question = try #require(
            self.machine.heard(Self.scores, for: purpose, now: now).standings
        )
        let unrated = self.machine.heard(Self.noStandings, for: question.purpose, now: now)
        #expect(unrated.shown?.map(\.tally.endorse.millionths) == [1_500_000])
        let rated = self.machine.heard(
            Self.rated(question.query),
            for: question.purpose,
            now: now
        )
        #expect(rated.shown?.map(\.tally.endorse.millionths) == [1_200_000])
    }

    @Test("who wants to see a long proposal gets its outline when the log is silent")
    mutating func silentLog() throws {
        let title = String(repeating: "long text ", count: 1_000)
        let long = try Fixture.proposal(by: 5, at: 1, title: title)
        _ = self.machine.judge(long)
        let query = Proposals(id: long.message.id)
        let asked = self.machine.asked(query, by: Self.asker())
        let purpose = try #require(asked.networkPurposes.first)
        let now = Fixture.at(Fixture.hour)
        let texts = try #require(
            self.machine.heard(Self.noScores, for: purpose, now: now).texts
        )
        let shown = self.machine.heard(Self.noTexts, for: texts, now: now).shown
        #expect(shown?.map(\.message.id) == [long.message.id])
        #expect(shown?.first?.message.isOutline == true)
        let whole = MessagesByID.Reply(messages: [long.message.canonical])
        let read = self.machine.heard(whole, for: texts, now: now).shown
        #expect(read?.first?.proposal.title == title)
    }
}
