import Messages
import Primitives
import TestSupport
import Testing

@testable import Reputation

@Suite("§5 REPUTATION_CURRENT in the ledger")
struct ReportedScoreTests {
    private static func reported(_ scores: [(Int, Int64)], at offset: Int64 = 0) throws -> LocalFact
    {
        let bounds = try scores.map { person, score in
            ScoresReported.Bound(
                identity: try Fixture.person(person),
                score: FixedPoint(millionths: score)
            )
        }
        return ReportedScores(bounds).fact(recordedAt: Fixture.at(offset))
    }

    @Test("R-05-059: what peers agree on lifts nobody above 0.2 of whom this node has seen nothing")
    func lifts() throws {
        var ledger = try Fixture.ledger()
        ledger.logged(try Self.reported([(9, 700_000), (8, 150_000), (7, 0)]))
        #expect(try ledger.score(9) == 200_000)
        #expect(try ledger.score(8) == 150_000)
        #expect(try ledger.score(7) == 100_000, "nobody is below the floor")
    }

    @Test("R-05-059: it bounds what others say, and ends with the first own observation")
    func bounds() throws {
        var ledger = try Fixture.ledger(founders: [1: 400_000, 2: 400_000, 3: 400_000])
        for person in 1...3 {
            let proofAt = Int64(-100 * person) * Fixture.day
            ledger.logged(
                try Fixture.announcement(by: person, at: 0, network: person, proofAt: proofAt)
            )
            ledger.logged(try Fixture.gossip(by: person, [(9, 700_000)], at: Int64(person)))
        }
        #expect(try ledger.score(9) == 700_000)
        ledger.logged(try Self.reported([(9, 300_000)], at: 5))
        #expect(try ledger.score(9) == 300_000)
        let identity = try Fixture.person(9)
        let before = ledger.evaluation(of: identity, at: Fixture.at(4)).score.millionths
        #expect(before == 700_000, "the past knew of no bound")
        ledger.logged(try Fixture.announcement(by: 9, at: 10, network: 9, proofAt: 0))
        let seen = ledger.evaluation(of: identity)
        #expect(seen.alpha > 0 && seen.score.millionths > 300_000)
    }

    @Test("ADR 0067: what peers agree on at a later start replaces what they agreed on before")
    func replaced() throws {
        var ledger = try Fixture.ledger()
        ledger.logged(try Self.reported([(9, 150_000), (8, 150_000)]))
        ledger.logged(try Self.reported([(9, 120_000), (7, 110_000)], at: 1))
        #expect(try ledger.score(9) == 120_000)
        #expect(try ledger.score(8) == 200_000)
        #expect(try ledger.score(7) == 110_000)
        var other = try Fixture.ledger()
        other.logged(try Self.reported([(9, 120_000), (7, 110_000)], at: 1))
        #expect(ledger.status().digest == other.status().digest, "nothing else is remembered")
    }

    @Test(
        "ADR 0067: scores and digest are the same after a restart, and depend on what was reported"
    )
    func replayed() throws {
        let fact = try Self.reported([(9, 150_000)])
        let digests = try [[], [fact], [fact]].map { facts in
            var ledger = try Fixture.ledger()
            for fact in facts { ledger.logged(fact) }
            return ledger.status().digest
        }
        #expect(digests[0] != digests[1] && digests[1] == digests[2])
    }

    @Test("R-05-052: a peer is told the present scores of those that this node assessed, and when")
    func current() throws {
        var ledger = try Fixture.ledger(founders: [5: 600_000])
        ledger.logged(try Fixture.gossip(by: 0, [(5, 500_000), (6, 150_000)], at: 10))
        ledger.logged(try Fixture.gossip(by: 0, [(5, 550_000)], at: 20))
        ledger.logged(try Fixture.gossip(by: 1, [(7, 900_000)], at: 20))
        let all = ledger.currentScores(after: nil, limit: 10)
        let expected = try [(5, 20), (6, 10)].map { person, time in
            SyncResponse.CurrentReputation(
                nodeID: try Fixture.person(person),
                reputation: FixedPoint(millionths: try ledger.score(person)),
                lastAssessment: Fixture.at(Int64(time))
            )
        }.sorted { $0.nodeID < $1.nodeID }
        #expect(all.entries == expected && !all.hasMore)

        let first = ledger.currentScores(after: nil, limit: 1)
        #expect(first.entries == [expected[0]] && first.hasMore)
        let rest = ledger.currentScores(after: expected[0].nodeID, limit: 1)
        #expect(rest.entries == [expected[1]] && !rest.hasMore)
    }

    /// What stands in the log of a node whose peers agree on these bounds.
    private static func recorded(_ bounds: [ScoresReported.Bound]) throws -> LocalFact? {
        let configuration = ReputationConfiguration(
            genesis: [],
            ownIdentity: try Fixture.person(0),
            isLocalProfile: true
        )
        let machine = ReputationStateMachine(configuration: configuration)
        let actions = machine.reported(ScoresReported(bounds: bounds), now: Fixture.start)
        guard case .record(let fact)? = actions.first else { return nil }
        return fact
    }

    @Test("R-05-054: what peers agree on is written into the log")
    func recorded() throws {
        let bound = ScoresReported.Bound(identity: try Fixture.person(9), score: .one)
        let fact = try #require(try Self.recorded([bound]))
        #expect(ReportedScores(fact)?.bounds == [bound])
    }

    /// Bounds on made-up identities, by rising identity and falling score.
    private static func many(_ count: Int) throws -> [ScoresReported.Bound] {
        let identities = (0..<count).map { NodeID(MessageID.named("\($0)").bytes) }.sorted()
        return zip(identities, stride(from: Int64(199_000), to: 0, by: -1)).map {
            ScoresReported.Bound(identity: $0, score: FixedPoint(millionths: $1))
        }
    }

    @Test("ADR 0067: of more than 10,000 bounds the lowest are kept, in the log and in memory")
    func bounded() throws {
        let bounds = try Self.many(10_003)
        let fact = try #require(try Self.recorded(bounds))
        #expect(ReportedScores(fact)?.bounds == Array(bounds.dropFirst(3)))
        var ledger = try Fixture.ledger()
        ledger.logged(ReportedScores(bounds).fact(recordedAt: Fixture.start))
        let (last, beyond) = (bounds[9_999], bounds[10_000])
        #expect(ledger.evaluation(of: last.identity).score == last.score)
        #expect(ledger.evaluation(of: beyond.identity).score == FixedPoint(millionths: 200_000))
    }
}
