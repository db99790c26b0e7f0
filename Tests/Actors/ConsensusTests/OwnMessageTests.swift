import Messages
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Consensus

@Suite("D-51 What the node does not send")
struct OwnMessageTests {
    /// The statements that one can make about a proposal.
    private static func statements(about id: MessageID, isOwn: Bool) throws -> [AdmittedMessage] {
        [
            try Fixture.vote("endorse", on: id, by: 0, isOwn: isOwn),
            try Fixture.comment(on: id, by: 0, at: Fixture.hour, isOwn: isOwn),
            try Fixture.admitted(.withdrawal(of: id), by: 0, at: Fixture.hour, isOwn: isOwn),
            try Fixture.admitted(.adoption(of: id), by: 0, at: Fixture.hour, isOwn: isOwn),
        ]
    }

    @Test("D-51: own votes, comments, withdrawals and adoptions of something unknown are refused")
    func unknown() throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        for own in try Self.statements(about: id, isOwn: true) {
            var machine = Governance()
            guard case .refuse(_, let refusal)? = machine.judge(own).first else {
                Issue.record("\(own.message.typeName) was sent")
                continue
            }
            #expect(refusal.code == .unknownProposal)
            #expect(refusal.detail.contains("which this node does not know"))
            #expect(refusal.detail.contains(id.hex))
            machine.take(proposal)
            let later = machine.refusalCode(own)
            #expect(later == nil, "\(own.message.typeName) holds once the proposal is there")
        }
    }

    @Test("R-14-005: those of others are kept until the proposal comes")
    func others() throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        var machine = Governance()
        for statement in try Self.statements(about: id, isOwn: false) {
            let actions = machine.take(statement)
            #expect(actions.contains { if case .fetch(id, _) = $0 { true } else { false } })
        }
        #expect(machine.missing.map(\.target) == [id])
        machine.take(proposal)
        #expect(machine.missing.isEmpty)
        let view = try #require(machine.view(of: id))
        #expect(view.votes.count == 1 && view.comments.count == 1 && view.adoptions.count == 1)
        #expect(view.state == .withdrawn)
    }

    @Test("R-07-026: ADOPT names its proposal and success, and goes to the topic of proposals")
    func schema() throws {
        let id = try Fixture.proposal().message.id
        let target = ("proposal_id", JSONValue.string(id.hex))
        let success = ("success", JSONValue.bool(true))
        let draft = Draft.adoption(of: id).adding([("notes", .string("n"))])
        let whole = try Fixture.admitted(draft, by: 1, at: 0)
        guard case .adopt(let adoption) = whole.message.payload else {
            Issue.record("\(whole.message.payload)")
            return
        }
        #expect(adoption.proposalID == id && adoption.success && adoption.notes == "n")
        #expect(MessageType.adopt.channel == .gossip(.proposals))
        for member in [target, success] {
            let part = Draft(.adopt, [member])
            #expect(throws: Refusal.self) { try Fixture.admitted(part, by: 1, at: 0) }
        }
    }

    @Test("R-07-028: success false reports a failed adoption, which makes nothing adopted")
    func failed() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        machine.take(proposal)
        for person in 1...3 {
            machine.take(
                try Fixture.admitted(
                    .adoption(of: id, success: person == 3),
                    by: person,
                    at: Fixture.hour
                )
            )
        }
        let view = try #require(machine.view(of: id))
        #expect(view.adoptions.count { $0.success } == 1)
        #expect(view.adoptions.count { !$0.success } == 2)
        let record = try #require(machine.proposals[id])
        #expect(record.weightyAdopters(machine.signers) == 1)
        let scores = Scores.Reply(entries: [], activeIdentities: 4, activeReputation: .one)
        let activity = machine.activity(scores, now: Fixture.at(Fixture.hour))
        #expect(activity.adoptedProposals == 0)
    }

    @Test("R-07-006: how one words tags and description is advice; any wording is put to the vote")
    func wording() throws {
        var machine = Governance()
        let members: [(String, JSONValue)] = [
            ("tags", .array([.string("no such kind!"), .string(""), .string("ümläut")])),
            ("description", .string("")),
        ]
        let own = try Fixture.proposal(members, isOwn: true)
        let code = machine.refusalCode(own)
        #expect(code == nil)
        let record = try #require(machine.proposals[own.message.id])
        #expect(machine.objection(to: record) == nil)
    }

    @Test("R-07-019: a withdrawal leaves what this node adopted adopted")
    func adopted() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        machine.take(proposal)
        machine.adopted(id)
        machine.take(try Fixture.withdrawal(of: id, by: 0))
        let view = try #require(machine.view(of: id))
        #expect(view.state == .withdrawn && view.isAdopted)
    }
}

@Suite("§8 Counting as votes arrive")
struct RecountTests {
    private static func clock(ahead: Int64) -> ClockComparison {
        ClockComparison(offsetMilliseconds: ahead, peers: 3, standing: .right)
    }

