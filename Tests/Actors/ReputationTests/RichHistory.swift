import Messages
import Primitives
import TestSupport

@testable import Reputation

/// A history in which something is written into every book, on more than one page.
struct RichHistory {
    /// Person 0 is this node; 1 to 5 and 7 govern from networks of their own.
    private(set) var ledger: Bookkeeping
    private var hour: Int64 = 0

    init() throws {
        let founders = Dictionary(
            uniqueKeysWithValues: [1, 2, 3, 4, 5, 7].map { ($0, Int64(600_000)) }
        )
        let listed = [Self.listed]
        self.ledger = try Fixture.ledger(founders: founders, proven: 1..<12) {
            $0.believesClaims = true
            $0.hashDatabases = HashDatabases(["a": listed, "b": listed])
        }
        for person in 1...7 {
            let time = Int64(person)
            self.ledger.logged(try Fixture.announcement(by: person, at: time, network: person))
        }
    }

    /// Every part of the history, one after the other.
    static func whole() throws -> RichHistory {
        var history = try RichHistory()
        try history.work()
        try history.flags()
        try history.condemn()
        try history.words()
        try history.votes()
        try history.market()
        try history.own()
        return history
    }

    /// An artefact that hash databases list.
    private static let listed = ContentHash(Fixture.id(9).bytes)

    /// An hour later than what was said before.
    private mutating func next() -> Int64 {
        self.hour += 1
        return self.hour * Fixture.hour
    }

    // MARK: Work

    mutating func work() throws {
        let share = try Fixture.share(by: 2, at: self.next())
        let proposal = try Fixture.proposal(
            by: 1,
            at: self.next(),
            claims: 2,
            origin: share.message.id
        )
        let unheard = try Fixture.proposal(by: 6, at: self.next())
        let hosted = try Fixture.proposal(by: 3, at: self.next(), origin: Fixture.id(77))
        let finding = try Fixture.comment(
            on: unheard,
            by: 4,
            claim: 0,
            result: "true",
            at: self.next()
        )
        for message in [share, proposal, hosted, finding] { self.ledger.logged(message) }
        self.ledger.logged(try Fixture.upload(by: 7, at: self.next()))
        let other: [UInt8] = [2]
        self.ledger.logged(try Fixture.admitted(.share([other]), by: 8, at: self.next()))
        let deadline = Fixture.at(100 * Fixture.day)
        self.ledger.logged(
            try Fixture.admitted(
                .proposal(content: other, tier: .constitutional, until: deadline),
                by: 4,
                at: self.next()
            )
        )
        for person in 3...4 {
            self.ledger.logged(try Fixture.adoption(of: proposal, by: person, at: self.next()))
        }
        let copies = try (8...9).map { try Fixture.person($0) }
        self.ledger.logged(
            .copiesHeld(proposal: proposal.message.id, providers: copies),
            at: self.next()
        )
        self.ledger.logged(try Fixture.adoption(of: proposal, by: 5, at: self.next()))
        self.ledger.logged(try Fixture.adoption(of: unheard, by: 5, at: self.next()))
        for (person, claim) in [(2, 0), (3, 0), (4, 0), (5, 1)] as [(Int, Int64)] {
            let result = person == 5 ? "false" : "true"
            self.ledger.logged(
                try Fixture.comment(
                    on: proposal,
                    by: person,
                    claim: claim,
                    result: result,
                    at: self.next()
                )
            )
        }
    }

    // MARK: Flags

    mutating func flags() throws {
        for person in [1, 3, 4] {
            self.ledger.logged(try Fixture.flag(.illegal, by: person, at: self.next()))
        }
        let other = ContentHash(Fixture.id(5).bytes)
        self.ledger.logged(try Fixture.flag(.dispute, by: 5, at: self.next(), content: other))
        self.ledger.logged(try Fixture.flag(.dispute, by: 10, at: self.next(), content: other))
        let fourth = ContentHash(Fixture.id(7).bytes)
        self.ledger.logged(try Fixture.flag(.illegal, by: 11, at: self.next(), content: fourth))
        let third = ContentHash(Fixture.id(6).bytes)
        self.ledger.logged(
            try Fixture.decision(
                on: Fixture.id(40),
                .ratified,
                resolution: Fixture.upholding(third),
                at: self.next()
            )
        )
    }

