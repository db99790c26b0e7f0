import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import Consensus

@Suite("§6, §9 Which artefacts are put to the vote")
struct ArtefactTests {
    /// 22.5 MiB, which a score of 0.3 permits.
    private static let atThird: Int64 = 23_592_960

    /// What the storage market says.
    private static func findings(
        on proposal: AdmittedMessage,
        lack: String? = nil,
        beside other: Int64 = 0
    ) -> Findings {
        Findings(Self.reply(on: proposal, lack: lack, beside: other))
    }

    private static func reply(
        on proposal: AdmittedMessage,
        lack: String? = nil,
        beside other: Int64 = 0
    ) -> CheckArtefacts.Reply {
        CheckArtefacts.Reply(findings: [
            CheckArtefacts.Finding(
                proposal: proposal.message.id,
                lack: lack,
                otherBytes: other
            )
        ])
    }

    /// A proposal that names an artefact of so many bytes.
    private static func naming(
        _ bytes: Int64 = 8,
        score: Int64 = 500_000,
        isOwn: Bool = false
    ) throws -> AdmittedMessage {
        let draft = Draft(
            Propose(
                title: "t",
                body: "b",
                contentHash: ContentHash(SHA256Digest.hash([1])),
                contentType: "text/plain",
                contentSize: bytes,
                tier: .standard,
                votingDeadline: Fixture.at(Fixture.voting)
            )
        )
        return try Fixture.admitted(draft, by: 0, at: 0, score: score, isOwn: isOwn)
    }

    /// A proposal that three others endorse.
    private static func endorsed(_ proposal: AdmittedMessage) throws -> Governance {
        var governance = Governance()
        governance.take(proposal)
        for voter in 1...3 {
            governance.take(try Fixture.vote("endorse", on: proposal.message.id, by: voter))
        }
        return governance
    }

    private static func state(
        of proposal: AdmittedMessage,
        _ findings: Findings
    ) throws -> (state: ProposalState?, missing: [String]) {
        let governance = try Self.endorsed(proposal)
        let outside = Outside(
            now: Fixture.at(Fixture.hour),
            network: Fixture.network(),
            findings: findings
        )
        let view = governance.views(Proposals(id: proposal.message.id), outside).first
        let now = Fixture.at(Fixture.looking)
        let decisions = governance.decide(
            [proposal.message.id],
            network: Fixture.network(),
            Standings(),
            findings,
            now: now
        )
        return (decisions.first?.state, view?.missing ?? [])
    }

    // MARK: What counts

    @Test("R-06-010, R-06-043, D-72: what is not known as replicated is shown, and not ratified")
    func unreplicated() throws {
        let proposal = try Self.naming()
        let findings = Self.findings(on: proposal, lack: "none")
        let (state, missing) = try Self.state(of: proposal, findings)
        #expect(state == .rejected)
        #expect(missing == ["none"])
        #expect(try Self.endorsed(proposal).proposals[proposal.message.id] != nil)
    }

    @Test("R-06-035, R-07-008: a proposal may name an artefact by its hash that others keep")
    func replicated() throws {
        let proposal = try Self.naming()
        let (state, missing) = try Self.state(of: proposal, Self.findings(on: proposal))
        #expect(state == .ratified)
        #expect(missing.isEmpty)
    }

    @Test("D-72: what a proposal carries needs nobody who keeps it")
    func inline() throws {
        let proposal = try Fixture.proposal()
        #expect(try Self.state(of: proposal, Findings()).state == .ratified)
        var governance = Governance()
        governance.take(proposal)
        #expect(governance.items(on: [proposal.message.id]).isEmpty)
    }

