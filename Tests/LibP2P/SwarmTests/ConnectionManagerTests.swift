import Cryptography
import Multiformats
import NIOCore
import Testing

@testable import Swarm

@Suite("The connection manager")
struct ConnectionManagerTests {
    private static let start = NIODeadline.uptimeNanoseconds(1)
    private let peers = (0..<40).map { _ in PeerID(ed25519: SigningKey.generate().publicKey) }
        .sorted()

    private func network(_ text: String) throws -> NetworkKey {
        try #require(NetworkKey(try Multiaddr("\(text)/tcp/1"), countsLoopback: true))
    }

    /// A manager of the peer in the middle of ``peers``.
    private func manager(_ change: (inout ConnectionLimits) -> Void = { _ in }) -> ConnectionManager
    {
        var limits = ConnectionLimits()
        change(&limits)
        return ConnectionManager(localPeer: self.peers[20], limits: limits)
    }

    private func accept(
        _ manager: inout ConnectionManager,
        from network: NetworkKey? = nil,
        now: NIODeadline = Self.start
    ) throws -> ConnectionManager.ID {
        let admission = manager.accepted(from: network, now: now)
        guard case .admitted(let id, _) = admission else { throw Refused(admission: admission) }
        return id
    }

    private func dial(_ manager: inout ConnectionManager) throws -> ConnectionManager.ID {
        let admission = manager.dialled(now: Self.start)
        guard case .admitted(let id, _) = admission else { throw Refused(admission: admission) }
        return id
    }

    private struct Refused: Error { let admission: ConnectionManager.Admission }

    // MARK: Room

    @Test("Accepted sockets leave room for dials, and all together have a bound")
    func total() throws {
        var manager = self.manager {
            $0.total = 5
            $0.inbound = 3
        }
        for _ in 0..<3 { _ = try self.accept(&manager) }
        #expect(throws: Refused.self) { try self.accept(&manager) }
        for _ in 0..<2 { _ = try self.dial(&manager) }
        #expect(throws: Refused.self) { try self.dial(&manager) }
        #expect(manager.count == 5)
        let end = manager.ended(1)
        #expect(end == .init())
        _ = try self.accept(&manager)
    }

    @Test("Dials for the sake of others have few places, and leave this host's own alone")
    func dialKinds() throws {
        var manager = self.manager { $0.dials = 1 }
        func dial(_ manager: inout ConnectionManager, _ kind: ConnectionManager.DialKind) -> Bool {
            let admission = manager.dialled(kind, isOutbound: kind == .own, now: Self.start)
            if case .admitted = admission { return true }
            return false
        }
        for kind in [ConnectionManager.DialKind.upgrade, .proof] {
            let begun = (0..<9).map { _ in dial(&manager, kind) }
            #expect(begun == Array(repeating: true, count: 8) + [false])
        }
        let own = (0..<2).map { _ in dial(&manager, .own) }
        #expect(own == [true, false])
    }

    @Test("Calls count under the network of their relay, and one relay passes on a few")
    func perRelay() throws {
        var manager = self.manager {
            $0.perNetwork = 3
            $0.perRelay = 2
        }
        let network = try self.network("/ip4/192.0.2.1")
        func call(_ manager: inout ConnectionManager, _ relay: Int, _ network: NetworkKey?) -> Bool
        {
            let admission = manager.accepted(
                from: network,
                through: self.peers[relay],
                now: Self.start
            )
            if case .admitted = admission { return true }
            return false
        }
        let named = (0..<3).map { _ in call(&manager, 0, nil) }
        #expect(named == [true, true, false])
        let first = (0..<3).map { _ in call(&manager, 1, network) }
        #expect(first == [true, true, false])
        // A second name of the same relay helps it no further than its network may go.
        let second = (0..<2).map { _ in call(&manager, 2, network) }
        #expect(second == [true, false])
    }