    /// An artefact is found in two databases, another one disputed by many, and a third one's source banned.
    private mutating func condemn() throws {
        for (person, match) in [(1, "a:1"), (5, "b:1"), (11, "a:1"), (3, nil)] as [(Int, String?)] {
            self.ledger.logged(
                try Fixture.flag(
                    .illegal,
                    by: person,
                    at: self.next(),
                    content: Self.listed,
                    hashMatch: match
                )
            )
        }
        let disputed = ContentHash(Fixture.id(8).bytes)
        for person in [1, 3, 4, 5, 7] {
            self.ledger.logged(
                try Fixture.flag(.dispute, by: person, at: self.next(), content: disputed)
            )
        }
        self.ledger.logged(try Fixture.admitted(.share([[3]]), by: 12, at: self.next()))
        self.ledger.logged(
            try Fixture.decision(
                on: Fixture.id(41),
                .ratified,
                resolution: try Fixture.resolution(.ban, subject: 12),
                at: self.next()
            )
        )
    }

    // MARK: Words

    mutating func words() throws {
        for number in 0..<100 as Range<Int64> {
            let word = (subject: 2, overall: 400_000 + number * 1_000)
            self.ledger.logged(try Fixture.gossip(by: 3, [word], at: self.next(), domain: "go"))
        }
        self.ledger.logged(try Fixture.gossip(by: 4, [(2, 300_000), (70, 1)], at: self.next()))
        let words: [(subject: Int, overall: Int64)] = [(71, 2), (3, 10)]
        self.ledger.logged(try Fixture.gossip(by: 5, words, at: self.next(), domain: "chess"))
        self.ledger.logged(try Fixture.rotation(4, 14, at: self.next()))
        self.ledger.logged(try Fixture.gossip(by: 14, [(2, 500_000)], at: self.next()))
    }

    // MARK: Votes

    /// Three vote in step on so many proposals that it is no accident.
    mutating func votes() throws {
        for number in 0..<20 {
            let stance: Vote.Stance = number.isMultiple(of: 2) ? .endorse : .reject
            let members = [6, 7, 8].map { (person: $0, stance: stance) }
            let others: [(person: Int, stance: Vote.Stance)] = [
                (1, .endorse), (2, .reject), (3, .endorse), (5, .reject),
            ]
            self.ledger.logged(
                try Fixture.decision(
                    on: Fixture.id(100 + number),
                    votes: members + others,
                    votedAt: self.hour * Fixture.hour,
                    at: self.next()
                )
            )
        }
        let alone = try Fixture.decision(
            on: Fixture.id(120),
            votes: [(1, .endorse)],
            at: self.next()
        )
        self.ledger.logged(alone)
        for (number, resolution) in try self.resolutions().enumerated() {
            self.ledger.logged(
                try Fixture.decision(
                    on: Fixture.id(200 + number),
                    .ratified,
                    resolution: resolution,
                    at: self.next(),
                    effectiveAt: 400 * Fixture.day
                )
            )
        }
    }

    private func resolutions() throws -> [Propose.Resolution] {
        [
            try Fixture.resolution(.ban, subject: 11),
            try Fixture.resolution(.keyConflict, subject: 11, successor: 12),
            Propose.Resolution(
                kind: .parameter,
                messageID: Fixture.id(9),
                name: "uptime_reward",
                value: 5
            ),
        ]
    }

    // MARK: The market

    mutating func market() throws {
        for number in 0..<2 as Range<Int64> {
            let content = ContentHash(Fixture.id(Int(number)).bytes)
            let cycle = RentCycle(content: content, number: number)
            let payer = try Fixture.person(1 + 2 * Int(number))
            let amount = FixedPoint(millionths: 100 + number)
            self.ledger.logged(.rentHeld(cycle, payer: payer, amount: amount), at: self.next())
        }
        for person in [5, 9] {
            let provider = try Fixture.person(person)
            self.ledger.logged(
                .challengeFailed(provider: provider, content: Fixture.content),
                at: self.next()
            )
        }
    }

    // MARK: This node

    mutating func own() throws {
        for person in [1, 2] {
            let fact = OwnFact.served(peer: try Fixture.person(person))
            self.ledger.logged(fact.fact(recordedAt: Fixture.at(self.next())))
        }
        let bounds = try [(2, FixedPoint.one), (3, .zero)].map { person, score in
            ScoresReported.Bound(identity: try Fixture.person(person), score: score)
        }
        self.ledger.logged(ReportedScores(bounds).fact(recordedAt: Fixture.at(self.next())))
        self.ledger.logged(OwnFact.present.fact(recordedAt: Fixture.at(self.next())))
    }

    // MARK: Keys

    /// Two keys become one identity's, and a third takes the place of another one.
    mutating func joinKeys() throws {
        self.ledger.logged(try Fixture.link(1, 2, at: self.next()))
        self.ledger.logged(try Fixture.rotation(3, 13, at: self.next()))
    }
}
