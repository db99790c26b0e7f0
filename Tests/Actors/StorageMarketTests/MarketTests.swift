import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 Sharing and serving content")
struct MarketTests {
    /// Uploads bytes and asks the market to keep them.
    private func share(
        _ bytes: [UInt8],
        tags: [String],
        isDryRun: Bool = false,
        by market: Market
    ) async throws {
        let upload = market.blobs.beginUpload()
        try await upload.append(bytes)
        var query = ShareContent(
            upload: await upload.finish(),
            contentType: "text/plain",
            filename: "a.txt",
            description: nil,
            tags: tags
        )
        query.isDryRun = isDryRun
        try market.share(query)
        upload.discard()
    }

    @Test("ADR 0059: bytes of a dry run are described like shared ones, and not kept")
    func dryRun() async throws {
        let bytes = Fixture.artefact(30)
        let market = Market()
        try await self.share(bytes, tags: ["a"], isDryRun: true, by: market)
        #expect(market.blobs.bytes(of: Fixture.hash(bytes)) == nil)
        let dry = try #require(try market.shared.first?.get())
        try await self.share(bytes, tags: ["a"], by: market)
        #expect(try market.shared.last?.get() == dry)
        #expect(market.blobs.bytes(of: Fixture.hash(bytes)) == bytes)
    }

    @Test("R-06-004: shared bytes are kept under their hash, then offered")
    func share() async throws {
        let bytes = Fixture.artefact(30)
        let market = Market()
        try await self.share(bytes, tags: ["a"], by: market)
        #expect(market.blobs.bytes(of: Fixture.hash(bytes)) == bytes)
        let kept = try #require(try market.shared.first?.get())
        let entry = try #require(kept.offer.entries.first)
        #expect(entry.contentHash == Fixture.hash(bytes))
        #expect(entry.contentSize == 30)
        #expect(entry.filename == "a.txt")
        #expect(entry.description == nil)
        #expect(entry.tags == ["a"])
        #expect(kept.hash == Fixture.hash(bytes))
    }

