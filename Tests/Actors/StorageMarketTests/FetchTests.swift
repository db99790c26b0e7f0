import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 Fetching content")
struct FetchTests {
    private let chunk = StorageMarketLimits.chunkBytesMax

    private func path(_ market: Market) -> String? {
        try? market.fetched.last?.get().path
    }

    @Test("R-06-012, R-06-014, R-16-116: an artefact is fetched in pieces of a MiB, and kept")
    func pieces() throws {
        let bytes = Fixture.artefact(2 * self.chunk + 17)
        let market = Market()
        let query = try Fixture.fetch(bytes, from: [1], size: bytes.count)
        let peer = try Fixture.node(1)
        try market.fetch(query, from: [peer: Market.serving(bytes)])
        #expect(market.asked == [peer, peer, peer])
        #expect(market.requests.map(\.offset) == [0, 1_048_576, 2_097_152])
        #expect(market.requests.map(\.length) == [1_048_576, 1_048_576, 17])
        #expect(market.fetched.count == 1)
        #expect(try market.fetched.first?.get().size == bytes.count)
        #expect(market.blobs.bytes(of: Fixture.hash(bytes)) == bytes)
        #expect(!market.blobs.isAdopted(Fixture.hash(bytes)))
    }

    @Test(
        "T20: what a peer calls an artefact chooses no path",
        arguments: ["../../../../etc/cron.d/x", "/etc/passwd", "a/../b", "\0", "con", ".ssh", "~"]
    )
    func names(filename: String) throws {
        let bytes = Fixture.artefact(100)
        let market = Market()
        let described = ContentDescription(
            contentHash: Fixture.hash(bytes),
            contentType: "text/\(filename)",
            contentSize: 100,
            filename: filename,
            description: filename,
            tags: [filename]
        )
        try market.judge(try Fixture.admitted(Draft(Share(entries: [described])), by: 1))
        let peer = try Fixture.node(1)
        try market.fetch(try Fixture.fetch(bytes, from: []), from: [peer: Market.serving(bytes)])
        let stored = try #require(try market.fetched.last?.get())
        #expect(stored.path.hasSuffix("/\(Fixture.hash(bytes).hex)"))
        #expect(!stored.path.contains(filename))
    }

    @Test("R-06-022, R-07-008: what nobody shares is fetched from those who keep it for rent")
    func contracted() throws {
        let bytes = Fixture.artefact(100)
        let market = Market()
        try market.judge(try Fixture.admitted(.upload(bytes), by: 1))
        let uploader = try Fixture.node(1)
        try market.fetch(
            try Fixture.fetch(bytes, from: []),
            from: [uploader: Market.serving(bytes)]
        )
        #expect(market.asked == [uploader])
        #expect(market.blobs.bytes(of: Fixture.hash(bytes)) == bytes)
    }

    @Test("when nobody gives it the caller is told after a few tries, and nothing is left behind")
    func nobody() throws {
        let bytes = Fixture.artefact(10)
        let market = Market()
        let query = try Fixture.fetch(bytes, from: [1, 2])
        try market.fetch(query, from: [try Fixture.node(2): Market.serving([9, 9, 9])])
        let mute = try Fixture.node(1)
        #expect(market.asked.count { $0 == mute } == StorageMarketLimits.hostFailuresMax)
        guard case .failure(let failure) = market.fetched.first else {
            Issue.record("no failure")
            return
        }
        #expect(failure.detail.contains("no reachable node gave \(Fixture.hash(bytes))"))
        #expect(market.machine.status().storedArtefacts == 0)
    }

    @Test(
        "a useless answer moves on to the next peer",
        arguments: ["nothing", "other size", "too much", "other artefact", "other offset"]
    )
    func useless(kind: String) throws {
        let bytes = Fixture.artefact(100)
        let peer: Market.Peer = { request in
            ContentResponse(
                contentHash: kind == "other artefact" ? Fixture.hash([1]) : request.contentHash,
                offset: kind == "other offset" ? 1 : request.offset,
                data: kind == "nothing" ? [] : kind == "too much" ? bytes + [0] : bytes,
                totalSize: kind == "nothing" ? 0 : kind == "other size" ? 101 : 100
            )
        }
        let market = Market()
        let query = try Fixture.fetch(bytes, from: [1, 2], size: 100)
        let (bad, good) = (try Fixture.node(1), try Fixture.node(2))
        try market.fetch(query, from: [bad: peer, good: Market.serving(bytes)])
        #expect(market.asked == [bad, good])
        #expect(try market.fetched.first?.get().size == 100)
    }

    @Test("D-63: an artefact that claims more than 100 MB is not even begun")
    func tooLarge() throws {
        let market = Market()
        let query = try Fixture.fetch([1], from: [1])
        let huge = Market.serving([1], total: 100_000_001)
        try market.fetch(query, from: [try Fixture.node(1): huge])
        #expect(market.asked.count == 1)
        #expect(throws: ContentFailure.self) { try market.fetched.first?.get() }
    }