    @Test(
        "R-09-025, R-09-026, R-09-027, D-75: an artefact fits into what its author's score leaves",
        arguments: [
            (300_000, atThird, 0, true), (300_000, atThird + 1, 0, false),
            (300_000, 1_000_000_000_000, 0, false), (300_000, atThird - 5, 6, false),
            (500_000, 65_536_000, 0, true), (500_000, 65_536_001, 0, false),
            (800_000, 100_000_000, 0, true), (800_000, 100_000_000, 70_000_000, false),
            (1_000_000, 100_000_001, 0, false),
        ] as [(Int64, Int64, Int64, Bool)]
    )
    func sizes(score: Int64, bytes: Int64, other: Int64, fits: Bool) throws {
        let proposal = try Self.naming(bytes, score: score)
        let findings = Self.findings(on: proposal, beside: other)
        let (state, missing) = try Self.state(of: proposal, findings)
        #expect(state == (fits ? .ratified : .rejected))
        #expect(missing.contains { $0.contains("\(bytes) bytes") } == !fits)
    }

    @Test("D-75: the score is the one at the time of the proposal, as for the gate of 0.3")
    func scoreThen() throws {
        let proposal = try Self.naming(Self.atThird + 1, score: 900_000)
        let governance = try Self.endorsed(proposal)
        let standing = VoterStandings.Reply.Standing(
            identity: try Fixture.person(0),
            at: Fixture.start,
            reputation: FixedPoint(millionths: 300_000),
            isSuspended: false,
            tenureFactor: .one
        )
        let record = try #require(governance.proposals[proposal.message.id])
        let objection = governance.fullObjection(
            to: record,
            Standings(VoterStandings.Reply(standings: [standing])),
            Self.findings(on: proposal)
        )
        #expect(objection?.contains("had room for \(Self.atThird)") == true)
    }

    @Test("D-72: it is not refused for good: adoptions by others have a node look again")
    func again() throws {
        let proposal = try Self.naming()
        var governance = try Self.endorsed(proposal)
        let now = Fixture.at(Fixture.looking)
        func decide(_ findings: Findings, at now: Timestamp) -> [ProposalState] {
            let decisions = governance.decide(
                governance.due(now: now),
                network: Fixture.network(),
                Standings(),
                findings,
                now: now
            )
            for decision in decisions { governance.decided(decision, at: now) }
            return decisions.map(\.state)
        }
        #expect(decide(Self.findings(on: proposal, lack: "none"), at: now) == [.rejected])
        governance.take(
            try Fixture.adoption(of: proposal.message.id, by: 7, at: Fixture.looking + 1)
        )
        let later = now.adding(milliseconds: ConsensusLimits.reexaminationMilliseconds + 1)
        #expect(decide(Self.findings(on: proposal), at: later) == [.ratified])
    }

    // MARK: Own messages

    /// What a machine says to a message once the storage market answered, if it is asked.
    private static func refusal(
        of own: AdmittedMessage,
        by machine: inout ConsensusStateMachine,
        _ reply: CheckArtefacts.Reply?
    ) -> Refusal? {
        var actions = machine.judge(own)
        for case .ask(.artefacts(_, let purpose)) in actions {
            actions = machine.heard(reply, for: purpose, now: Fixture.start)
        }
        for case .refuse(_, let refusal) in actions { return refusal }
        return nil
    }

    @Test("R-06-010, R-06-043: a node does not propose what nobody keeps, and says what to do")
    func ownProposal() throws {
        var machine = ConsensusStateMachine()
        let own = try Self.naming(isOwn: true)
        let lacking = Self.refusal(of: own, by: &machine, Self.reply(on: own, lack: "none"))
        #expect(lacking?.code == .rule)
        #expect(lacking?.detail.hasPrefix("none; ask for copies with") == true)
        let unanswered = Self.refusal(of: own, by: &machine, nil)
        #expect(unanswered?.detail.contains("did not tell") == true)
        #expect(machine.status().proposals == 0)
        #expect(Self.refusal(of: own, by: &machine, Self.reply(on: own)) == nil)
        #expect(machine.status().proposals == 1)
    }

    @Test("R-09-025, D-75: a node does not propose more than its score permits")
    func ownSize() throws {
        var machine = ConsensusStateMachine()
        let own = try Self.naming(1_000_000_000_000, score: 300_000, isOwn: true)
        let refusal = Self.refusal(of: own, by: &machine, Self.reply(on: own))
        #expect(refusal?.detail.contains("propose a smaller one") == true)
    }

