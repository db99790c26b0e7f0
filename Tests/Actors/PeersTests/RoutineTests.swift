import Cryptography
import Messages
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Peers

@Suite("§4 What a node does again and again, and what it says of peers")
struct RoutineTests {
    /// What a node does in an hour and a half in which it looks at its table every second.
    private static func actions(of peers: inout PeersStateMachine) -> [(
        second: Int64, action: PeersAction
    )] {
        var seen: [(second: Int64, action: PeersAction)] = []
        for second in Int64(1)...5_400 {
            let actions = peers.tick(now: Fixture.later(second), entropy: 5)
            seen += actions.map { (second, $0) }
        }
        return seen
    }

    @Test("R-04-014, R-16-009: a node that others hear announces itself every five minutes")
    func announcing() throws {
        var peers = Fixture.machine()
        _ = peers.proofComputed(.easy(of: Fixture.own, at: Fixture.start))
        peers.listening(["/ip4/8.1.0.1/tcp/9090"])
        peers.meet(Fixture.node(), at: "/ip4/8.2.0.1/tcp/9090", now: Fixture.start)
        let seconds = Self.actions(of: &peers).compactMap { second, action in
            if case .announce = action { second } else { nil }
        }
        #expect(seconds == (0..<18).map { 1 + 300 * $0 })
    }

    @Test(
        "C3-2: peers that come and go every five seconds make a node speak once a minute, no more"
    )
    func news() throws {
        var peers = Fixture.machine()
        _ = peers.proofComputed(.easy(of: Fixture.own, at: Fixture.start))
        peers.listening(["/ip4/8.1.0.1/tcp/9090"])
        let guest = Fixture.node()
        var seconds: [Int64] = []
        for second in stride(from: Int64(0), to: 7_200, by: 5) {
            peers.disconnected(guest, now: Fixture.later(second))
            peers.meet(
                guest,
                at: "/ip4/8.2.0.1/tcp/9090",
                isOutbound: false,
                now: Fixture.later(second)
            )
            let actions = peers.tick(now: Fixture.later(second), entropy: 0)
            if actions.contains(where: { if case .announce = $0 { true } else { false } }) {
                seconds.append(second)
            }
        }
        let first = Array(seconds.prefix(11))
        #expect(first == (0...10).map { Int64(5 * $0) }, "at first news are told at once")
        #expect(seconds.count <= 1 + 10 + 120)
        let pauses = zip(seconds, seconds.dropFirst()).map { $1 - $0 }
        #expect(pauses.allSatisfy { $0 <= 60 })
    }

    @Test("R-04-016, R-16-011: every ten minutes a peer that is not connected is dialled")
    func wandering() throws {
        var peers = Fixture.machine()
        // Enough connections, so that the node looks for no more of them.
        for number in 0..<PeersLimits.outboundTarget {
            peers.meet(Fixture.node(), at: "/ip4/8.\(number).0.1/tcp/9090", now: Fixture.start)
        }
        let neighbours = peers.table.count
        var strangers: [NodeID] = []
        for _ in 0..<3 {
            let key = SigningKey.generate()
            let stranger = NodeID(key.publicKey)
            let proof = VDFProof.easy(of: stranger, at: Fixture.start)
            let draft = Draft.announcement(proof, addresses: ["/ip4/9.1.0.1/tcp/9090"])
            let message = try draft.signed(by: key, at: Fixture.start)
            // They are heard of to the last, so that none is forgotten.
            let admitted = message.admitted(at: Fixture.later(5_400))
            _ = peers.judge(admitted, now: Fixture.start)
            strangers.append(stranger)
        }
        let dials = Self.actions(of: &peers).compactMap { second, action in
            if case .dial(let address) = action { (second, address) } else { nil }
        }
        #expect(dials.map(\.0) == (1...9).map { 600 * $0 })
        let dialled = Set(dials.compactMap { AddressText.node(in: $0.1) })
        #expect(dialled.isSubset(of: strangers) && !dialled.isEmpty)
        #expect(peers.table.count == neighbours + strangers.count)
    }

    /// What a node says of itself when it is due.
    private static func announcement(of peers: inout PeersStateMachine, at second: Int64)
        -> PeerAnnounce?
    {
        for case .announce(let payload) in peers.tick(now: Fixture.later(second), entropy: 5) {
            return payload
        }
        return nil
    }

