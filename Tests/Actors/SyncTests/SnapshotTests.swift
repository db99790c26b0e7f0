import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = SnapshotScene.start
private let hour: Int64 = 3_600_000

@Suite("§5 Snapshots: their form")
struct SnapshotFormTests {
    @Test(
        "R-05-034, R-16-152, D-16: a snapshot is of use for a day, and when five minutes ahead (SYNC-09a to e)",
        arguments: [
            (1_699_913_600_000, true), (1_699_913_599_999, false), (1_699_956_800_000, true),
            (1_700_000_300_001, false), (1_700_000_300_000, true), (.min, false), (.max, false),
        ] as [(Int64, Bool)]
    )
    func age(time: Int64, isUsable: Bool) {
        let snapshot = StateSnapshot.of(at: Timestamp(milliseconds: time))
        #expect((snapshot.objection(now: start) == nil) == isUsable)
    }

    @Test(
        "R-05-050, D-82: the hash is that of the pairs in order of their ids (SYNC-H01, SYNC-H02)"
    )
    func summary() throws {
        let pairs: [(String, Int64)] = [
            ("7422b9887598068e32c4448a949adb290d0f4e35b9e01b0ee5f1a1e600fe2674", 300_000),
            ("4cb5abf6ad79fbf5abbccafcc269d85cd2651ed4b885b5869f241aedf0a5ba29", 700_000),
            ("f381626e41e7027ea431bfe3009e94bdd25a746beec468948d6c3c7c5dc9a54b", 123_456),
        ]
        let entries = try pairs.map { hex, score in
            ReputationSummary.Entry(
                identity: try #require(NodeID(hex: hex)),
                score: FixedPoint(millionths: score)
            )
        }
        let expected = "5787227a54275d701fc1d7be72ac51a0608dba67d91c7bbdc6d845ef8e39bbc3"
        #expect(ReputationSummary.hash(of: entries).hex == expected)
        #expect(ReputationSummary.hash(of: entries.reversed()).hex == expected)
        let none = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
        #expect(ReputationSummary.hash(of: []).hex == none)
    }
}

@Suite("§5 Snapshots: publishing")
struct SnapshotPublishingTests {
    private static let proposals = TreeView(
        root: SHA256Digest.hash(Array("proposals".utf8)),
        leaves: 8
    )
    private static let identities = TreeView(
        root: SHA256Digest.hash(Array("identities".utf8)),
        leaves: 9
    )

    private var sync = SyncStateMachine(
        configuration: SyncConfiguration(isSyncedAtStart: true, isLocalProfile: true)
    )

    private static func entry(_ name: String, _ score: Int64) throws -> Scores.Entry {
        Scores.Entry(
            identity: try SnapshotScene.node(name),
            overall: FixedPoint(millionths: score),
            observations: 0,
            isActive: true
        )
    }

    /// Carries out what the machine wants for a snapshot, in the name of a node with a score.
    private mutating func published(
        _ actions: [SyncAction],
        score: Int64,
        isSuspended: Bool = false,
        now: Timestamp
    ) throws -> [StateSnapshot] {
        let own = try SnapshotScene.node("own")
        let keys = IdentityKeys.Reply(key: own, identity: own, keys: [], isSuspended: isSuspended)
        let entries = try [Self.entry("other", 900_000), Self.entry("own", score)]
        let scores = Scores.Reply(entries: entries, activeIdentities: 7, activeReputation: .one)
        var (queue, found) = (actions, [StateSnapshot]())
        while !queue.isEmpty {
            switch queue.removeFirst() {
            case .ask(.ownKeys): queue += self.sync.heard(keys)
            case .ask(.allScores(let author)): queue += self.sync.heard(scores, for: author)
            case .ask(.tree(let tree, .root, let purpose)):
                let view = tree == .proposal ? Self.proposals : Self.identities
                queue += self.sync.heard(view, of: tree, for: purpose, now: now)
            case .publish(let snapshot): found.append(snapshot)
            default: break
            }
        }
        return found
    }

    /// Lets days pass, with a look every ten minutes.
    private mutating func live(days: Int64, score: Int64, isSuspended: Bool = false) throws
        -> [StateSnapshot]
    {
        var random = SplitMix64(seed: 7)
        var found: [StateSnapshot] = []
        for number in 1...days * 144 {
            let now = start.adding(milliseconds: number * hour / 6)
            let actions = self.sync.tick(now: now, entropy: random.next())
            found += try self.published(
                actions,
                score: score,
                isSuspended: isSuspended,
                now: now
            )
        }
        return found
    }

    @Test("R-05-032, R-16-159: a synced node signs a snapshot every six to twelve hours")
    mutating func pace() throws {
        _ = self.sync.started(now: start, entropy: 0)
        let times = try self.live(days: 20, score: 700_000).map(\.snapshotTimestamp)
        #expect(times.count > 40)
        let pauses = zip([start] + times, times).map { $1.milliseconds(since: $0) }
        #expect(pauses.allSatisfy { (6 * hour...12 * hour).contains($0) }, "\(pauses)")
        #expect(Set(pauses).count > 10, "nodes do not all sign at once")
    }

    @Test(
        "R-05-032, R-16-151: it does from 0.7 on (SYNC-10a, SYNC-10b)",
        arguments: [(700_000, true), (699_999, false)] as [(Int64, Bool)]
    )
    mutating func gate(score: Int64, isPublished: Bool) throws {
        _ = self.sync.started(now: start, entropy: 0)
        #expect(try self.live(days: 1, score: score).isEmpty != isPublished)
    }

