import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

@Suite("§5 Sync peer selection")
struct TeamTests {
    /// Long enough for the longest jitter and the pauses between phases.
    private static let aWhile: Int64 = 120

    @Test(
        "R-05-075, R-16-138: a node is synced after five peers in three networks, and not before",
        arguments: [
            ([1, 1, 2, 2, 3], true), ([1, 2, 3, 4, 5], true), ([1, 1, 1, 2, 2], false),
            ([1, 2, 3, 4], false), ([1, 1, 1, 1, 1, 2, 2], false),
        ] as [([Int], Bool)]
    )
    func whole(networks: [Int], isEnough: Bool) throws {
        var node = try Newcomer()
        node.meet(networks.map { Neighbour(network: $0) })
        node.live(seconds: Self.aWhile)
        #expect((node.state == .synced) == isEnough)
        if isEnough { return }
        #expect(node.state == .degraded, "R-05-097: it says that it cannot complete")
        node.meet(Neighbour.inNetworks(8, 9))
        node.live(seconds: Self.aWhile)
        #expect(node.state == .synced)
    }

    @Test("R-05-075: of many peers of one network no more are asked than leave room for two others")
    func spread() throws {
        let many = Neighbour.inNetworks(1, 1, 1, 1, 1, 1, 1, 1, 1, 1)
        let others = Neighbour.inNetworks(2, 3)
        var node = try Newcomer()
        node.meet(many + others)
        node.live(seconds: Self.aWhile)
        let asked = Set(node.asked(for: 1))
        #expect(node.state == .synced && asked.count == 5)
        #expect(asked.isSuperset(of: others.map(\.id)))
    }

    @Test("R-05-076: a first join needs a bootstrap node, a return does not")
    func bootstrap() throws {
        let others = Neighbour.inNetworks(1, 2, 3, 4, 5, 6, 7, 8)
        let bootstrap = Neighbour(network: 9, isBootstrap: true)
        var first = try Newcomer(namesBootstrap: true)
        first.meet(others)
        first.live(seconds: Self.aWhile)
        #expect(first.state == .degraded)
        first.meet([bootstrap])
        first.live(seconds: Self.aWhile)
        #expect(first.state == .synced && first.asked(for: 1).contains(bootstrap.id))
        var again = try Newcomer(
            namesBootstrap: true,
            past: [try Newcomer.withdrawal()]
        )
        again.meet(others)
        again.live(seconds: Self.aWhile)
        #expect(again.state == .synced)
    }

    @Test("R-05-008: peers that are syncing or degraded are not asked while there are others")
    func unfit() throws {
        let fit = Neighbour.inNetworks(1, 2, 3, 4, 5)
        let unfit = [SyncState.syncing, .degraded].map { Neighbour(network: 6, state: $0) }
        var node = try Newcomer()
        node.meet(unfit + fit)
        node.live(seconds: Self.aWhile)
        #expect(node.state == .synced)
        #expect(Set(node.asked.map(\.peer)) == Set(fit.map(\.id)))
    }

    @Test(
        "R-02-027: a peer more than three minutes off the median is not synced from",
        arguments: [180_000, 180_001, -180_000, -180_001, .min, .max] as [Int64]
    )
    func clock(offset: Int64) throws {
        let isOff = offset.magnitude > 180_000
        var neighbours = Neighbour.inNetworks(1, 2, 3, 4)
        for index in neighbours.indices { neighbours[index].clockOffset = 0 }
        let other = Neighbour(network: 5, clockOffset: offset)
        var node = try Newcomer()
        node.meet(neighbours + [other])
        node.live(seconds: Self.aWhile)
        #expect(node.asked.contains { $0.peer == other.id } == !isOff)
        #expect((node.state == .synced) == !isOff)
    }

