import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 Artefacts that flags or votes are about")
struct StandingsTests {
    private static let bytes = Fixture.artefact(30)
    private static let hash = Fixture.hash(bytes)

    private static func market(_ standing: ContentStanding) throws -> Market {
        let market = Market()
        try market.hold(Self.bytes)
        try market.weighed(Self.hash, standing)
        return market
    }

    private static func read(_ market: Market) throws -> Int64? {
        try market.ask(
            .contentRequest,
            [
                ("content_hash", .string(Self.hash.hex)), ("offset", .integer(0)),
                ("length", .integer(10)),
            ]
        )?["total_size"]?.integer
    }

    private static func query(_ market: Market) throws -> Bool? {
        try market.ask(.copyQuery, [("content_hash", .string(Self.hash.hex))])?["has_copy"]?.bool
    }

    @Test(
        "R-06-128, R-06-132, R-06-133, D-71: what is not clean is not served, and only the last goes",
        arguments: ContentStanding.allCases
    )
    func serving(standing: ContentStanding) throws {
        let market = try Self.market(standing)
        #expect(try Self.read(market) == (standing == .clean ? 30 : 0))
        #expect(try Self.query(market) == (standing == .clean))
        #expect((market.blobs.bytes(of: Self.hash) == nil) == (standing == .condemned))
        #expect(market.machine.status().storedArtefacts == (standing == .condemned ? 0 : 1))
        try market.weighed(Self.hash, .clean)
        #expect(try Self.query(market) == (standing != .condemned))
    }

    @Test("R-06-128: who reads a disputed artefact already goes on, of an illegal one nobody does")
    func readers() throws {
        let market = try Self.market(.clean)
        #expect(try Self.read(market) == 30)
        for (standing, size) in [(.deprioritised, 30), (.withheld, 0), (.deprioritised, 30)]
            as [(ContentStanding, Int64)]
        {
            try market.weighed(Self.hash, standing)
            #expect(try Self.read(market) == size)
        }
    }

    @Test("readers are bounded, and the older ones are new again")
    func manyReaders() throws {
        var standings = Standings()
        let content = Self.hash
        let peers = try (0...StorageMarketLimits.readersMax).map { try Fixture.node($0) }
        for peer in peers { standings.reads(content, peer) }
        standings.weighed(ContentWeighed(content, .deprioritised))
        let served = peers.filter { standings.isServed(content, to: $0) }
        #expect(served == Array(peers.suffix(StorageMarketLimits.readersMax / 2 + 1)))
    }

    @Test("R-06-133: what is condemned comes here by no way, and goes if it came")
    func comesNot() async throws {
        let market = Market()
        try market.weighed(Self.hash, .condemned)
        try market.fetch(try Fixture.fetch(Self.bytes, from: []))
        guard case .failure(let failure) = try #require(market.fetched.first) else {
            Issue.record("it was fetched")
            return
        }
        #expect(failure.detail.contains("condemned"))
        try market.hold(Self.bytes)
        #expect(market.blobs.bytes(of: Self.hash) == nil)
        let upload = market.blobs.beginUpload()
        try await upload.append(Self.bytes)
        let query = ShareContent(
            upload: await upload.finish(),
            contentType: "text/plain",
            filename: nil,
            description: nil,
            tags: []
        )
        try market.share(query)
        guard case .failure? = market.shared.first else {
            Issue.record("it was shared")
            return
        }
        #expect(market.blobs.bytes(of: Self.hash) == nil)
    }

    @Test("R-06-133: a download of what is condemned ends, and its pieces go")
    func underWay() throws {
        let market = Market()
        market.silent = [try Fixture.node(1)]
        try market.begin(try Fixture.fetch(Self.bytes, from: [1]))
        #expect(market.machine.progress.rows.count == 1)
        try market.weighed(Self.hash, .condemned)
        #expect(market.machine.progress.rows.isEmpty)
        #expect(market.fetched.count == 1)
        #expect(throws: ContentFailure.self) { try market.fetched.first?.get() }
    }

    @Test("what flags make of an artefact is told with what is found")
    func found() throws {
        let market = Market()
        try market.judge(try Fixture.share([Self.bytes], by: 1))
        try market.weighed(Self.hash, .withheld)
        let question = FindContent(text: "", tags: [], limit: 5)
        let found = market.machine.find(question, now: market.now).found
        #expect(found.map(\.standing) == [.withheld])
    }

    @Test("R-06-128: disputed artefacts go first when there is no room, no more than are needed")
    func room() throws {
        let held = (1...4).map { Fixture.artefact(10 + $0) }
        let hashes = held.map(Fixture.hash)
        let market = Market()
        for bytes in held { try market.hold(bytes) }
        for (hash, standing) in [
            (hashes[0], ContentStanding.withheld), (hashes[1], .deprioritised),
            (hashes[2], .deprioritised),
        ] {
            try market.weighed(hash, standing)
        }
        for left in [[0, 2, 3], [0, 3], [0, 3]] {
            try market.report(1_000, .failed(.noRoom(bytes: 5)))
            #expect(hashes.indices.filter { market.blobs.bytes(of: hashes[$0]) != nil } == left)
        }
    }

    @Test("R-06-123: others are told what lies on the disk at the start, and what comes to it")
    func held() throws {
        let market = Market()
        try market.hold(Self.bytes)
        try market.hold(Self.bytes)
        #expect(market.told == [ContentHeld([Self.hash])])
        try market.replayed()
        #expect(market.told == [ContentHeld([Self.hash]), ContentHeld([Self.hash])])
    }

    @Test("a copy is whole, damaged or not there, and its artefact has a standing")
    func verify() throws {
        let market = try Self.market(.deprioritised)
        try market.verify(Self.hash)
        market.blobs.damage(Self.hash)
        for _ in 0..<2 { try market.verify(Self.hash) }
        let copies = try market.verified.map { try $0.outcome.get() }
        #expect(copies == [.whole(bytes: 30), .damaged, .absent])
        #expect(market.verified.allSatisfy { $0.standing == .deprioritised })
    }
}
