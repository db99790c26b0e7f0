import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("ADR 0053: what is worked out from the market's books, and how often")
struct WorkingsTests {
    private static func books(_ count: Int) throws -> MarketBooks {
        var books = MarketBooks()
        for number in 0..<count {
            let request = Trade.request(copies: 1, bytes: 1_000, of: Trade.content(number))
            try books.say(request, by: 1 + number % 4, at: Int64(number))
        }
        return books
    }

    private static func scene(_ books: MarketBooks, at offset: Int64) throws -> DutyScene {
        DutyScene(
            books,
            HeldArtefacts([:]),
            Pins(),
            Standings(),
            Parties(books, own: try Trade.person(50)),
            now: Trade.at(offset)
        )
    }

    @Test("very many requests are worked out once, and looked at hour after hour")
    func linear() throws {
        let count = 2_000
        var books = try Self.books(count)
        var workings = books.workings
        #expect(workings.due(at: Trade.at(Trade.hour)).count == count)
        for hour in 1...3 as ClosedRange<Int64> {
            books.workOut(at: Trade.at(hour * Trade.hour))
            let scene = try Self.scene(books, at: hour * Trade.hour)
            var duty = ProviderDuty()
            duty.decided(StorageOffer(allocatedBytes: 1_000_000_000))
            var accepted = 0
            for number in 0..<count {
                let contracts = scene.contracts(Trade.content(number))
                accepted += duty.look(at: contracts, scene).actions.published.count
            }
            // Each of the four uploaders is promised so many copies a day.
            #expect(accepted == 4 * StorageDutyLimits.newCopiesPerUploaderMax)
            workings = books.workings
            #expect(workings.due(at: scene.now).isEmpty)
            let known = (0..<count).count {
                workings.lives(of: Trade.content($0), at: scene.now) != nil
            }
            #expect(known == count, "none is worked out again by anybody")
        }
    }

    @Test("what was worked out holds until a word, a key or time changes it")
    func changes() throws {
        var books = MarketBooks()
        try books.deliver(to: [2, 3])
        books.workOut(at: Trade.at(Trade.hour))
        let first = try #require(books.contract(at: Trade.hour))
        #expect(books.workings.lives(of: Trade.content(), at: Trade.at(Trade.day)) != nil)
        #expect(books.contract(at: 2 * Trade.hour) == first)
        try books.say(try Trade.assign([3, 5]), by: 1, at: 3 * Trade.hour)
        books.workOut(at: Trade.at(2 * Trade.hour))
        #expect(books.contract(at: 2 * Trade.hour) == first)
        #expect(books.contract(at: 3 * Trade.hour)?.holders.count == 1)
        books.workOut(at: Trade.at(3 * Trade.hour))
        books.take(try Trade.link(10, 3, at: 4 * Trade.hour))
        #expect(
            try books.contract(at: 3 * Trade.hour)?.holders.map(\.identity) == [Trade.person(10)]
        )
        try books.say(Trade.withdraw(after: 3 * Trade.day), by: 1, at: 5 * Trade.hour)
        let end = 3 * Trade.day
        for (offset, state) in [
            (end - 2, .active), (end - 1, .active), (end, .withdrawn(at: Trade.at(end))),
        ] as [(Int64, Contract.State)] {
            #expect(books.state(at: offset) == state)
            books.workOut(at: Trade.at(offset))
            #expect(books.state(at: offset) == state)
        }
        let cycle = RentCycle(content: Trade.content(), number: 1)
        books.find(.rentMissed(cycle, payer: try Trade.person(1)), at: Trade.day)
        for offset in [Trade.day, end - 1] {
            books.workOut(at: Trade.at(offset))
            #expect(books.state(at: offset) == .grace(until: Trade.at(8 * Trade.day)))
        }
    }

    @Test("workings say what the books say, at every deadline and a millisecond beside it")
    func deadlines() throws {
        var books = MarketBooks()
        try books.say(Trade.request(copies: 1), by: 1, at: 0)
        try books.say(Trade.accept(), by: 2, at: 1)
        let ends = [2 * Trade.day, 9 * Trade.day]
        for offset in ends.flatMap({ [$0 - 1, $0, $0 + 1, $0 + 2] }) {
            let plain = books.play(Trade.content(), until: Trade.at(offset))?.lives.last?.contract
            #expect(books.contract(at: offset) == plain)
            books.workOut(at: Trade.at(offset))
            #expect(books.contract(at: offset) == plain)
        }
        #expect(books.state(at: 9 * Trade.day + 2) == .failed)
    }

    @Test("an identity asks once at a time, and few ask for the same artefact")
    func requests() throws {
        var books = MarketBooks()
        for number in 0..<30 as Range<Int64> {
            try books.say(Trade.request(copies: 1), by: 1, at: number)
        }
        #expect(books.lives(of: Trade.content(), at: Trade.at(100)).count == 1)
        for person in 2...20 { try books.say(Trade.request(copies: 1), by: person, at: 200) }
        #expect(books.lives(of: Trade.content(), at: Trade.at(300)).count == 8)
        // Once theirs have failed others are heard.
        let later = 3 * Trade.day
        try books.say(Trade.request(copies: 1), by: 30, at: later)
        let open = books.lives(of: Trade.content(), at: Trade.at(later)).filter { !$0.isOver }
        #expect(try open.map(\.uploader) == [Trade.person(30)])
    }

    @Test("bytes of requests that an earlier key of an identity signed count for it")
    func rotated() throws {
        var books = MarketBooks()
        try books.say(Trade.request(bytes: 1_000), by: 1, at: 0)
        books.take(try Trade.rotation(1, 11, at: 10))
        let other = Trade.content(9)
        let bytes = books.activeBytes(of: try Trade.person(11), besides: other, at: Trade.at(20))
        #expect(bytes == 1_000)
    }
}
