import Cryptography
import Discovery
import Multiformats
import NIOCore
import Relay
import StackSupport
import Synchronization
import Testing
import Yamux

@testable import Swarm

@Suite("Dialling and listening")
struct SwarmDialTests {
    private func port(_ host: Host) throws -> Int {
        try #require(try host.address.tcpEndpoint).port
    }

    /// One host dials a text, and frames go both ways.
    private func meet(_ left: Host, _ right: Host, by text: String) async throws {
        left.swarm.dial(try Multiaddr(text))
        try await eventually("the meeting by \(text)") {
            #expect(left.notes.now.dialFailures.isEmpty)
            return left.notes.now.ready.contains(right.peer)
                && right.notes.now.ready.contains(left.peer)
        }
    }

    @Test("IPv4 and IPv6 are listened on at once, on the same port, and both are dialled")
    func bothFamilies() async throws {
        let free = try await Host()
        let port = try self.port(free)
        await free.stop()
        let host = try await Host {
            $0.listen = ["/ip4/0.0.0.0/tcp/\(port)", "/ip6/::/tcp/\(port)"]
                .compactMap { try? Multiaddr($0) }
        }
        #expect(host.notes.now.listening.count == 2)
        for address in ["/ip4/127.0.0.1", "/ip6/::1"] {
            let other = try await Host()
            try await self.meet(other, host, by: "\(address)/tcp/\(port)/p2p/\(host.peer)")
            await other.stop()
        }
        // Nobody else can do anything with 0.0.0.0.
        let told = host.swarm.advertised.map(\.description)
        #expect(told.contains { $0.hasPrefix("/ip4/127.0.0.1/tcp/\(port)") })
        #expect(told.contains { $0.hasPrefix("/ip6/::1/tcp/\(port)") })
        #expect(!told.contains { $0.contains("/0.0.0.0/") || $0.contains("/ip6/::/") })
        await host.stop()
    }

    @Test("Names are looked up in the families that they name", arguments: ["dns", "dns4"])
    func names(kind: String) async throws {
        let (left, right) = (try await Host(), try await Host())
        try await self.meet(left, right, by: "/\(kind)/localhost/tcp/\(self.port(right))")
        await left.stop()
        await right.stop()
    }

    @Test("A name asked for in IPv6 alone does not lead to an IPv4 address")
    func wrongFamily() async throws {
        let (left, right) = (try await Host(), try await Host())
        left.swarm.dial(try Multiaddr("/dns6/127.0.0.1/tcp/\(self.port(right))"))
        try await eventually("the failure") { !left.notes.now.dialFailures.isEmpty }
        #expect(left.notes.now.connected.isEmpty)
        await left.stop()
        await right.stop()
    }

    @Test("The addresses behind a /dnsaddr are tried until one answers, and it has one outcome")
    func dnsaddr() async throws {
        let right = try await Host()
        let silent = try await Host()
        let closed = try silent.address.withoutPeer
        await silent.stop()
        let server = try await LoopbackDNS([
            "_dnsaddr.net.test": [
                "dnsaddr=/ip4/127.0.0.1/udp/1/quic-v1/p2p/\(right.peer)",
                "dnsaddr=\(closed)/p2p/\(right.peer)", "dnsaddr=/dnsaddr/more.test",
            ],
            "_dnsaddr.more.test": ["dnsaddr=\(try right.address)"],
            "_dnsaddr.bad.test": ["dnsaddr=\(closed)/p2p/\(right.peer)"],
        ])
        let left = try await Host { $0.dns = DNSClient(servers: [server.address]) }
        try await self.meet(left, right, by: "/dnsaddr/net.test/p2p/\(right.peer)")
        left.swarm.dial(try Multiaddr("/dnsaddr/bad.test"))
        left.swarm.dial(try Multiaddr("/dnsaddr/unknown.test"))
        try await eventually("the failures") { left.notes.now.dialFailures.count == 2 }
        #expect(left.notes.now.dialFailures.contains { $0.contains("does not exist") })
        #expect(left.swarm.state.withLock { $0.manager.count } == 1)
        await server.stop()
        await left.stop()
        await right.stop()
    }

