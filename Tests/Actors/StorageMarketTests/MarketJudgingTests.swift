import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 What everybody refuses of the market's messages")
struct MarketJudgingTests {
    private func refusal(
        of draft: Draft,
        by person: Int,
        at offset: Int64,
        after earlier: [AdmittedMessage],
        isOwn: Bool = false
    ) throws -> Refusal.Code? {
        var machine = StorageMarketStateMachine()
        for admitted in earlier {
            _ = machine.judge(admitted, now: admitted.receivedAt)
            _ = machine.logged(MessageLogged(sequence: 1, admitted: admitted, isReplay: false))
        }
        let message = try Trade.admitted(draft, by: person, at: offset).message
        let admitted = message.admitted(from: isOwn ? .local(nil) : nil)
        for case .refuse(_, let refusal) in machine.judge(admitted, now: admitted.receivedAt) {
            return refusal.code
        }
        return nil
    }

    @Test("R-06-070, VALIDATOR-03: nobody judges the copy of its own identity")
    func ownCopies() throws {
        let own = try Trade.result(1, of: 2)
        #expect(try self.refusal(of: own, by: 2, at: 1, after: []) == .rule)
        let link = try Trade.link(2, 3)
        #expect(try self.refusal(of: own, by: 3, at: 1, after: [link]) == .rule)
        #expect(try self.refusal(of: own, by: 3, at: 1, after: []) == nil)
    }

    @Test("R-06-140: a flag goes on to everybody with all that its author says, as it was signed")
    func evidence() throws {
        var machine = StorageMarketStateMachine()
        let flag = Flag(
            contentHash: Trade.content(),
            severity: .illegal,
            category: .malware,
            details: "opens a shell",
            hashMatch: "list:7"
        )
        let admitted = try Trade.admitted(Draft(flag), by: 1, at: 0)
        var relayed: Message?
        for case .accept(let accepted) in machine.judge(admitted, now: Trade.at(0)) {
            relayed = accepted.message
        }
        let bytes = try #require(relayed?.canonical)
        let read = try EnvelopeCodec.decode(bytes)
        #expect(read.from == (try Trade.person(1)))
        guard case .flag(let evidence) = read.payload else {
            Issue.record("it is no flag any more")
            return
        }
        #expect(evidence.details == "opens a shell" && evidence.hashMatch == "list:7")
        // Whoever changes a word of it changes its id, which is what was signed.
        let text = String(decoding: bytes, as: UTF8.self).replacing("shell", with: "shelf")
        #expect(throws: (any Error).self) { try EnvelopeCodec.decode(Array(text.utf8)) }
    }

    @Test("R-06-007: what a key shared counts for the identity that it acts for since")
    func linkedShares() throws {
        let shares = try (0..<10).map { number in
            try Trade.admitted(.share([[UInt8(number)]]), by: 2, at: Int64(number))
        }
        func code(by person: Int, after change: AdmittedMessage?) throws -> Refusal.Code? {
            let earlier = shares + [change].compactMap(\.self)
            return try self.refusal(of: .share([[99]]), by: person, at: 20, after: earlier)
        }
        #expect(try code(by: 1, after: nil) == nil)
        #expect(try code(by: 1, after: Trade.link(1, 2, at: 15)) == .rateLimited)
        #expect(try code(by: 3, after: Trade.rotation(2, 3, at: 15)) == .rateLimited)
    }

    @Test("ADR 0041: a share that was judged before a link is in the log after it, and is the same")
    func overtakenShare() throws {
        let share = try Trade.admitted(.share([[1]]), by: 2, at: 1)
        let link = try Trade.link(1, 2, at: 2)
        var live = StorageMarketStateMachine()
        _ = live.judge(share, now: share.receivedAt)
        var replayed = StorageMarketStateMachine()
        for (number, admitted) in [link, share].enumerated() {
            let sequence = UInt64(number)
            live.logged(MessageLogged(sequence: sequence, admitted: admitted, isReplay: false))
            replayed.logged(MessageLogged(sequence: sequence, admitted: admitted, isReplay: true))
        }
        #expect(live.status().digest == replayed.status().digest)
    }