    @Test("C4-11: peers that lie about the time keep nobody from voting until the last minutes")
    func liars() throws {
        let proposal = try Fixture.proposal()
        var machine = Governance()
        machine.take(proposal)
        for ahead in [Int64.min, .max] {
            machine.compared(Self.clock(ahead: ahead))
            let early = Fixture.voting - 300_000
            let vote = try Fixture.vote(
                "endorse",
                on: proposal.message.id,
                by: 0,
                at: early,
                isOwn: true
            )
            #expect(machine.refusalCode(vote) == nil)
            #expect(machine.patience <= 305_000)
        }
    }

    @Test("C4-11: an own vote that is late by the clocks of peers is refused, with the reason")
    func lateByPeers() throws {
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        let offsets: [(ahead: Int64, at: Int64, code: Refusal.Code?)] = [
            (0, Fixture.voting, nil), (-200_000, Fixture.voting - 200_000, nil),
            (-200_000, Fixture.voting - 199_999, .clockBehind),
            (-200_000, Fixture.voting, .clockBehind), (200_000, Fixture.voting, nil),
            (200_000, Fixture.voting + 1, .rule),
        ]
        for (ahead, time, code) in offsets {
            var machine = Governance()
            machine.take(proposal)
            machine.compared(Self.clock(ahead: ahead))
            let vote = try Fixture.vote("endorse", on: id, by: 0, at: time, isOwn: true)
            #expect(machine.refusalCode(vote) == code, "\(ahead) ms ahead at \(time)")
            if code == .clockBehind, case .refuse(_, let refusal)? = machine.judge(vote).first {
                #expect(refusal.detail.contains("200.0 s behind"))
                // What others say is judged by its stamp alone (D-55).
                let other = try Fixture.vote("endorse", on: id, by: 0, at: time)
                #expect(machine.refusalCode(other) == nil)
            }
        }
    }

    @Test("C4-11: an own withdrawal that is late by the clocks of peers is refused, too")
    func withdrawalLateByPeers() throws {
        let proposal = try Fixture.proposal()
        for (time, code) in [
            (Fixture.voting - 200_000, nil), (Fixture.voting - 100_000, .clockBehind),
        ] as [(Int64, Refusal.Code?)] {
            var machine = Governance()
            machine.take(proposal)
            machine.compared(Self.clock(ahead: -200_000))
            let withdrawal = try Fixture.admitted(
                .withdrawal(of: proposal.message.id),
                by: 0,
                at: time,
                isOwn: true
            )
            #expect(machine.refusalCode(withdrawal) == code)
        }
    }

    @Test("R-08-006: an author's vote on the own proposal weighs what its score is, and counts")
    func ownProposal() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal(by: 1)
        let id = proposal.message.id
        machine.take(proposal)
        for voter in 1...3 { machine.take(try Fixture.vote("endorse", on: id, by: voter)) }
        let view = try #require(machine.view(of: id))
        #expect(view.votes.map(\.weight.millionths) == [500_000, 500_000, 500_000])
        let states = machine.decideNow(at: Fixture.voting + 1)
        #expect(states == [.ratified])
    }

    @Test("R-08-007: each vote is counted at once, one that replaces another too")
    func eachVote() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        machine.take(proposal)
        let votes: [(String, Int, Int64)] = [
            ("endorse", 1, 1), ("endorse", 2, 1), ("endorse", 3, 1), ("reject", 3, 2),
            ("endorse", 3, 3),
        ]
        var states: [ProposalState] = []
        var rejected: [Int64] = []
        for (stance, voter, hour) in votes {
            machine.take(try Fixture.vote(stance, on: id, by: voter, at: hour * Fixture.hour))
            let view = try #require(machine.view(of: id))
            states.append(view.state)
            rejected.append(view.tally.reject.millionths)
        }
        #expect(states == [.open, .open, .converging, .open, .converging])
        #expect(rejected == [0, 0, 0, 500_000, 0])
    }

    @Test("R-05-045: what snapshots claim changes no vote, no phase and no decision")
    func snapshots() throws {
        var (machine, other) = (Governance(), Governance())
        let proposal = try Fixture.proposal()
        let votes = try (1...3).map { try Fixture.vote("endorse", on: proposal.message.id, by: $0) }
        let zeros = JSONValue.string(String(repeating: "0", count: 64))
        let members: [(String, JSONValue)] = [
            ("identity_merkle_root", zeros), ("proposal_merkle_root", zeros),
            ("reputation_summary_hash", zeros), ("active_node_count", .integer(100_000)),
            ("snapshot_timestamp", .integer(Fixture.start.milliseconds)),
            ("identity_count", .integer(100_000)), ("proposal_count", .integer(100_000)),
        ]
        for message in [proposal] + votes {
            machine.take(message)
            other.take(message)
        }
        other.take(try Fixture.admitted(Draft(.stateSnapshot, members), by: 9, at: 0))
        #expect(machine.agreed == other.agreed)
        let views = [machine, other].map { $0.view(of: proposal.message.id) }
        #expect(views[0]?.outlook == views[1]?.outlook)
        let phases = [machine, other].map { $0.phase(now: Fixture.start) }
        #expect(phases[0].activeIdentities == phases[1].activeIdentities)
        let states = machine.decideNow(at: Fixture.voting + 1)
        let otherStates = other.decideNow(at: Fixture.voting + 1)
        #expect(states == [.ratified] && otherStates == [.ratified])
        #expect(machine.agreed == other.agreed)
    }
}