    @Test("R-04-012, R-05-007, R-16-164: a node announces what it can do, and its sync state")
    func announcedState() throws {
        var peers = Fixture.machine()
        _ = peers.proofComputed(.easy(of: Fixture.own, at: Fixture.start))
        peers.listening(["/ip4/8.1.0.1/tcp/9090"])
        peers.meet(Fixture.node(), at: "/ip4/8.2.0.1/tcp/9090", now: Fixture.start)
        let states: [SyncState] = [.syncing, .degraded, .synced]
        var stated: [SyncState?] = []
        for (number, state) in states.enumerated() {
            peers.syncStateChanged(state)
            let second = Int64(number + 1) * 300
            let announced = Self.announcement(of: &peers, at: second)
            let payload = try #require(announced)
            stated.append(payload.syncStatus)
            #expect(payload.capabilities == ["propose", "vote"])
            #expect(payload.storage == nil)
            #expect(payload.version == 0)
        }
        #expect(stated == states)
    }

    @Test(
        "R-06-024, R-06-044: a node announces what it offers to the storage market, and only then to store"
    )
    func offeredStorage() throws {
        var peers = Fixture.machine()
        _ = peers.proofComputed(.easy(of: Fixture.own, at: Fixture.start))
        peers.listening(["/ip4/8.1.0.1/tcp/9090"])
        peers.meet(Fixture.node(), at: "/ip4/8.2.0.1/tcp/9090", now: Fixture.start)
        var stated: [[String]] = []
        for (number, bytes) in [1_000, 0].enumerated() as EnumeratedSequence<[Int64]> {
            peers.offered(
                StorageOffered(allocatedBytes: bytes, availableBytes: bytes / 2, copyCount: 3)
            )
            let announced = Self.announcement(of: &peers, at: Int64(number + 1) * 300)
            let payload = try #require(announced)
            stated.append(payload.capabilities)
            #expect(payload.storage?.allocatedBytes == bytes)
            #expect(payload.storage?.availableBytes == bytes / 2)
            #expect(payload.storage?.copyCount == 3)
        }
        #expect(stated == [["propose", "vote", "store"], ["propose", "vote"]])
    }

    @Test("R-04-013, R-16-164: unknown capabilities are heard of, and do no harm")
    func capabilities() throws {
        var peers = Fixture.machine()
        let key = SigningKey.generate()
        let node = NodeID(key.publicKey)
        let capabilities = ["store", "teleport", String(repeating: "x", count: 1_000)]
        let proof = VDFProof.easy(of: node, at: Fixture.start)
        let draft = Draft.announcement(proof, capabilities: capabilities)
        let message = try draft.signed(by: key, at: Fixture.start)
        let relay = Origin.gossip(relay: node, topic: .peers, ticket: 1)
        let actions = peers.judge(message.admitted(from: relay), now: Fixture.start)
        #expect(actions == [.accept(isLogged: true)])
        #expect(peers.table.map(\.capabilities) == [["store", "teleport"]])
    }

    @Test("R-04-006, R-04-009: lists come by sync, sorted, page after page")
    func lists() throws {
        var peers = Fixture.machine()
        let nodes = (0..<5).map { _ in Fixture.node() }.sorted()
        for (number, node) in nodes.enumerated().reversed() {
            peers.meet(node, at: "/ip4/8.\(number).0.1/tcp/9090", now: Fixture.start)
        }
        var told: [[NodeID]] = []
        var after: NodeID?
        repeat {
            let page = try Self.page(of: &peers, after: after, limit: 2)
            told.append(page.nodes)
            after = page.hasMore ? page.nodes.last : nil
        } while after != nil && told.count < 9
        #expect(told == [Array(nodes[..<2]), Array(nodes[2..<4]), Array(nodes[4...])])
        let behind = try Self.page(of: &peers, after: nodes.last, limit: 2)
        #expect(behind.nodes.isEmpty && !behind.hasMore)
        let all = try Self.page(of: &peers, after: nil, limit: 50)
        #expect(all.nodes == nodes && !all.hasMore)
    }

    private static func page(of peers: inout PeersStateMachine, after: NodeID?, limit: Int64) throws
        -> (nodes: [NodeID], hasMore: Bool)
    {
        let draft = Draft(PeerListRequest(limit: limit, after: after))
        let request = try draft.signed(by: .generate(), at: Fixture.start)
        let exchange = InboundExchange(id: 1, peer: request.from, streamProtocol: .sync)
        let actions = peers.judge(request.admitted(from: .exchange(exchange)), now: Fixture.start)
        guard case .answerList(exchange, let answer)? = actions.first else {
            Issue.record("no answer: \(actions)")
            return ([], false)
        }
        return (answer.peers.map(\.nodeID), answer.hasMore)
    }
}