    @Test("a challenge has one result of whoever made it")
    func results() throws {
        let first = try Trade.admitted(try Trade.result(1, of: 2), by: 3, at: 1)
        let again = try Trade.result(1, of: 2, .fail)
        #expect(try self.refusal(of: again, by: 3, at: 2, after: [first]) == .rule)
        let link = try Trade.link(3, 4)
        #expect(try self.refusal(of: again, by: 4, at: 2, after: [first, link]) == .rule)
        #expect(try self.refusal(of: again, by: 5, at: 2, after: [first]) == nil)
        // The very same message is known, not contradicted.
        #expect(
            try self.refusal(of: try Trade.result(1, of: 2), by: 3, at: 1, after: [first]) == nil
        )
    }

    @Test("T10, R-06-081: a cycle has one notice")
    func notices() throws {
        let request = try Trade.admitted(Trade.request(), by: 1, at: 0)
        let first = try Trade.admitted(Trade.notice(3), by: 1, at: 10)
        let past = [request, first]
        #expect(try self.refusal(of: Trade.notice(3), by: 1, at: 11, after: past) == .rule)
        #expect(try self.refusal(of: Trade.notice(4), by: 1, at: 11, after: past) == nil)
        #expect(try self.refusal(of: Trade.notice(4), by: 2, at: 11, after: past) == .rule)
        #expect(try self.refusal(of: Trade.notice(4), by: 2, at: 11, after: []) == nil)
    }

    @Test("R-06-025: only the identity that asked for copies assigns them")
    func assignments() throws {
        let request = try Trade.admitted(Trade.request(), by: 1, at: 0)
        let assignment = try Trade.assign([2, 3])
        #expect(try self.refusal(of: assignment, by: 2, at: 1, after: [request]) == .rule)
        #expect(try self.refusal(of: assignment, by: 2, at: 1, after: []) == nil)
        let link = try Trade.link(1, 2)
        #expect(try self.refusal(of: assignment, by: 2, at: 1, after: [request, link]) == nil)
    }

    @Test(
        "R-06-097, CONTENT-11a, WITHDRAW-N01: others have 24 hours to hear of a withdrawal",
        arguments: [(0, nil), (-1, .schema)] as [(Int64, Refusal.Code?)]
    )
    func delay(offset: Int64, expected: Refusal.Code?) throws {
        let request = try Trade.admitted(Trade.request(), by: 1, at: 0)
        let draft = Trade.withdraw(after: 5 + Trade.day + offset)
        #expect(try self.refusal(of: draft, by: 1, at: 5, after: [request]) == expected)
    }

    @Test(
        "R-06-096, R-06-102, D-74: a stranger withdraws nothing, nor does the owner during a vote, who is told"
    )
    func withdrawals() throws {
        let request = try Trade.admitted(Trade.request(), by: 1, at: 0)
        let proposal = try Trade.admitted(Trade.propose(until: Trade.day), by: 6, at: 1)
        let draft = Trade.withdraw(after: 9 * Trade.day)
        #expect(try self.refusal(of: draft, by: 2, at: 5, after: [request]) == .rule)
        let past = [request, proposal]
        func own(at offset: Int64, after past: [AdmittedMessage]) throws -> Refusal.Code? {
            try self.refusal(of: draft, by: 1, at: offset, after: past, isOwn: true)
        }
        #expect(try own(at: 5, after: past) == .rule)
        #expect(try own(at: Trade.day, after: past) == .rule)
        #expect(try own(at: Trade.day + 1, after: past) == nil)
        // Others may know of no such vote: what they say is kept, and has no effect here.
        #expect(try self.refusal(of: draft, by: 1, at: 5, after: past) == nil)
        var books = MarketBooks()
        for admitted in past { books.take(admitted) }
        try books.say(draft, by: 1, at: 5)
        #expect(books.contract(at: 6)?.withdrawsAt == nil)
        let taken = try Trade.admitted(Draft.withdrawal(of: proposal.message.id), by: 6, at: 3)
        #expect(try own(at: 5, after: past + [taken]) == nil)
    }
}
