import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

@Suite("§5 Sync completeness")
struct CompletenessTests {
    private static let other = Roots(proposals: .zero, identities: .zero)

    /// A node of whose peers so many hold the same proposals and identities as it does.
    private static func node(
        of count: Int,
        isLarge: Bool,
        proposals: Int,
        identities: Int
    ) throws -> Newcomer {
        var node = try Newcomer(isLarge: isLarge)
        let neighbours = (0..<count).map { Neighbour(network: $0) }
        for (number, neighbour) in neighbours.enumerated() {
            node.roots[neighbour.id] = Roots(
                proposals: number < proposals ? .emptyRoot : .zero,
                identities: number >= count - identities ? .emptyRoot : .zero
            )
        }
        node.meet(neighbours)
        return node
    }

    @Test(
        "R-05-095, R-16-142: both roots must be equal at three of five peers",
        arguments: [(3, 3, true), (5, 2, false), (2, 5, false), (5, 5, true), (0, 0, false)]
            as [(Int, Int, Bool)]
    )
    func roots(proposals: Int, identities: Int, isSynced: Bool) throws {
        var node = try Self.node(
            of: 5,
            isLarge: true,
            proposals: proposals,
            identities: identities
        )
        node.live(seconds: 90)
        #expect((node.state == .synced) == isSynced)
        #expect(node.changes.contains(.caughtUp(isBeginning: true)) == isSynced)
    }

    @Test(
        "R-05-095, D-26: of n peers of a small network three fifths must agree",
        arguments: [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3)] as [(Int, Int)]
    )
    func small(peers: Int, needed: Int) throws {
        for agreeing in 0...peers {
            var node = try Self.node(
                of: peers,
                isLarge: false,
                proposals: agreeing,
                identities: peers
            )
            node.live(seconds: 90)
            #expect((node.state == .synced) == (agreeing >= needed))
        }
    }

    @Test("R-05-095: a peer that says no root of identities counts by that of proposals alone")
    func older() throws {
        for isSame in [true, false] {
            var node = try Newcomer()
            let neighbours = Neighbour.inNetworks(1, 2, 3, 4, 5)
            for neighbour in neighbours {
                let proposals: Bytes32 = isSame ? .emptyRoot : .zero
                node.roots[neighbour.id] = Roots(proposals: proposals, identities: nil)
            }
            node.meet(neighbours)
            node.live(seconds: 90)
            #expect((node.state == .synced) == isSame)
        }
    }

    @Test("R-05-095: a peer that never served its assessments does not make a node synced")
    func batches() throws {
        var node = try Newcomer()
        let neighbours = Neighbour.inNetworks(1, 2, 3, 4, 5)
        node.mute[neighbours[3].id] = .some(2)
        node.meet(neighbours)
        node.live(seconds: 200)
        #expect(node.state == .degraded)
    }

    @Test("R-05-095: when the roots become equal, the node is synced seconds later")
    func later() throws {
        var node = try Self.node(of: 5, isLarge: true, proposals: 2, identities: 5)
        node.live(seconds: 90)
        #expect(node.state == .syncing)
        #expect(Set(node.asked(for: nil)).count == 3, "those that differ are asked to compare")
        node.roots = [:]
        node.live(seconds: 20)
        #expect(node.state == .synced)
    }

    @Test("R-05-097, R-05-100: a node that stays different is degraded, and tries others later")
    func never() throws {
        var node = try Self.node(of: 5, isLarge: true, proposals: 0, identities: 5)
        node.live(seconds: 400)
        #expect(node.state == .degraded)
        #expect(node.changes.last == .stateChanged(.degraded, finishedPhases: [1, 2, 3, 4]))
        let before = Set(node.asked.map(\.peer))
        node.meet(Neighbour.inNetworks(7, 8, 9))
        node.forget()
        node.live(seconds: 400)
        #expect(Set(node.asked.map(\.peer)).subtracting(before).count >= 2)
        #expect(node.sync.status.progress?.peersWanted == 5)
    }

    @Test(
        "R-05-027: nodes without room to offer skip phase 5, others do not",
        arguments: [0, 1] as [Int64]
    )
    func storage(bytes: Int64) throws {
        var node = try Newcomer()
        node.offer(bytes: bytes)
        node.meet(Neighbour.inNetworks(1, 2, 3, 4, 5))
        node.live(seconds: 90)
        #expect(node.state == .synced)
        #expect(node.asked(for: 5).isEmpty == (bytes == 0))
    }

    @Test("ADR 0063: status says how far a node is, and for what it waits")
    func status() throws {
        var node = try Newcomer()
        node.meet(Neighbour.inNetworks(1, 2, 3, 4))
        node.live(seconds: 60)
        let progress = try #require(node.sync.status.progress)
        #expect(progress.phase == 4 && progress.peers == 4 && progress.peersWanted == 5)
        #expect(progress.nextTry.map { $0 >= node.now } ?? false)
        node.meet(Neighbour.inNetworks(5))
        node.live(seconds: 60)
        #expect(node.state == .synced && node.sync.status.progress == nil)
    }
}

