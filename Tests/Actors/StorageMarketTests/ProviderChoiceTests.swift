import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 The choice of providers")
struct ProviderChoiceTests {
    private func candidate(
        _ number: Int,
        score: Int64 = 500_000,
        network: String,
        claim: Int64 = 0,
        isDoubtful: Bool = false
    ) throws -> ProviderCandidate {
        ProviderCandidate(
            identity: try Fixture.node(number),
            score: FixedPoint(millionths: score),
            network: NetworkName(network),
            weighedClaim: claim,
            isDoubtful: isDoubtful
        )
    }

    private func choose(
        _ count: Int,
        of candidates: [ProviderCandidate],
        beside kept: [ProviderCandidate] = [],
        seed: UInt8 = 1
    ) -> [NodeID] {
        var chance = Chance([seed])
        var choice = ProviderChoice(candidates, beside: kept, &chance)
        return choice.choose(count)
    }

    @Test("R-06-029: higher reputation comes first, as long as three networks are reached")
    func networks() throws {
        let candidates = [
            try self.candidate(1, score: 900_000, network: "a"),
            try self.candidate(2, score: 800_000, network: "a"),
            try self.candidate(3, score: 700_000, network: "a"),
            try self.candidate(4, score: 300_000, network: "b"),
            try self.candidate(5, score: 200_000, network: "c"),
        ]
        #expect(
            self.choose(3, of: candidates)
                == [try Fixture.node(1), try Fixture.node(4), try Fixture.node(5)]
        )
        let four = try [1, 4, 5, 2].map(Fixture.node)
        #expect(self.choose(4, of: candidates) == four)
    }

    @Test("R-06-029: where there are not three networks, reputation alone decides")
    func fewNetworks() throws {
        let candidates = [
            try self.candidate(1, score: 300_000, network: "a"),
            try self.candidate(2, score: 800_000, network: "a"),
            try self.candidate(3, score: 700_000, network: "a"),
        ]
        #expect(self.choose(2, of: candidates) == [try Fixture.node(2), try Fixture.node(3)])
        #expect(self.choose(5, of: candidates).count == 3)
    }

    @Test("R-06-029: the networks of copies that stay count")
    func besides() throws {
        let kept = [try self.candidate(1, network: "a"), try self.candidate(2, network: "b")]
        let candidates = [
            try self.candidate(3, score: 900_000, network: "a"),
            try self.candidate(4, score: 200_000, network: "c"),
        ]
        #expect(self.choose(1, of: candidates, beside: kept) == [try Fixture.node(4)])
    }

    @Test(
        "R-06-047: of equal reputation the larger weighed claim comes first, then the lot decides"
    )
    func claims() throws {
        let candidates = [
            try self.candidate(1, network: "a", claim: 1),
            try self.candidate(2, network: "a", claim: 2),
        ]
        #expect(self.choose(1, of: candidates) == [try Fixture.node(2)])
        let equals = [try self.candidate(1, network: "a"), try self.candidate(2, network: "a")]
        let winners = Set((0..<30).map { self.choose(1, of: equals, seed: $0) })
        #expect(winners.count == 2, "each of them wins at times")
        #expect(self.choose(2, of: equals, seed: 3) == self.choose(2, of: equals, seed: 3))
    }

    private func announced(
        _ allocated: Int64?,
        score: Int64,
        held: Int64 = 0,
        capabilities: [String] = ["store"]
    ) throws -> ProviderCandidate {
        let node = try Fixture.node(1)
        let row = PeerTable.Row.peer(
            node,
            isConnected: true,
            isAuthenticated: true,
            capabilities: capabilities,
            lastAnnounced: Fixture.now,
            storage: allocated.map {
                PeerAnnounce.Storage(allocatedBytes: $0, availableBytes: $0, copyCount: 0)
            }
        )
        return ProviderCandidate(
            node,
            score: FixedPoint(millionths: score),
            announced: [row],
            network: .unknown,
            heldBytes: held,
            seemsFetching: false
        )
    }

    @Test("R-06-046: who claims a terabyte and holds less than 10 MB comes last")
    func oddClaims() throws {
        let terabyte: Int64 = 1_000_000_000_000
        #expect(try self.announced(terabyte, score: 500_000, held: 9_999_999).isDoubtful)
        #expect(try !self.announced(terabyte, score: 500_000, held: 10_000_000).isDoubtful)
        #expect(try !self.announced(terabyte - 1, score: 500_000).isDoubtful)
        let candidates = [
            try self.candidate(1, score: 900_000, network: "a", isDoubtful: true),
            try self.candidate(2, score: 200_000, network: "a"),
        ]
        #expect(self.choose(1, of: candidates) == [try Fixture.node(2)])
        #expect(
            self.choose(2, of: candidates).count == 2,
            "where there is no other one, it is taken"
        )
    }

    @Test("R-06-047: a claim weighs as much as the score of who makes it")
    func weighedClaims() throws {
        #expect(try self.announced(1_000, score: 200_000).weighedClaim == 200)
        #expect(try self.announced(1_000, score: 900_000).weighedClaim == 900)
        #expect(try self.announced(nil, score: 900_000).weighedClaim == 0)
    }

    @Test("R-06-024: who announces no store capability comes last")
    func capability() throws {
        #expect(try self.announced(1_000, score: 500_000, capabilities: ["vote"]).isDoubtful)
        #expect(try !self.announced(1_000, score: 500_000).isDoubtful)
    }
}