    @Test("R-05-032: it does not before it has caught up, nor while it is suspended")
    mutating func silence() throws {
        _ = self.sync.started(now: start, entropy: 0)
        #expect(try self.live(days: 1, score: 900_000, isSuspended: true).isEmpty)
        self.sync = SyncStateMachine(
            configuration: SyncConfiguration(isSyncedAtStart: false, isLocalProfile: true)
        )
        _ = self.sync.started(now: start, entropy: 0)
        #expect(try self.live(days: 2, score: 900_000).isEmpty)
    }

    @Test(
        "R-05-033, R-05-049, R-05-044: it names both roots, what is in the trees, and the hash of all scores"
    )
    mutating func content() throws {
        _ = self.sync.started(now: start, entropy: 0)
        let snapshot = try #require(try self.live(days: 1, score: 800_000).first)
        #expect(snapshot.identityMerkleRoot == Self.identities.root)
        #expect(snapshot.proposalMerkleRoot == Self.proposals.root)
        #expect(snapshot.identityCount == 9 && snapshot.proposalCount == 8)
        #expect(snapshot.activeNodeCount == 7)
        let entries = try [("own", 800_000), ("other", 900_000)].map { name, score in
            ReputationSummary.Entry(
                identity: try SnapshotScene.node(name),
                score: FixedPoint(millionths: Int64(score))
            )
        }
        #expect(snapshot.reputationSummaryHash == ReputationSummary.hash(of: entries))
    }
}

@Suite("§5 Snapshots: serving")
struct SnapshotServingTests {
    private var sync = SyncStateMachine(
        configuration: SyncConfiguration(isSyncedAtStart: true, isLocalProfile: true)
    )

    /// What a peer is answered that asks for snapshots alone.
    private mutating func served(at now: Timestamp, limit: Int = 100) throws -> [SyncAction] {
        let exchange = InboundExchange(
            id: 1,
            peer: try SnapshotScene.node("a peer"),
            streamProtocol: .sync
        )
        let request = SyncRequest(
            sinceTimestamp: Timestamp(milliseconds: 0),
            types: ["STATE_SNAPSHOT"],
            limit: limit
        )
        let message = try Draft(request).signed(by: .named("a peer"), at: now)
        let actions = self.sync.judge(message.admitted(from: .exchange(exchange)), now: now)
        return self.sync.carryOut(actions, now: now) { _, _ in nil }
    }

    private static func answer(in actions: [SyncAction]) throws -> SyncResponse {
        guard case .answer(_, let response)? = actions.first else {
            Issue.record("no answer: \(actions)")
            return .nothing
        }
        return response
    }

    @Test(
        "R-05-047, D-22: the own snapshot is served to whom asks for it, and nobody else hears of it"
    )
    mutating func serves() throws {
        #expect(try Self.answer(in: try self.served(at: start)).messages.isEmpty)
        let message = try StateSnapshot.of(at: start).signed(by: "own")
        #expect(self.sync.judge(message.admitted(from: .local(nil)), now: start).isEmpty)
        let actions = try self.served(at: start)
        let response = try Self.answer(in: actions)
        #expect(response.messages == [message.canonical] && !response.hasMore)
        #expect(response.checkpoint == .emptyRoot, "like every answer it has the roots")
        if case .gossip = MessageType.stateSnapshot.channel { Issue.record("it would be gossiped") }
    }

    @Test("R-05-046: that is no service that counts")
    mutating func earnsNothing() throws {
        let message = try StateSnapshot.of(at: start).signed(by: "own")
        _ = self.sync.judge(message.admitted(from: .local(nil)), now: start)
        let told = try self.served(at: start).compactMap { action in
            if case .tellServed(_, let messages) = action { messages } else { nil }
        }
        #expect(told == [0])
    }

    @Test("R-05-034: a snapshot is served for a day, and the next one takes its place")
    mutating func ages() throws {
        let first = try StateSnapshot.of(at: start).signed(by: "own")
        _ = self.sync.judge(first.admitted(from: .local(nil)), now: start)
        let day = start.adding(milliseconds: 24 * hour)
        #expect(try Self.answer(in: try self.served(at: day)).messages.count == 1)
        let later = day.adding(milliseconds: 1)
        #expect(try Self.answer(in: try self.served(at: later)).messages.isEmpty)
        let second = try StateSnapshot.of(at: later).signed(by: "own")
        _ = self.sync.judge(second.admitted(from: .local(nil)), now: later)
        #expect(try Self.answer(in: try self.served(at: later)).messages == [second.canonical])
    }

    @Test("R-05-047: a snapshot that comes any other way is refused")
    mutating func otherWays() throws {
        let message = try StateSnapshot.of(at: start).signed(by: "a peer")
        let peer = message.from
        let origins: [Origin] = [
            .gossip(relay: peer, topic: .peers, ticket: 1),
            .exchange(InboundExchange(id: 9, peer: peer, streamProtocol: .sync)),
            .sync(peer: peer),
        ]
        for origin in origins {
            let actions = self.sync.judge(message.admitted(from: origin), now: start)
            guard case .refuse(origin, message.id, _)? = actions.first else {
                Issue.record("\(origin) is not refused")
                continue
            }
        }
        #expect(try Self.answer(in: try self.served(at: start)).messages.isEmpty)
    }
}
