import Messages
import Primitives
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
        #expect(market.requests.allSatisfy { $0.length == 1_048_576 })
        #expect(market.fetched.count == 1)
        #expect(try market.fetched.first?.get().size == bytes.count)
        #expect(market.blobs.bytes(of: Fixture.hash(bytes)) == bytes)
        #expect(!market.blobs.isAdopted(Fixture.hash(bytes)))
    }

    @Test("a peer that sends other bytes is left for the next one, and nothing of it is kept")
    func wrongHash() throws {
        let bytes = Fixture.artefact(self.chunk + 5)
        var forged = bytes
        forged[self.chunk + 1] ^= 1
        let market = Market()
        let query = try Fixture.fetch(bytes, from: [1, 2])
        let (liar, honest) = (try Fixture.node(1), try Fixture.node(2))
        try market.fetch(
            query,
            from: [liar: Market.serving(forged), honest: Market.serving(bytes)]
        )
        #expect(market.asked == [liar, liar, honest, honest])
        #expect(try market.fetched.first?.get().path.hasSuffix(Fixture.hash(bytes).hex) == true)
        #expect(market.machine.status.storedArtefacts == 1)
    }

    @Test("when nobody gives it the caller is told, and nothing is left behind")
    func nobody() throws {
        let bytes = Fixture.artefact(10)
        let market = Market()
        let query = try Fixture.fetch(bytes, from: [1, 2])
        try market.fetch(query, from: [try Fixture.node(2): Market.serving([9, 9, 9])])
        #expect(market.asked.count == 2)
        guard case .failure(let failure) = market.fetched.first else {
            Issue.record("no failure")
            return
        }
        #expect(failure.detail.contains("no reachable node gave \(Fixture.hash(bytes))"))
        #expect(market.machine.status.storedArtefacts == 0)
    }

    @Test(
        "a useless answer moves on to the next peer",
        arguments: ["nothing", "other size", "too much", "other artefact", "other offset"]
    )
    func useless(kind: String) throws {
        let bytes = Fixture.artefact(100)
        let other = SHA256Digest.hash([1]).hex
        let peer: Market.Peer = { request in
            var members = try Market.serving(bytes)(request) ?? []
            func replace(_ key: String, _ value: JSONValue) {
                members.removeAll { $0.0 == key }
                members.append((key, value))
            }
            switch kind {
            case "nothing":
                replace("data", .string(""))
                replace("total_size", .integer(0))
            case "other size": replace("total_size", .integer(101))
            case "too much": replace("data", .string(Base64.encode(bytes + [0])))
            case "other artefact": replace("content_hash", .string(other))
            default: replace("offset", .integer(1))
            }
            return members
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
        #expect(market.machine.status.storedArtefacts == 1)
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

    @Test("hosts known by SHARE are asked after the likely ones, each once")
    func hosts() throws {
        let bytes = Fixture.artefact(50)
        let market = Market()
        for host in [3, 2] {
            let share = try Fixture.share([bytes], by: host)
            _ = market.machine.judge(share)
        }
        let query = try Fixture.fetch(bytes, from: [2])
        try market.fetch(query)
        #expect(market.asked == [try Fixture.node(2), try Fixture.node(3)])
    }

    @Test("fetches under way are bounded; who comes too late is told so, and has room later")
    func bounded() throws {
        let market = Market()
        for number in 0..<StorageMarketLimits.tasksMax {
            let query = try Fixture.fetch([UInt8(number)], from: [1])
            let actions = market.machine.fetch(query, for: Fixture.asker())
            let requests = actions.filter { if case .request = $0 { true } else { false } }
            #expect(requests.count == 1)
        }
        try market.fetch(try Fixture.fetch([255], from: [1]))
        #expect(throws: ContentFailure.self) { try market.fetched.last?.get() }
        #expect(market.asked.isEmpty)
        let exchange = OutboundExchange(
            opener: .storageMarket,
            id: 1,
            peer: try Fixture.node(1),
            streamProtocol: .content
        )
        try market.perform(market.machine.failed(exchange))
        try market.fetch(try Fixture.fetch([255], from: [2]))
        #expect(market.asked == [try Fixture.node(2)])
    }

    @Test("an exchange that another subsystem opened is none of the market's, whatever its number")
    func foreignExchange() throws {
        let market = Market()
        let query = try Fixture.fetch([1], from: [1, 2])
        _ = market.machine.fetch(query, for: Fixture.asker())
        let foreign = OutboundExchange(
            opener: .sync,
            id: 1,
            peer: try Fixture.node(1),
            streamProtocol: .sync
        )
        #expect(market.machine.failed(foreign).isEmpty)
    }
}
