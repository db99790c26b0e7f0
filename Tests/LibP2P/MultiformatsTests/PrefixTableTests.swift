import Testing

@testable import Multiformats

@Suite("Operators of networks")
struct PrefixTableTests {
    private func table(_ entries: [(String, UInt32)]) throws -> PrefixTable {
        var table = PrefixTable()
        for (prefix, number) in entries {
            table.add(try IPPrefix(prefix), autonomousSystem: number)
        }
        return table
    }

    @Test(
        "D-25: the longest prefix wins, in both families",
        arguments: [
            ("/ip4/8.8.8.8/tcp/1", .autonomousSystem(3)),
            ("/ip4/8.8.4.4/tcp/1", .autonomousSystem(2)),
            ("/ip4/8.9.4.4/tcp/1", .autonomousSystem(1)),
            ("/ip4/9.9.9.9/tcp/1", .prefix(0x0909)),
            ("/ip6/2001:4860:4860::8888/tcp/1", .autonomousSystem(5)),
            ("/ip6/2001:4861::1/tcp/1", .autonomousSystem(4)),
            ("/ip6/2a00::1/tcp/1", .prefix(0x2a00_0000)),
            ("/ip4/127.0.0.1/tcp/1", nil), ("/dns4/example.org/tcp/1", nil),
        ] as [(String, NetworkOperator?)]
    )
    func longest(address: String, network: NetworkOperator?) throws {
        let table = try self.table([
            ("8.0.0.0/8", 1), ("8.8.0.0/16", 2), ("8.8.8.0/24", 3), ("2001:4800::/24", 4),
            ("2001:4860::/32", 5),
        ])
        #expect(table.network(of: try Multiaddr(address)) == network)
        #expect(table.count == 5)
    }

    @Test("The whole of a family may be one operator's, and a single address another's")
    func extremes() throws {
        let table = try self.table([("0.0.0.0/0", 1), ("8.8.8.8/32", 2), ("::/0", 3)])
        #expect(table.network(of: try Multiaddr("/ip4/8.8.8.8")) == .autonomousSystem(2))
        #expect(table.network(of: try Multiaddr("/ip4/8.8.8.9")) == .autonomousSystem(1))
        #expect(table.network(of: try Multiaddr("/ip6/2a00::1")) == .autonomousSystem(3))
    }

    @Test("An autonomous system and a prefix of the same number are two operators")
    func kinds() {
        #expect(NetworkOperator.autonomousSystem(2_056) != .prefix(2_056))
        #expect(NetworkOperator.autonomousSystem(64_500).description == "AS64500")
        #expect(NetworkOperator.prefix(0x0808).description == "8.8/16")
        #expect(NetworkOperator.prefix(0x2001_0db8).description == "2001:0db8/32")
    }

    @Test(
        "What is no prefix is refused with its cause",
        arguments: [
            ("8.8.8.8", "is no prefix"), ("8.8.8/24", "is no prefix"), ("", "is no prefix"),
            ("8.8.8.0/33", "within 0 and 32"), ("::/129", "within 0 and 128"),
            ("8.8.8.0/-1", "within 0 and 32"), ("8.8.8.0/+8", "within 0 and 32"),
            ("8.8.8.8/24", "behind its first 24"), ("2001:db8::1/64", "behind its first 64"),
        ]
    )
    func flaws(text: String, cause: String) {
        let flaw = #expect(throws: IPPrefix.Flaw.self) { try IPPrefix(text) }
        #expect(flaw?.description.contains(cause) == true)
    }
}
