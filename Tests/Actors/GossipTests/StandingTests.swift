import Cryptography
import GossipSub
import Messages
import Multiformats
import Primitives
import Testing

@testable import Gossip

@Suite("ADR 0019 What connected peers are worth")
struct StandingTests {
    private func standing(
        _ number: Int,
        _ score: Int64 = 500_000,
        _ condition: PeerStandings.Condition = .good
    ) throws -> PeerStandings.Standing {
        PeerStandings.Standing(
            node: try Fixture.node(number),
            score: FixedPoint(millionths: score),
            condition: condition
        )
    }

    @Test(
        "reputation above the floor brings points, a suspension costs gossip, a ban everything",
        arguments: [
            (100_000, .good, 0), (200_000, .good, 500_000), (1_000_000, .good, 4_500_000),
            (100_000, .suspended, -30_000_000), (0, .banned, -200_000_000),
        ] as [(Int64, PeerStandings.Condition, Int64)]
    )
    func points(score: Int64, condition: PeerStandings.Condition, points: Int64) throws {
        #expect(try self.standing(1, score, condition).points.millionths == points)
    }

    @Test("a banned peer is graylisted: not heard, disconnected, and shunned when it is gone")
    func banned() throws {
        var pair = try Pair()
        let one = try Fixture.node(1)
        let before = try pair.publish("before")
        #expect(before != nil)
        let banned = try self.standing(1, 0, .banned)
        let actions = pair.receiver.rated([banned], now: Fixture.start)
        let isDisconnected = actions.contains {
            if case .disconnect(one, _) = $0 { true } else { false }
        }
        #expect(isDisconnected)
        let after = try pair.publish("after")
        #expect(after == nil)
        let end = pair.receiver.peerDisconnected(one, reason: "test", now: Fixture.start)
        #expect(end.last == .peerDisconnected(one, reason: "test", isShunned: true))
        // Another connection that ends is not held against it again.
        _ = pair.receiver.peerConnected(one, address: "", isOutbound: false)
        let again = pair.receiver.peerDisconnected(one, reason: "test", now: Fixture.start)
        #expect(again.last == .peerDisconnected(one, reason: "test", isShunned: false))
    }

    @Test("a suspended peer keeps its voice and loses its place in the mesh")
    func suspended() throws {
        var pair = try Pair()
        _ = pair.receiver.heartbeat(now: Fixture.at(1_000))
        let suspended = try self.standing(1, 100_000, .suspended)
        let actions = pair.receiver.rated([suspended], now: Fixture.at(1_000))
        #expect(!actions.contains { if case .disconnect = $0 { true } else { false } })
        let heard = try pair.publish("still heard")
        #expect(heard != nil)
        _ = pair.receiver.heartbeat(now: Fixture.at(2_000))
        #expect(pair.receiver.status.meshSizes == [0, 0, 0])
    }

    @Test("a direct peer is served and heard whatever is held against it")
    func direct() throws {
        var machine = try Fixture.machine(2, direct: [1])
        let one = try Fixture.node(1)
        _ = machine.peerConnected(one, address: "", isOutbound: false)
        let id = GossipSubProtocol.newest
        _ = machine.gossipReady(one, protocolID: id, isOutbound: false, now: Fixture.start)
        let actions = machine.rated([try self.standing(1, 0, .banned)], now: Fixture.start)
        #expect(!actions.contains { if case .disconnect = $0 { true } else { false } })
    }

    @Test("the standing of a peer is asked for when it joins, and of all peers once a minute")
    func questions() throws {
        var machine = try Fixture.machine(2)
        let one = try Fixture.node(1)
        let none = machine.heartbeat(now: Fixture.start)
        #expect(none == [.wake(after: GossipPace().heartbeat)])
        _ = machine.peerConnected(one, address: "", isOutbound: false)
        let id = GossipSubProtocol.newest
        let first = machine.gossipReady(one, protocolID: id, isOutbound: true, now: Fixture.start)
        #expect(first.contains(.askStandings([one])))
        _ = machine.rated([try self.standing(1)], now: Fixture.start)
        // The stream is opened anew; nothing new can be known of the peer.
        let second = machine.gossipReady(one, protocolID: id, isOutbound: true, now: Fixture.start)
        #expect(!second.contains(.askStandings([one])))
        let asked = stride(from: Int64(1_000), through: 180_000, by: 1_000).filter { offset in
            machine.heartbeat(now: Fixture.at(offset)).contains(.askStandings([one]))
        }
        #expect(asked == [60_000, 120_000, 180_000])
    }

    @Test(
        "a connection is worth the peer's reputation and its places in meshes, told when it changes"
    )
    func values() throws {
        var pair = try Pair()
        let one = try Fixture.node(1)
        let known = try self.standing(1, 420_000)
        let first = pair.receiver.rated([known], now: Fixture.start)
        #expect(first.contains(.setValue(one, 42)))
        let same = pair.receiver.rated([known], now: Fixture.start)
        #expect(same.isEmpty)
        _ = pair.receiver.heartbeat(now: Fixture.at(1_000))
        let places = pair.receiver.status.meshSizes.reduce(0, +)
        #expect(places == 3)
        let meshed = pair.receiver.rated([known], now: Fixture.at(1_000))
        #expect(meshed.contains(.setValue(one, 342)))
        // Who is gone has no value, and an answer that comes late changes nothing.
        _ = pair.receiver.peerDisconnected(one, reason: "test", now: Fixture.at(1_000))
        let late = pair.receiver.rated([known], now: Fixture.at(1_000))
        #expect(late.isEmpty)
    }

    @Test("a peer that resets its stream on a large message gets the small ones alone")
    func streamReset() throws {
        var pair = try Pair()
        let two = try Fixture.node(2)
        func sizes(_ text: String) throws -> [Int] {
            let message = try Fixture.admitted("REQUEST", by: 1, origin: .local(nil), text: text)
            return Pair.frames(pair.sender.accepted(message, now: Fixture.start)).map(\.count)
        }
        let large = String(repeating: "x", count: 1_500_000)
        #expect(try sizes(large + "1").count == 1)
        pair.sender.gossipStreamReset(two, largestFrame: 1_500_500)
        #expect(try sizes(large + "2").isEmpty)
        #expect(try sizes("small").count == 1)
    }
}
