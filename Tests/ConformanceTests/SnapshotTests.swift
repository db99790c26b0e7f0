import Cryptography
import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import Consensus
@testable import Reputation

@Suite("§5 What snapshots claim")
struct SnapshotTests {
    private static let people = (0..<3).map { "person \($0)" }

    /// A node before which a proposal lies that three people endorse.
    private static func line(_ messages: [Message]) throws -> NodeLine {
        let scores = try Self.people.map { (try Assembly.node($0), FixedPoint.one) }
        var line = try NodeLine(now: Assembly.start, scores: scores)
        for message in messages {
            let fate = try line.gossip(message.canonical)
            #expect(fate.isAccepted, "\(fate)")
        }
        return line
    }

    /// A snapshot of somebody whom all trust, and who claims the largest network there ever was.
    private static func snapshot() throws -> Message {
        let zeros = JSONValue.string(String(repeating: "0", count: 64))
        let draft = Draft(
            .stateSnapshot,
            [
                ("identity_merkle_root", zeros), ("proposal_merkle_root", zeros),
                ("reputation_summary_hash", zeros), ("active_node_count", .integer(100_000)),
                ("snapshot_timestamp", .integer(Assembly.start.milliseconds)),
                ("identity_count", .integer(100_000)), ("proposal_count", .integer(100_000)),
            ]
        )
        return try Assembly.message(draft, by: Self.people[0], at: Assembly.start)
    }

    /// The state of a proposal when its vote is over, in the network that the node knows of.
    private static func outcome(of id: MessageID, in line: NodeLine) throws -> [String] {
        let now = Assembly.start.adding(milliseconds: 14 * Assembly.day + 1)
        let scores = line.reputation.scores(nil, now: Assembly.start)
        let network = NetworkSize(
            activeIdentities: scores.activeIdentities,
            activeReputation: scores.activeReputation
        )
        let voters = line.consensus.voters(on: [id]).map { line.reputation.standing(of: $0) }
        let standings = Standings(VoterStandings.Reply(standings: voters))
        let before = line.consensus.phase(now: Assembly.start)
        let decisions = line.consensus.decide(
            line.consensus.due(now: now),
            network: network,
            standings,
            now: now
        )
        let outside = Outside(now: now, network: network, standings: standings)
        let view = line.consensus.views(Proposals(id: id, limit: 1), outside).first
        return [
            "\(before)", decisions.map(\.state.rawValue).joined(separator: " "), "\(network)",
            "\(String(describing: view?.tally)) \(String(describing: view?.outlook))",
        ]
    }

    @Test("R-05-045: whatever way a snapshot comes, its counts reach no quorum and no phase")
    func counts() throws {
        let proposal = try Assembly.proposal(by: Self.people[0])
        let votes = try Self.people.map { person in
            try Assembly.vote(.endorse, on: proposal.id, by: person, at: Assembly.start)
        }
        let plain = try Self.line([proposal] + votes)
        let snapshot = try Self.snapshot()
        var told = plain
        for topic in Topic.allCases {
            let fate = try told.gossip(snapshot.canonical, on: topic.rawValue)
            #expect(!fate.isAccepted && !fate.isRelayed, "snapshots are never gossiped")
        }
        for channel in [TimeChannel.stream, .sync] {
            _ = told.direct(snapshot.canonical, on: channel)
        }
        // Nor would it change anything if some node had it in its log.
        told.reputation.logged(snapshot.admitted(reputation: .one))
        _ = told.consensus.logged(snapshot.admitted())
        #expect(told.consensus.proposals.digest == plain.consensus.proposals.digest)
        let outcomes = try [plain, told].map { try Self.outcome(of: proposal.id, in: $0) }
        #expect(outcomes[0] == outcomes[1])
        #expect(outcomes[0][1] == "ratified", "there is something to change")
    }
}
