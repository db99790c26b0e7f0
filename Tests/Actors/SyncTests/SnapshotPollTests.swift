import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = SnapshotScene.start
private let hour: Int64 = 3_600_000

@Suite("§5 Snapshots: collecting them")
struct SnapshotPollTests {
    @Test("R-05-048, D-32: synced peers are asked that others rate 0.7 or more, or bootstrap nodes")
    func whom() throws {
        var scene = SnapshotScene()
        for (name, score) in [("trusted", 700_000), ("behind", 900_000), ("silent", 900_000)] {
            try scene.rate(name, Int64(score))
        }
        try scene.rate("untrusted", 699_999)
        try scene.meet("trusted", network: 0)
        try scene.meet("behind", network: 1, state: .syncing)
        try scene.meet("silent", network: 2, state: nil)
        try scene.meet("untrusted", network: 3)
        try scene.meet("bootstrap", network: 4, isBootstrap: true)
        try scene.live(seconds: 60)
        let names = ["trusted", "bootstrap"]
        #expect(scene.asksForSnapshots == (try names.map { try SnapshotScene.node($0) }))
    }

    @Test("R-05-048: nobody is asked before it is known who is worth it")
    func order() throws {
        var scene = try SnapshotScene.publishers(5, networks: 3)
        try scene.live(seconds: 60)
        let first = try #require(scene.asked.firstIndex { $0.request.wantsSnapshots })
        let last = try #require(scene.asked.lastIndex { $0.request.wantsScores })
        #expect(last < first && Set(scene.asksForSnapshots).count == 5)
    }

    @Test("D-22: a peer that throttles is asked again when it says, one that fails is not")
    func difficult() throws {
        var scene = try SnapshotScene.publishers(3, networks: 3)
        let nodes = try (0..<3).map { try SnapshotScene.node("peer \($0)") }
        let wait = SyncResponse(
            hasMore: false,
            error: "rate_limited",
            retryAfterMilliseconds: 20_000
        )
        scene.answers = [nodes[0]: [wait], nodes[1]: [nil]]
        try scene.live(seconds: 15)
        #expect(scene.asksForSnapshots == [nodes[0]])
        try scene.live(seconds: 60)
        #expect(scene.asksForSnapshots.count { $0 == nodes[0] } == 2)
        #expect(scene.asksForSnapshots.count { $0 == nodes[1] } == 1)
    }

    @Test("D-22: a peer that throttles for ever is left alone after a while")
    func endless() throws {
        var scene = try SnapshotScene.publishers(3, networks: 3)
        let wait = SyncResponse(hasMore: false, error: "rate_limited", retryAfterMilliseconds: 1)
        let answers: [SyncResponse?] = Array(repeating: wait, count: 200)
        for number in 0..<3 { scene.answers[try SnapshotScene.node("peer \(number)")] = answers }
        try scene.live(seconds: 300)
        #expect(scene.asksForSnapshots.count == SnapshotLimits.requestsMax)
    }

    @Test("Garbage, giants and snapshots without end do not reach admission")
    func hostile() throws {
        var scene = try SnapshotScene.publishers(3, networks: 3)
        let peer = try SnapshotScene.node("peer 0")
        let garbage = Array("{}".utf8)
        let request = SyncRequest(sinceTimestamp: start, limit: 1)
        let other = try Draft(request).signed(by: .named("peer 0"), at: start)
        let giant = try Draft(StateSnapshot.of(at: start))
            .adding([("more", .string(String(repeating: "x", count: 5_000)))])
            .signed(by: .named("peer 0"), at: start)
        let copy = try StateSnapshot.of(at: start).signed(by: "peer 0").canonical
        scene.served[peer] = [garbage, other.canonical, giant.canonical, copy, copy]
        scene.served[try SnapshotScene.node("peer 1")] = try (0..<100).map { number in
            try StateSnapshot.of(at: start).signed(by: "stranger \(number)").canonical
        }
        try scene.live(seconds: 60)
        #expect(scene.admitted.count == 1 + SnapshotLimits.keptMax)
        #expect(scene.refusals.count == SnapshotLimits.keptMax, "strangers are not believed")
    }

    @Test("R-05-047: what a trusted peer sends without being asked is not kept")
    func pushed() throws {
        var scene = try SnapshotScene.publishers(3, networks: 3)
        try scene.live(seconds: 60)
        var sync = scene.sync
        let message = try StateSnapshot.of(at: start).signed(by: "peer 0")
        let actions = sync.judge(message.admitted(), now: scene.now)
        guard case .refuse(_, message.id, let refusal)? = actions.first else {
            Issue.record("it is kept: \(actions)")
            return
        }
        #expect(refusal.code == .rule)
    }

    @Test("R-05-048: who turns out to be synced later is asked then, until ten were")
    func later() throws {
        var scene = SnapshotScene()
        for number in 0..<12 {
            try scene.rate("peer \(number)", 900_000)
            try scene.meet("peer \(number)", network: number, state: nil)
        }
        try scene.live(seconds: 60)
        #expect(scene.asksForSnapshots.isEmpty)
        for number in 0..<12 { try scene.meet("peer \(number)", network: number) }
        try scene.live(seconds: 60)
        #expect(scene.asksForSnapshots.count == SnapshotLimits.peersMax)
        #expect(Set(scene.asksForSnapshots).count == SnapshotLimits.peersMax)
    }

