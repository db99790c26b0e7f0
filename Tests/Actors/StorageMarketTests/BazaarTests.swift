import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 Nodes that keep copies for each other")
struct BazaarTests {
    private static let hour: Int64 = 3_600_000
    private static let bytes = Fixture.artefact(20_000)
    private static let content = Fixture.hash(bytes)

    /// Node 0 has three copies kept by some of nodes 1 to 4.
    private func market() async throws -> Bazaar {
        let bazaar = try Bazaar(5)
        for number in 1...4 { try bazaar.offer(1_000_000, by: number) }
        try await bazaar.replicate(Self.bytes, by: 0)
        try bazaar.wait(Self.hour)
        return bazaar
    }

    private func results(_ bazaar: Bazaar) -> [(by: Int, result: ChallengeResult, at: Timestamp)] {
        bazaar.said(ChallengeResult.self).compactMap { word in
            guard case .challengeResult(let result) = word.message.payload else { return nil }
            return (word.by, result, word.message.timestamp)
        }
    }

    @Test("R-06-022, R-06-025 to R-06-027: copies are accepted, assigned, fetched and confirmed")
    func delivery() async throws {
        let bazaar = try await self.market()
        let holders = bazaar.holders(of: Self.content)
        #expect(holders.count == 3)
        #expect(bazaar.row(Self.content, seenBy: 0)?.state == "active")
        #expect(bazaar.said(ReplicateAccept.self).map(\.by) == [1, 2, 3, 4])
        #expect(bazaar.said(CopyAssignment.self).map(\.by) == [0])
        #expect(bazaar.said(CopyReceived.self).map(\.by).sorted() == holders)
        for number in 1...4 {
            let copy = bazaar.stands[number].blobs.bytes(of: Self.content)
            #expect(copy == (holders.contains(number) ? Self.bytes : nil))
            #expect(
                bazaar.stands[number].offered
                    == StorageOffered(
                        allocatedBytes: 1_000_000,
                        availableBytes: holders.contains(number) ? 980_000 : 1_000_000,
                        copyCount: holders.contains(number) ? 1 : 0
                    ),
                "R-06-044"
            )
        }
    }

    @Test(
        "R-06-064, R-06-110, R-06-114, R-06-115: every copy is challenged by all others, day after day"
    )
    func challenges() async throws {
        let bazaar = try await self.market()
        try bazaar.wait(10 * Deal.day)
        let results = self.results(bazaar)
        #expect(results.allSatisfy { $0.result.result == .pass })
        let holders = bazaar.holders(of: Self.content)
        for validator in [0] + holders {
            for provider in holders where provider != validator {
                let node = bazaar.stands[provider].node
                let own = results.filter { $0.by == validator && $0.result.challengedNode == node }
                #expect((8...12).contains(own.count), "\(validator) on \(provider): \(own.count)")
            }
        }
        let ids = Set(results.map(\.result.challengeID))
        #expect(ids.count == results.count, "each has a challenge of its own")
    }

    @Test("R-06-054, R-06-076: each day is paid, and its notice sent, from the first whole one on")
    func rent() async throws {
        let bazaar = try await self.market()
        try bazaar.wait(5 * Deal.day)
        let cycles = bazaar.said(RentPayment.self).compactMap { word -> Int64? in
            guard case .rentPayment(let notice) = word.message.payload else { return nil }
            return notice.billingCycle
        }
        #expect(cycles == [1, 2, 3, 4, 5])
        let settled = bazaar.stands[2].facts.compactMap { fact -> Int64? in
            guard case .rentSettled(let cycle, let work) = fact else { return nil }
            #expect(work.providers.allSatisfy { $0.count >= 1 })
            return cycle.number
        }
        #expect(settled == [1, 2, 3, 4])
    }

    @Test("R-06-087 to R-06-093: a copy that is handed over moves, and its first keeper is free")
    func transfer() async throws {
        let bazaar = try await self.market()
        let former = try #require(bazaar.holders(of: Self.content).first)
        let receiver = try #require(
            (1...4).first { !bazaar.holders(of: Self.content).contains($0) }
        )
        try bazaar.leave(
            Self.content,
            .transfer(to: bazaar.stands[receiver].node),
            by: former
        )
        try bazaar.wait(1_000)
        #expect(bazaar.said(RentTransferAck.self).map(\.by) == [receiver])
        #expect(bazaar.holders(of: Self.content).contains(former), "not before a challenge")
        #expect(bazaar.stands[former].blobs.bytes(of: Self.content) != nil)
        try bazaar.wait(Deal.day)
        #expect(bazaar.holders(of: Self.content).contains(receiver))
        #expect(!bazaar.holders(of: Self.content).contains(former))
        #expect(bazaar.stands[former].blobs.bytes(of: Self.content) == nil)
        #expect(bazaar.stands[former].offered?.copyCount == 0)
    }

    @Test("R-06-096, R-06-100, R-06-101: withdrawn copies go a day later, and nothing more is paid")
    func withdrawal() async throws {
        let bazaar = try await self.market()
        try bazaar.leave(Self.content, .withdraw(reason: nil), by: 0)
        try bazaar.wait(23 * Self.hour)
        #expect(bazaar.holders(of: Self.content).count == 3)
        try bazaar.wait(2 * Self.hour)
        for number in 1...4 {
            #expect(bazaar.stands[number].blobs.bytes(of: Self.content) == nil)
        }
        #expect(bazaar.stands[0].blobs.bytes(of: Self.content) != nil)
        let paid = bazaar.said(RentPayment.self).count
        try bazaar.wait(3 * Deal.day)
        #expect(bazaar.said(RentPayment.self).count == paid)
    }

    @Test("R-06-073, R-06-141: who is gone is reported, corroborated within the hour, and replaced")
    func vanished() async throws {
        let bazaar = try await self.market()
        let gone = try #require(bazaar.holders(of: Self.content).first)
        bazaar.set(gone, online: false)
        try bazaar.wait(2 * Deal.day)
        let node = bazaar.stands[gone].node
        let failures = self.results(bazaar).filter {
            $0.result.result == .fail && $0.result.challengedNode == node && $0.by != gone
        }
        let first = try #require(failures.first)
        let second = try #require(failures.first { $0.by != first.by })
        #expect(second.at.milliseconds(since: first.at) <= Self.hour)
        let others = self.results(bazaar).filter {
            $0.result.result == .fail && $0.result.challengedNode != node
        }
        #expect(others.isEmpty, "who is cut off accuses nobody")
        #expect(
            bazaar.stands[0].facts.contains { fact in
                switch fact {
                case .challengeFailed(node, Self.content), .copyAbandoned(node, Self.content): true
                default: false
                }
            }
        )
        try bazaar.wait(6 * Deal.day)
        let holders = bazaar.holders(of: Self.content)
        #expect(holders.count == 3 && !holders.contains(gone))
    }

    @Test("a node that starts again keeps what it owes, and goes on with what it has to do")
    func restart() async throws {
        let bazaar = try await self.market()
        let holders = bazaar.holders(of: Self.content)
        for number in 0..<5 { try bazaar.restart(number) }
        try bazaar.wait(3 * Deal.day)
        #expect(bazaar.holders(of: Self.content) == holders)
        for number in holders {
            #expect(bazaar.stands[number].blobs.bytes(of: Self.content) == Self.bytes)
            #expect(bazaar.stands[number].offered?.allocatedBytes == 1_000_000)
        }
        #expect(bazaar.said(CopyReceived.self).count == 3, "nothing is confirmed twice")
        #expect(bazaar.said(RentPayment.self).count == 3)
        #expect(self.results(bazaar).count > 12)
    }

    @Test(
        "R-06-023: with too few offers a request comes to nothing, and the bytes stay where they are"
    )
    func failure() async throws {
        let bazaar = try Bazaar(4)
        for number in 1...2 { try bazaar.offer(1_000_000, by: number) }
        try await bazaar.replicate(Self.bytes, by: 0)
        try bazaar.wait(49 * Self.hour)
        #expect(bazaar.row(Self.content, seenBy: 0)?.state == "failed")
        #expect(bazaar.said(CopyAssignment.self).isEmpty)
        #expect(bazaar.stands[1].offered?.availableBytes == 1_000_000, "the room is free again")
    }

    // MARK: Rivals

    private static func request(stake: Int64, copies: Int64 = 3) -> ReplicateRequest {
        ReplicateRequest(
            content: ContentDescription(
                contentHash: Self.content,
                contentType: "text/plain",
                contentSize: Int64(Self.bytes.count),
                tags: []
            ),
            copyCount: copies,
            reputationStake: FixedPoint(millionths: stake)
        )
    }

    @Test(
        "R-06-036, D-73: a request that comes first and cannot be accepted stands in nobody's way",
        arguments: [(200_000, 1_000), (500_000, 0)] as [(score: Int64, stake: Int64)]
    )
    func squatter(score: Int64, stake: Int64) async throws {
        let bazaar = try Bazaar(6)
        bazaar.scores[5] = score
        for number in 1...4 { try bazaar.offer(1_000_000, by: number) }
        let earlier = bazaar.now.adding(milliseconds: -1)
        try bazaar.say(Self.request(stake: stake), by: 5, stamped: earlier)
        try await bazaar.replicate(Self.bytes, by: 0)
        try bazaar.wait(Self.hour)
        let row = try #require(bazaar.row(Self.content, seenBy: 0))
        #expect(row.uploader == bazaar.stands[0].node)
        #expect(row.state == "active")
        #expect(bazaar.holders(of: Self.content).count == 3)
    }

    @Test("ADR 0053: what comes later with earlier stamps takes no copies, and no rent, away")
    func usurper() async throws {
        let bazaar = try Bazaar(7)
        for number in 1...4 { try bazaar.offer(1_000_000, by: number) }
        try bazaar.wait(Deal.day)
        try await bazaar.replicate(Self.bytes, by: 0)
        try bazaar.wait(Self.hour)
        let holders = bazaar.holders(of: Self.content)
        #expect(holders.count == 3)
        let past = Fixture.now.adding(milliseconds: Self.hour)
        try bazaar.say(Self.request(stake: 1_000, copies: 1), by: 5, stamped: past)
        let words: [any WirePayload] = [
            ReplicateAccept(contentHash: Self.content, capacityAvailable: 1 << 30),
            CopyAssignment(contentHash: Self.content, providers: [bazaar.stands[6].node]),
            CopyReceived(contentHash: Self.content),
        ]
        for (number, (word, speaker)) in zip(words, [6, 5, 6]).enumerated() {
            let stamp = past.adding(milliseconds: Int64(number) + 1)
            try bazaar.say(word, by: speaker, stamped: stamp)
        }
        try bazaar.wait(3 * Deal.day)
        #expect(bazaar.holders(of: Self.content) == holders)
        for number in holders {
            #expect(bazaar.stands[number].blobs.bytes(of: Self.content) == Self.bytes)
            #expect(bazaar.row(Self.content, seenBy: number)?.uploader == bazaar.stands[0].node)
        }
        let payers = bazaar.stands[2].facts.compactMap { fact -> NodeID? in
            if case .rentHeld(_, let payer, _) = fact { payer } else { nil }
        }
        #expect(!payers.isEmpty && Set(payers) == [bazaar.stands[0].node])
    }
}
