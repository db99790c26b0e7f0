import Multiformats
import NIOCore
import Relay
import StackSupport
import Synchronization
import Testing

@testable import Swarm

/// How often each host agreed to dial.
private final class Rounds: Sendable {
    private let counts = Mutex([PeerID: Int]())

    var all: [Int] { self.counts.withLock { Array($0.values) } }

    func note(_ count: Int, of peer: PeerID) { self.counts.withLock { $0[peer] = count } }
}

@Suite("From a relayed connection to a direct one")
struct UpgradeTests {
    /// A host that is reached through a relay, though its listener would answer; on loopback all
    /// addresses count as public.
    private func pair(
        _ configure: (inout SwarmConfiguration) -> Void
    ) async throws -> (relay: Host, called: Host, caller: Host, address: Multiaddr) {
        let relay = try await Host.relay()
        let called = try await Host {
            $0.reachability = .unreachable
            $0.upkeepPause = .milliseconds(20)
            $0.connections.countsLoopback = true
        }
        let caller = try await Host {
            $0.connections.countsLoopback = true
            configure(&$0)
        }
        try await called.meet(relay)
        return (relay, called, caller, try await called.relayed())
    }

    private func expectUpgrade(_ called: Host, _ caller: Host, at address: Multiaddr) async throws {
        caller.swarm.dial(address)
        try await eventually("the direct connection, and no other one between the two") {
            [(called, caller), (caller, called)].allSatisfy { host, other in
                host.isLimited(to: other) == false
                    && host.swarm.state.withLock { $0.manager.connections(of: other.peer).count }
                        == 1
            }
        }
        try await caller.converse(with: called, token: 1)
        // Whoever uses the connection notices nothing.
        for (host, other) in [(called, caller), (caller, called)] {
            #expect(host.notes.now.connected.count { $0 == other.peer } == 1)
            #expect(host.notes.now.disconnected.isEmpty)
            #expect(host.notes.now.dialFailures.isEmpty)
            // Save who counts addresses.
            let address = try #require(host.notes.now.moved[other.peer])
            #expect(address == host.swarm.primary(of: other.peer)?.address)
        }
    }

    @Test("The called peer dials a caller that can be reached")
    func unilateral() async throws {
        let (relay, called, caller, address) = try await self.pair { _ in }
        try await self.expectUpgrade(called, caller, at: address)
        // The called host did not choose its caller, though it dialled.
        #expect(called.swarm.primary(of: caller.peer)?.isOutbound == false)
        #expect(called.notes.now.chosen == [relay.peer])
        for host in [caller, called, relay] { await host.stop() }
    }

    @Test("A caller that cannot be reached dials at the time that both agree on")
    func holePunch() async throws {
        let (relay, called, caller, address) = try await self.pair { $0.listen = [] }
        try await self.expectUpgrade(called, caller, at: address)
        #expect(caller.swarm.primary(of: called.peer)?.isOutbound == true)
        for host in [caller, called, relay] { await host.stop() }
    }

    @Test("One connection that both have dialled has a client and a server")
    func simultaneousOpen() async throws {
        let (client, server) = (try await Host.hidden(), try await Host.hidden())
        let crossing = try await Crossing()
        let address = try crossing.address
        client.swarm.punch([address.with(peer: server.peer)], from: nil, isServer: false)
        server.swarm.punch([address.with(peer: client.peer)], from: nil, isServer: true)
        try await eventually("the connection") {
            client.notes.now.ready.contains(server.peer)
                && server.notes.now.ready.contains(client.peer)
        }
        try await client.converse(with: server, token: 1)
        #expect(client.swarm.primary(of: server.peer)?.isOutbound == true)
        #expect(server.swarm.primary(of: client.peer)?.isOutbound == false)
        for host in [client, server] { await host.stop() }
        await crossing.stop()
    }

    @Test("When nobody can be reached, the relayed connection stays, and both try three times")
    func failure() async throws {
        let relay = try await Host.relay()
        let called = try await Host.hidden { $0.punchTimeout = .milliseconds(50) }
        let caller = try await Host.hidden()
        try await called.meet(relay)
        try await caller.meet(called, at: try await called.relayed())
        let rounds = Rounds()
        try await eventually("the rounds") {
            for (host, other) in [(called, caller), (caller, called)] {
                host.swarm.primary(of: other.peer)?.tell { machine in
                    rounds.note(machine.punch.rounds, of: host.peer)
                }
            }
            return rounds.all == [RelayLimits.punchRoundsMax, RelayLimits.punchRoundsMax]
        }
        try await caller.exchange(with: called, token: 1)
        #expect(caller.isLimited(to: called) == true)
        for host in [caller, called, relay] { await host.stop() }
    }

    @Test("All callers together have this host dial thirty times a minute")
    func window() async throws {
        let host = try await Host.hidden()
        let closed = try Multiaddr("/ip4/127.0.0.1/tcp/1").with(peer: host.peer)
        for _ in 0..<RelayLimits.upgradesPerWindowMax {
            host.swarm.punch([closed], from: nil, isServer: false)
        }
        let caller = try await Host()
        host.swarm.punch([try caller.address], from: nil, isServer: false)
        host.swarm.upgrade([try caller.address])
        #expect(host.swarm.state.withLock { $0.manager.count } == 0)
        await caller.stop()
        await host.stop()
    }

    @Test("A direct connection is never replaced by a relayed one")
    func direct() async throws {
        let (relay, called, caller, address) = try await self.pair { _ in }
        try await caller.meet(called)
        caller.swarm.dial(address)
        try await eventually("the refusal") { !caller.notes.now.dialFailures.isEmpty }
        #expect(caller.notes.now.dialFailures == [Swarm.connectedAlready])
        #expect(caller.isLimited(to: called) == false)
        for host in [caller, called, relay] { await host.stop() }
    }
}
