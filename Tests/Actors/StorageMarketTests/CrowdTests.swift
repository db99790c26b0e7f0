import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("ADR 0053: what strangers say pushes out nothing that counts")
struct CrowdTests {
    private static let day = Trade.day

    /// Whoever has a key, and no more.
    private static let newcomer: Int64 = 200_000

    /// Messages that carry no signature, since books are given what was checked.
    private struct Crowd {
        private let cast: ModelCast
        private var count = 0

        init() throws { self.cast = try ModelCast() }

        mutating func say(
            _ payload: some WirePayload,
            by person: Int,
            at offset: Int64,
            arrival: Int64? = nil,
            reputation: Int64 = CrowdTests.newcomer
        ) throws -> AdmittedMessage {
            self.count += 1
            let time = Trade.at(offset).milliseconds
            let message = try self.cast.message(self.count, by: person, at: time, memo: nil) {
                Draft(payload)
            }
            return message.admitted(
                at: Trade.at(arrival ?? offset),
                reputation: FixedPoint(millionths: reputation)
            )
        }
    }

    // MARK: Artefacts

    @Test("no number of artefacts that nobody asked for makes a contract forgotten")
    func rumours() throws {
        var (books, crowd) = (MarketBooks(), try Crowd())
        try books.deliver()
        for number in 1...20_001 {
            let received = CopyReceived(contentHash: Trade.content(number))
            books.take(
                try crowd.say(received, by: number % 30, at: 100 + Int64(number))
            )
        }
        #expect(books.state(at: 30_000) == .active)
        #expect(books.contracts.contents.count < 2_000)
    }

    @Test("requests that came to nothing give way before contracts, and one identity fills no book")
    func requests() throws {
        var (books, crowd) = (MarketBooks(), try Crowd())
        try books.deliver()
        for number in 1...20_001 {
            let request = Trade.oneByte(of: Trade.content(number))
            books.take(
                try crowd.say(
                    request,
                    by: number % 40,
                    at: 100 + Int64(number),
                    reputation: 300_000
                )
            )
        }
        #expect(books.state(at: 30_000) == .active)
        #expect(books.contracts.contents.count <= 20_001)
        var one = MarketBooks()
        for number in 1...1_100 {
            let request = Trade.oneByte(of: Trade.content(number))
            one.take(
                try crowd.say(request, by: 1, at: Int64(number), reputation: 900_000)
            )
        }
        #expect(one.contracts.contents.count <= 1_000)
    }

    // MARK: Words

    @Test("receipts of strangers, whatever their stamps, push out none of a provider")
    func receipts() throws {
        var (books, crowd) = (MarketBooks(), try Crowd())
        try books.deliver()
        for number in 0..<600 {
            let receipt = CopyReceived(contentHash: Trade.content())
            let stamp = Int64(number.isMultiple(of: 2) ? 1 : 5_000)
            books.take(try crowd.say(receipt, by: number / 8, at: stamp, arrival: 6_000))
        }
        let contract = try #require(books.contract(at: 7_000))
        #expect(contract.state == .active && contract.holders.count == 3)
        let words = try #require(books.contracts[Trade.content()])
        #expect(words[.receipt].count < 200)
    }

    @Test("acceptances of a crowd push out none of those with a score, nor those that came first")
    func acceptances() throws {
        var (books, crowd) = (MarketBooks(), try Crowd())
        try books.say(Trade.request(), by: 1, at: 0)
        let accept = ReplicateAccept(contentHash: Trade.content(), capacityAvailable: 1)
        books.take(try crowd.say(accept, by: 1_000, at: 10))
        for person in 0..<300 {
            let stamp = Int64(person.isMultiple(of: 2) ? 5 : 35)
            books.take(try crowd.say(accept, by: person, at: stamp, arrival: 36))
        }
        books.take(try crowd.say(accept, by: 1_001, at: 20, arrival: 37, reputation: 400_000))
        let accepted = try #require(books.contract(at: 40)).accepted
        let cast = try ModelCast()
        #expect(accepted.contains(try cast.node(1_000)))
        #expect(accepted.contains(try cast.node(1_001)))
    }

