import Multiformats
import NIOCore
import StackSupport
import Synchronization
import Testing

@testable import Swarm

/// Interfaces whose addresses tests change.
private final class Interfaces: Sendable {
    private let state: Mutex<(addresses: [SocketAddress], looks: Int)>

    init(_ hosts: String...) throws { self.state = Mutex((try Self.addresses(hosts), 0)) }

    private static func addresses(_ hosts: [String]) throws -> [SocketAddress] {
        try hosts.map { try SocketAddress(ipAddress: $0, port: 0) }
    }

    /// Times at which somebody has looked.
    var looks: Int { self.state.withLock { $0.looks } }

    func look() -> [SocketAddress] {
        self.state.withLock { state in
            state.looks += 1
            return state.addresses
        }
    }

    func change(to hosts: String...) throws {
        let new = try Self.addresses(hosts)
        self.state.withLock { $0.addresses = new }
    }
}

@Suite("Interfaces whose addresses change")
struct InterfaceTests {
    /// A host that believes that it listens on all interfaces, at a port.
    private func host(on interfaces: Interfaces) async throws -> (host: Host, port: UInt16) {
        let host = try await Host {
            $0.interfaces = { interfaces.look() }
            $0.interfacePause = .milliseconds(20)
            $0.upkeepPause = .milliseconds(20)
        }
        let last = try host.address.components.dropFirst().first
        guard case .tcp(let port)? = last else { throw TooLate(what: "a port") }
        let everywhere = try Multiaddr("/ip4/0.0.0.0/tcp/\(port)")
        host.swarm.state.withLock { $0.listening = [everywhere] }
        try await eventually("the addresses of the interfaces") {
            host.notes.now.interfaceChanges == 1
        }
        return (host, port)
    }

    @Test("Changes are noticed once, whatever the order, and looked for with pauses")
    func watch() throws {
        var watch = InterfaceWatch(pause: .seconds(60))
        let (one, other) = (try Multiaddr("/ip4/10.0.0.1"), try Multiaddr("/ip4/10.0.0.2"))
        let looks: [([Multiaddr], Bool)] = [
            ([one, other], false), ([other, one], false), ([other], true), ([other], false),
            ([], true), ([one], true),
        ]
        for (addresses, expected) in looks {
            let isNews = watch.isNews(addresses)
            #expect(isNews == expected)
        }
        let start = NIODeadline.uptimeNanoseconds(1)
        let times = [0, 59, 60, 61, 119, 120].filter { watch.isDue(at: start + .seconds($0)) }
        #expect(times == [0, 60, 120])
    }

    @Test("A peer hears by identify where a host is when its interfaces have other addresses")
    func change() async throws {
        let interfaces = try Interfaces("127.0.0.1", "10.0.0.1", "::1")
        let (host, port) = try await self.host(on: interfaces)
        let peer = try await Host()
        peer.swarm.dial(try Multiaddr("/ip4/127.0.0.1/tcp/\(port)"))
        func addresses(_ hosts: String...) throws -> [Multiaddr] {
            try hosts.map { try Multiaddr("/ip4/\($0)/tcp/\(port)") }
        }
        let before = try addresses("127.0.0.1", "10.0.0.1")
        try await eventually("the first word") {
            peer.notes.now.identities[host.peer]?.addresses == before
        }
        #expect(host.notes.now.interfaceChanges == 1)
        try interfaces.change(to: "127.0.0.1", "10.0.0.2", "::1")
        let after = try addresses("127.0.0.1", "10.0.0.2")
        try await eventually("the next word") {
            peer.notes.now.identities[host.peer]?.addresses == after
        }
        #expect(host.notes.now.interfaceChanges == 2)
        await host.stop()
        await peer.stop()
    }

    @Test("Where the operator names an address, interfaces are no news")
    func advertised() async throws {
        let interfaces = try Interfaces("10.0.0.1")
        let (host, _) = try await self.host(on: interfaces)
        host.swarm.advertise([try Multiaddr("/ip4/8.1.2.3/tcp/1")])
        try interfaces.change(to: "10.0.0.2")
        let looks = interfaces.looks
        try await eventually("another look, and one after what came of it") {
            interfaces.looks > looks + 1
        }
        #expect(host.notes.now.interfaceChanges == 1)
        await host.stop()
    }
}
