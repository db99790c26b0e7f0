import Messages
import Primitives
import Testing

@testable import Sync

@Suite("§5 Backpressure and mid-sync failures")
struct RetryTests {
    private static let minute: Int64 = 60_000

    /// A node of which one of five sync peers did not answer when it was asked for a phase; others connect
    /// then.
    private static func broken(in phase: Int, spare: Int) throws -> (Newcomer, [Neighbour]) {
        var node = try Newcomer()
        let team = Neighbour.inNetworks(1, 2, 3, 4, 5)
        node.meet(team)
        node.mute[team[4].id] = .some(phase)
        while node.asked.last.map({ $0.peer != team[4].id || $0.phase != phase }) ?? true {
            node.look()
            node.sleep(milliseconds: 500)
        }
        let others = (0..<spare).map { Neighbour(network: 6 + $0) }
        node.meet(others)
        return (node, others)
    }

    @Test(
        "R-05-091, R-05-093: a retry goes on with the first unfinished phase, and with two new peers"
    )
    func resume() throws {
        var (node, others) = try Self.broken(in: 3, spare: 4)
        let before = Set(node.asked(for: 1))
        #expect(before.count == 5)
        node.forget()
        node.live(seconds: 60)
        #expect(node.state == .synced)
        let after = Set(node.asked.filter { $0.phase != nil }.map(\.peer))
        #expect(after.subtracting(before).count == 2)
        #expect(after.isSubset(of: before.union(others.map(\.id))))
        for phase in [1, 2] {
            let again = Set(node.asked(for: phase)).intersection(before)
            #expect(again.isEmpty, "phase \(phase) is finished")
        }
        #expect(Set(node.asked(for: 4)).count == 5)
    }

    @Test("R-05-079: a peer that joins the team late is asked for identities and assessments, too")
    func late() throws {
        var (node, others) = try Self.broken(in: 4, spare: 2)
        node.forget()
        node.live(seconds: 60)
        #expect(node.state == .synced)
        for phase in [1, 2] { #expect(Set(node.asked(for: phase)) == Set(others.map(\.id))) }
        #expect(node.asked(for: 3).isEmpty)
    }

    @Test(
        "R-05-092, R-16-149: identities are read again when they were finished over an hour ago",
        arguments: [(3_599_999, false), (3_600_000, false), (3_600_001, true)]
            as [(Int64, Bool)]
    )
    func stale(age: Int64, isStale: Bool) throws {
        var node = try Newcomer(isLarge: false)
        let peer = Neighbour()
        node.meet([peer])
        node.mute[peer.id] = .some(2)
        node.live(seconds: 40)
        let finished = try #require(node.asked.last { $0.phase == 1 }).at
        node.sleep(milliseconds: age - node.now.milliseconds(since: finished))
        node.mute = [:]
        node.forget()
        node.live(seconds: 6)
        #expect(node.asked.first?.phase == (isStale ? 1 : 2))
        node.live(seconds: 60)
        #expect(node.state == .synced)
    }

    @Test(
        "R-05-094, R-16-150: after three failures in a row a node is degraded and waits five minutes"
    )
    func degraded() throws {
        var node = try Newcomer()
        let team = Neighbour.inNetworks(1, 2, 3, 4, 5, 6, 7, 8)
        node.meet(team)
        for peer in team { node.mute[peer.id] = .some(nil) }
        node.live(seconds: 60)
        #expect(node.changes == [.stateChanged(.degraded)])
        #expect(node.asked.count == 3)
        node.mute = [:]
        let third = try #require(node.asked.last).at
        node.forget()
        node.live(seconds: 600)
        let next = try #require(node.asked.first).at
        #expect(next.milliseconds(since: third) >= 5 * Self.minute)
        #expect(next.milliseconds(since: third) <= 5 * Self.minute + 1_000)
        #expect(node.state == .synced)
    }

    @Test("R-05-088: between two phases there are one to five seconds")
    func staggered() throws {
        var node = try Newcomer()
        node.meet(Neighbour.inNetworks(1, 2, 3, 4, 5))
        node.live(seconds: 60)
        var pauses: Set<Int64> = []
        for phase in 1...3 {
            let end = try #require(node.asked.last { $0.phase == phase }).at
            let begin = try #require(node.asked.first { $0.phase == phase + 1 }).at
            let pause = begin.milliseconds(since: end)
            #expect(pause >= 1_000 && pause <= 5_000 + SyncLimits.tickMilliseconds)
            pauses.insert(pause)
        }
        #expect(pauses.count > 1)
    }

    @Test(
        "R-05-083, R-16-140: when over a fifth of the peers differ, others are turned to within 300 s",
        arguments: [(0, 5), (1, 5), (2, 300)] as [(Int, Int64)]
    )
    func partition(different: Int, most: Int64) throws {
        let neighbours = Neighbour.inNetworks(1, 2, 3, 4, 5)
        var longest: Int64 = 0
        for seed in 0..<20 as Range<UInt64> {
            var node = try Newcomer(seed: seed)
            node.meet(neighbours)
            node.live(seconds: 60)
            for neighbour in neighbours.prefix(different) {
                node.roots[neighbour.id] = Roots(proposals: .zero, identities: .zero)
            }
            node.liveOneCycle()
            let newcomer = Neighbour(network: 6)
            node.meet([newcomer])
            let begin = node.now
            node.live(seconds: 302)
            let asked = try #require(node.asked.first { $0.peer == newcomer.id }).at
            longest = max(longest, asked.milliseconds(since: begin) / 1_000)
        }
        #expect(longest <= most && longest * 2 >= most)
    }

    /// The delays before the first session of many nodes that were away for so long, in seconds.
    private static func delays(offline: Int64?) throws -> [Int64] {
        try (0..<200).map { number in
            var sync = SyncStateMachine(
                configuration: SyncConfiguration(isSyncedAtStart: false, isLocalProfile: false)
            )
            let newest = offline.map { Newcomer.start.adding(milliseconds: -$0 * 1_000) }
            var random = SplitMix64(seed: UInt64(number))
            let entropy = random.next()
            _ = sync.started(newest: newest, now: Newcomer.start, entropy: entropy)
            let peer = Neighbour().id
            _ = sync.authenticated(peer, now: Newcomer.start, entropy: 0)
            let first = (0...320 as ClosedRange<Int64>).first { second in
                let now = Newcomer.start.adding(milliseconds: second * 1_000)
                return !sync.tick(now: now, entropy: 0).isEmpty
            }
            return try #require(first)
        }
    }

    @Test(
        "R-05-082, R-05-084, R-16-139, R-16-140, D-30: the jitter before the first sync",
        arguments: [
            (nil, 30), (0, 30), (600, 30), (3_100, 31), (5_000, 50), (36_000, 300), (90_000, 300),
            (-600, 30),
        ] as [(Int64?, Int64)]
    )
    func jitter(offline: Int64?, most: Int64) throws {
        let delays = try Self.delays(offline: offline)
        let longest = try #require(delays.max())
        #expect(longest <= most && longest >= most * 9 / 10)
        #expect(delays.contains { $0 <= most / 10 + 1 })
    }
}
