import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("ADR 0041: what the digest of the market knows")
struct MarketBookTests {
    /// Stored properties that are no part of the digest, and why.
    private static let omitted = [
        "MarketBooks.calendar": "is given, not folded",
        "CycleBook.calendar": "is given, not folded",
        "MarketBooks.parameters": "follows from the description and from what was ratified",
        "MarketBooks.kin": "follows from the keys",
        "MarketBooks.workings": "follows from all else",
        "ReferenceBook.byContent": "follows from the proposals",
        "ReferenceBook.weightyCount": "follows from the proposals",
        "ReferenceBook.weighty": "follows from the proposals, and says what gives way first",
        "ReferenceBook.others": "follows from the arrival, and says what gives way first",
        "ContractBook.byKey": "follows from the dossiers",
        "ContractBook.wantedCount": "follows from the dossiers",
        "ContractBook.wanted": "follows from the dossiers, and says what gives way first",
        "ContractBook.settled": "saves another look at what does not give way",
        "ContractBook.rumours": "follows from the arrival, and says what gives way first",
        "Testimonies<StorageMarket.ChallengeBook.Result>.strangers":
            "follows from the arrival, and says what gives way first",
        "Testimonies<StorageMarket.ChallengeBook.Result>.count": "follows from the statements",
        "Testimonies<Swift.Int64>.strangers":
            "follows from the arrival, and says what gives way first",
        "Testimonies<Swift.Int64>.count": "follows from the statements",
        "Statement<StorageMarket.ContractBook.Word>.body": "follows from the id",
        "Statement<StorageMarket.ChallengeBook.Result>.body": "follows from the id",
        "Statement<Swift.Int64>.body": "follows from the id",
        "Statement<StorageMarket.ReferenceBook.Reference>.body": "follows from the id",
        "Statement<StorageMarket.ReferenceBook.Mark>.body": "follows from the id",
    ]

    private static var samples: [any Digestible] {
        StateWalk.commonSamples + ContractBook.Kind.allCases + Propose.Resolution.Kind.allCases
    }

    /// A history that fills every book.
    private func full(_ meanwhile: (MarketScene) -> Void = { _ in }) throws -> MarketScene {
        var scene = try MarketScene(scores: [5: 101_000])
        try scene.deliver()
        try scene.say(
            Trade.request(copies: 1, bytes: 20_000_000, of: Trade.content(1)),
            by: 5,
            at: 10
        )
        try scene.say(try Trade.assign([2], of: Trade.content(1)), by: 5, at: 11)
        try scene.say(Trade.receive(Trade.content(1)), by: 2, at: 12)
        try scene.say(try Trade.result(1, of: 2, .fail), by: 3, at: Trade.hour)
        try scene.say(try Trade.result(2, of: 2, .fail), by: 4, at: Trade.hour + 1)
        try scene.say(try Trade.result(3, of: 3, .fail), by: 2, at: Trade.hour + 2)
        try scene.say(try Trade.result(4, of: 3, .fail), by: 4, at: Trade.hour + 3)
        let transfers = try [(2, 7), (3, 8)].map {
            try scene.say(try Trade.transfer(to: $0.1), by: $0.0, at: 2 * Trade.hour + Int64($0.0))
        }
        try scene.say(
            try Trade.acknowledge(transfers[0].message.id, from: 2),
            by: 7,
            at: 3 * Trade.hour
        )
        let end = 2 * Trade.day + Trade.hour
        let proposals = try [6, 7].map {
            try scene.say(Trade.propose(until: end), by: $0, at: 4 * Trade.hour + Int64($0)).message
                .id
        }
        try scene.say(.vote("endorse", on: proposals[0]), by: 8, at: 5 * Trade.hour)
        try scene.say(.vote("endorse", on: proposals[1]), by: 8, at: 5 * Trade.hour)
        try scene.say(Draft.withdrawal(of: proposals[1]), by: 7, at: 6 * Trade.hour)
        meanwhile(scene)
        try scene.say(Trade.notice(1, of: Trade.content(1)), by: 5, at: Trade.day + 20)
        try scene.say(try Trade.result(5, of: 4), by: 1, at: Trade.day + 21)
        meanwhile(scene)
        for number in 2...5 as ClosedRange<Int64> {
            try scene.say(Trade.notice(number), by: 1, at: number * Trade.day + 1)
        }
        scene.wait(until: 8 * Trade.day)
        try scene.say(Trade.withdraw(after: 90 * Trade.day), by: 1, at: 8 * Trade.day + Trade.hour)
        try scene.say(Trade.notice(8), by: 1, at: 8 * Trade.day + 2 * Trade.hour)
        scene.wait(until: 11 * Trade.day)
        return scene
    }