    @Test("D-72: inline bytes are used instead of peers, and checked like theirs")
    func inline() throws {
        let bytes = Fixture.artefact(50)
        let market = Market()
        try market.fetch(try Fixture.fetch(bytes, from: [1], inline: bytes, adopt: true))
        #expect(market.asked.isEmpty)
        #expect(market.blobs.isAdopted(Fixture.hash(bytes)))
        #expect(self.path(market)?.contains("adopted") == true)
        try market.fetch(try Fixture.fetch([1, 2], from: [], inline: [1, 3]))
        #expect(throws: ContentFailure.self) { try market.fetched.last?.get() }
        #expect(market.machine.status().storedArtefacts == 1)
    }

    @Test("an artefact without a byte need not be fetched: its hash says all of it")
    func empty() throws {
        let market = Market()
        try market.fetch(try Fixture.fetch([], from: [1], size: 0))
        #expect(market.asked.isEmpty)
        #expect(try market.fetched.first?.get().size == 0)
    }

    @Test("an artefact that comes from peers is adopted when that was asked for")
    func adopted() throws {
        let bytes = Fixture.artefact(50)
        let market = Market()
        let query = try Fixture.fetch(bytes, from: [1], adopt: true)
        try market.fetch(query, from: [try Fixture.node(1): Market.serving(bytes)])
        #expect(market.blobs.isAdopted(Fixture.hash(bytes)))
        #expect(self.path(market)?.contains("adopted") == true)
    }

    @Test("what is held is not fetched again; adopting it links it")
    func held() throws {
        let bytes = Fixture.artefact(50)
        let market = Market()
        try market.hold(bytes)
        for adopt in [false, true] {
            let query = try Fixture.fetch(bytes, from: [1], adopt: adopt)
            try market.fetch(query)
            #expect(market.blobs.isAdopted(Fixture.hash(bytes)) == adopt)
        }
        #expect(market.asked.isEmpty)
        #expect(market.fetched.count == 2)
    }

    @Test("C3-11: an artefact that was damaged on disk is fetched again, adopted or not")
    func damaged() throws {
        for adopt in [false, true] {
            let bytes = Fixture.artefact(50)
            let market = Market()
            try market.hold(bytes)
            market.blobs.damage(Fixture.hash(bytes))
            let query = try Fixture.fetch(bytes, from: [1], adopt: adopt)
            let peer = try Fixture.node(1)
            try market.fetch(query, from: [peer: Market.serving(bytes)])
            #expect(market.asked == [peer])
            #expect(try market.fetched.last?.get().size == 50)
            #expect(market.blobs.bytes(of: Fixture.hash(bytes)) == bytes)
        }
    }

    @Test("C3-11: damage that nobody can repair is told, and not handed out")
    func beyondRepair() throws {
        let bytes = Fixture.artefact(50)
        let market = Market()
        try market.hold(bytes)
        market.blobs.damage(Fixture.hash(bytes))
        let query = try Fixture.fetch(bytes, from: [])
        try market.fetch(query)
        guard case .failure(let failure) = try #require(market.fetched.last) else {
            Issue.record("handed out")
            return
        }
        #expect(failure.detail.contains("damaged") && failure.detail.contains("no reachable node"))
    }

    @Test("hosts known by SHARE are asked after the likely ones, each in its turn, and not itself")
    func hosts() throws {
        let bytes = Fixture.artefact(4 * self.chunk)
        let market = Market(own: try Fixture.node(9))
        for host in [3, 2] { try market.judge(try Fixture.share([bytes], by: host)) }
        let own = try Fixture.share([Fixture.described(bytes)], by: 9, origin: .local(nil))
        try market.judge(own)
        let query = try Fixture.fetch(bytes, from: [2], size: bytes.count)
        market.silent = [try Fixture.node(2), try Fixture.node(3)]
        try market.begin(query)
        let (two, three) = (try Fixture.node(2), try Fixture.node(3))
        #expect(market.asked == [two, three, two, three])
    }

    @Test("fetches under way are bounded; who comes too late is told so, and has room later")
    func bounded() throws {
        let market = Market()
        let peer = try Fixture.node(1)
        market.silent = [peer]
        for number in 0..<StorageMarketLimits.tasksMax {
            try market.begin(try Fixture.fetch([UInt8(number)], from: [1]))
        }
        #expect(market.asked.count == StorageMarketLimits.downloadsActiveMax)
        try market.begin(try Fixture.fetch([255], from: [1]))
        #expect(throws: ContentFailure.self) { try market.fetched.last?.get() }
        while market.fetched.count < 2 { try market.sleep() }
        market.silent = []
        let late = try Fixture.fetch([255], from: [1])
        let before = market.fetched.count
        try market.fetch(late, from: [peer: Market.serving([255])])
        #expect(market.fetched.count > before)
        #expect(market.blobs.bytes(of: Fixture.hash([255])) == [255])
    }

    @Test("an exchange that another subsystem opened is none of the market's, whatever its number")
    func foreignExchange() throws {
        var machine = StorageMarketStateMachine()
        let query = try Fixture.fetch([1], from: [1, 2])
        let actions = machine.fetch(query, for: Fixture.asker(), now: Fixture.now)
        guard case .request(let exchange, _) = try #require(actions.first) else {
            Issue.record("asked nobody")
            return
        }
        let foreign = OutboundExchange(
            opener: .sync,
            id: exchange.id,
            peer: exchange.peer,
            streamProtocol: .sync
        )
        #expect(machine.failed(foreign, now: Fixture.now).isEmpty)
        #expect(!machine.failed(exchange, now: Fixture.now).isEmpty)
    }
}
