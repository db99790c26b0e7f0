import Messages
import Primitives
import Testing

@testable import Consensus

@Suite("Why votes do not count, and what is missing of a majority")
struct VoteReasonTests {
    private static let objections: [VoteObjection] = [
        .belowGate(FixedPoint(millionths: 299_999)), .late, .withdrawnBefore, .revokedLately,
        .keyRevoked,
    ]

    @Test(
        "the words of a decision lead back to their rule, and other words to none",
        arguments: objections
    )
    func words(objection: VoteObjection) {
        #expect(VoteObjection(objection.text) == objection)
        #expect(!objection.rule.isEmpty && objection.remedy.hasSuffix("."))
        for other in ["", "score", "score x, voting needs 0.3", objection.text + " "] {
            #expect(VoteObjection(other) != objection, "\(other)")
        }
    }

    @Test("R-08-004: a vote that does not count is shown with its rule and a way out")
    func shown() throws {
        var machine = Governance()
        let proposal = try Fixture.proposal()
        machine.take(proposal)
        machine.take(try Fixture.vote("endorse", on: proposal.message.id, by: 1, score: 299_999))
        let view = try #require(machine.view(of: proposal.message.id))
        let vote = try #require(view.votes.first)
        #expect(vote.rule == "R-08-004, D-47" && vote.remedy?.contains("0.300000") == true)
    }

    private static func rules(_ mode: VotingMode, threshold: Int64) -> VotingRules {
        VotingRules(
            mode: mode,
            needsHalfOfHeads: false,
            tier: .standard,
            threshold: FixedPoint(millionths: threshold),
            network: NetworkSize(activeIdentities: 10, activeReputation: .one),
            parameters: NetworkParameters()
        )
    }

    private static func count(endorse: [Int64], reject: [Int64]) -> Count {
        let stances =
            endorse.map { (Vote.Stance.endorse, $0) } + reject.map { (Vote.Stance.reject, $0) }
        return Count(
            stances.enumerated().map { number, vote in
                DecisionFact.Ballot(
                    identity: NodeID(SHA256Digest.hash([UInt8(number)])),
                    voteID: MessageID(SHA256Digest.hash([UInt8(number)])),
                    at: Timestamp(milliseconds: 0),
                    stance: vote.0,
                    weight: FixedPoint(millionths: vote.1),
                    isDegraded: false,
                    notCountedBecause: nil
                )
            }
        )
    }

    /// The endorsement that is said to be missing is enough, and a millionth or a head less is not.
    @Test(
        "the missing endorsement is exactly enough",
        arguments: [
            ([400_000], [300_000]), ([1], [999_999]), ([300_000, 300_000], [300_000, 7]),
            ([], [500_000]),
            ([670_000], [330_000]), ([669_999], [330_001]),
        ] as [([Int64], [Int64])]
    )
    func missing(endorse: [Int64], reject: [Int64]) throws {
        for threshold: Int64 in [500_000, 670_000, 900_000, 999_999] {
            let rules = Self.rules(.weighted, threshold: threshold)
            let count = Self.count(endorse: endorse, reject: reject)
            let missing = try #require(rules.endorsementMissing(count)).millionths
            let enough = Self.count(endorse: endorse + [missing], reject: reject)
            #expect(rules.meetsThreshold(enough))
            let less = Self.count(endorse: endorse + [missing - 1], reject: reject)
            #expect(missing == 0 || !rules.meetsThreshold(less))
            #expect((missing == 0) == rules.meetsThreshold(count))
        }
        #expect(
            Self.rules(.weighted, threshold: 1_000_000).endorsementMissing(
                Self.count(endorse: [1], reject: [1])
            ) == nil
        )
    }

    @Test("in cold start the missing endorsement is counted in heads, which must exceed the share")
    func heads() throws {
        for (endorse, reject) in [(0, 0), (0, 1), (1, 1), (2, 1), (4, 2), (67, 33)] {
            let rules = Self.rules(.headcount, threshold: 670_000)
            func with(_ more: Int) -> Count {
                Self.count(
                    endorse: Array(repeating: 1, count: endorse + more),
                    reject: Array(repeating: 1, count: reject)
                )
            }
            let missing = try #require(rules.endorsementMissing(with(0))).millionths
            let heads = Int(missing / 1_000_000)
            #expect(missing % 1_000_000 == 0 && rules.meetsThreshold(with(heads)))
            #expect(heads == 0 || !rules.meetsThreshold(with(heads - 1)))
        }
    }
}