    @Test("R-05-033: the newest snapshot of each publisher is kept, and of many the newest ones")
    func shelf() throws {
        var shelf = SnapshotShelf()
        func kept(_ name: String, at offset: Int64) throws -> KeptSnapshot {
            let snapshot = StateSnapshot.of(at: start.adding(milliseconds: offset))
            let message = try snapshot.signed(by: name)
            let publisher = message.from
            return KeptSnapshot(
                message: message,
                snapshot: snapshot,
                publisher: publisher,
                network: nil
            )
        }
        for offset in [2, 3, 1] as [Int64] { shelf.keep(try kept("one", at: offset)) }
        #expect(
            shelf.collected(now: start).map(\.snapshot.snapshotTimestamp.milliseconds)
                == [start.milliseconds + 3]
        )
        for number in 0..<SnapshotLimits.keptMax {
            shelf.keep(try kept("other \(number)", at: 10 + Int64(number)))
        }
        let times = shelf.collected(now: start).map {
            $0.snapshot.snapshotTimestamp.milliseconds(since: start)
        }
        #expect(times.count == SnapshotLimits.keptMax && times.min() == 10)
    }

    @Test("R-05-034: those of others are served while they are fresh")
    func served() throws {
        var scene = try SnapshotScene.publishers(3, networks: 3)
        try scene.serve(.of(at: start.adding(milliseconds: -23 * hour)), by: "peer 0")
        try scene.live(seconds: 60)
        var sync = scene.sync
        let request = SyncRequest(sinceTimestamp: start, types: ["STATE_SNAPSHOT"], limit: 9)
        func served(at now: Timestamp) throws -> Int? {
            let message = try Draft(request).signed(by: .named("asker"), at: now)
            let exchange = InboundExchange(id: 1, peer: message.from, streamProtocol: .sync)
            let actions = sync.judge(message.admitted(from: .exchange(exchange)), now: now)
            let others = sync.carryOut(actions, now: now) { _, _ in nil }
            if case .answer(_, let response)? = others.first { return response.messages.count }
            return nil
        }
        #expect(try served(at: scene.now) == 1)
        #expect(try served(at: start.adding(milliseconds: hour + 1)) == 0)
    }
}

@Suite("§5 Snapshots: what they agree on")
struct SnapshotAgreementTests {
    private static let other = Roots(
        proposals: SHA256Digest.hash(Array("other".utf8)),
        identities: .emptyRoot
    )

    /// A message of each of the phases that trees are made of.
    private static func past() throws -> [Message] {
        let (key, other) = (try SigningKey.named("old"), try SigningKey.named("older"))
        let revocation = try Draft.revocation(NodeID(key.publicKey), NodeID(other.publicKey))
            .signed(by: key, at: start)
        return [revocation, try Newcomer.withdrawal(at: start)]
    }

    @Test(
        "R-05-035: five publishers in three networks are enough (SYNC-11a to SYNC-11c)",
        arguments: [(5, 3, true), (5, 2, false), (4, 3, false), (6, 4, true)]
            as [(Int, Int, Bool)]
    )
    func enough(publishers: Int, networks: Int, isEnough: Bool) throws {
        var scene = try SnapshotScene.publishers(publishers, networks: networks)
        for number in 0..<publishers { try scene.serve(.of(at: start), by: "peer \(number)") }
        try scene.live(seconds: 60)
        #expect(scene.asksForSnapshots.count == publishers && scene.refusals.isEmpty)
        #expect(scene.findings.map(\.hasSameTrees) == (isEnough ? [true] : []))
    }

    @Test("R-05-035: one that names other roots does not count, whichever tree it is")
    func dissent() throws {
        let identities = Roots(proposals: .emptyRoot, identities: Self.other.proposals)
        for roots in [Self.other, identities] {
            var scene = try SnapshotScene.publishers(5, networks: 5)
            for number in 0..<4 { try scene.serve(.of(at: start), by: "peer \(number)") }
            try scene.serve(.of(roots, at: start), by: "peer 4")
            try scene.live(seconds: 60)
            #expect(scene.admitted.count == 5 && scene.findings.isEmpty)
        }
    }

    @Test("R-05-033: a publisher counts once, with its newest snapshot")
    func once() throws {
        var scene = try SnapshotScene.publishers(5, networks: 5)
        for number in 0..<4 { try scene.serve(.of(at: start), by: "peer \(number)") }
        let later = start.adding(milliseconds: 1)
        try scene.serve(.of(at: later), by: "peer 0", from: "peer 4")
        try scene.live(seconds: 60)
        #expect(scene.admitted.count == 5 && scene.findings.isEmpty)
        var other = try SnapshotScene.publishers(5, networks: 5)
        for number in 0..<5 { try other.serve(.of(at: start), by: "peer \(number)") }
        try other.serve(.of(Self.other, at: later), by: "peer 0", from: "peer 4")
        try other.live(seconds: 60)
        #expect(other.findings.isEmpty, "the newest one says something else")
    }

