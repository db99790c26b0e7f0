import Messages
import Primitives
import TestSupport
import Testing

@testable import Consensus

@Suite("What an operator's own message is told")
struct OwnReasonTests {
    private static func refusal(
        of admitted: AdmittedMessage,
        by machine: inout Governance
    ) -> Refusal? {
        guard case .refuse(_, let refusal)? = machine.judge(admitted).first else { return nil }
        return refusal
    }

    private static func withdrawal(of id: MessageID, at offset: Int64) throws -> AdmittedMessage {
        try Fixture.admitted(.withdrawal(of: id), by: 0, at: offset, isOwn: true)
    }

    @Test(
        "C2-10: what is ratified or rejected cannot be withdrawn by its operator, who is told so",
        arguments: [("endorse", ProposalState.ratified), ("reject", .rejected)]
    )
    func decided(stance: String, state: ProposalState) throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        machine.take(proposal)
        for voter in 1...3 { machine.take(try Fixture.vote(stance, on: id, by: voter)) }
        let states = machine.decideNow(at: Fixture.looking)
        #expect(states == [state])
        let own = try Self.withdrawal(of: id, at: Fixture.looking + 1)
        let refusal = try #require(Self.refusal(of: own, by: &machine))
        #expect(refusal.code == .rule)
        #expect(refusal.detail.contains("it is \(state.rawValue) already"))
        // What others say is relayed all the same.
        let others = try Fixture.withdrawal(of: id, by: 0, at: Fixture.looking + 1)
        #expect(machine.refusalCode(others) == nil)
    }

    @Test("C2-10: what is withdrawn already is not withdrawn again, and the operator is told so")
    func withdrawn() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        machine.take(proposal)
        let id = proposal.message.id
        #expect(machine.refusalCode(try Self.withdrawal(of: id, at: 1)) == nil)
        let again = try Self.withdrawal(of: id, at: 2)
        let refusal = try #require(Self.refusal(of: again, by: &machine))
        #expect(refusal.code == .rule && refusal.detail.contains("it is withdrawn already"))
    }

    @Test(
        "C2-10: an own proposal or comment that answers nothing known is refused and costs no slot"
    )
    func answersNothing() throws {
        let unknown = MessageID(SHA256Digest.hash([9]))
        let request = try Fixture.admitted(Draft.request(), by: 1, at: 0)
        let older = try Fixture.proposal(by: 1)
        let cases: [(String, Refusal.Code)] = [
            ("request_id", .unknownRequest), ("supersedes", .unknownProposal),
        ]
        for (member, code) in cases {
            var machine = Governance()
            machine.take(request)
            machine.take(older)
            func proposal(_ id: MessageID, at offset: Int64, isOwn: Bool) throws -> AdmittedMessage
            {
                try Fixture.proposal(
                    at: offset,
                    [(member, .string(id.hex))],
                    isOwn: isOwn
                )
            }
            for offset in 0..<Int64(5) {
                let own = try proposal(unknown, at: offset, isOwn: true)
                let refusal = try #require(Self.refusal(of: own, by: &machine))
                #expect(refusal.code == code)
                #expect(refusal.detail.contains(unknown.hex))
            }
            let known = member == "supersedes" ? older.message.id : request.message.id
            #expect(machine.refusalCode(try proposal(known, at: 6, isOwn: true)) == nil)
            // Others may know what this node does not.
            #expect(machine.refusalCode(try proposal(unknown, at: 7, isOwn: false)) == nil)
        }
    }

    @Test("C2-10: an own comment that answers a comment unknown on its target is refused")
    func parents() throws {
        var machine = Governance()
        let (one, other) = (try Fixture.proposal(), try Fixture.proposal(at: 1))
        let (id, otherID) = (one.message.id, other.message.id)
        machine.take(one)
        machine.take(other)
        let elsewhere = try Fixture.comment(on: otherID, by: 1, at: 1)
        let here = try Fixture.comment(on: id, by: 1, at: 1)
        machine.take(elsewhere)
        machine.take(here)
        for parent in [MessageID(SHA256Digest.hash([9])), elsewhere.message.id] {
            let own = try Fixture.comment(on: id, by: 0, at: 2, answering: parent, isOwn: true)
            let code = machine.refusalCode(own)
            #expect(code == .unknownComment)
        }
        let answer = try Fixture.comment(
            on: id,
            by: 0,
            at: 2,
            answering: here.message.id,
            isOwn: true
        )
        #expect(machine.refusalCode(answer) == nil)
    }

    @Test("C2-13: who made three proposals in a week is told when the next one may come")
    func nextProposal() throws {
        var machine = Governance()
        for offset in [0, Fixture.hour, 2 * Fixture.hour] {
            machine.take(try Fixture.proposal(at: offset))
        }
        let fourth = try Fixture.proposal(at: Fixture.day, isOwn: true)
        let refusal = try #require(Self.refusal(of: fourth, by: &machine))
        #expect(refusal.code == .rateLimited)
        #expect(refusal.retryAt == Fixture.at(7 * Fixture.day))
        #expect(refusal.detail.contains("; the next one may be made from 2026-01-08T00:00Z on"))
        let retried = try Fixture.proposal(at: 7 * Fixture.day, isOwn: true)
        #expect(machine.refusalCode(retried) == nil)
    }

    @Test("C2-13: who commented three times in a day is told when the next comment may come")
    func nextComment() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        machine.take(proposal)
        for offset in [0, 1, 2] as [Int64] {
            machine.take(try Fixture.comment(on: id, by: 1, at: offset * Fixture.hour))
        }
        let fourth = try Fixture.comment(on: id, by: 1, at: 5 * Fixture.hour, isOwn: true)
        let refusal = try #require(Self.refusal(of: fourth, by: &machine))
        #expect(refusal.retryAt == Fixture.at(Fixture.day))
        #expect(refusal.detail.contains("from 2026-01-02T00:00Z on"))
    }

    @Test("C2-13: the room that is promised is there, whatever came in which order")
    func room() {
        let window = RateWindow(count: 3, milliseconds: 100)
        func at(_ times: [Int64]) -> [Timestamp] { times.map { Timestamp(milliseconds: $0) } }
        for times in [[0, 1, 2], [0, 50, 99], [90, 95, 150, 180], [10, 40, 70, 120, 150]]
            as [[Int64]]
        {
            for now in 0..<Int64(300) {
                let time = Timestamp(milliseconds: now)
                guard let next = window.next(from: time, among: at(times)) else {
                    #expect(window.allows(time, among: at(times)))
                    continue
                }
                let first = (now..<1_000).first {
                    window.allows(Timestamp(milliseconds: $0), among: at(times))
                }
                #expect(next.milliseconds == first, "\(times) at \(now)")
            }
        }
    }

    @Test("C2-13: a vote that comes too late is told the time in words, not in milliseconds")
    func times() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        let id = proposal.message.id
        machine.take(proposal)
        let vote = try Fixture.vote("endorse", on: id, by: 0, at: Fixture.voting + 1, isOwn: true)
        let refusal = try #require(Self.refusal(of: vote, by: &machine))
        #expect(refusal.detail == "voting ended at 2026-01-01T10:00Z")
    }
}
