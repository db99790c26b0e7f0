import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("§6 What flags make of an artefact (D-77)")
struct ContentStandingTests {
    private static let databases = HashDatabases([
        "ncmec": [Fixture.content], "other": [Fixture.content],
    ])

    /// People 1 to 8 with 0.6 in as many networks as named, the last of which stands for all others.
    private static func ledger(
        networks: [Int] = [1, 2, 3],
        databases: HashDatabases = .none
    ) throws -> Bookkeeping {
        let founders = Dictionary(uniqueKeysWithValues: (1...9).map { ($0, Int64(600_000)) })
        var ledger = try Fixture.ledger(founders: founders) { $0.hashDatabases = databases }
        for person in 1...8 {
            let network = networks[min(person, networks.count) - 1]
            ledger.logged(try Fixture.announcement(by: person, at: 0, network: network))
        }
        ledger.logged(try Fixture.share(by: 9, at: 1))
        return ledger
    }

    private static func flag(
        _ severity: Flag.Severity = .illegal,
        by people: ClosedRange<Int>,
        at offset: Int64 = 3,
        in ledger: inout Bookkeeping
    ) throws {
        for person in people {
            ledger.logged(try Fixture.flag(severity, by: person, at: offset))
        }
    }

    private static func vote(
        _ state: ProposalState,
        _ kind: Propose.Resolution.Kind = .flag,
        at offset: Int64 = Fixture.day,
        in ledger: inout Bookkeeping
    ) throws {
        ledger.logged(
            try Fixture.decision(
                on: Fixture.id(1),
                state,
                resolution: Fixture.upholding(Fixture.content, kind),
                at: offset
            )
        )
    }

    // MARK: Thresholds

    @Test(
        "R-06-128, FLAG-N07 to N09: five disputes from three networks deprioritise",
        arguments: [
            (4, [1, 2, 3], .clean), (5, [1, 2], .clean), (5, [1, 2, 3], .deprioritised),
        ] as [(Int, [Int], ContentStanding)]
    )
    func disputes(count: Int, networks: [Int], standing: ContentStanding) throws {
        var ledger = try Self.ledger(networks: networks)
        try Self.flag(.dispute, by: 1...count, in: &ledger)
        #expect(ledger.standing == standing)
    }

    @Test(
        "R-06-130, R-06-131, R-06-132, R-16-104: one illegal flag withholds, five from three networks condemn",
        arguments: [
            (1, [1, 2, 3], .withheld), (4, [1, 2, 3], .withheld), (5, [1, 2], .withheld),
            (5, [1, 2, 3], .condemned),
        ] as [(Int, [Int], ContentStanding)]
    )
    func illegal(count: Int, networks: [Int], standing: ContentStanding) throws {
        var ledger = try Self.ledger(networks: networks)
        try Self.flag(by: 1...count, in: &ledger)
        #expect(ledger.standing == standing)
    }

    @Test("T8: five flags of one identity are one, and 0.49 is not heard about what is illegal")
    func griefing() throws {
        var ledger = try Self.ledger()
        for number in 0..<5 as Range<Int64> {
            ledger.logged(try Fixture.flag(.illegal, by: 1, at: 3 + number))
        }
        #expect(ledger.standing == .withheld)
        #expect(try ledger.direct(1) == 580_000)
        let poor = Dictionary(uniqueKeysWithValues: (1...8).map { ($0, Int64(490_000)) })
        ledger = try Fixture.ledger(founders: poor)
        for person in 1...8 {
            ledger.logged(try Fixture.announcement(by: person, at: 0, network: person))
        }
        try Self.flag(by: 1...8, in: &ledger)
        #expect(ledger.standing == .clean)
    }

    @Test("T8: flags from two networks delete nothing, in any number")
    func twoNetworks() throws {
        var ledger = try Self.ledger(networks: [1, 2])
        try Self.flag(by: 1...8, in: &ledger)
        #expect(ledger.standing == .withheld)
    }