    @Test("D-26: among fewer than six identities all synced peers are asked, be it one")
    func small() throws {
        for count in 1...3 {
            let neighbours = (0..<count).map { _ in Neighbour(network: 1) }
            var node = try Newcomer(isLarge: false)
            node.meet(neighbours + [Neighbour(state: .syncing)])
            node.live(seconds: Self.aWhile)
            #expect(node.state == .synced)
            #expect(Set(node.asked(for: 1)) == Set(neighbours.map(\.id)))
        }
    }

    @Test("D-27, ADR 0063: when too few are synced for long, the others complete the team")
    func restart() throws {
        let synced = Neighbour(network: 1)
        let others = (2...6).map { Neighbour(network: $0, state: $0 < 4 ? .degraded : .syncing) }
        var node = try Newcomer(past: [try Newcomer.withdrawal()])
        node.meet([synced] + others)
        node.live(seconds: 20)
        #expect(Set(node.asked.map(\.peer)).isSubset(of: [synced.id]))
        node.live(seconds: Self.aWhile)
        #expect(node.state == .synced)
    }

    @Test("ADR 0063: peers that are not synced do not outvote the one that is")
    func outvoted() throws {
        let synced = Neighbour(network: 1)
        let others = (2...6).map { Neighbour(network: $0, state: .syncing) }
        var node = try Newcomer(past: [try Newcomer.withdrawal()])
        node.roots[synced.id] = Roots(proposals: .zero, identities: .emptyRoot)
        node.meet([synced] + others)
        node.live(seconds: 600)
        #expect(node.state == .degraded)
    }

    @Test("R-05-093, R-05-100: those that came first and differ do not stay in the team for ever")
    func first() throws {
        let liars = Neighbour.inNetworks(1, 2, 3)
        var node = try Newcomer()
        for liar in liars { node.roots[liar.id] = Roots(proposals: .zero, identities: .emptyRoot) }
        node.meet(liars)
        node.live(seconds: 60)
        node.meet(Neighbour.inNetworks(4, 5))
        node.live(seconds: 600)
        #expect(node.state == .degraded)
        node.meet(Neighbour.inNetworks(6, 7, 8, 9))
        node.live(seconds: 1_800)
        #expect(node.state == .synced)
    }

    @Test(
        "R-05-089, ADR 0063: who has served enough is relieved by another one, but for what each is asked",
        arguments: [(3, true), (1, false)]
    )
    func relieved(phase: Int, isRelieved: Bool) throws {
        var newcomer = try Newcomer()
        newcomer.tiring = phase
        newcomer.meet(Neighbour.inNetworks(1, 2, 3, 1, 2))
        newcomer.live(seconds: 400)
        let asked = newcomer.asked.filter { $0.phase == phase }
        let first = try #require(asked.first)
        let second = try #require(asked.dropFirst().first)
        #expect((second.peer != first.peer) == isRelieved)
        let wait = second.at.milliseconds(since: first.at)
        #expect(isRelieved ? wait == 0 : wait >= 30_000)
        #expect(second.since == first.since)
        // All of them are tired by then, and the last one asked is asked again.
        let relay = asked.prefix { $0.at == first.at }
        #expect(relay.count == (isRelieved ? 5 : 1))
        #expect(Set(relay.map(\.peer)).count == relay.count)
        #expect(newcomer.state == .synced)
    }

    @Test("R-05-114: in incremental sync a peer that failed is asked after all others")
    func responsive() throws {
        let neighbours = Neighbour.inNetworks(1, 2, 3, 4, 5)
        var node = try Newcomer()
        node.meet(neighbours)
        node.live(seconds: Self.aWhile)
        try #require(node.state == .synced)
        let bad = neighbours[2].id
        node.mute[bad] = .some(2)
        var asked: [NodeID] = []
        for _ in 0..<30 {
            node.forget()
            node.liveOneCycle()
            asked += node.asked(for: 2)
        }
        #expect(asked.count >= 30)
        #expect(asked.count { $0 == bad } == 1)
    }
}
