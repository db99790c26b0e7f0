import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 What proposals need")
struct ProposedArtefactTests {
    private static let tolerance = MarketCalendar.standard
        .milliseconds(StorageMarketLimits.settling)

    private static func item(
        by author: Int = 1,
        at offset: Int64,
        of content: ContentHash = Trade.content()
    ) throws -> CheckArtefacts.Item {
        CheckArtefacts.Item(
            proposal: .named("proposal"),
            content: content,
            author: try Trade.person(author),
            proposedAt: Trade.at(offset)
        )
    }

    private static func lack(_ books: MarketBooks, at offset: Int64) throws -> String? {
        books.finding(on: try Self.item(at: offset)).lack
    }

    @Test(
        "R-06-035, R-06-043, D-72: an artefact may be proposed from its last confirmation on, not before"
    )
    func confirmed() throws {
        var books = MarketBooks()
        #expect(try Self.lack(books, at: 0)?.contains("nobody") == true)
        try books.say(Trade.request(copies: 2), by: 1, at: 0)
        for provider in [2, 3] { try books.say(Trade.accept(), by: provider, at: 1) }
        try books.say(try Trade.assign([2, 3]), by: 1, at: 2)
        try books.say(Trade.receive(), by: 2, at: 3)
        let later = Trade.hour
        #expect(try Self.lack(books, at: later)?.hasPrefix("1 of 2 copies") == true)
        // The last provider's clock may be ahead of the author's.
        try books.say(Trade.receive(), by: 3, at: later)
        #expect(try Self.lack(books, at: later) == nil)
        #expect(try Self.lack(books, at: later - Self.tolerance) == nil)
        #expect(try Self.lack(books, at: later - Self.tolerance - 1) != nil)
    }

    @Test("R-06-010: what a host only shares is not there for a proposal")
    func hosted() throws {
        var market = StorageMarketStateMachine()
        let share = try Trade.admitted(.share([Array("artefact 0".utf8)]), by: 1, at: 0)
        guard case .accept = market.judge(share, now: Trade.at(0)).first else {
            Issue.record("the share is refused")
            return
        }
        let reply = market.check(CheckArtefacts(items: [try Self.item(at: 1)]))
        #expect(reply.findings.map { $0.lack?.contains("nobody") } == [true])
    }

    @Test("D-72: what decayed before it was proposed is not kept; what decays later was")
    func decayed() throws {
        var books = MarketBooks()
        try books.deliver()
        let cycle = RentCycle(content: Trade.content(), number: 1)
        books.find(.rentMissed(cycle, payer: try Trade.person(1)), at: Trade.day)
        let end = 8 * Trade.day
        #expect(books.state(at: end) == .decayed(at: Trade.at(end)))
        #expect(try Self.lack(books, at: end - 1) == nil)
        #expect(try Self.lack(books, at: end)?.contains("decayed") == true)
    }

    @Test("D-75: what its author has replicated besides is counted as it stood then")
    func others() throws {
        var books = MarketBooks()
        try books.deliver(of: Trade.content(1))
        try books.deliver(at: 10, of: Trade.content(2))
        func bytes(by author: Int, at offset: Int64, of number: Int) throws -> Int64 {
            let content = Trade.content(number)
            return books.finding(on: try Self.item(by: author, at: offset, of: content)).otherBytes
        }
        #expect(try bytes(by: 1, at: 9, of: 1) == 0)
        #expect(try bytes(by: 1, at: 10, of: 1) == 10_485_760)
        #expect(try bytes(by: 1, at: 10, of: 0) == 2 * 10_485_760)
        #expect(try bytes(by: 2, at: 10, of: 1) == 0)
    }
}
