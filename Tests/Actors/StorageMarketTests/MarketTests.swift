import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 Sharing and serving content")
struct MarketTests {
    private func exchange(_ number: UInt64 = 1) throws -> InboundExchange {
        InboundExchange(id: number, peer: try Fixture.node(8), streamProtocol: .content)
    }

    private func ask(
        _ market: Market,
        _ type: MessageType,
        _ members: [Draft.Member]
    ) throws -> JSONValue? {
        let admitted = try Fixture.admitted(
            Draft(type, members),
            by: 8,
            origin: .exchange(try self.exchange())
        )
        try market.perform(market.machine.judge(admitted, blobs: market.blobs))
        return market.answers.last
    }

    /// Uploads bytes and asks the market to keep them.
    private func share(_ bytes: [UInt8], tags: [String], by market: Market) async throws {
        let upload = market.blobs.beginUpload()
        try await upload.append(bytes)
        let query = ShareContent(
            upload: await upload.finish(),
            contentType: "text/plain",
            filename: "a.txt",
            description: nil,
            tags: tags
        )
        try market.perform(market.machine.share(query).actions)
        upload.discard()
    }

    @Test("R-06-004: shared bytes are kept under their hash, then offered")
    func share() async throws {
        let bytes = Fixture.artefact(30)
        let market = Market()
        try await self.share(bytes, tags: ["a"], by: market)
        #expect(market.blobs.size(of: Fixture.hash(bytes)) == 30)
        let kept = try #require(try market.shared.first?.get())
        let entry = try #require(kept.offer["entries"]?.elements?.first)
        #expect(entry["content_hash"]?.string == Fixture.hash(bytes).hex)
        #expect(entry["content_size"]?.integer == 30)
        #expect(entry["filename"]?.string == "a.txt")
        #expect(entry["description"] == nil)
        #expect(kept.hash == Fixture.hash(bytes))
    }

    @Test("C3-5: what nobody would take is refused before anything of it is kept")
    func unacceptable() async throws {
        let market = Market()
        try await self.share([1], tags: (0..<40).map { "tag\($0)" }, by: market)
        guard case .failure(let failure) = try #require(market.shared.first) else {
            Issue.record("not refused")
            return
        }
        #expect(failure.refusal?.code == .schema)
        #expect(failure.detail.contains("more than 20"))
        #expect(market.blobs.count == 0)
    }

    @Test("C3-11: peers are never served an artefact that is known to be damaged")
    func servesNoDamage() throws {
        let bytes = Fixture.artefact(100)
        let hash = Fixture.hash(bytes)
        let market = Market()
        market.blobs.store(bytes, as: hash, adopt: false, task: 0)
        market.blobs.damage(hash)
        let (_, actions) = market.machine.fetch(
            try Fixture.fetch(bytes, from: []),
            blobs: market.blobs
        )
        try market.perform(actions)
        let answer = try self.ask(
            market,
            .contentRequest,
            [
                ("content_hash", .string(hash.hex)), ("offset", .integer(0)),
                ("length", .integer(10)),
            ]
        )
        #expect(answer?["total_size"]?.integer == 0)
        #expect(answer?["data"]?.string == "")
        let copy = try self.ask(market, .copyQuery, [("content_hash", .string(hash.hex))])
        #expect(copy?["has_copy"]?.bool == false)
    }

    @Test("R-06-013: a piece is answered with its place and the whole size, also at the end")
    func serve() throws {
        let bytes = Fixture.artefact(100)
        let market = Market()
        market.blobs.store(bytes, as: Fixture.hash(bytes), adopt: false, task: 0)
        for (offset, length, expected) in [
            (0, 10, 0..<10), (90, 10, 90..<100), (95, 50, 95..<100), (100, 1, 100..<100),
            (5_000, 1, 100..<100),
        ] as [(Int64, Int64, Range<Int>)] {
            let answer = try self.ask(
                market,
                .contentRequest,
                [
                    ("content_hash", .string(Fixture.hash(bytes).hex)),
                    ("offset", .integer(offset)), ("length", .integer(length)),
                ]
            )
            let data = answer?["data"]?.string.flatMap { Base64.decode($0) }
            #expect(data == Array(bytes[expected]))
            #expect(answer?["offset"]?.integer == offset)
            #expect(answer?["total_size"]?.integer == 100)
        }
    }

    @Test("D-71: what is not held is answered with nothing of size 0")
    func notHeld() throws {
        let market = Market()
        let hash = JSONValue.string(Fixture.hash([1]).hex)
        let members: [(String, JSONValue)] = [
            ("content_hash", hash), ("offset", .integer(.max >> 12)), ("length", .integer(1)),
        ]
        let answer = try self.ask(market, .contentRequest, members)
        #expect(answer?["data"]?.string == "")
        #expect(answer?["total_size"]?.integer == 0)
        let copy = try self.ask(market, .copyQuery, [("content_hash", hash)])
        #expect(copy?["has_copy"]?.bool == false)
    }

    @Test("a message of the market that opens or answers an exchange is refused")
    func wrongPlace() throws {
        let market = Market()
        let share = try Fixture.share([[1]], by: 1)
        let misplaced = share.message.admitted(from: .exchange(try self.exchange()))
        guard
            case .refuse(_, let refusal) =
                market.machine.judge(misplaced, blobs: market.blobs).first
        else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.code == .rule)
        #expect(market.machine.index.count == 0)
    }

    @Test("§4: replay gives the digest of the live node, in every order of arrival")
    func fold() throws {
        let messages = [
            try Fixture.share([[1], [2]], by: 1), try Fixture.share([[1]], by: 2),
            try Fixture.admitted(.flag(.dispute, on: Fixture.hash([1])), by: 3),
        ]
        let live = Market()
        let empty = live.machine.digest
        for message in messages { _ = live.machine.judge(message, blobs: live.blobs) }
        #expect(live.machine.digest != empty)
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            var replayed = StorageMarketStateMachine()
            for number in order { replayed.apply(messages[number].message) }
            #expect(replayed.digest == live.machine.digest)
            #expect(replayed.index.hosts(of: Fixture.hash([1])).count == 2)
        }
    }

    @Test("hosts of one artefact are bounded")
    func hostsBounded() throws {
        var machine = StorageMarketStateMachine()
        for host in 0..<StorageMarketLimits.hostsPerArtefactMax + 5 {
            machine.apply(try Fixture.share([[1]], by: host).message)
        }
        let hosts = machine.index.hosts(of: Fixture.hash([1]))
        #expect(hosts.count == StorageMarketLimits.hostsPerArtefactMax)
        #expect(hosts.first == (try Fixture.node(0)))
    }
}