    @Test("every stored property of every book is in the digest, with the value that it has")
    func complete() throws {
        var walk = StateWalk(
            omitted: Self.omitted,
            samples: Self.samples,
            boundaries: ["KeyRegistry"]
        )
        walk.walk(MarketBooks())
        var books = try self.full { walk.walk($0.books) }.books
        walk.walk(books)
        for (number, value) in [("first", 1), ("second", 2)] as [(String, Int64)] {
            books.logged(
                try Self.change(number, value).fact(recordedAt: Trade.at(15 * Trade.day))
            )
            walk.walk(books)
        }
        books.logged(try Self.resolution().fact(recordedAt: Trade.at(20 * Trade.day)))
        walk.walk(books)
        #expect(walk.flaws.isEmpty, "\(walk.flaws.joined(separator: "\n"))")
    }

    private static func decision(_ name: String, _ resolution: Propose.Resolution) throws
        -> DecisionFact
    {
        DecisionFact(
            on: .named(name),
            author: try Trade.person(1),
            effectiveAt: Trade.at(Int64(name.utf8.count) * Trade.day),
            resolution: resolution
        )
    }

    private static func change(_ name: String, _ value: Int64) throws -> DecisionFact {
        try self.decision(
            name,
            Propose.Resolution(kind: .parameter, name: "base_rent", value: value)
        )
    }

    private static func resolution() throws -> DecisionFact {
        try self.decision(
            "conflict",
            Propose.Resolution(
                kind: .keyConflict,
                contentHash: Trade.content(),
                subject: try Trade.person(1),
                successor: try Trade.person(2),
                messageID: .named("m")
            )
        )
    }

    @Test("§4: a replay gives the digest of the live node, and one entry less another one")
    func replay() throws {
        let scene = try self.full()
        #expect(scene.replayed.status().digest == scene.machine.status().digest)
        var longer = scene
        try longer.say(Trade.accept(), by: 9, at: 12 * Trade.day)
        #expect(longer.machine.status().digest != scene.machine.status().digest)
    }

    @Test("what nobody speaks about for a hundred days is forgotten")
    func forgotten() throws {
        var books = MarketBooks()
        try books.say(Trade.request(), by: 1, at: 0)
        let proposal = try books.say(Trade.propose(until: Trade.day), by: 6, at: 1)
        try books.say(.vote("endorse", on: proposal.id), by: 7, at: 2)
        try books.say(try Trade.result(1, of: 2), by: 3, at: 3)
        try books.say(Trade.notice(1), by: 1, at: 4)
        books.take(try Trade.link(8, 9, at: 99 * Trade.day))
        #expect(books.contract(at: 99 * Trade.day) != nil)
        books.take(try Trade.link(8, 10, at: 101 * Trade.day))
        #expect(books.contract(at: 101 * Trade.day) == nil)
        var fresh = MarketBooks()
        fresh.take(try Trade.link(8, 9, at: 99 * Trade.day))
        fresh.take(try Trade.link(8, 10, at: 101 * Trade.day))
        let record = { (books: MarketBooks) in
            StateRecord(books).normal(omitting: ["MarketBooks.keys"])
        }
        #expect(record(books) == record(fresh))
    }
}
