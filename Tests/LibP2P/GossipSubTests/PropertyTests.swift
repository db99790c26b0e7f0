import Multiformats
import OrderedCollections
import Primitives
import Testing

@testable import GossipSub

/// Random histories, held against what must be true after each step.
@Suite("Random histories")
struct PropertyTests {
    /// A bench that does one random thing after another.
    private struct Walk {
        var bench: Bench
        var random: SplitMix64
        var connected: Set<PeerID> = []
        let peers: [Peer]
        private var number = 0

        init(seed: UInt64) throws {
            self.random = SplitMix64(seed: seed)
            self.peers = try (1...24).map { try Peer($0) }
            self.bench = try Bench {
                $0.pendingMax = 24
                $0.pendingPerPeerMax = 6
                $0.seenMax = 200
                $0.historyBytesMax = 20_000
                $0.departedMax = 6
                $0.ownMax = 4
                $0.idontwantBytesMin = 64
                $0.floodsPublications = seed.isMultiple(of: 2)
                $0.acceptsPeerExchange = seed.isMultiple(of: 3)
            }
            self.bench.router.setDirectPeers([self.peers[0].id], now: 0)
        }

        mutating func pick(_ count: Int) -> Int { self.random.index(below: count) }

        mutating func step() throws -> [GossipSubAction] {
            let peer = self.peers[self.pick(self.peers.count)]
            let router = self.pick(10)
            switch router {
            case 0: return try self.connect(peer)
            case 1 where self.pick(3) == 0:
                self.connected.remove(peer.id)
                return self.bench.router.removePeer(peer.id, now: self.bench.now)
            case 2: return self.bench.heartbeat()
            case 3: return self.ownDoing(peer)
            case 4: return self.bench.receive(self.control(of: peer), from: peer)
            default: return self.message(from: peer)
            }
        }

        private mutating func connect(_ peer: Peer) throws -> [GossipSubAction] {
            let ids = GossipSubProtocol.ids
            self.connected.insert(peer.id)
            let number = self.pick(3)
            return self.bench.router.addPeer(
                peer.id,
                protocolID: ids[self.pick(ids.count)],
                isOutbound: self.pick(3) == 0,
                address: try Multiaddr("/ip4/203.0.113.\(number)/tcp/1"),
                now: self.bench.now
            ) + self.bench.receive(Wire.subscription(topic), from: peer)
        }

        private mutating func ownDoing(_ peer: Peer) -> [GossipSubAction] {
            let now = self.bench.now
            switch self.pick(5) {
            case 0: return self.bench.router.unsubscribe(topic, now: now)
            case 1, 2: return self.bench.router.subscribe(topic)
            case 3:
                let points = FixedPoint.points(Int64(self.pick(240)) - 120)
                return self.bench.router.setApplicationScore(points, of: peer.id, now: now)
            default: return self.bench.router.publish([1, 2], topic: topic, now: now).actions
            }
        }

        private mutating func control(of peer: Peer) -> [UInt8] {
            let ids = (0..<4).map { _ in self.peers[self.pick(24)].messageID(self.pick(60)) }
            switch self.pick(8) {
            case 0: return Wire.prune(seconds: [0, 1, 60, .max][self.pick(4)])
            case 1: return Wire.ihave(ids)
            case 2: return Wire.iwant(ids)
            case 3: return Wire.idontwant(ids)
            case 4: return Wire.subscription(topic, self.pick(2) == 0)
            case 5: return Wire.prune(offering: [self.peers[self.pick(24)]])
            case 6: return [0xff]
            default: return Wire.graft()
            }
        }

        private mutating func message(from relay: Peer) -> [GossipSubAction] {
            let source = self.peers[self.pick(24)]
            let forger = self.pick(8) == 0 ? relay.key : nil
            let data = [UInt8](repeating: UInt8(self.pick(2)), count: 1 + 127 * self.pick(2))
            let bytes = source.message(self.pick(60), data: data, signedBy: forger)
            let actions = self.bench.receive(Wire.publish(bytes), from: relay)
            return delivered(actions).reduce(actions) { actions, message in
                let verdicts: [GossipVerdict] = [.accept, .accept, .accept, .ignore, .reject]
                guard self.pick(6) > 0 else { return actions }
                let verdict = message.signature.isValid ? verdicts[self.pick(5)] : .reject
                return actions
                    + self.bench.router.validated(message.id, verdict: verdict, now: self.bench.now)
            }
        }
    }

    @Test(
        "Nothing is sent to who is not there, and nothing grows beyond its bound",
        arguments: 0..<8
    )
    func invariants(seed: UInt64) throws {
        var walk = try Walk(seed: seed)
        for _ in 0..<2_000 {
            let actions = try walk.step()
            for peer in receivers(actions) where !walk.connected.contains(peer) {
                Issue.record("sent to \(peer), which is not connected")
            }
            let occupancy = walk.bench.router.occupancy
            let isBounded =
                occupancy.peers == walk.connected.count && occupancy.pendingMessages <= 24
                && occupancy.seenIDs <= 200 && occupancy.cachedBytes <= 20_000
                && occupancy.departedPeers <= 6 && occupancy.unsentPublications <= 4
                && occupancy.addresses <= 3 && occupancy.backoffs <= walk.connected.count
                && occupancy.offeredPeers <= 32 && occupancy.otherTopics <= walk.connected.count
            guard isBounded else {
                Issue.record("\(occupancy)")
                return
            }
        }
    }

    @Test(
        "The mesh holds connected subscribers that may be in it, and no others",
        arguments: 10..<16
    )
    func mesh(seed: UInt64) throws {
        var walk = try Walk(seed: seed)
        for _ in 0..<2_000 {
            _ = try walk.step()
            let problems = walk.bench.router.meshProblems
            guard problems.isEmpty else {
                Issue.record("\(problems)")
                return
            }
        }
    }

    @Test("The same history has the same outcome")
    func determinism() throws {
        func run() throws -> [String] {
            var walk = try Walk(seed: 77)
            return try (0..<1_500).map { _ in "\(try walk.step())" }
        }
        #expect(try run() == run())
    }

    @Test(
        "T13: no time that a clock can show traps",
        arguments: [.min, -1, 0, .max - 1, .max] as [Int64]
    )
    func extremeTimes(time: Int64) throws {
        var walk = try Walk(seed: 5)
        for round in 0..<600 {
            walk.bench.now = round.isMultiple(of: 2) ? time : 1_000
            _ = try walk.step()
            _ = walk.bench.router.heartbeat(now: time)
        }
        #expect(walk.bench.router.occupancy.pendingMessages <= 24)
    }
}

extension GossipSubRouter {
    /// What is wrong with the meshes; empty unless this router has a bug.
    fileprivate var meshProblems: [String] {
        self.topics.flatMap { topic, state in
            state.mesh.compactMap { peer -> String? in
                guard let known = self.peers[peer] else { return "\(topic): \(peer) is gone" }
                guard state.subscribers.contains(peer) else { return "\(topic): \(peer) left" }
                guard known.hasMesh, !known.isDirect else { return "\(topic): \(peer) has no mesh" }
                return nil
            }
        }
    }
}