    @Test("notices of strangers push out none of the payer")
    func notices() throws {
        var (books, crowd) = (MarketBooks(), try Crowd())
        try books.deliver()
        books.find(
            .rentHeld(
                RentCycle(content: Trade.content(), number: 1),
                payer: try Trade.person(1),
                amount: Trade.rent
            ),
            at: Self.day
        )
        try books.say(Trade.notice(1), by: 1, at: Self.day + 1)
        let request = try #require(books.contracts[Trade.content()]?[.request].first)
        guard case .request(let body) = request.body else {
            Issue.record("the request is none")
            return
        }
        for person in 0..<8 {
            books.take(try crowd.say(body, by: person, at: Self.day + 2))
            for cycle in 0..<20 as Range<Int64> {
                let notice = RentPayment(
                    contentHash: Trade.content(),
                    billingCycle: cycle,
                    amount: .zero,
                    providers: []
                )
                books.take(try crowd.say(notice, by: person, at: Self.day + 3 + cycle))
            }
        }
        let cycle = RentCycle(content: Trade.content(), number: 1)
        let hold = try #require(books.cycles.open(cycle))
        #expect(books.notice(of: cycle, hold) == Trade.at(Self.day + 1))
    }

    // MARK: Results

    @Test("results of strangers push out no pass of those who hold the artefact")
    func results() throws {
        var (books, crowd) = (MarketBooks(), try Crowd())
        try books.deliver()
        for number in 0..<20 {
            try books.say(try Trade.result(number, of: 3), by: 2, at: Trade.hour + Int64(number))
        }
        for number in 0..<6_000 {
            let result = ChallengeResult(
                challengeID: .named("strange \(number)"),
                contentHash: Trade.content(),
                challengedNode: try Trade.person(3),
                result: .pass
            )
            let stamp = 2 * Trade.hour + Int64(number)
            books.take(try crowd.say(result, by: number % 12, at: stamp))
        }
        let holder = try Trade.person(2)
        let kept = books.challenges.results(on: Trade.content(), books.keys)
        #expect(kept.count { $0.validator == holder } == 20)
        #expect(kept.count < 200)
    }

    @Test("a result that comes before the receipt that makes it count waits for it")
    func early() throws {
        var books = MarketBooks()
        try books.say(try Trade.result(1, of: 3), by: 2, at: 10)
        try books.deliver()
        let kept = books.challenges.results(on: Trade.content(), books.keys)
        #expect(try kept.map(\.validator) == [Trade.person(2)])
    }

    // MARK: Votes

    @Test("D-78, R-06-084: endorsements of those who may not vote free nobody of rent")
    func endorsements() throws {
        for (score, isFree) in [(299_999, false), (300_000, true)] as [(Int64, Bool)] {
            var books = MarketBooks()
            try books.deliver()
            let proposal = try books.say(Trade.propose(until: 9 * Self.day), by: 6, at: 10)
            for voter in 7...9 {
                books.take(
                    try Trade.admitted(
                        .vote("endorse", on: proposal.id),
                        by: voter,
                        at: 20,
                        reputation: score
                    )
                )
            }
            let isExempt = books.references.exempts(
                Trade.content(),
                of: try Trade.person(1),
                at: Trade.at(Self.day),
                books.keys
            )
            #expect(isExempt == isFree)
        }
    }

    @Test("endorsements of a crowd push out none that counts")
    func crowdOfVoters() throws {
        var (books, crowd) = (MarketBooks(), try Crowd())
        try books.deliver()
        let proposal = try books.say(Trade.propose(until: 9 * Self.day), by: 6, at: 10)
        for voter in 7...9 { try books.say(.vote("endorse", on: proposal.id), by: voter, at: 100) }
        for voter in 0..<100 {
            for stamp in [50, 200] as [Int64] {
                let vote = Vote(proposalID: proposal.id, stance: .endorse, syncStatus: .synced)
                books.take(try crowd.say(vote, by: voter, at: stamp, arrival: 300))
            }
        }
        #expect(
            books.references.exempts(
                Trade.content(),
                of: try Trade.person(1),
                at: Trade.at(Self.day),
                books.keys
            )
        )
    }

    @Test("D-74: a proposal of somebody who may not propose cancels no withdrawal")
    func proposals() throws {
        for (score, end) in [(299_999, Trade.at(3 * Self.day)), (300_000, nil)]
            as [(Int64, Timestamp?)]
        {
            var books = MarketBooks()
            try books.deliver()
            try books.say(Trade.withdraw(after: 3 * Self.day), by: 1, at: Self.day)
            books.take(
                try Trade.admitted(
                    Trade.propose(until: 5 * Self.day),
                    by: 6,
                    at: Self.day - 1,
                    reputation: score
                )
            )
            #expect(books.contract(at: Self.day)?.withdrawsAt == end)
        }
    }
}
