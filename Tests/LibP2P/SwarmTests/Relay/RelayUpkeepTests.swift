import Cryptography
import Multiformats
import Relay
import StackSupport
import Synchronization
import Testing

@testable import Swarm

@Suite("A swarm looks after its relays")
struct RelayUpkeepTests {
    @Test("What a relay promises beside public addresses is not told to anybody")
    func privatePromises() async throws {
        let host = try await Host()
        let relay = PeerID(ed25519: SigningKey.generate().publicKey)
        host.swarm.state.withLock { $0.relay.client.offered(relay) }
        let addresses = try ["127.0.0.1", "192.168.1.2", "8.1.2.3"].map {
            try Multiaddr("/ip4/\($0)/tcp/1").with(peer: relay)
        }
        let reservation = RelayReservation(expires: .max, addresses: addresses)
        host.swarm.reservationAnswered(
            by: relay,
            HopMessage(kind: .status, reservation: reservation, status: .ok)
        )
        let own = try Multiaddr("/ip4/8.1.2.3/tcp/1/p2p/\(relay)/p2p-circuit/p2p/\(host.peer)")
        #expect(host.notes.now.relayAddresses == [own])
        await host.stop()
    }

    @Test("What is known of a peer for its connection's sake ends in one step with that")
    func disconnected() async throws {
        let hidden = try await Host.hidden()
        for _ in 0..<10 {
            let relay = try await Host.relay()
            try await hidden.meet(relay)
            _ = try await hidden.relayed()
            let peer = relay.peer
            let isKnown: @Sendable (Swarm.State) -> Bool = { state in
                state.relay.dialBackPeers.contains(peer) || !state.relay.addresses.isEmpty
                    || !state.relay.client.relays(now: WallClock.seconds()).isEmpty
            }
            #expect(hidden.swarm.state.withLock { isKnown($0) })
            let stopping = Task { await relay.stop() }
            var isConnected = true
            while isConnected {
                let (connections, known) = hidden.swarm.state.withLock {
                    ($0.manager.connections(of: peer), isKnown($0))
                }
                isConnected = !connections.isEmpty
                if !isConnected { #expect(!known) }
                await Task.yield()
            }
            await stopping.value
        }
        await hidden.stop()
    }

    @Test("A relay that serves no longer is not told to anybody any more")
    func serviceEnds() async throws {
        let (relay, hidden) = (try await Host.relay(), try await Host.hidden())
        try await hidden.meet(relay)
        _ = try await hidden.relayed()
        relay.swarm.state.withLock { $0.reachability = AutoNATClient(known: .unreachable) }
        relay.swarm.pushIdentity()
        try await eventually("the end of the address") {
            hidden.notes.now.relayAddresses.isEmpty
        }
        #expect(hidden.swarm.primary(of: relay.peer) != nil)
        for host in [hidden, relay] { await host.stop() }
    }

    @Test("A swarm that is stopped before it began looks after nothing")
    func stoppedUpkeep() async throws {
        let host = try await Host()
        await host.stop()
        host.swarm.state.withLock { $0.upkeep = nil }
        host.swarm.startUpkeep()
        #expect(host.swarm.state.withLock { $0.upkeep == nil })
    }
}
