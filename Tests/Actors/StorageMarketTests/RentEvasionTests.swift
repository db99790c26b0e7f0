import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation
@testable import StorageMarket

/// How somebody may try to have copies kept for less than others pay.
enum Evasion: String, CaseIterable, CustomTestStringConvertible, Sendable {
    case skips = "gives no notice from the third day on"
    case alternates = "gives notice of every second day"
    case lastMoment = "gives each notice in its last millisecond"
    case tooLate = "gives each notice a millisecond too late"
    case doubles = "gives each notice twice, and old ones again"
    case early = "gives notices of days that have not begun"
    case edges = "gives notices around the edges of days"
    case secondKey = "asks again under a second key when the first one does not pay"
    case poor = "has nothing left to pay with"

    var testDescription: String { self.rawValue }

    /// Copies on three nodes that pass their challenges; then what the evasion is.
    var steps: [MarketStep] {
        [.deliver(person: 0, content: 0, to: [1, 2, 3]), .challengeAll(content: 0, failing: [])]
            + self.deeds + [.wait(hours: 24 * 40)]
    }

    private static func day(_ deeds: MarketStep...) -> [MarketStep] {
        [.edge(content: 0, milliseconds: 60_000)] + deeds
    }

    private static func days(_ count: Int, _ deeds: MarketStep...) -> [MarketStep] {
        (0..<count).flatMap { _ in [.edge(content: 0, milliseconds: 60_000)] + deeds }
    }

    private static func notice(back: Int64 = 0) -> MarketStep { .notice(content: 0, back: back) }

    private var deeds: [MarketStep] {
        switch self {
        case .skips: Self.days(2, Self.notice())
        case .alternates:
            (0..<12).flatMap { $0.isMultiple(of: 2) ? Self.day(Self.notice()) : Self.day() }
        case .lastMoment:
            // A statement takes a millisecond, and the seventh day after a beginning is still in time.
            (0..<12).flatMap { _ in
                [.edge(content: 0, milliseconds: -1), Self.notice(back: 7)]
            }
        case .tooLate:
            (0..<12).flatMap { _ in [.edge(content: 0, milliseconds: 0), Self.notice(back: 7)] }
        case .doubles: Self.days(9, Self.notice(), Self.notice(), Self.notice(back: 3))
        case .early: Self.days(9, Self.notice(back: -1))
        case .edges:
            [-2, -1, 0, 1, 300_000, 300_001].flatMap { offset -> [MarketStep] in
                [.edge(content: 0, milliseconds: offset), Self.notice(), Self.notice(back: 1)]
            }
        case .secondKey:
            Self.days(16)
                + [.fill(person: 4, millionths: 700)]
                + [.deliver(person: 4, content: 0, to: [1, 2, 3])]
                + [.challengeAll(content: 0, failing: [])]
                + Self.days(5, Self.notice())
                + [.deliver(person: 5, content: 0, to: [1, 2, 3])]
        case .poor: [.fill(person: 0, millionths: 300)] + Self.days(3, Self.notice())
        }
    }

    /// Days that are paid in the end.
    var paidDays: Int {
        switch self {
        case .skips: 2
        case .alternates: 6
        case .lastMoment: 5
        case .tooLate, .early: 0
        case .doubles: 9
        case .edges: 6
        case .secondKey: 2
        case .poor: 1
        }
    }
}

@Suite("T10: evading rent")
struct RentEvasionTests {
    @Test(
        "T10: whatever a payer tries, contracts and rent are what the rules say, at every step",
        arguments: Evasion.allCases
    )
    func model(_ evasion: Evasion) throws {
        let difference = try MarketDuel.run(evasion.steps, try ModelCast())
        #expect(difference == nil, "\(difference?.description ?? "")")
    }

