import Cryptography
import Multiformats
import NIOCore
import NIOEmbedded
import Relay
import StackSupport
import Synchronization
import Testing

@testable import Swarm

@Suite("Hosts find out whether they can be reached")
struct ReachabilityTests {
    private let peer = PeerID(ed25519: SigningKey.generate().publicKey)

    /// Hosts in networks of their own, which all of loopback is here.
    private func helpers(
        _ configure: (inout SwarmConfiguration) -> Void = { _ in }
    ) async throws -> [Host] {
        var helpers: [Host] = []
        for number in 2..<(2 + RelayLimits.reachabilityVotes) {
            let address = try Multiaddr("/ip4/127.\(number).0.1/tcp/0")
            helpers.append(
                try await Host {
                    $0.listen = [address]
                    $0.connections.countsLoopback = true
                    configure(&$0)
                }
            )
        }
        return helpers
    }

    private func asker() async throws -> Host {
        try await Host {
            $0.connections.countsLoopback = true
            $0.upkeepPause = .milliseconds(20)
        }
    }

    @Test("R-03-015: a host that others reach becomes a relay by itself, and tells them")
    func reachable() async throws {
        let (host, helpers) = (try await self.asker(), try await self.helpers())
        for helper in helpers { try await host.meet(helper) }
        try await eventually("the verdict") { host.notes.now.reachability == .reachable }
        try await eventually("the news") {
            helpers.allSatisfy {
                $0.notes.now.identities[host.peer]?.protocols?.contains(HopMessage.protocolID)
                    == true
            }
        }
        // The dials on request are no connections, on neither side.
        #expect(host.notes.now.connected.count == helpers.count)
        #expect(helpers.allSatisfy { $0.notes.now.connected == [host.peer] })
        #expect(host.notes.now.disconnected.isEmpty)
        for other in [host] + helpers { await other.stop() }
    }

    @Test("R-03-014: a host that nobody reaches lets itself be reached through relays")
    func unreachable() async throws {
        let silent = try await Host()
        let closed = try silent.address.withoutPeer
        await silent.stop()
        let host = try await self.asker()
        host.swarm.advertise([closed])
        let helpers = try await self.helpers { $0.reachability = .reachable }
        for helper in helpers { try await host.meet(helper) }
        try await eventually("the verdict") { host.notes.now.reachability == .unreachable }
        try await eventually("the reservations") {
            host.notes.now.relayAddresses.count == RelayLimits.relaysMax
        }
        for other in [host] + helpers { await other.stop() }
    }

    @Test("dial-back: a host is dialled where it is seen; an address of others gets no packet")
    func foreignAddress() async throws {
        let host = try await Host { $0.connections.countsLoopback = true }
        let victim = try await Host { configuration in
            if let address = try? Multiaddr("/ip4/127.0.0.9/tcp/0") {
                configuration.listen = [address]
            }
        }
        let peer = try await HostilePeer(dialling: host)
        try await peer.mux()
        let request = AutoNATClient.request(peer.peer, [try victim.address])
        let stream = try peer.openStream(AutoNATClient.protocolID, request)
        let reason = "no TCP address of the host you connect from is named"
        let answer = AutoNATServer.answer(.dialRefused, reason)
        try await eventually("the refusal") {
            try peer.pump()
            return peer.bytes(on: stream).suffix(answer.count) == answer[...]
        }
        #expect(host.swarm.state.withLock { $0.manager.count } == 1)
        #expect(victim.swarm.state.withLock { $0.manager.count } == 0)
        await peer.hangUp()
        await host.stop()
        await victim.stop()
    }

    @Test("Without a place for each dial a peer is told that it was not dialled")
    func noPlaces() async throws {
        let host = try await Host()
        let places = host.swarm.state.withLock { state in
            (1..<RelayLimits.proofDialsMax).map { _ in
                state.manager.dialled(.proof, now: .now())
            }
        }
        let addresses = [try host.address, try host.address]
        let told = Mutex<[AutoNATServer.Status]>([])
        host.swarm.dialBack(addresses, of: host.peer) { status, _ in
            told.withLock { $0.append(status) }
        }
        #expect(told.withLock { $0 } == [.dialRefused])
        #expect(host.swarm.state.withLock { $0.manager.count } == places.count)
        await host.stop()
    }

    @Test("A peer that is dialled on request has one time for its socket and its proof together")
    func deadline() throws {
        let loop = EmbeddedEventLoop()
        let deadline = NIODeadline.uptimeNanoseconds(0) + RelayLimits.dialBackTimeout
        let promise = loop.makePromise(of: Void.self)
        let handler = DialBackHandler(self.peer, until: deadline, promise)
        let channel = EmbeddedChannel(handler: handler, loop: loop)
        // The socket took all but a second.
        loop.advanceTime(by: RelayLimits.dialBackTimeout - .seconds(1))
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        #expect(channel.isActive)
        loop.advanceTime(by: .milliseconds(999))
        #expect(channel.isActive)
        loop.advanceTime(by: .milliseconds(1))
        #expect(!channel.isActive)
        #expect(throws: ChannelError.self) { try promise.futureResult.wait() }
    }

    @Test("Another host at the address proves nothing")
    func otherKey() async throws {
        let (host, other) = (
            try await Host { $0.connections.countsLoopback = true }, try await Host()
        )
        let peer = try await HostilePeer(dialling: host)
        try await peer.mux()
        let request = AutoNATClient.request(peer.peer, [try other.address])
        let stream = try peer.openStream(AutoNATClient.protocolID, request)
        let answer = AutoNATServer.answer(.dialError, "none of your addresses answers")
        try await eventually("the failure") {
            try peer.pump()
            return peer.bytes(on: stream).suffix(answer.count) == answer[...]
        }
        #expect(other.notes.now.connected.isEmpty)
        #expect(host.swarm.state.withLock { $0.manager.count } == 1)
        await peer.hangUp()
        await host.stop()
        await other.stop()
    }
}
