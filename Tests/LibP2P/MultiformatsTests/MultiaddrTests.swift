import Cryptography
import Multiformats
import Primitives
import Testing

@Suite("Multiaddrs")
struct MultiaddrTests {
    private static let peer = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"

    @Test(
        "Text and bytes are two forms of one address",
        arguments: [
            ("/ip4/127.0.0.1/tcp/4001", "047f000001060fa1"),
            ("/ip4/0.0.0.0/tcp/0", "0400000000060000"),
            ("/ip4/255.255.255.255/tcp/65535", "04ffffffff06ffff"),
            ("/ip6/::1/tcp/80", "2900000000000000000000000000000001060050"),
            ("/ip6/2001:db8::ff", "2920010db80000000000000000000000ff"),
            ("/dns/a.example", "3509612e6578616d706c65"),
            ("/dns4/a.example/tcp/1", "3609612e6578616d706c65060001"),
            ("/dns6/a.example", "3709612e6578616d706c65"),
            ("/dnsaddr/a.example", "3809612e6578616d706c65"),
            ("/p2p-circuit", "a202"),
            (
                "/p2p/\(Self.peer)",
                "a503260024080112204cb5abf6ad79fbf5abbccafcc269d85cd2651ed4b885b5869f241aedf0a5ba29"
            ),
        ]
    )
    func roundTrip(text: String, hex: String) throws {
        let bytes = try #require(Hex.decode(hex))
        let fromText = try Multiaddr(text)
        let fromBytes = try Multiaddr(bytes: bytes)
        #expect(fromText == fromBytes)
        #expect(fromText.bytes == bytes)
        #expect(fromBytes.description == text)
    }

    @Test(
        "Other spellings of one address are read",
        arguments: [
            ("/ip4/1.2.3.4/tcp/5/", "/ip4/1.2.3.4/tcp/5"),
            ("/ip6/0:0:0:0:0:0:0:1", "/ip6/::1"),
            ("/ip6/2001:DB8::1", "/ip6/2001:db8::1"),
            ("/ipfs/\(Self.peer)", "/p2p/\(Self.peer)"),
        ]
    )
    func spellings(text: String, canonical: String) throws {
        #expect(try Multiaddr(text).description == canonical)
    }

    @Test(
        "Text that is no multiaddr is refused",
        arguments: [
            "", "/", "//", "ip4/1.2.3.4", "/ip4", "/ip4/", "/ip4/1.2.3", "/ip4/1.2.3.256",
            "/ip4/1.2.3.4.5", "/ip4/01.2.3.4x", "/ip4/1.2.3.4/tcp", "/ip4/1.2.3.4/tcp/-1",
            "/ip4/1.2.3.4/tcp/65536", "/ip4/1.2.3.4/tcp/4a", "/ip4/1.2.3.4/tcp/ 1",
            "/ip4/1.2.3.4//tcp/1", "/ip6/1.2.3.4", "/ip6/::g", "/ip6/fe80::1%eth0",
            "/ip4/127.0.0.1\u{0}.evil/tcp/1", "/dns/", "/dns/a b", "/dns/a\u{1b}[2J", "/dns/ä",
            "/p2p/", "/p2p/12D3KooW", "/p2p/0OIl", "/udp/53", "/quic-v1", "/http",
            "/IP4/1.2.3.4",
        ]
    )
    func refusedText(text: String) {
        #expect(throws: MultiaddrError.self) { try Multiaddr(text) }
    }

    @Test(
        "Bytes that are no multiaddr are refused",
        arguments: [
            "", "04", "047f0000", "06", "0600", "2900", "35", "3500", "3505616263", "35ff",
            "36036a2f6b", "3601ff", "36011b", "a503", "a50300", "a503020024", "ffff", "0405",
            "8400",  // A varint that is not minimal.
            "ffffffffffffffffffff", "910200",
        ]
    )
    func refusedBytes(hex: String) throws {
        let bytes = try #require(Hex.decode(hex))
        #expect(throws: MultiaddrError.self) { try Multiaddr(bytes: bytes) }
    }