    @Test(
        "T8, R-06-124, R-06-125: matches count of databases that this node has and finds them in",
        arguments: [
            (["ncmec:1", "other:2"], databases, .condemned),
            (["NCMEC:1", "Other:2"], databases, .condemned),
            (["ncmec:1", "ncmec:2"], databases, .withheld),
            (["ncmec:1", nil], databases, .withheld),
            (["ncmec:1", "invented:2"], databases, .withheld),
            (["ncmec:1", "other:2"], .none, .withheld),
            (
                ["ncmec:1", "other:2"],
                HashDatabases(["ncmec": [Fixture.content], "other": []]), .withheld
            ),
        ] as [([String?], HashDatabases, ContentStanding)]
    )
    func matches(claims: [String?], databases: HashDatabases, standing: ContentStanding) throws {
        var ledger = try Self.ledger(databases: databases)
        for (number, claim) in claims.enumerated() {
            let flag = try Fixture.flag(.illegal, by: 1 + number, at: 3, hashMatch: claim)
            ledger.logged(flag)
        }
        #expect(ledger.standing == standing)
        // Two databases of one identity are one.
        var alone = try Self.ledger(databases: databases)
        for (number, claim) in claims.enumerated() {
            let time = 3 + Int64(number)
            alone.logged(try Fixture.flag(.illegal, by: 1, at: time, hashMatch: claim))
        }
        #expect(alone.standing == .withheld)
    }

    // MARK: Orders

    @Test("D-77, R-12-023, R-12-024: flags and announcements in any order of arrival end alike")
    func orders() throws {
        var ends: Set<String> = []
        let flags = try (1...5).map { try Fixture.flag(.illegal, by: $0, at: Int64($0)) }
        for order in permutations(flags) {
            var ledger = try Self.ledger()
            for flag in order { ledger.logged(flag) }
            #expect(ledger.standing == .condemned)
            ends.insert(ledger.flags.agreed)
        }
        #expect(ends.count == 1)
    }

    @Test("D-77: of several flags of one identity the latest stands, in any order of arrival")
    func latest() throws {
        let said: [(Flag.Severity, String?)] = [
            (.illegal, nil), (.illegal, "ncmec:1"), (.dispute, nil), (.illegal, "other:1"),
        ]
        let flags = try said.enumerated().map { number, said in
            try Fixture.flag(said.0, by: 1, at: Int64(3 + number), hashMatch: said.1)
        }
        var ends: Set<String> = []
        for order in permutations(flags) {
            var ledger = try Self.ledger(databases: Self.databases)
            ledger.logged(try Fixture.flag(.illegal, by: 2, at: 3, hashMatch: "other:2"))
            for flag in order { ledger.logged(flag) }
            let open = ledger.flags.book.flag(of: try Fixture.person(1), on: Fixture.content)
            #expect(open?.word.database == "other")
            #expect(try ledger.direct(1) == 580_000)
            ends.insert(ledger.flags.book.agreed)
        }
        #expect(ends.count == 1)
    }

    @Test("D-14: what revoked keys said condemns nothing, whichever is heard first")
    func revoked() throws {
        let revocation = try Fixture.admitted(
            .revocation(try Fixture.person(5), try Fixture.person(15), from: Fixture.at(20)),
            by: 5,
            at: 40
        )
        let last = try Fixture.flag(.illegal, by: 15, at: 30)
        for (more, standing) in [(4, .withheld), (6, .condemned)] as [(Int, ContentStanding)] {
            for order in permutations([last, revocation]) {
                var ledger = try Self.ledger()
                ledger.logged(try Fixture.link(5, 15, at: 10))
                for person in [1, 2, 3, 4, 6, 7].prefix(more) {
                    ledger.logged(try Fixture.flag(.illegal, by: person, at: 30))
                }
                for message in order { ledger.logged(message) }
                #expect(ledger.standing == standing)
            }
        }
    }

    @Test("D-14: the flag of a revoked key gives way to an earlier one of the same identity")
    func replaced() throws {
        let revocation = try Fixture.admitted(
            .revocation(try Fixture.person(5), try Fixture.person(15), from: Fixture.at(20)),
            by: 5,
            at: 40
        )
        var ledger = try Self.ledger()
        ledger.logged(try Fixture.link(5, 15, at: 10))
        try Self.flag(by: 1...5, at: 12, in: &ledger)
        ledger.logged(try Fixture.flag(.illegal, by: 15, at: 30))
        ledger.logged(revocation)
        #expect(ledger.standing == .condemned)
    }

    // MARK: Ends

    @Test("R-12-024, MERGE-N12: what is condemned stays so when its flags lapse or shrink")
    func lasting() throws {
        var ledger = try Self.ledger()
        try Self.flag(by: 1...5, in: &ledger)
        ledger.logged(try Fixture.link(1, 2, at: 4))
        #expect(ledger.standing == .condemned)
        ledger.logged(try Fixture.flag(.dispute, by: 3, at: 5))
        #expect(ledger.standing == .condemned)
        ledger.logged(try Fixture.announcement(by: 8, at: 91 * Fixture.day))
        #expect(ledger.flags.book.isFlagged(Fixture.content) == false)
        #expect(ledger.standing == .condemned)
    }