    @Test("R-04-005: the TXT records of a name hold addresses, marked or not; none is a failure")
    func lookUp() async throws {
        let peer = PeerID(ed25519: SigningKey.generate().publicKey)
        let addresses = try [1, 2, 3].map { try Multiaddr("/ip4/10.0.0.\($0)/tcp/1/p2p/\(peer)") }
        let server = try await LoopbackDNS([
            "_service._tcp.net.test": [
                "\(addresses[0])", "dnsaddr=\(addresses[1])", "v=spf1 -all", "/nonsense",
                "dnsaddr=/dnsaddr/more.test",
            ],
            // Bare addresses stand below the name that was asked for alone.
            "_dnsaddr.more.test": ["\(addresses[0])", "dnsaddr=\(addresses[2])"],
            "_service._tcp.empty.test": ["v=spf1 -all"],
        ])
        let host = try await Host { $0.dns = DNSClient(servers: [server.address]) }
        let found = try await self.addresses(of: "_service._tcp.net.test", at: host)
        #expect(found == addresses)
        for (name, reason) in [
            ("_service._tcp.empty.test", "no entry that can be dialled"),
            ("_service._tcp.unknown.test", "does not exist"), ("a..b", "no domain name"),
        ] {
            let error = await #expect(throws: DNSFailure.self) {
                try await self.addresses(of: name, at: host)
            }
            #expect(error?.description.contains(reason) == true)
        }
        await server.stop()
        await host.stop()
    }

    private func addresses(of name: String, at host: Host) async throws -> [Multiaddr] {
        try await withCheckedThrowingContinuation { continuation in
            host.swarm.lookUp(name) { continuation.resume(with: $0) }
        }
    }

    @Test("When both sides dial, both keep the same one connection, and nothing is disconnected")
    func simultaneous() async throws {
        for _ in 0..<5 {
            let (left, right) = (try await Host(), try await Host())
            left.swarm.dial(try right.address)
            right.swarm.dial(try left.address)
            try await eventually("one connection on each side") {
                [left, right].allSatisfy { host in
                    host.swarm.state.withLock { $0.manager.count == 1 && $0.manager.peerCount == 1 }
                }
            }
            let kept = [left, right].map { host in
                host.swarm.state.withLock { $0.connections.values.map(\.isOutbound) }
            }
            #expect(kept[0].map { !$0 } == kept[1])
            #expect(left.notes.now.connected.count == 1)
            #expect(right.notes.now.connected.count == 1)
            #expect(left.notes.now.disconnected.isEmpty)
            #expect(right.notes.now.disconnected.isEmpty)
            #expect(try await left.ask(right.peer, [1, 2], token: 1) == [2, 1])
            left.swarm.send(frame: [1, 9], to: right.peer)
            right.swarm.send(frame: [1, 8], to: left.peer)
            try await eventually("the frames") {
                right.notes.now.frames.contains([9]) && left.notes.now.frames.contains([8])
            }
            await left.stop()
            await right.stop()
        }
    }

    @Test("Peers learn who the other is, and what changes later")
    func identify() async throws {
        let (left, right) = (try await Host(), try await Host())
        try await left.meet(right)
        try await eventually("both identities") {
            left.notes.now.identities[right.peer] != nil
                && right.notes.now.identities[left.peer] != nil
        }
        let first = try #require(left.notes.now.identities[right.peer])
        #expect(first.agentVersion == "test/1")
        #expect(first.addresses == [try right.address.withoutPeer])
        #expect(first.protocols?.contains(Names.exchange) == true)
        #expect(first.observed?.description.hasPrefix("/ip4/127.0.0.1/tcp/") == true)
        let moved = try Multiaddr("/ip4/192.0.2.7/tcp/4001")
        right.swarm.advertise([moved])
        try await eventually("the news") {
            left.notes.now.identities[right.peer]?.addresses == [moved]
        }
        await left.stop()
        await right.stop()
    }

    @Test("Above the high water mark the newest peers of no value go, protected ones stay")
    func trimming() async throws {
        let host = try await Host {
            $0.connections.highWater = 4
            $0.connections.lowWater = 2
            $0.connections.grace = .zero
        }
        var others: [Host] = []
        for _ in 0..<5 {
            let other = try await Host()
            host.swarm.protect(others.isEmpty ? other.peer : others[0].peer)
            others.append(other)
            if others.count <= 4 { try await other.meet(host) }
        }
        // One too many, and it is the newest.
        others[4].swarm.dial(try host.address)
        try await eventually("the trimming") { host.notes.now.disconnected.count == 3 }
        #expect(host.swarm.primary(of: others[0].peer) != nil)
        #expect(try await others[0].ask(host.peer, [1, 2], token: 1) == [2, 1])
        for other in others { await other.stop() }
        await host.stop()
    }

    @Test("C3-4: another process with this host's key is told on both sides, and is no peer")
    func ownKey() async throws {
        let host = try await Host()
        let twin = try await Host(key: host.key)
        let bare = try twin.address.withoutPeer
        try await self.dialInVain(bare, from: host, "another process there has the key")
        try await eventually("the twin's word") { twin.notes.now.ownKeys.count == 1 }
        #expect(host.notes.now.ownKeys.map(\.address) == [bare])
        #expect(host.notes.now.ownKeys.map(\.isOutbound) == [true])
        #expect(twin.notes.now.ownKeys.map(\.isOutbound) == [false])
        #expect(host.notes.now.connected.isEmpty && twin.notes.now.connected.isEmpty)
        await host.stop()
        await twin.stop()
    }

    @Test("C3-4: a host that finds itself, under whatever name, tells of no other process")
    func itself() async throws {
        let host = try await Host()
        let bare = try host.address.withoutPeer
        try await self.dialInVain(bare, from: host, "it leads to this host itself")
        let other = try await Host()
        // Somebody spreads this host's address as that of another.
        let second = try await Host()
        let wrong = try second.address.withoutPeer.with(peer: other.peer)
        second.swarm.dial(wrong)
        try await eventually("the outcome") { !second.notes.now.dialFailures.isEmpty }
        #expect(second.notes.now.dialFailures.first?.contains("this host itself") == true)
        try await Task.sleep(for: .milliseconds(200))
        #expect(host.notes.now.ownKeys.isEmpty && second.notes.now.ownKeys.isEmpty)
        for host in [host, other, second] { await host.stop() }
    }

    /// Dials what has the own key; nobody is asked twice.
    private func dialInVain(_ address: Multiaddr, from host: Host, _ reason: String) async throws {
        host.swarm.dial(address)
        try await eventually("the outcome of \(address)") {
            host.notes.now.dialFailures.contains { $0.contains(reason) }
        }
        host.notes.change { $0.dialFailures = [] }
        host.swarm.dial(address)
        try await eventually("the refusal") { !host.notes.now.dialFailures.isEmpty }
        #expect(host.notes.now.dialFailures == ["the address is this host's own"])
    }

    @Test("A host that has stopped dials nobody")
    func stopped() async throws {
        let (left, right) = (try await Host(), try await Host())
        let address = try right.address
        await left.stop()
        left.swarm.dial(address)
        #expect(left.notes.now.dialFailures == ["this node stops"])
        #expect(left.notes.now.connected.isEmpty)
        await right.stop()
    }

    @Test("A peer that is asked to dial back is told where, and its answer counts once a network")
    func reachability() async throws {
        let host = try await Host { $0.connections.countsLoopback = true }
        let peer = try await HostilePeer(dialling: host)
        try await peer.mux()
        try await eventually("the connection") { host.notes.now.connected.count == 1 }
        host.swarm.askReachability(of: peer.peer)
        let id = try await peer.answerStream(AutoNATClient.protocolID)
        let request = AutoNATClient.request(host.peer, host.swarm.advertised)
        try await eventually("the request") {
            try peer.pump()
            return peer.bytes(on: id).suffix(request.count) == request[...]
        }
        peer.write([6, 0x08, 1, 0x1a, 2, 0x08, 0], on: id)
        try await eventually("the answer") {
            host.swarm.state.withLock { $0.reachability.voiceCount == 1 }
        }
        // One voice is not enough.
        #expect(host.swarm.state.withLock { $0.reachability.verdict } == .unknown)
        await peer.hangUp()
        await host.stop()
    }
}
