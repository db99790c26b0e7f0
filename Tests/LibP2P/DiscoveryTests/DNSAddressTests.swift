import Cryptography
import Multiformats
import NIOCore
import NIOPosix
import StackSupport
import Testing

@testable import Discovery

@Suite("Look-ups of /dnsaddr")
struct DNSAddressTests {
    private let peer = PeerID(ed25519: SigningKey.generate().publicKey)
    private let other = PeerID(ed25519: SigningKey.generate().publicKey)

    private func text(_ entry: String) -> [[UInt8]] { [Array(entry.utf8)] }

    private func name(_ text: String) throws -> DNSName { try #require(DNSName(text)) }

    @Test("An address without a name is its own answer")
    func plain() throws {
        let address = try Multiaddr("/ip4/1.2.3.4/tcp/1")
        var lookup = DNSAddressLookup(address)
        let queries = lookup.takeQueries()
        #expect(queries.isEmpty)
        #expect(lookup.isFinished)
        #expect(lookup.addresses == [address])
    }

    @Test("Entries of other forms are skipped, and a long entry is put together from its strings")
    func entries() throws {
        var lookup = DNSAddressLookup(try Multiaddr("/dnsaddr/example.org"))
        let queries = lookup.takeQueries()
        #expect(queries == [try self.name("_dnsaddr.example.org")])
        lookup.answered(
            try self.name("_DNSADDR.example.org"),
            [
                self.text("dnsaddr=/ip4/1.2.3.4/tcp/1"), self.text("v=spf1 -all"),
                self.text("dnsaddr=/ip4/1.2.3.4/udp/1/quic-v1"), self.text("dnsaddr="), [],
                [Array("dnsaddr=/ip6/2001:".utf8), Array("db8::1/tcp/2".utf8)],
                self.text("dnsaddr=/ip4/1.2.3.4/tcp/1"),
            ]
        )
        #expect(lookup.isFinished)
        let expected = try [Multiaddr("/ip4/1.2.3.4/tcp/1"), Multiaddr("/ip6/2001:db8::1/tcp/2")]
        #expect(lookup.addresses == expected)
    }

    @Test("Only addresses that end in the peer asked for are taken, at every depth")
    func suffix() throws {
        var lookup = DNSAddressLookup(try Multiaddr("/dnsaddr/a.org/p2p/\(self.peer)"))
        _ = lookup.takeQueries()
        lookup.answered(
            try self.name("_dnsaddr.a.org"),
            [
                self.text("dnsaddr=/ip4/1.1.1.1/tcp/1/p2p/\(self.other)"),
                self.text("dnsaddr=/ip4/1.1.1.2/tcp/1"),
                self.text("dnsaddr=/ip4/1.1.1.3/tcp/1/p2p/\(self.peer)"),
                self.text("dnsaddr=/dnsaddr/b.org/p2p/\(self.other)"),
                self.text("dnsaddr=/dnsaddr/c.org"),
                self.text("dnsaddr=/dnsaddr/d.org/tcp/4/p2p/\(self.peer)"),
            ]
        )
        let further = lookup.takeQueries()
        #expect(further == [try self.name("_dnsaddr.c.org"), try self.name("_dnsaddr.d.org")])
        lookup.answered(
            further[0],
            [
                self.text("dnsaddr=/ip4/2.2.2.2/tcp/1/p2p/\(self.other)"),
                self.text("dnsaddr=/ip4/2.2.2.3/tcp/1/p2p/\(self.peer)"),
            ]
        )
        lookup.answered(
            further[1],
            [
                self.text("dnsaddr=/ip4/3.3.3.3/tcp/1/p2p/\(self.peer)"),
                self.text("dnsaddr=/ip4/3.3.3.4/tcp/4/p2p/\(self.peer)"),
            ]
        )
        #expect(lookup.isFinished)
        let hosts = ["1.1.1.3/tcp/1", "2.2.2.3/tcp/1", "3.3.3.4/tcp/4"]
        #expect(
            lookup.addresses == (try hosts.map { try Multiaddr("/ip4/\($0)/p2p/\(self.peer)") })
        )
    }

    @Test("Names that lead to themselves, or to ever more names, come to an end")
    func loops() throws {
        var lookup = DNSAddressLookup(try Multiaddr("/dnsaddr/a.org"))
        var asked = 0
        while !lookup.isFinished {
            for name in lookup.takeQueries() {
                asked += 1
                let entries = (0..<5).map { self.text("dnsaddr=/dnsaddr/x\(asked)y\($0).org") }
                lookup.answered(name, entries + [self.text("dnsaddr=/dnsaddr/a.org")])
            }
        }
        #expect(asked <= DNSLimits.queriesMax)
        #expect(lookup.addresses.isEmpty)
        #expect(lookup.failure != nil)
    }

    @Test("No more addresses are kept than are allowed")
    func addressLimit() throws {
        var lookup = DNSAddressLookup(try Multiaddr("/dnsaddr/a.org"))
        let name = try #require(lookup.takeQueries().first)
        lookup.answered(name, (1...200).map { self.text("dnsaddr=/ip4/1.2.3.4/tcp/\($0)") })
        #expect(lookup.addresses.count == DNSLimits.addressesMax)
    }

    // MARK: With sockets

    private func resolve(_ text: String, with server: LoopbackDNS) async throws -> [Multiaddr] {
        var client = DNSClient(servers: [server.address])
        client.timeout = .milliseconds(300)
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        return try await DNSAddressResolver(client: client, timeout: .seconds(10))
            .resolve(DNSAddressLookup(try Multiaddr(text)), on: loop)
            .get()
    }

    @Test("A server's answers are followed over UDP, and over TCP when they do not fit")
    func sockets() async throws {
        let many = (1...20).map { "dnsaddr=/ip4/10.0.0.\($0)/tcp/4001/p2p/\(self.peer)" }
        let server = try await LoopbackDNS([
            "_dnsaddr.start.test": ["dnsaddr=/dnsaddr/more.test", "other"],
            "_dnsaddr.more.test": many,
        ])
        let addresses = try await self.resolve("/dnsaddr/start.test", with: server)
        #expect(addresses.count == many.count)
        #expect(addresses.first?.description == "/ip4/10.0.0.1/tcp/4001/p2p/\(self.peer)")
        #expect(server.streamQueries == 1)
        await server.stop()
    }

    @Test("An unknown name, and a server that does not answer, are failures with their reasons")
    func failures() async throws {
        let server = try await LoopbackDNS([:])
        let unknown = await #expect(throws: DNSFailure.self) {
            try await self.resolve("/dnsaddr/nobody.test", with: server)
        }
        #expect(unknown?.description.contains("does not exist") == true)
        server.change { $0.isSilent = true }
        let late = await #expect(throws: DNSFailure.self) {
            try await self.resolve("/dnsaddr/nobody.test", with: server)
        }
        #expect(late?.description.contains("no answer") == true)
        await server.stop()
    }

    @Test("Forged answers, with another id or another question, change nothing")
    func forgeries() async throws {
        let server = try await LoopbackDNS(["_dnsaddr.a.test": ["dnsaddr=/ip4/10.0.0.1/tcp/1"]])
        server.change { $0.sendsForgeriesFirst = true }
        let addresses = try await self.resolve("/dnsaddr/a.test", with: server)
        #expect(addresses == [try Multiaddr("/ip4/10.0.0.1/tcp/1")])
        await server.stop()
    }
}