    @Test("One address, or one IPv6 subscriber, takes no more than its share")
    func perNetwork() throws {
        var manager = self.manager { $0.perNetwork = 2 }
        for _ in 0..<2 { _ = try self.accept(&manager, from: self.network("/ip4/192.0.2.1")) }
        #expect(throws: Refused.self) {
            try self.accept(&manager, from: self.network("/ip4/192.0.2.1"))
        }
        _ = try self.accept(&manager, from: self.network("/ip4/192.0.2.2"))
        for host in ["1", "2"] {
            _ = try self.accept(&manager, from: self.network("/ip6/2001:db8:0:1::\(host)"))
        }
        #expect(throws: Refused.self) {
            try self.accept(&manager, from: self.network("/ip6/2001:db8:0:1:ffff::3"))
        }
        _ = try self.accept(&manager, from: self.network("/ip6/2001:db8:0:2::1"))
        #expect(NetworkKey(try Multiaddr("/ip4/127.0.0.1/tcp/1"), countsLoopback: false) == nil)
        #expect(NetworkKey(try Multiaddr("/ip6/::1/tcp/1"), countsLoopback: false) == nil)
    }

    @Test("Unproven sockets give way, first the oldest of the network with the most of them")
    func eviction() throws {
        var manager = self.manager { $0.upgrading = 4 }
        let honest = try self.accept(&manager, from: self.network("/ip4/192.0.2.1"))
        var flood: [ConnectionManager.ID] = []
        for _ in 0..<3 {
            flood.append(try self.accept(&manager, from: self.network("/ip4/192.0.2.2")))
        }
        for number in 0..<5 {
            let admission = manager.accepted(
                from: try self.network("/ip4/192.0.2.2"),
                now: Self.start
            )
            guard case .admitted(let id, let evicted) = admission else {
                throw Refused(admission: admission)
            }
            #expect(evicted == flood[number])
            flood.append(id)
        }
        let standing = manager.proven(honest, self.peers[0])
        #expect(standing == .first)
        let gone = manager.proven(flood[0], self.peers[1])
        #expect(gone == .refused("its place was given to another"))
        #expect(manager.count == 4)
    }

    @Test("Dials under way are bounded")
    func dials() throws {
        var manager = self.manager { $0.dials = 2 }
        let first = try self.dial(&manager)
        _ = try self.dial(&manager)
        #expect(throws: Refused.self) { try self.dial(&manager) }
        _ = manager.proven(first, self.peers[0])
        _ = try self.dial(&manager)
    }

    // MARK: Several connections of one peer

    @Test("Both sides of a simultaneous dial keep the same connection, in every order of events")
    func simultaneous() throws {
        let (small, large) = (self.peers[0], self.peers[1])
        for smallSeesOwnFirst in [true, false] {
            for largeSeesOwnFirst in [true, false] {
                var kept: [Bool] = []
                for (local, remote, ownFirst) in [
                    (small, large, smallSeesOwnFirst), (large, small, largeSeesOwnFirst),
                ] {
                    var manager = ConnectionManager(localPeer: local, limits: ConnectionLimits())
                    let own = try self.dial(&manager)
                    let other = try self.accept(&manager)
                    for id in ownFirst ? [own, other] : [other, own] {
                        _ = manager.proven(id, remote)
                    }
                    let primary = manager.primary(of: remote)
                    // Whether the connection that the smaller id dialled is the one that stays.
                    kept.append((primary == own) == (local == small))
                }
                #expect(kept == [true, true])
            }
        }
    }

    @Test("A second dial is given up by who dialled, and kept in reserve by who was dialled")
    func sameDirection() throws {
        var dialling = self.manager()
        let ids = [try self.dial(&dialling), try self.dial(&dialling)]
        let standings = ids.map { dialling.proven($0, self.peers[0]) }
        #expect(standings == [.first, .surplus])
        var dialled = self.manager()
        let others = [try self.accept(&dialled), try self.accept(&dialled)]
        let views = others.map { dialled.proven($0, self.peers[0]) }
        #expect(views == [.first, .spare])
        let end = dialled.ended(others[0])
        #expect(end == .init(peer: self.peers[0], isLast: false, successor: others[1]))
        let last = dialled.ended(others[1])
        #expect(last == .init(peer: self.peers[0], isLast: true, successor: nil))
        let again = dialled.ended(others[1])
        #expect(again == nil)
        #expect(dialled.peerCount == 0)
    }

    @Test("A connection that comes after one was retired takes its place")
    func afterRetirement() throws {
        var manager = self.manager()
        let first = try self.accept(&manager)
        _ = manager.proven(first, self.peers[0])
        manager.retire(first)
        #expect(manager.primary(of: self.peers[0]) == nil)
        let second = try self.accept(&manager)
        let standing = manager.proven(second, self.peers[0])
        #expect(standing == .replaces(first))
        #expect(manager.primary(of: self.peers[0]) == second)
    }

    @Test("A direct connection takes the place of a relayed one, and never the other way round")
    func limited() throws {
        let peer = self.peers[0]
        for isDialled in [true, false] {
            var manager = self.manager()
            let relayed = try self.accept(&manager)
            _ = manager.proven(relayed, peer, isLimited: true)
            #expect(manager.isConnected(peer, isLimited: true))
            #expect(!manager.isConnected(peer, isLimited: false))
            let direct = isDialled ? try self.dial(&manager) : try self.accept(&manager)
            let standing = manager.proven(direct, peer)
            #expect(standing == .replaces(relayed))
            #expect(manager.primary(of: peer) == direct)
            #expect(manager.isConnected(peer, isLimited: false))
            let late = try self.accept(&manager)
            let other = manager.proven(late, peer, isLimited: true)
            #expect(other == .surplus)
            #expect(manager.primary(of: peer) == direct)
        }
    }

    @Test("One peer has a bounded number of connections")
    func perPeer() throws {
        var manager = self.manager { $0.perPeer = 2 }
        for _ in 0..<2 { _ = manager.proven(try self.accept(&manager), self.peers[0]) }
        let standing = manager.proven(try self.accept(&manager), self.peers[0])
        #expect(standing == .refused("the peer has too many connections"))
    }

    // MARK: Trimming

    @Test("Above the high water mark the least of the old go, down to the low one")
    func trimming() throws {
        var manager = self.manager {
            $0.highWater = 10
            $0.lowWater = 6
        }
        var ids: [ConnectionManager.ID] = []
        for peer in self.peers.prefix(10) {
            let id = try self.accept(&manager)
            _ = manager.proven(id, peer)
            ids.append(id)
        }
        let later = Self.start + SwarmLimits.trimGrace
        #expect(manager.trimmed(now: later).isEmpty)
        let own = try self.dial(&manager)
        _ = manager.proven(own, self.peers[10])
        manager.protect(self.peers[9])
        manager.setValue(5, of: self.peers[8])
        manager.setValue(-1, of: self.peers[0])
        // Nobody's value is known yet.
        #expect(manager.trimmed(now: Self.start).isEmpty)
        // The worst; then the newest of those worth nothing; no protected, valued or own one.
        #expect(manager.trimmed(now: later) == [ids[0], ids[7], ids[6], ids[5], ids[4]])
        manager.unprotect(self.peers[9])
        #expect(manager.trimmed(now: later) == [ids[0], ids[9], ids[7], ids[6], ids[5]])
    }

    @Test("When all are protected nobody goes")
    func protection() throws {
        var manager = self.manager {
            $0.highWater = 2
            $0.lowWater = 1
        }
        for peer in self.peers.prefix(5) {
            _ = manager.proven(try self.accept(&manager), peer)
            manager.protect(peer)
        }
        #expect(manager.trimmed(now: Self.start + .hours(1)).isEmpty)
    }

    // MARK: Streams

    @Test("CVE-2022-23492: streams are bounded for a peer over its connections, and for all")
    func streams() throws {
        var manager = self.manager {
            $0.streamsPerPeer = 3
            $0.streams = 4
        }
        let ids = [try self.accept(&manager), try self.accept(&manager), try self.accept(&manager)]
        let unproven = manager.openedStream(on: ids[0])
        #expect(!unproven)
        for (id, peer) in zip(ids, [self.peers[0], self.peers[0], self.peers[1]]) {
            _ = manager.proven(id, peer)
        }
        let first = [ids[0], ids[0], ids[1], ids[1]].map { manager.openedStream(on: $0) }
        #expect(first == [true, true, true, false])
        let second = [ids[2], ids[2]].map { manager.openedStream(on: $0) }
        #expect(second == [true, false])
        manager.closedStream(on: ids[0])
        let third = manager.openedStream(on: ids[2])
        #expect(third)
        _ = manager.ended(ids[2])
        #expect(manager.streamCount == 2)
        _ = manager.ended(ids[0])
        _ = manager.ended(ids[1])
        manager.closedStream(on: ids[1])
        #expect(manager.streamCount == 0)
    }

    @Test("The limits fit each other")
    func limits() {
        let limits = ConnectionLimits()
        #expect(limits.lowWater < limits.highWater)
        #expect(limits.highWater < limits.inbound)
        #expect(limits.inbound + limits.dials >= limits.total)
        #expect(limits.inbound < limits.total)
        #expect(limits.perNetwork < limits.upgrading)
        #expect(limits.streamsPerPeer < limits.streams)
        #expect(SwarmLimits.frameBytesMax < SwarmLimits.pendingFrameBytesMax)
        #expect(SwarmLimits.pendingFrameBytesMax < SwarmLimits.pendingBytesPerConnectionMax)
        #expect(SwarmLimits.exchangeBytesMax < SwarmLimits.bufferedBytesPerPeerMax)
        #expect(SwarmLimits.bufferedBytesPerPeerMax < SwarmLimits.bufferedBytesMax)
    }
}