    @Test("R-06-001: bytes of any type are shared, fetched and shown; nobody looks into them")
    func opaque() async throws {
        let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0 &* 197 ^ $0 >> 3) }
        let types = ["application/octet-stream", "application/x-nobody-knows", "no type at all"]
        for type in types {
            let market = Market()
            let upload = market.blobs.beginUpload()
            try await upload.append(bytes)
            let query = ShareContent(
                upload: await upload.finish(),
                contentType: type,
                filename: nil,
                description: nil,
                tags: []
            )
            try market.share(query)
            #expect(try market.shared.first?.get().offer.entries.first?.contentType == type)
            let other = Market()
            let peer = try Fixture.node(1)
            try other.fetch(
                try Fixture.fetch(bytes, from: [1]),
                from: [peer: Market.serving(bytes)]
            )
            #expect(other.blobs.bytes(of: Fixture.hash(bytes)) == bytes)
        }
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
        #expect(market.machine.status().storedArtefacts == 0)
    }

    @Test("C3-11: peers are never served an artefact that is known to be damaged")
    func servesNoDamage() throws {
        let bytes = Fixture.artefact(100)
        let hash = Fixture.hash(bytes)
        let market = Market()
        try market.hold(bytes)
        market.blobs.damage(hash)
        try market.fetch(try Fixture.fetch(bytes, from: []))
        let answer = try market.ask(
            .contentRequest,
            [
                ("content_hash", .string(hash.hex)), ("offset", .integer(0)),
                ("length", .integer(10)),
            ]
        )
        #expect(answer?["total_size"]?.integer == 0)
        #expect(answer?["data"]?.string == "")
        let copy = try market.ask(.copyQuery, [("content_hash", .string(hash.hex))])
        #expect(copy?["has_copy"]?.bool == false)
    }

    @Test("R-06-013: a piece is answered with its place and the whole size, also at the end")
    func serve() throws {
        let bytes = Fixture.artefact(100)
        let market = Market()
        try market.hold(bytes)
        for (offset, length, expected) in [
            (0, 10, 0..<10), (90, 10, 90..<100), (95, 50, 95..<100), (100, 1, 100..<100),
            (5_000, 1, 100..<100),
        ] as [(Int64, Int64, Range<Int>)] {
            let answer = try market.ask(
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
        let answer = try market.ask(.contentRequest, members)
        #expect(answer?["data"]?.string == "")
        #expect(answer?["total_size"]?.integer == 0)
        let copy = try market.ask(.copyQuery, [("content_hash", hash)])
        #expect(copy?["has_copy"]?.bool == false)
    }

    @Test("few pieces are read at a time; the others wait, and each is answered where it was asked")
    func readsInTurn() throws {
        let bytes = Fixture.artefact(100)
        var machine = StorageMarketStateMachine(
            BlobInventory(held: [Fixture.hash(bytes): 100])
        )
        var reads: [UInt64] = []
        let asked = UInt64(StorageMarketLimits.piecesReadMax) + 3
        for number in 1...asked {
            let actions = machine.judge(
                try Self.request(bytes, from: Int64(number), number),
                now: Fixture.now
            )
            for case .read(_, let offset, _, let task) in actions {
                #expect(offset == Int(number))
                reads.append(task)
            }
        }
        #expect(reads.count == StorageMarketLimits.piecesReadMax)
        var answered: [UInt64] = []
        while !reads.isEmpty {
            let report = BlobReport(task: reads.removeFirst(), outcome: .piece([1]))
            for action in machine.reported(report, now: Fixture.now) {
                switch action {
                case .answer(let exchange, let payload):
                    answered.append(exchange.id)
                    #expect(payload.json["offset"]?.integer == Int64(exchange.id))
                case .read(_, _, _, let task): reads.append(task)
                default: Issue.record("\(action)")
                }
            }
        }
        #expect(answered == Array(1...asked))
    }

    private static func answer(in actions: [StorageMarketAction]) -> JSONValue? {
        for case .answer(_, let payload) in actions { return Fixture.read(payload) }
        return nil
    }

    private static func request(_ bytes: [UInt8], from offset: Int64, _ exchange: UInt64) throws
        -> AdmittedMessage
    {
        let members: [Draft.Member] = [
            ("content_hash", .string(Fixture.hash(bytes).hex)), ("offset", .integer(offset)),
            ("length", .integer(1)),
        ]
        let origin = InboundExchange(
            id: exchange,
            peer: try Fixture.node(8),
            streamProtocol: .content
        )
        return try Fixture.admitted(
            Draft(.contentRequest, members),
            by: 8,
            origin: .exchange(origin)
        )
    }

    @Test(
        "D-71: who asks while too many wait, or for what cannot be read, is told at once: nothing"
    )
    func cannotServe() throws {
        let bytes = Fixture.artefact(100)
        var machine = StorageMarketStateMachine(
            BlobInventory(held: [Fixture.hash(bytes): 100])
        )
        let room = StorageMarketLimits.piecesReadMax + StorageMarketLimits.piecesWaitingMax
        let request = try Self.request(bytes, from: 0, 1)
        var reads: [UInt64] = []
        for _ in 0..<room {
            for action in machine.judge(request, now: Fixture.now) {
                if case .read(_, _, _, let task) = action { reads.append(task) }
            }
        }
        #expect(reads.count == StorageMarketLimits.piecesReadMax)
        let refusal = try #require(Self.answer(in: machine.judge(request, now: Fixture.now)))
        #expect(refusal["total_size"]?.integer == 0)
        let error = BlobError.file(operation: "read", path: "/", cause: "broken")
        let report = BlobReport(task: reads[0], outcome: .failed(error))
        let unreadable = try #require(Self.answer(in: machine.reported(report, now: Fixture.now)))
        #expect(unreadable["total_size"]?.integer == 0)
        #expect(unreadable["data"]?.string == "")
        #expect(machine.status().storedArtefacts == 1)
    }

    @Test("a message of the market that opens or answers an exchange is refused")
    func wrongPlace() throws {
        let market = Market()
        let share = try Fixture.share([[1]], by: 1)
        let exchange = InboundExchange(
            id: 1,
            peer: try Fixture.node(8),
            streamProtocol: .content
        )
        let misplaced = share.message.admitted(from: .exchange(exchange))
        try market.judge(misplaced)
        #expect(market.refusals.map(\.code) == [.rule])
        #expect(market.machine.status().knownArtefacts == 0)
    }

    @Test("§4: replay gives the digest of the live node, in every order of arrival")
    func fold() throws {
        let messages = [
            try Fixture.share([[1], [2]], by: 1), try Fixture.share([[1]], by: 2),
            try Fixture.admitted(.flag(.dispute, on: Fixture.hash([1])), by: 3),
        ]
        let live = Market()
        let empty = live.machine.status().digest
        for message in messages {
            try live.judge(message)
            live.logged(message, isReplay: false)
        }
        #expect(live.machine.status().digest != empty)
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
            var replayed = StorageMarketStateMachine()
            for number in order {
                let message = messages[number]
                replayed.logged(MessageLogged(sequence: 1, admitted: message, isReplay: true))
            }
            #expect(replayed.status().digest == live.machine.status().digest)
            #expect(replayed.status().knownArtefacts == 2)
        }
    }

    @Test("what was judged live is not counted again when it is logged")
    func loggedOnce() throws {
        let market = Market()
        let share = try Fixture.share([[1]], by: 1)
        market.logged(share, isReplay: false)
        #expect(market.machine.status().knownArtefacts == 0)
    }
}
