import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 Answering challenges")
struct ProofServingTests {
    /// A node that answers, what it knows, and the numbers of its tasks.
    private struct Server {
        var serving = ProofServing()
        var deal: Deal
        var last: UInt64 = 0

        init() throws { self.deal = try Deal() }

        mutating func ask(
            _ challenge: StorageChallenge,
            by number: Int = 8,
            signer: Int? = nil,
            size: Int? = 5_000
        ) throws -> [StorageMarketAction] {
            self.last += 1
            let exchange = InboundExchange(
                id: self.last,
                peer: try Fixture.node(number),
                streamProtocol: .sync
            )
            let admitted = try Fixture.unsigned(
                .storageChallenge(challenge),
                .storageChallenge,
                by: signer ?? number,
                origin: .exchange(exchange)
            )
            return self.serving.prove(
                challenge,
                admitted,
                on: exchange,
                size: size,
                self.deal.scene,
                number: self.last
            )
        }

        mutating func finish(_ task: UInt64, _ outcome: BlobOutcome) -> [StorageMarketAction]? {
            self.serving.reported(BlobReport(task: task, outcome: outcome))
        }
    }

    private func challenge(_ offset: Int64 = 0, _ direction: StorageChallenge.Direction = .after)
        -> StorageChallenge
    {
        StorageChallenge(
            contentHash: Deal.content,
            offset: offset,
            direction: direction,
            windowSize: 1_024,
            challengeNonce: .zero
        )
    }

    private func refusals(_ actions: [StorageMarketAction]) -> [Refusal.Code] {
        actions.compactMap { if case .refuse(_, let refusal) = $0 { refusal.code } else { nil } }
    }

    @Test("R-06-107, R-06-108: the device computes the proof, and it goes where it was asked for")
    func proves() throws {
        var server = try Server()
        let proofs = try server.ask(self.challenge(10)).proofs
        let proof = try #require(proofs.first)
        #expect(proof.task == 1 && proof.nonce == .zero)
        #expect(proof.window.bytes(of: 5_000) == 10..<1_034)
        let hash = SHA256Digest.hash([7])
        let actions = server.finish(1, .proof(hash))
        guard case .answer(let exchange, let payload)? = actions?.first else {
            Issue.record("no answer")
            return
        }
        #expect(exchange.id == 1)
        #expect((payload as? StorageProof)?.proofHash == hash)
        let again = server.finish(1, .proof(hash))
        #expect(again == nil, "it is answered once")
    }

    @Test(
        "D-70: a challenge about no byte, or beyond the end, gets no proof; nor does one of what is not held"
    )
    func invalid() throws {
        var server = try Server()
        for (challenge, size) in [
            (self.challenge(0, .before), 5_000), (self.challenge(5_000), 5_000),
            (self.challenge(5_001, .before), 5_000), (self.challenge(0), nil),
        ] as [(StorageChallenge, Int?)] {
            let actions = try server.ask(challenge, size: size)
            #expect(self.refusals(actions) == [.rule])
        }
    }

    @Test("a copy that cannot be read is no proof")
    func unreadable() throws {
        var server = try Server()
        _ = try server.ask(self.challenge())
        let actions = server.finish(1, .failed(.damaged(Deal.content)))
        #expect(self.refusals(try #require(actions)) == [.rule])
    }

    @Test(
        "R-06-115: ten challenges of an identity are answered in a day, whoever signed what its peer sends"
    )
    func quota() throws {
        var server = try Server()
        for number in 0..<10 {
            let actions = try server.ask(self.challenge(), signer: number % 2 == 0 ? 8 : 7)
            #expect(actions.proofs.count == 1)
            _ = server.finish(server.last, .proof(.zero))
            server.deal.wait(60_000)
        }
        let eleventh = try server.ask(self.challenge())
        #expect(self.refusals(eleventh) == [.rateLimited])
        // A challenge that somebody passed on is not held against its author.
        let ofAuthor = try server.ask(self.challenge(), by: 7)
        #expect(ofAuthor.proofs.count == 1)
        server.deal.wait(Deal.day - 10 * 60_000)
        let later = try server.ask(self.challenge())
        #expect(later.proofs.count == 1, "a day after the first one")
    }

    @Test("two challenges of a peer wait; sixteen peers who ask a lot keep no validator out")
    func crowd() throws {
        var server = try Server()
        server.deal.uploader = try Fixture.node(200)
        server.deal.state = .active
        server.deal.holders = [try Fixture.node(201)]
        var started: [UInt64] = []
        for peer in 10..<26 {
            var refused = 0
            for _ in 0..<16 {
                let actions = try server.ask(self.challenge(), by: peer)
                started += actions.proofs.map(\.task)
                refused += self.refusals(actions).count
            }
            #expect(refused == 14)
        }
        #expect(started.count == StorageDutyLimits.proofsComputedMax)
        for party in [200, 201] {
            let actions = try server.ask(self.challenge(), by: party)
            #expect(actions.isEmpty, "it waits")
        }
        let (uploader, holder) = (server.last - 1, server.last)
        for (done, next) in [(started[0], uploader), (started[1], holder)] {
            let actions = server.finish(done, .proof(.zero))
            #expect(actions?.proofs.map(\.task) == [next], "before all strangers")
        }
    }

    @Test("when all places are taken, the stranger that came last gives its place to a party")
    func full() throws {
        var server = try Server()
        server.deal.uploader = try Fixture.node(500)
        let most = StorageDutyLimits.proofsWaitingMax + StorageDutyLimits.proofsComputedMax
        for number in 0..<most {
            let actions = try server.ask(self.challenge(), by: 10 + number / 2)
            #expect(self.refusals(actions).isEmpty)
        }
        let excess = try server.ask(self.challenge(), by: 9)
        #expect(self.refusals(excess) == [.busy])
        let newest = UInt64(most)
        let actions = try server.ask(self.challenge(), by: 500)
        guard actions.count == 1, case .refuse(let admitted, let refusal)? = actions.first,
            case .exchange(let exchange) = admitted.origin
        else {
            Issue.record("\(actions)")
            return
        }
        #expect(refusal.code == .busy && exchange.id == newest)
    }
}