@Suite("§5 Incremental sync")
struct IncrementalTests {
    /// A node that has just caught up.
    private static func synced() throws -> Newcomer {
        var node = try Newcomer()
        node.meet(Neighbour.inNetworks(1, 2, 3, 4, 5))
        node.live(seconds: 90)
        try #require(node.state == .synced)
        node.forget()
        return node
    }

    @Test("R-05-110, R-16-147: identities join each third to fifth cycle, at random")
    func identities() throws {
        var node = try Self.synced()
        var cycles: [Bool] = []
        for _ in 0..<24 {
            node.liveOneCycle()
            let phases = node.asked.compactMap(\.phase)
            #expect(phases.suffix(4) == [2, 3, 4, 5], "D-29: phase 5, too, without room to offer")
            cycles.append(phases.contains(1))
            node.forget()
        }
        let places = cycles.indices.filter { cycles[$0] }
        let gaps = zip(places, places.dropFirst()).map { $1 - $0 }
        #expect(gaps.allSatisfy { (3...5).contains($0) } && Set(gaps).count > 1)
        #expect(places.first.map { (2...4).contains($0) } ?? false)
    }

    @Test("R-05-111: a revocation that came since makes the next cycle ask for identities")
    func revocation() throws {
        var node = try Self.synced()
        node.liveOneCycle()
        #expect(node.asked(for: 1).isEmpty)
        let key = SigningKey.generate()
        let id = NodeID(key.publicKey)
        let revocation = try Draft.revocation(id, id).signed(by: key, at: node.now)
        node.log(revocation, from: Neighbour().id)
        node.forget()
        node.liveOneCycle()
        #expect(node.asked(for: 1).count == 1)
        node.forget()
        node.liveOneCycle()
        #expect(node.asked(for: 1).isEmpty)
    }

    @Test(
        "R-05-109: a phase is read from the newest message at its last reading, or half an hour back"
    )
    func start() throws {
        var node = try Self.synced()
        let peer = Neighbour().id
        let read = node.now.adding(milliseconds: -3 * 3_600_000)
        node.log(try Newcomer.withdrawal(at: read), from: peer)
        node.liveOneCycle()
        node.forget()
        // What gossip brings does not stand for what it missed.
        node.log(try Newcomer.withdrawal(at: node.now.adding(milliseconds: -3_000_000)), from: peer)
        node.liveOneCycle()
        #expect(node.asked.first { $0.phase == 3 }?.since == read)
        node.log(try Newcomer.withdrawal(at: node.now), from: peer)
        node.liveOneCycle()
        node.forget()
        node.liveOneCycle()
        let question = try #require(node.asked.first { $0.phase == 3 })
        #expect(question.at.milliseconds(since: question.since) >= 1_800_000)
    }
}