    @Test(
        "T10: whatever a payer tries, no reputation is made or lost, and no copy is kept for nothing",
        arguments: Evasion.allCases
    )
    func ledger(_ evasion: Evasion) throws {
        var people: [Int: Int64] = [:]
        for person in 0..<6 { people[person] = 500_000 }
        // What a second key has is little, and what is above the floor of 0.1 of a poor one less.
        people[4] = 100_700
        people[5] = 100_000
        if evasion == .poor { people[0] = 100_400 }
        var market = try EvadedMarket(scores: people)
        let everything = market.scene.everything
        for step in evasion.steps {
            try market.live(step)
            #expect(market.scene.everything == everything, "after \(step)")
        }
        // Nothing is held any more: what was paid is with those who worked for it.
        #expect(market.scene.ledger.storage.rents.total == .zero)
        #expect(market.settledDays == evasion.paidDays)
        let paid = try [0, 4, 5].reduce(Int64(0)) { try $0 + market.loss(of: $1, since: people) }
        let earned = try [1, 2, 3].reduce(Int64(0)) { try $0 - market.loss(of: $1, since: people) }
        #expect(paid == earned)
        #expect(market.contract?.isAlive == false)
    }
}

/// A node's market and ledger that live what the model lives.
private struct EvadedMarket {
    var scene: MarketScene
    private var offset: Int64 = 0
    private var challenges = 0

    /// People have numbers from zero on, as in the model.
    init(scores: [Int: Int64]) throws {
        self.scene = try MarketScene(
            scores: Dictionary(uniqueKeysWithValues: scores.map { ($0.key + 1, $0.value) })
        )
    }

    var contract: Contract? {
        self.scene.books.contract(on: Trade.content(), at: Trade.at(self.offset))
    }

    var settledDays: Int {
        self.scene.findings.count { if case .rentSettled = $0 { true } else { false } }
    }

    func loss(of person: Int, since scores: [Int: Int64]) throws -> Int64 {
        try (scores[person] ?? 0) - self.scene.direct(person + 1)
    }

    mutating func live(_ step: MarketStep) throws {
        switch step {
        case .wait(let hours): self.wait(until: self.offset + hours * Trade.hour)
        case .edge(_, let milliseconds): try self.edge(milliseconds)
        case .deliver(let person, _, let others):
            try self.say(Trade.request(copies: Int64(others.count)), by: person)
            try self.say(try Trade.assign(others.map { $0 + 1 }), by: person)
            for other in others { try self.say(Trade.receive(), by: other) }
        case .challengeAll: try self.challenge()
        case .notice(_, let back): try self.notice(back)
        // What people have is in the ledger.
        case .fill: break
        case .request, .accept, .assign, .receive, .challenge, .withdraw, .propose, .move:
            Issue.record("no evasion does this: \(step)")
        }
    }

    private mutating func wait(until offset: Int64) {
        self.offset = offset
        self.scene.wait(until: offset)
    }

    private mutating func say(_ draft: Draft, by person: Int) throws {
        self.wait(until: self.offset + 1)
        try self.scene.say(draft, by: person + 1, at: self.offset)
    }

    private mutating func challenge() throws {
        let payer = try self.payer()
        for validator in [payer, 1, 2, 3] {
            for provider in 1...3 where provider != validator {
                self.challenges += 1
                let result = try Trade.result(self.challenges, of: provider + 1)
                try self.say(result, by: validator)
            }
        }
    }

    private mutating func edge(_ milliseconds: Int64) throws {
        let start = try self.start()
        let number = (self.offset - start) / Trade.day + 1
        self.wait(until: start + number * Trade.day + milliseconds)
    }

    /// Whoever pays for the contract in force gives the notice of a day.
    private mutating func notice(_ back: Int64) throws {
        let number = max(0, (self.offset + 1 - (try self.start())) / Trade.day - back)
        try self.say(Trade.notice(number), by: try self.payer())
    }

    private func payer() throws -> Int {
        let uploader = try #require(self.contract).uploader
        return try #require((0..<6).first { try Trade.person($0 + 1) == uploader })
    }

    private func start() throws -> Int64 {
        try #require(self.contract).requestedAt.milliseconds(since: Trade.start)
    }
}