    @Test(
        "R-05-034: a snapshot that is too old or ahead of the clock does not count",
        arguments: [-24 * hour - 1, 600_000] as [Int64]
    )
    func stale(offset: Int64) throws {
        var scene = try SnapshotScene.publishers(5, networks: 5)
        for number in 0..<4 { try scene.serve(.of(at: start), by: "peer \(number)") }
        try scene.serve(.of(at: start.adding(milliseconds: offset)), by: "peer 4")
        try scene.live(seconds: 60)
        #expect(scene.admitted.count == 4 && scene.findings.isEmpty)
    }

    @Test("R-16-151, D-32: a publisher below 0.7 does not count, a bootstrap node does (SYNC-10b)")
    func believed() throws {
        var scene = try SnapshotScene.publishers(4, networks: 4)
        try scene.rate("peer 4", 699_999)
        try scene.meet("peer 4", network: 4)
        for number in 0..<4 { try scene.serve(.of(at: start), by: "peer \(number)") }
        try scene.serve(.of(at: start), by: "peer 4", from: "peer 0")
        var other = scene
        try scene.live(seconds: 60)
        #expect(scene.findings.isEmpty && scene.refusals == [.belowGate])
        try other.meet("peer 4", network: 4, isBootstrap: true)
        try other.live(seconds: 60)
        #expect(other.findings.count == 1)
    }

    @Test("R-05-035, D-25: publishers that are not connected are in one network together")
    func unknownNetworks() throws {
        func scene(known: Int) throws -> SnapshotScene {
            var scene = try SnapshotScene.publishers(3, networks: known)
            for number in 0..<3 { try scene.serve(.of(at: start), by: "peer \(number)") }
            for name in ["far", "away"] {
                try scene.rate(name, 900_000)
                try scene.serve(.of(at: start), by: name, from: "peer 0")
            }
            try scene.live(seconds: 60)
            return scene
        }
        #expect(try scene(known: 1).findings.isEmpty)
        #expect(try scene(known: 2).findings.count == 1)
    }

    @Test("R-16-154: where the own trees differ, reading begins an hour before them (SYNC-20)")
    func margin() throws {
        var scene = try SnapshotScene.publishers(5, networks: 3, past: Self.past())
        let moment = start.adding(milliseconds: -5 * hour)
        for number in 0..<5 {
            let time = moment.adding(milliseconds: Int64(number))
            try scene.serve(.of(Self.other, at: time), by: "peer \(number)")
        }
        try scene.live(seconds: 60)
        #expect(scene.findings.map(\.hasSameTrees) == [false])
        let since = moment.adding(milliseconds: -hour)
        let again = scene.asked.filter { $0.request.sinceTimestamp == since }
        let types = Set(again.flatMap(\.request.types))
        #expect(types.contains("DID_LINK") && types.contains("PROPOSE"))
        #expect(Set(again.map(\.peer)).count >= 2, "more than one peer is asked")
    }

    @Test("ADR 0069: where they are the same, nothing is read again")
    func same() throws {
        var scene = try SnapshotScene.publishers(5, networks: 3, past: Self.past())
        let moment = start.adding(milliseconds: -5 * hour)
        for number in 0..<5 { try scene.serve(.of(at: moment), by: "peer \(number)") }
        try scene.live(seconds: 60)
        #expect(scene.findings.map(\.hasSameTrees) == [true])
        let since = moment.adding(milliseconds: -hour)
        #expect(!scene.asked.contains { $0.request.sinceTimestamp == since })
    }

    @Test(
        "T11, R-05-036, R-05-042, R-16-153: what publishers agree on is believed when others agree, too",
        arguments: [(0, 0, nil), (1, 0, nil), (2, 0, true), (2, 1, false), (6, 1, false)]
            as [(Int, Int, Bool?)]
    )
    func outsiders(count: Int, dissenters: Int, isSame: Bool?) throws {
        var scene = try SnapshotScene.publishers(5, networks: 5, outsiders: count)
        for number in 0..<dissenters {
            scene.roots[try SnapshotScene.node("outsider \(number)")] = Self.other
        }
        for number in 0..<5 { try scene.serve(.of(at: start), by: "peer \(number)") }
        try scene.live(seconds: 300)
        #expect(scene.findings.map(\.hasSameTrees) == [isSame].compactMap(\.self))
    }

    @Test("R-05-060: what peers report of scores is compared with what the publishers think")
    func scores() throws {
        for isSame in [true, false] {
            var scene = try SnapshotScene.publishers(5, networks: 3)
            let entries = scene.scores.map {
                ReputationSummary.Entry(identity: $0.nodeID, score: $0.reputation)
            }
            let summary = isSame ? ReputationSummary.hash(of: entries) : .zero
            for number in 0..<5 {
                try scene.serve(.of(summary: summary, at: start), by: "peer \(number)")
            }
            try scene.live(seconds: 60)
            #expect(scene.findings.map(\.hasSameScores) == [isSame])
        }
    }
}
