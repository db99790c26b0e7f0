import Multiformats
import Testing

@testable import GossipSub

@Suite("IDONTWANT")
struct IDontWantTests {
    private static let version = "/meshsub/1.2.0"
    private let large = [UInt8](repeating: 5, count: 16_384)

    /// A bench with four peers in the mesh, the last of which speaks v1.1.
    private func meshed() throws -> (bench: Bench, peers: [Peer]) {
        var bench = try Bench()
        let peers = try (1...4).map { try Peer($0) }
        for (index, peer) in peers.enumerated() {
            try bench.join(peer, protocolID: index < 3 ? Self.version : "/meshsub/1.1.0")
            _ = bench.receive(Wire.graft(), from: peer)
        }
        return (bench, peers)
    }

    @Test("The first copy of a large message is announced to the mesh before the verdict")
    func announcement() throws {
        var (bench, peers) = try self.meshed()
        let source = try Peer(99)
        let frame = Wire.publish(source.message(1, data: self.large))
        let first = bench.receive(frame, from: peers[0])
        #expect(delivered(first).count == 1)
        // Not to the sender, and not to the peer that would not understand.
        #expect(receivers(first) == [peers[1].id, peers[2].id])
        let rpcs = try sent(first, to: peers[1])
        #expect(rpcs.flatMap(\.control.idontwant).map(\.bytes) == [source.messageID(1)])
        #expect(rpcs.allSatisfy { $0.messages.isEmpty })
        let second = bench.receive(frame, from: peers[1])
        #expect(second.isEmpty)
    }

    @Test("It goes out at once to all in one buffer, and never to the publisher")
    func publisher() throws {
        var (bench, peers) = try self.meshed()
        let frame = Wire.publish(peers[1].message(1, data: self.large))
        let actions = bench.receive(frame, from: peers[0])
        #expect(receivers(actions) == [peers[2].id])
    }

    @Test("Small messages are not worth it")
    func small() throws {
        var (bench, peers) = try self.meshed()
        let source = try Peer(99)
        let data = Array(self.large.dropLast())
        let actions = bench.receive(Wire.publish(source.message(1, data: data)), from: peers[0])
        #expect(receivers(actions).isEmpty)
        #expect(delivered(actions).count == 1)
    }

    @Test("A forged large message is refused at once and silences nobody")
    func forgery() throws {
        var (bench, peers) = try self.meshed()
        let source = try Peer(99)
        let forged = source.message(1, data: self.large, signedBy: peers[0].key)
        let actions = bench.receive(Wire.publish(forged), from: peers[0])
        #expect(actions.isEmpty)
        #expect(bench.router.counters.forged == 1)
        #expect(bench.router.score(of: peers[0].id) == .points(-1))
        let sound = bench.receive(
            Wire.publish(source.message(1, data: self.large)),
            from: peers[1]
        )
        #expect(delivered(sound).map(\.signature.isValid) == [true])
    }

    @Test("Who says that it has a message is not sent it, unless it asks")
    func honoured() throws {
        var (bench, peers) = try self.meshed()
        let source = try Peer(99)
        _ = bench.receive(Wire.idontwant([source.messageID(1)]), from: peers[1])
        let arrival = bench.receive(Wire.publish(source.message(1)), from: peers[0])
        let forwarded = bench.accept(arrival)
        #expect(receivers(forwarded) == [peers[2].id, peers[3].id])
        #expect(bench.router.counters.spared == 1)
        let asked = bench.receive(Wire.iwant([source.messageID(1)]), from: peers[1])
        #expect(try published(try sent(asked, to: peers[1])) == [[1, 2, 3]])
    }

    @Test("It is honoured for three heartbeats, and forgotten then")
    func lifetime() throws {
        let source = try Peer(99)
        for rounds in 0...3 {
            var (bench, peers) = try self.meshed()
            _ = bench.receive(Wire.idontwant([source.messageID(1)]), from: peers[1])
            _ = bench.heartbeats(rounds)
            let arrival = bench.receive(Wire.publish(source.message(1)), from: peers[0])
            let forwarded = bench.accept(arrival)
            #expect(receivers(forwarded).contains(peers[1].id) == (rounds == 3))
            #expect(bench.router.occupancy.unwantedIDs == (rounds == 3 ? 0 : 1))
        }
    }

    @Test("From a peer of an older version it means nothing")
    func olderVersion() throws {
        var (bench, peers) = try self.meshed()
        let source = try Peer(99)
        _ = bench.receive(Wire.idontwant([source.messageID(1)]), from: peers[3])
        let arrival = bench.receive(Wire.publish(source.message(1)), from: peers[0])
        let forwarded = bench.accept(arrival)
        #expect(receivers(forwarded).contains(peers[3].id))
        #expect(bench.router.occupancy.unwantedIDs == 0)
    }
}
