import StackSupport
import Testing

@testable import Swarm

@Suite("Swarms of the local network")
struct LocalPeersTests {
    @Test("R-04-004: two swarms that look for others find each other, and where they listen")
    func swarms() async throws {
        let port = try await UnusedPort.forDatagrams
        var hosts: [Host] = []
        for _ in 0..<2 {
            hosts.append(
                try await Host {
                    $0.findsLocalPeers = true
                    $0.multicastPort = port
                }
            )
        }
        // Whoever starts later asks and is answered, and tells of itself.
        for (one, other) in [(hosts[0], hosts[1]), (hosts[1], hosts[0])] {
            try await eventually("the discovery") { one.notes.now.found[other.peer] != nil }
            #expect(one.notes.now.found[other.peer] == [try other.address])
            #expect(one.notes.now.connected.isEmpty, "whether to dial is the caller's decision")
        }
        for host in hosts { await host.stop() }
    }
}