    @Test("R-06-010: a node does not vote on what nobody keeps, until somebody does")
    func ownVote() throws {
        var machine = ConsensusStateMachine()
        let proposal = try Self.naming()
        _ = machine.judge(proposal)
        let vote = try Fixture.vote("endorse", on: proposal.message.id, by: 5, isOwn: true)
        let lacking = Self.reply(on: proposal, lack: "none")
        #expect(Self.refusal(of: vote, by: &machine, lacking)?.code == .rule)
        #expect(machine.status().votes == 0)
        #expect(Self.refusal(of: vote, by: &machine, Self.reply(on: proposal)) == nil)
        #expect(machine.status().votes == 1)
    }

    // MARK: Questions

    private static func ended(
        _ reply: CheckArtefacts.Reply?,
        for purpose: ArtefactsPurpose,
        at offset: Int64,
        by machine: inout ConsensusStateMachine
    ) -> [ProposalState] {
        machine.heard(reply, for: purpose, now: Fixture.at(offset)).compactMap { action in
            if case .record(let fact) = action { DecisionFact(fact)?.state } else { nil }
        }
    }

    /// The question for artefacts at a moment at which a decision is due.
    private static func question(at offset: Int64, by machine: inout ConsensusStateMachine) throws
        -> (query: CheckArtefacts, purpose: ArtefactsPurpose)
    {
        let now = Fixture.at(offset)
        var actions = machine.woke(now: now)
        for case .ask(.network(_, .decision(let due))) in actions {
            let network = Scores.Reply(
                entries: [],
                activeIdentities: 4,
                activeReputation: .one
            )
            actions = machine.heard(network, for: .decision(on: due), now: now)
        }
        for case .ask(.standings(let query, let purpose)) in actions {
            let standings = query.voters.map { voter in
                VoterStandings.Reply.Standing(
                    identity: voter.identity,
                    at: voter.at,
                    reputation: .one,
                    isSuspended: false,
                    tenureFactor: .one
                )
            }
            let reply = VoterStandings.Reply(standings: standings)
            actions = machine.heard(reply, for: purpose, now: now)
        }
        for case .ask(.artefacts(let query, let purpose)) in actions { return (query, purpose) }
        throw CancellationError()
    }

    /// A machine that is live and knows these proposals, each endorsed by three others.
    private static func live(_ proposals: [AdmittedMessage]) throws -> ConsensusStateMachine {
        var machine = ConsensusStateMachine()
        _ = machine.replayFinished(now: Fixture.start)
        _ = machine.caughtUp(isBeginning: true, now: Fixture.start)
        for proposal in proposals {
            _ = machine.judge(proposal)
            for voter in 1...3 {
                _ = machine.judge(try Fixture.vote("endorse", on: proposal.message.id, by: voter))
            }
        }
        return machine
    }

    @Test("D-72: decisions wait for the storage market, and are tried again when it is silent")
    func silentMarket() throws {
        let proposal = try Self.naming()
        var machine = try Self.live([proposal])
        let (query, purpose) = try Self.question(at: Fixture.looking, by: &machine)
        #expect(query.items.map(\.proposal) == [proposal.message.id])
        let silent = Self.ended(nil, for: purpose, at: Fixture.looking, by: &machine)
        #expect(silent.isEmpty)
        let again = Fixture.looking + ConsensusLimits.askAgainMilliseconds
        let next = try Self.question(at: again, by: &machine)
        let reply = Self.reply(on: proposal)
        let decided = Self.ended(reply, for: next.purpose, at: again, by: &machine)
        #expect(decided == [.ratified])
    }

    @Test("a silent storage market holds up no proposal that carries its artefact")
    func others() throws {
        let (kept, carried) = (try Self.naming(), try Fixture.proposal(by: 5))
        var machine = try Self.live([kept, carried])
        let (query, purpose) = try Self.question(at: Fixture.looking, by: &machine)
        #expect(query.items.map(\.proposal) == [kept.message.id])
        let decided = machine.heard(nil, for: purpose, now: Fixture.at(Fixture.looking))
            .compactMap { action in
                if case .record(let fact) = action { DecisionFact(fact)?.proposal } else { nil }
            }
        #expect(decided == [carried.message.id])
    }
}