    @Test("Length and number of components are bounded")
    func bounds() throws {
        let sixteen = String(repeating: "/p2p-circuit", count: 16)
        #expect(try Multiaddr(sixteen).components.count == 16)
        #expect(throws: MultiaddrError.tooLong) { try Multiaddr(sixteen + "/p2p-circuit") }
        let many = [[UInt8]](repeating: [0xa2, 2], count: 17).flatMap { $0 }
        #expect(throws: MultiaddrError.tooLong) { try Multiaddr(bytes: many) }
        #expect(throws: MultiaddrError.tooLong) {
            try Multiaddr("/dns/" + String(repeating: "a", count: 1_100))
        }
        #expect(throws: MultiaddrError.self) {
            try Multiaddr("/dns/" + String(repeating: "a", count: 254))
        }
        #expect(throws: MultiaddrError.tooLong) {
            try Multiaddr(bytes: [UInt8](repeating: 4, count: 1_025))
        }
    }

    @Test("Components made by hand have to have the right form too")
    func handMade() throws {
        #expect(throws: MultiaddrError.self) { try Multiaddr([]) }
        #expect(throws: MultiaddrError.self) { try Multiaddr([.ip4([1, 2, 3])]) }
        #expect(throws: MultiaddrError.self) { try Multiaddr([.ip6([1])]) }
        #expect(throws: MultiaddrError.self) { try Multiaddr([.dns("a/tcp/1")]) }
        #expect(try Multiaddr([.ip4([1, 2, 3, 4]), .tcp(5)]).description == "/ip4/1.2.3.4/tcp/5")
    }

    @Test("The peer at the end can be read, taken off and put on")
    func peers() throws {
        let peer = try PeerID(Self.peer)
        let bare = try Multiaddr("/ip4/1.2.3.4/tcp/5")
        let full = bare.with(peer: peer)
        #expect(full.description == "/ip4/1.2.3.4/tcp/5/p2p/\(Self.peer)")
        #expect(full.peerID == peer)
        #expect(full.withoutPeer == bare)
        #expect(full.with(peer: peer) == full)
        #expect(bare.peerID == nil)
        #expect(bare.withoutPeer == bare)
        let relayed = try Multiaddr("/ip4/1.2.3.4/tcp/5/p2p/\(Self.peer)/p2p-circuit")
        #expect(relayed.peerID == nil)
    }

    @Test(
        "Public addresses lie in a network, all others in none",
        arguments: [
            ("/ip4/8.9.10.11/tcp/1", 0x0809), ("/ip4/172.32.0.1", 0xac20),
            ("/ip6/2001:db8::1", 0x2001_0db8), ("/ip4/127.0.0.1/tcp/1", nil),
            ("/ip4/10.1.2.3", nil), ("/ip4/172.16.0.1", nil), ("/ip4/192.168.1.1", nil),
            ("/ip4/100.64.0.1", nil), ("/ip4/169.254.0.1", nil), ("/ip4/224.0.0.1", nil),
            ("/ip4/0.0.0.0", nil), ("/ip6/::1", nil), ("/ip6/fe80::1", nil), ("/ip6/fc00::1", nil),
            ("/dns4/example.org/tcp/1", nil), ("/ip6/::ffff:808:808/tcp/1", 0x0808),
            ("/ip6/64:ff9b::808:808/tcp/1", 0x0808), ("/ip6/::ffff:7f00:1", nil),
        ] as [(String, UInt32?)]
    )
    func networks(text: String, prefix: UInt32?) throws {
        #expect(try Multiaddr(text).publicNetworkPrefix == prefix)
    }

    @Test(
        "An IPv4 address leads as far in the clothes of IPv6",
        arguments: [
            ("/ip4/0.0.0.0", .nowhere), ("/ip6/::", .nowhere), ("/ip6/::ffff:0:0", .nowhere),
            ("/ip4/224.0.0.1", .nowhere), ("/ip6/ff02::1", .nowhere), ("/ip6/::1", .machine),
            ("/ip6/::ffff:7f00:1", .machine), ("/ip6/64:ff9b::7f00:1", .machine),
            ("/ip6/fe80::1", .link), ("/ip6/::ffff:a9fe:1", .link), ("/ip6/fd00::1", .site),
            ("/ip6/::ffff:a00:1", .site), ("/ip6/2001:db8::1", .world),
            ("/ip6/64:ff9b::808:808", .world), ("/dns4/example.org", nil),
        ] as [(String, AddressReach?)]
    )
    func reach(text: String, reach: AddressReach?) throws {
        #expect(try Multiaddr(text).reach == reach)
        #expect(try Multiaddr(text).isLoopback == (reach == .machine))
    }

    @Test("RUSTSEC-2020-0068: random bytes never trap; what is read can be written again")
    func randomBytes() {
        var random = SplitMix64(seed: 11)
        let read = (0..<20_000).compactMap { _ in try? Multiaddr(bytes: random.bytes(upTo: 40)) }
        #expect(!read.isEmpty)
        for address in read {
            #expect((try? Multiaddr(bytes: address.bytes)) == address)
            #expect((try? Multiaddr(address.description)) == address)
        }
    }
}