    @Test("D-77: what is only withheld or disputed is clean again when its flags lapse")
    func lapsed() throws {
        for severity in Flag.Severity.allCases {
            var ledger = try Self.ledger(networks: severity == .illegal ? [1, 2] : [1, 2, 3])
            try Self.flag(severity, by: 1...5, in: &ledger)
            #expect(ledger.standing != .clean)
            ledger.logged(try Fixture.announcement(by: 8, at: 91 * Fixture.day))
            #expect(ledger.standing == .clean)
        }
    }

    @Test("R-06-129, D-77: a vote against flags ends what they made, one for them makes it last")
    func decided() throws {
        var ledger = try Self.ledger()
        try Self.flag(by: 1...5, in: &ledger)
        try Self.vote(.rejected, in: &ledger)
        #expect(ledger.standing == .clean)
        for severity in Flag.Severity.allCases {
            ledger = try Self.ledger()
            try Self.flag(severity, by: 1...2, in: &ledger)
            try Self.vote(.ratified, in: &ledger)
            ledger.logged(try Fixture.announcement(by: 8, at: 91 * Fixture.day))
            #expect(ledger.standing == .condemned)
        }
    }

    @Test("R-06-136, R-06-138: a ban removes what its subject brought, where bans are enforced")
    func banned() throws {
        for isEnforced in [true, false] {
            var ledger = try Fixture.ledger(founders: [8: 600_000, 9: 600_000]) {
                $0.enforcesBans = isEnforced
            }
            let other: [UInt8] = [2]
            ledger.logged(try Fixture.share(by: 9, at: 1))
            ledger.logged(try Fixture.share(by: 8, at: 2))
            ledger.logged(try Fixture.admitted(.share([other]), by: 8, at: 3))
            ledger.logged(try Fixture.ban(of: 9, at: Fixture.day))
            #expect((ledger.standing == .condemned) == isEnforced)
            let others = ContentHash(SHA256Digest.hash(other))
            #expect(ledger.flags.standing(of: others, ledger.ledger) == .clean)
        }
    }

    @Test("R-06-136: content whose earlier source becomes known was not brought by the banned one")
    func otherSource() throws {
        var ledger = try Fixture.ledger(founders: [8: 600_000, 9: 600_000])
        ledger.logged(try Fixture.share(by: 9, at: 5))
        ledger.logged(try Fixture.ban(of: 9, at: 6))
        #expect(ledger.standing == .condemned)
        ledger.logged(try Fixture.share(by: 8, at: 1))
        #expect(ledger.standing == .clean)
    }

    // MARK: News

    @Test("a standing is told when it changes, once")
    func news() throws {
        var ledger = try Self.ledger()
        _ = ledger.takeWeighed()
        var told: [ContentStanding] = []
        for person in 1...6 {
            ledger.logged(try Fixture.flag(.illegal, by: person, at: Int64(person)))
            told += ledger.takeWeighed().map(\.standing)
        }
        #expect(told == [.withheld, .condemned])
        #expect(ledger.flags.weighed == [ContentWeighed(Fixture.content, .condemned)])
        try Self.vote(.rejected, in: &ledger)
        #expect(ledger.takeWeighed() == [ContentWeighed(Fixture.content, .clean)])
        #expect(ledger.flags.weighed.isEmpty)
    }

    @Test("D-25: networks that become known later condemn within the hour")
    func laterNetworks() throws {
        let founders = Dictionary(uniqueKeysWithValues: (1...5).map { ($0, Int64(600_000)) })
        var ledger = try Fixture.ledger(founders: founders)
        try Self.flag(by: 1...5, in: &ledger)
        #expect(ledger.standing == .withheld)
        for person in 1...3 {
            ledger.logged(try Fixture.announcement(by: person, at: 4, network: person))
        }
        ledger.logged(try Fixture.announcement(by: 7, at: 2 * Fixture.hour))
        #expect(ledger.standing == .condemned)
    }
}

extension Bookkeeping {
    /// The standing of the one artefact of these tests.
    fileprivate var standing: ContentStanding {
        self.flags.standing(of: Fixture.content, self.ledger)
    }
}
