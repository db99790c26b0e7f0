import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("§6 What this node's own hash databases list")
struct HashMatchTests {
    private static let contents = (1...3).map { ContentHash(Fixture.id($0).bytes) }

    /// This node with a score, and a database that lists two of three artefacts.
    private static func machine(score: Int64 = 600_000) throws -> ReputationStateMachine {
        let own = try Fixture.person(0)
        var configuration = ReputationConfiguration(
            genesis: [.init(identity: own, score: FixedPoint(millionths: score))],
            ownIdentity: own
        )
        configuration.hashDatabases = HashDatabases(["ncmec": Array(Self.contents.prefix(2))])
        return ReputationStateMachine(configuration: configuration)
    }

    private static func flags(in actions: [ReputationAction]) -> [Flag] {
        actions.compactMap { if case .flag(let flag) = $0 { flag } else { nil } }
    }

    private static func news(in actions: [ReputationAction]) -> [ContentWeighed] {
        actions.compactMap { if case .tell(let news) = $0 { news } else { nil } }
    }

    private static func logged(_ flag: Flag, at offset: Int64) throws -> AdmittedMessage {
        try Fixture.admitted(Draft(flag), by: 0, at: offset)
    }

    @Test("R-06-123, R-06-125: what is held and listed is flagged with its match, and withheld")
    func match() throws {
        var machine = try Self.machine()
        _ = machine.replayFinished()
        let actions = machine.held(ContentHeld(Self.contents))
        let flag = try #require(Self.flags(in: actions).first)
        #expect(Self.flags(in: actions).count == 1)
        #expect(flag.contentHash == Self.contents[0])
        #expect(flag.severity == .illegal)
        #expect(flag.hashMatch == "ncmec:\(Self.contents[0])")
        #expect(throws: Never.self) { try flag.check(at: Fixture.at(0)) }
        #expect(
            Self.news(in: actions) == Self.contents.prefix(2).map { ContentWeighed($0, .withheld) }
        )
    }

    @Test("R-06-126, R-06-127: below 0.5 nothing is flagged, and still nothing of it is served")
    func gate() throws {
        for (score, count) in [(499_999, 0), (500_000, 1)] as [(Int64, Int)] {
            var machine = try Self.machine(score: score)
            _ = machine.replayFinished()
            let actions = machine.held(ContentHeld(Self.contents))
            #expect(Self.flags(in: actions).count == count)
            #expect(Self.news(in: actions).count == 2)
        }
    }

    @Test("R-06-127: flags go out one after another, as long as the score permits the next one")
    func oneAfterAnother() throws {
        for (score, isLast) in [(600_000, false), (510_000, true)] as [(Int64, Bool)] {
            var machine = try Self.machine(score: score)
            _ = machine.replayFinished()
            let held = ContentHeld(Self.contents)
            let first = try #require(Self.flags(in: machine.held(held)).first)
            #expect(Self.flags(in: machine.held(held)).isEmpty)
            let next = Self.flags(in: machine.logged(try Self.logged(first, at: 3)))
            #expect(next.map(\.contentHash) == (isLast ? [] : [Self.contents[1]]))
        }
    }

    @Test("R-06-123: a flag that did not reach the log is sent again, one that did never is")
    func again() throws {
        var machine = try Self.machine()
        _ = machine.replayFinished()
        let held = ContentHeld([Self.contents[0]])
        let flag = try #require(Self.flags(in: machine.held(held)).first)
        #expect(Self.flags(in: machine.woke(now: Fixture.at(1), entropy: 0)) == [flag])
        _ = machine.logged(try Self.logged(flag, at: 3))
        #expect(Self.flags(in: machine.woke(now: Fixture.at(4), entropy: 0)).isEmpty)
        // Nor after a vote against it, nor after a restart.
        let rejection = try Fixture.decision(
            on: Fixture.id(1),
            .rejected,
            resolution: Fixture.upholding(Self.contents[0]),
            at: Fixture.day
        )
        _ = machine.logged(rejection)
        #expect(Self.flags(in: machine.woke(now: Fixture.at(4), entropy: 0)).isEmpty)
        machine = try Self.machine()
        #expect(Self.flags(in: machine.logged(try Self.logged(flag, at: 3))).isEmpty)
        #expect(Self.flags(in: machine.held(held)).isEmpty)
        #expect(Self.flags(in: machine.replayFinished()).isEmpty)
    }

    @Test("after the replay every standing that is not clean is told, and none before")
    func replayed() throws {
        var machine = try Self.machine()
        let flag = Flag(
            contentHash: Self.contents[2],
            severity: .illegal,
            category: .malware,
            details: "d"
        )
        #expect(Self.news(in: machine.logged(try Self.logged(flag, at: 3))).isEmpty)
        let told = Self.news(in: machine.replayFinished())
        #expect(told == [ContentWeighed(Self.contents[2], .withheld)])
    }
}

@Suite("R-06-123 Hash databases")
struct HashDatabaseTests {
    @Test("each hash of a list is found, and no other")
    func lookUp() {
        let hashes = (0..<100).map { ContentHash(Fixture.id($0).bytes) }
        let databases = HashDatabases(["b": Array(hashes[..<50]), "a": [hashes[7]], "c": []])
        #expect(databases.names == ["a", "b", "c"])
        #expect(hashes[..<50].allSatisfy { databases.isListed($0, in: "b") })
        #expect(!hashes[50...].contains { databases.isListed($0, in: "b") })
        for (number, hash) in hashes.enumerated() {
            let name = number == 7 ? "a" : number < 50 ? "b" : nil
            #expect(databases.database(listing: hash) == name)
        }
        #expect(!databases.isListed(hashes[0], in: "d"))
        #expect(HashDatabases.none.isEmpty)
    }

    @Test(
        "D-77: a flag claims the database before the first colon, in lower case",
        arguments: [
            (nil, nil), ("ncmec:2024:1", "ncmec"), ("NCMEC:1", "ncmec"), ("ncmec", "ncmec"),
            (":1", ""),
        ] as [(String?, String?)]
    )
    func claim(match: String?, database: String?) {
        let flag = Flag(
            contentHash: ContentHash(Fixture.id(1).bytes),
            severity: .illegal,
            category: .csam,
            details: "",
            hashMatch: match
        )
        #expect(flag.claimedDatabase == database)
    }
}
