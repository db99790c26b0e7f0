import Cryptography
import NIOCore
import Testing

@testable import Discovery

@Suite("DNS messages")
struct DNSMessageTests {
    private func name(_ text: String) throws -> DNSName { try #require(DNSName(text)) }

    private var sample: DNSMessage {
        get throws {
            let name = try self.name("_dnsaddr.example.org")
            return DNSMessage(
                id: 0x1234,
                isResponse: true,
                isAuthoritative: true,
                questions: [DNSQuestion(name: name, type: DNSType.text)],
                answers: [
                    DNSRecord(
                        name: name,
                        lifeSeconds: 70_000,
                        content: .text([Array("dnsaddr=/ip4/1.2.3.4/tcp/1".utf8), []])
                    ),
                    DNSRecord(
                        name: name,
                        lifeSeconds: 1,
                        content: .pointer(try self.name("x.example.org")),
                        isUnique: true
                    ),
                ]
            )
        }
    }

    @Test("What is written is read again")
    func roundTrip() throws {
        let message = try self.sample
        #expect(try DNSMessage(bytes: message.encoded()) == message)
    }

    @Test("A query has the bytes of RFC 1035 and offers larger answers by RFC 6891")
    func query() throws {
        let query = DNSMessage(
            id: 0xabcd,
            wantsRecursion: true,
            questions: [DNSQuestion(name: try self.name("a.bc."), type: DNSType.text)]
        )
        let expected: [UInt8] =
            [0xab, 0xcd, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 1]
            + [1, 0x61, 2, 0x62, 0x63, 0, 0, 16, 0, 1]
            + [0, 0, 41, 0x04, 0xd0, 0, 0, 0, 0, 0, 0]
        #expect(query.encoded(offersLargerAnswers: true) == expected)
    }

    @Test("Compressed names are followed backwards")
    func compression() throws {
        let bytes: [UInt8] =
            [0, 1, 0x80, 0, 0, 1, 0, 1, 0, 0, 0, 0]
            + [3, 0x6f, 0x72, 0x67, 0, 0, 16, 0, 1]
            // At byte 21: "ab" below the name at byte 12; its text is one letter.
            + [2, 0x61, 0x62, 0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 9, 0, 2, 1, 0x7a]
        let message = try DNSMessage(bytes: bytes)
        #expect(message.answers.first?.name == (try self.name("ab.org")))
        #expect(message.answers.first?.content == .text([[0x7a]]))
    }

    @Test(
        "Pointers to themselves, forwards or in circles are refused",
        arguments: [
            [0xc0, 12], [0xc0, 14], [1, 0x61, 0xc0, 12], [0xc0, 0xff], [0x40, 1], [0x80, 1],
        ] as [[UInt8]]
    )
    func pointers(name: [UInt8]) {
        let bytes: [UInt8] = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0] + name + [0, 16, 0, 1]
        #expect(throws: DNSError.name) { try DNSMessage(bytes: bytes) }
    }

    @Test("Sizes are bounded: message, records, labels, names")
    func bounds() throws {
        let long = [UInt8](repeating: 0, count: DNSLimits.messageBytesMax + 1)
        #expect(throws: DNSError.tooLong) { try DNSMessage(bytes: long) }
        #expect(throws: DNSError.tooManyRecords) {
            try DNSMessage(bytes: [0, 1, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0])
        }
        #expect(DNSName(String(repeating: "a", count: 64)) == nil)
        #expect(DNSName(String(repeating: "a", count: 63)) != nil)
        #expect(DNSName([String](repeating: "abcdefg", count: 32).joined(separator: ".")) == nil)
        #expect(DNSName("a..b") == nil)
        // A chain of labels of 260 bytes, which no pointer is needed for.
        let label: [UInt8] = [9] + [UInt8](repeating: 0x61, count: 9)
        let chain: [UInt8] = Array([[UInt8]](repeating: label, count: 26).joined()) + [0]
        #expect(throws: DNSError.name) {
            try DNSMessage(bytes: [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0] + chain + [0, 16, 0, 1])
        }
    }

    @Test("Every truncation is refused, and none traps")
    func truncations() throws {
        let bytes = try self.sample.encoded()
        for count in 0..<bytes.count {
            #expect(throws: DNSError.self) { try DNSMessage(bytes: Array(bytes.prefix(count))) }
        }
    }

    @Test("Random bytes, and messages with random changes, never trap")
    func noise() throws {
        let bytes = try self.sample.encoded()
        var readable = 0
        for _ in 0..<2_000 {
            _ = try? DNSMessage(bytes: SecureRandom.bytes(64))
            var changed = bytes
            let change = SecureRandom.bytes(3)
            changed[Int(change[0]) % bytes.count] = change[1]
            if (try? DNSMessage(bytes: changed)) != nil { readable += 1 }
        }
        #expect(readable > 0)
    }

    @Test("Names differ by more than ASCII case")
    func names() throws {
        #expect(try self.name("_P2P._udp.Local") == self.name("_p2p._UDP.local."))
        #expect(try self.name("_p2p._tcp.local") != self.name("_p2p._udp.local"))
    }

    @Test("The servers of a resolv.conf are read, at most three of them")
    func resolvConf() {
        let text = """
            # a comment
            search example.org
            nameserver 192.0.2.1
            nameserver\t2001:db8::1
            nameserver not-an-address
            nameserver 192.0.2.3
            nameserver 192.0.2.4
            """
        let servers = ResolverConfiguration.servers(in: text)
        #expect(servers.map(\.ipAddress) == ["192.0.2.1", "2001:db8::1", "192.0.2.3"])
        #expect(servers.allSatisfy { $0.port == 53 })
        #expect(ResolverConfiguration.servers(in: "").map(\.ipAddress) == ["127.0.0.1"])
    }
}
