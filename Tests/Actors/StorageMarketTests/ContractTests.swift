import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 Contracts")
struct ContractTests {
    private static let day = Trade.day
    private static let hour = Trade.hour

    @Test(
        "R-06-022 to R-06-028: request, acceptances, assignment and confirmations make a contract"
    )
    func made() throws {
        var books = MarketBooks()
        #expect(books.contract(at: 0) == nil)
        try books.say(Trade.request(), by: 1, at: 0)
        #expect(books.contract(at: -1) == nil)
        #expect(books.state(at: 0) == .gathering(until: Trade.at(2 * Self.day)))
        for provider in [4, 3, 2] {
            try books.say(Trade.accept(), by: provider, at: 10 - Int64(provider))
        }
        #expect(try books.contract(at: 9)?.accepted == Trade.people([4, 3, 2]))
        try books.say(try Trade.assign([2, 3, 4]), by: 1, at: 20)
        #expect(books.state(at: 20) == .delivering(until: Trade.at(20 + 7 * Self.day)))
        for provider in [2, 3] { try books.say(Trade.receive(), by: provider, at: 30) }
        #expect(books.contract(at: 30)?.holders.count == 2)
        #expect(books.contract(at: 30)?.confirmedAt == nil)
        try books.say(Trade.receive(), by: 4, at: 40)
        let contract = try #require(books.contract(at: 40))
        #expect(contract.state == .active)
        #expect(contract.confirmedAt == Trade.at(40))
        #expect(try contract.uploader == Trade.person(1))
        #expect(try contract.assigned == Trade.people([2, 3, 4]))
        #expect(Set(contract.holders.map(\.identity)) == Set(try Trade.people([2, 3, 4])))
        // As it stood before.
        #expect(books.state(at: 39) == .delivering(until: Trade.at(20 + 7 * Self.day)))
    }

    @Test(
        "R-06-023, R-16-125: too few acceptances in 48 hours end it, one at the last moment does not",
        arguments: [(0, true), (1, false)] as [(Int64, Bool)]
    )
    func gathering(late: Int64, isEnough: Bool) throws {
        var books = MarketBooks()
        try books.say(Trade.request(copies: 2), by: 1, at: 0)
        try books.say(Trade.accept(), by: 2, at: 5)
        // An uploader keeps no copy of its own for rent.
        try books.say(Trade.accept(), by: 1, at: 6)
        try books.say(Trade.accept(), by: 3, at: 2 * Self.day + late)
        let end = 2 * Self.day
        #expect(books.state(at: end) == .gathering(until: Trade.at(end)))
        let expected: Contract.State =
            isEnough ? .delivering(until: Trade.at(end + 7 * Self.day)) : .failed
        #expect(books.state(at: end + 1) == expected)
    }

    @Test(
        "R-06-033: copies that are not confirmed in seven days end it; the last moment is in time"
    )
    func delivering() throws {
        for (late, expected) in [(0, Contract.State.active), (1, .failed)]
            as [(Int64, Contract.State)]
        {
            var books = MarketBooks()
            try books.say(Trade.request(copies: 2), by: 1, at: 0)
            for provider in [2, 3] { try books.say(Trade.accept(), by: provider, at: 1) }
            try books.say(try Trade.assign([2, 3]), by: 1, at: 100)
            try books.say(Trade.receive(), by: 2, at: 200)
            try books.say(Trade.receive(), by: 3, at: 100 + 7 * Self.day + late)
            #expect(books.state(at: 101 + 7 * Self.day) == expected)
        }
    }

    @Test("R-06-025, R-06-032: only the uploader assigns, and who is not assigned holds nothing")
    func strangers() throws {
        var books = MarketBooks()
        try books.deliver(to: [2, 3])
        let refusal = books.take(try Trade.admitted(try Trade.assign([7]), by: 7, at: 50))
        #expect(refusal?.code == .rule)
        try books.say(Trade.receive(), by: 7, at: 60)
        #expect(books.contract(at: 60)?.holders.map(\.identity).count == 2)
    }

    @Test("R-06-034: a new assignment releases those it does not name, and takes others in")
    func reassigned() throws {
        var books = MarketBooks()
        try books.deliver(to: [2, 3])
        try books.say(try Trade.assign([3, 5]), by: 1, at: 100)
        #expect(books.contract(at: 100)?.holders.map(\.identity) == [try Trade.person(3)])
        #expect(books.state(at: 100) == .active)
        try books.say(Trade.receive(), by: 5, at: 110)
        let holders = Set(try #require(books.contract(at: 110)).holders.map(\.identity))
        #expect(holders == Set(try Trade.people([3, 5])))
        // Who was released has to confirm another copy.
        try books.say(try Trade.assign([2, 3, 5]), by: 1, at: 120)
        #expect(books.contract(at: 120)?.holders.count == 2)
        try books.say(Trade.receive(), by: 2, at: 130)
        #expect(books.contract(at: 130)?.holders.count == 3)
    }

    @Test("R-06-087 to R-06-093: a copy changes hands when its receiver has passed a challenge")
    func transferred() throws {
        var books = MarketBooks()
        try books.deliver(to: [2, 3])
        let transfer = try books.say(try Trade.transfer(to: 5), by: 2, at: 100).id
        let pending = try #require(books.contract(at: 100)?.transfers.first)
        #expect(try [pending.from, pending.to] == Trade.people([2, 5]))
        #expect(!pending.isAcknowledged)
        // Somebody else's word, and a challenge before the acknowledgement, change nothing.
        try books.say(try Trade.acknowledge(transfer, from: 2), by: 6, at: 105)
        try books.say(try Trade.result(0, of: 5), by: 3, at: 106)
        try books.say(try Trade.acknowledge(transfer, from: 2), by: 5, at: 110)
        #expect(books.contract(at: 110)?.transfers.first?.isAcknowledged == true)
        // Nor does the word of somebody who holds no copy.
        try books.say(try Trade.result(1, of: 5), by: 7, at: 115)
        #expect(books.contract(at: 119)?.transfers.count == 1)
        try books.say(try Trade.result(2, of: 5), by: 3, at: 120)
        let contract = try #require(books.contract(at: 120))
        #expect(Set(contract.holders.map(\.identity)) == Set(try Trade.people([3, 5])))
        let receiver = try Trade.person(5)
        let since = contract.holders.first { $0.identity == receiver }?.since
        #expect(since == Trade.at(110))
        #expect(contract.transfers.isEmpty && contract.state == .active)
    }

    @Test(
        "a copy lies where the node is that confirmed it last, whichever key of its identity that has"
    )
    func whichNode() throws {
        var books = MarketBooks()
        let link = Draft.link(try Trade.key(2), try Trade.key(5))
        books.logged(try Trade.admitted(link, by: 2, at: 0))
        try books.deliver(to: [2, 3], at: 100)
        let (root, child) = (try Trade.person(2), try Trade.person(5))
        func holder(at time: Int64) throws -> Contract.Holder {
            let holders = try #require(books.contract(at: time)).holders
            return try #require(holders.first { $0.identity == root })
        }
        let since = try holder(at: 200).since
        #expect(try holder(at: 200).key == root)
        try books.say(Trade.receive(), by: 5, at: 300)
        #expect(try holder(at: 299).key == root)
        #expect(try holder(at: 300).key == child)
        #expect(try holder(at: 300).since == since)
    }

    @Test("ADR 0053: one artefact has one contract, the one that was known to be confirmed first")
    func several() throws {
        var books = MarketBooks()
        try books.deliver(to: [2, 3], at: 100)
        // An earlier request takes nothing from the contract before it is confirmed.
        try books.say(Trade.request(copies: 1), by: 6, at: 50)
        #expect(try books.contract(at: 200)?.uploader == Trade.person(1))
        try books.say(try Trade.assign([7]), by: 6, at: 60)
        try books.say(Trade.receive(), by: 7, at: 70)
        #expect(try books.contract(at: 200)?.uploader == Trade.person(6))
    }

    @Test("D-79, R-12-021, ADR 0053: after a partition each side goes on with its own contract")
    func parted() throws {
        let sides = [(uploader: 1, provider: 2, at: 0), (6, 7, 50)] as [(Int, Int, Int64)]
        for (own, other) in [(sides[0], sides[1]), (sides[1], sides[0])] {
            var books = MarketBooks()
            for (uploader, provider, begin) in [own, other] {
                let words = [
                    (Trade.request(copies: 1), uploader), (try Trade.assign([provider]), uploader),
                    (Trade.receive(), provider),
                ]
                for (number, (draft, speaker)) in words.enumerated() {
                    let stamp = begin + Int64(number)
                    let arrival = uploader == own.0 ? stamp : Self.day
                    books.take(
                        try Trade.admitted(draft, by: speaker, at: stamp, arrival: arrival)
                    )
                }
            }
            let later = 2 * Self.day
            #expect(try books.contract(at: later)?.uploader == Trade.person(own.0))
            try books.say(Trade.withdraw(after: 2 * later), by: own.0, at: later)
            // What was active on the other side lives on.
            let rest = try #require(books.contract(at: 2 * later))
            #expect(try rest.uploader == Trade.person(other.0) && rest.state == .active)
        }
    }

    @Test("ADR 0048: a later request begins anew once the first one has failed")
    func anew() throws {
        var books = MarketBooks()
        try books.say(Trade.request(), by: 1, at: 0)
        try books.say(Trade.request(copies: 1), by: 6, at: Self.hour)
        #expect(try books.contract(at: Self.day)?.uploader == Trade.person(1))
        try books.say(Trade.accept(), by: 2, at: Self.day)
        let second = try #require(books.contract(at: 2 * Self.day + 1))
        #expect(try second.uploader == Trade.person(6))
        #expect(second.state == .gathering(until: Trade.at(2 * Self.day + Self.hour)))
    }

    @Test("R-06-094 to R-06-101: a withdrawal ends it when it says so")
    func withdrawn() throws {
        var books = MarketBooks()
        try books.deliver(to: [2, 3])
        try books.say(Trade.withdraw(after: 3 * Self.day), by: 1, at: Self.day)
        #expect(books.contract(at: Self.day)?.withdrawsAt == Trade.at(3 * Self.day))
        #expect(books.state(at: 3 * Self.day - 1) == .active)
        #expect(books.state(at: 3 * Self.day) == .withdrawn(at: Trade.at(3 * Self.day)))
        #expect(books.state(at: 9 * Self.day) == .withdrawn(at: Trade.at(3 * Self.day)))
    }

    @Test(
        "D-74, WITHDRAW-N06: a proposal stamped before the withdrawal cancels it, also when it is late"
    )
    func cancelled() throws {
        var books = MarketBooks()
        try books.deliver(to: [2, 3])
        try books.say(Trade.withdraw(after: 3 * Self.day), by: 1, at: Self.day)
        let proposal = try books.say(Trade.propose(until: 5 * Self.day), by: 6, at: Self.day - 1)
        #expect(books.contract(at: Self.day)?.withdrawsAt == nil)
        #expect(books.state(at: 4 * Self.day) == .active)
        // One that was withdrawn before stands against nothing.
        try books.say(Draft.withdrawal(of: proposal.id), by: 6, at: Self.day - 1)
        #expect(books.state(at: 4 * Self.day) == .withdrawn(at: Trade.at(3 * Self.day)))
    }

    @Test(
        "T10, R-06-056 to R-06-060, R-06-082, R-16-098: grace lasts 7, 3 and 0 days within 90 days"
    )
    func grace() throws {
        var books = MarketBooks()
        try books.deliver(to: [2, 3])
        let payer = try Trade.person(1)
        func cycle(_ number: Int64) -> RentCycle {
            RentCycle(content: Trade.content(), number: number)
        }
        books.find(.rentMissed(cycle(1), payer: payer), at: Self.day)
        #expect(books.state(at: Self.day) == .grace(until: Trade.at(8 * Self.day)))
        books.find(.rentHeld(cycle(2), payer: payer, amount: Trade.rent), at: 2 * Self.day)
        #expect(books.state(at: 2 * Self.day) == .grace(until: Trade.at(8 * Self.day)))
        // With its notice it is paid.
        try books.say(Trade.notice(2), by: 1, at: 2 * Self.day + 5)
        #expect(books.state(at: 2 * Self.day + 5) == .active)
        books.find(
            .rentSettled(cycle(2), RentWork(required: 1, providers: [], validators: [])),
            at: 3 * Self.day
        )
        #expect(books.state(at: 3 * Self.day) == .active)
        books.find(.rentMissed(cycle(30), payer: payer), at: 30 * Self.day)
        #expect(books.state(at: 30 * Self.day) == .grace(until: Trade.at(33 * Self.day)))
        #expect(books.state(at: 33 * Self.day) == .decayed(at: Trade.at(33 * Self.day)))
    }

    @Test(
        "T10, R-06-060: asking under another key does not make grace longer: misses are the artefact's"
    )
    func evasion() throws {
        var books = MarketBooks()
        try books.deliver(to: [2, 3])
        let cycle = RentCycle(content: Trade.content(), number: 1)
        books.find(.rentMissed(cycle, payer: try Trade.person(1)), at: Self.day)
        try books.say(Trade.request(copies: 1), by: 6, at: 9 * Self.day)
        try books.say(try Trade.assign([2]), by: 6, at: 9 * Self.day + 1)
        try books.say(Trade.receive(), by: 2, at: 9 * Self.day + 2)
        #expect(try books.contract(at: 10 * Self.day)?.uploader == Trade.person(6))
        books.find(.rentMissed(cycle, payer: try Trade.person(6)), at: 10 * Self.day)
        #expect(books.state(at: 10 * Self.day) == .grace(until: Trade.at(13 * Self.day)))
    }

    @Test("R-01-061, D-12: contracts follow the keys of their parties")
    func keys() throws {
        var books = MarketBooks()
        try books.deliver(to: [2, 3])
        books.take(try Trade.link(10, 2, at: 500))
        books.take(try Trade.rotation(1, 11, at: 600))
        let contract = try #require(books.contract(at: 700))
        #expect(try contract.uploader == Trade.person(11))
        #expect(Set(contract.holders.map(\.identity)) == Set(try Trade.people([10, 3])))
        try books.say(try Trade.assign([10]), by: 11, at: 800)
        #expect(books.contract(at: 800)?.holders.map(\.identity) == [try Trade.person(10)])
    }
}
