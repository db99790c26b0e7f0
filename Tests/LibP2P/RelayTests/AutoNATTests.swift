import Cryptography
import Multiformats
import Testing

@testable import Relay

@Suite("AutoNAT v1")
struct AutoNATTests {
    private let peer = PeerID(ed25519: SigningKey.generate().publicKey)

    private func network(_ number: Int) throws -> NetworkKey {
        let address = try Multiaddr("/ip4/192.\(number).2.1/tcp/1")
        return try #require(NetworkKey(address, countsLoopback: true))
    }

    @Test("A request has the bytes of the specification")
    func request() throws {
        let address = try Multiaddr("/ip4/1.2.3.4/tcp/5")
        let info = [0x0a, 38] + self.peer.bytes + [0x12, 8] + address.bytes
        let dial = [0x0a, UInt8(info.count)] + info
        let message = [0x08, 0, 0x12, UInt8(dial.count)] + dial
        let bytes = AutoNATClient.request(self.peer, [address.with(peer: self.peer)])
        #expect(bytes == [UInt8(message.count)] + message)
    }

    @Test("Answers are read, and other messages refused")
    func answers() throws {
        let address = try Multiaddr("/ip4/1.2.3.4/tcp/5")
        let reached: [UInt8] = [0x08, 1, 0x1a, 12, 0x08, 0, 0x1a, 8] + address.bytes
        #expect(try AutoNATClient.answer(reached) == .reached(address))
        #expect(try AutoNATClient.answer([0x08, 1, 0x1a, 2, 0x08, 100]) == .notReached)
        let refused = try AutoNATClient.answer([0x08, 1, 0x1a, 2, 0x08, 101])
        #expect(refused == .none("the peer answers with code 101"))
        for bytes in [[], [0x08, 0], [0x08, 1], [0x08, 1, 0x1a, 9]] as [[UInt8]] {
            #expect(throws: RelayError.malformed) { try AutoNATClient.answer(bytes) }
        }
    }

    @Test("Four networks have to agree, and one has one voice")
    func verdict() throws {
        var client = AutoNATClient()
        for _ in 0..<10 { client.answered(from: try self.network(1), .reached(nil), now: 0) }
        #expect(client.verdict == .unknown)
        for number in 2...3 {
            client.answered(from: try self.network(number), .reached(nil), now: 0)
        }
        client.answered(from: try self.network(4), .none("busy"), now: 0)
        #expect(client.verdict == .unknown)
        client.answered(from: try self.network(5), .reached(nil), now: 0)
        #expect(client.verdict == .reachable)
        // The same networks change their minds.
        for number in [1, 2, 3] {
            client.answered(from: try self.network(number), .notReached, now: 0)
        }
        #expect(client.verdict == .reachable)
        client.answered(from: try self.network(6), .notReached, now: 0)
        #expect(client.verdict == .unreachable)
        client.reset()
        #expect(client.verdict == .unknown)
    }

    @Test(
        "All addresses of one operator have one voice",
        arguments: ["/ip4/192.0.%.1", "/ip6/2001:db8:%::1", "/ip6/2001:db8:0:%::1"]
    )
    func oneVoice(pattern: String) throws {
        var client = AutoNATClient()
        let peers = try (1...9).map { number in
            let text = "\(pattern.split(separator: "%").joined(separator: "\(number)"))/tcp/1"
            let network = try #require(NetworkKey(try Multiaddr(text), countsLoopback: true))
            client.answered(from: network, .notReached, now: 0)
            return (peer: PeerID(ed25519: SigningKey.generate().publicKey), network: network)
        }
        #expect(client.voiceCount == 1)
        #expect(client.verdict == .unknown)
        let asked = client.due(among: peers, now: 0)
        #expect(asked == [peers[0].peer])
    }

    @Test("An answer counts for an hour")
    func oldVoices() throws {
        var client = AutoNATClient()
        for number in 1...3 {
            client.answered(from: try self.network(number), .reached(nil), now: 0)
        }
        let later = RelayLimits.reachabilityAnswerSeconds
        client.answered(from: try self.network(4), .reached(nil), now: later)
        #expect(client.verdict == .unknown)
        #expect(client.voiceCount == 1)
    }

    @Test("One peer of each network is asked, soon again without a verdict, later with one")
    func asking() throws {
        let peers = try (1...6).map { number in
            (
                peer: PeerID(ed25519: SigningKey.generate().publicKey),
                network: try self.network(number % 5)
            )
        }
        var client = AutoNATClient()
        var asked = client.due(among: peers, now: 0)
        #expect(asked == peers.prefix(4).map(\.peer))
        asked = client.due(among: peers, now: 1)
        #expect(asked == [peers[4].peer])
        asked = client.due(among: peers, now: RelayLimits.reachabilityRetrySeconds)
        #expect(asked.count == 4)
        for number in 1...4 {
            client.answered(from: try self.network(number), .reached(nil), now: 0)
        }
        let later = 2 * RelayLimits.reachabilityRetrySeconds
        asked = client.due(among: peers, now: later)
        #expect(asked.isEmpty)
        asked = client.due(among: peers, now: later + RelayLimits.reachabilityRenewalSeconds)
        #expect(asked.count == 4)
        // A new address is asked about at once.
        client.reset()
        asked = client.due(among: peers, now: later + RelayLimits.reachabilityRenewalSeconds)
        #expect(asked.count == 4)
    }

    @Test("Who knows whether it can be reached asks nobody, and believes nobody")
    func known() throws {
        var client = AutoNATClient(known: .reachable)
        let asked = client.due(among: [(self.peer, try self.network(1))], now: 0)
        #expect(asked.isEmpty)
        for number in 1...4 { client.answered(from: try self.network(number), .notReached, now: 0) }
        client.reset()
        #expect(client.verdict == .reachable)
    }

    // MARK: Dialling others

    private func ask(
        _ server: inout AutoNATServer,
        _ addresses: [String],
        by peer: PeerID? = nil,
        at observed: String? = "/ip4/192.0.2.1/tcp/50000",
        named: PeerID? = nil,
        network number: Int = 1,
        now: UInt64 = 0
    ) throws -> AutoNATServer.Decision {
        let asker = peer ?? self.peer
        let request = AutoNATClient.request(named ?? asker, try addresses.map { try Multiaddr($0) })
        let prefix = try #require(try Varint.decode(request[...])).length
        return server.asked(
            by: asker,
            at: try observed.map { try Multiaddr($0) },
            network: try self.network(number),
            Array(request.dropFirst(prefix)),
            now: now
        )
    }

    private func status(_ decision: AutoNATServer.Decision) -> AutoNATServer.Status? {
        if case .refuse(let status, _) = decision { status } else { nil }
    }

    @Test("dial-back: a peer is dialled where it is seen, and nowhere else")
    func targets() throws {
        var server = AutoNATServer()
        let own = "/ip4/192.0.2.1/tcp/4001"
        let decision = try self.ask(
            &server,
            [
                "/ip4/192.0.2.2/tcp/4001", "/ip6/2001:db8::1/tcp/4001", "/dns4/victim.test/tcp/80",
                "/ip4/192.0.2.1/tcp/0", "\(own)/p2p/\(self.peer)/p2p-circuit", own, own,
            ]
        )
        #expect(decision == .dial([try Multiaddr(own).with(peer: self.peer)]))
        let foreign = try self.ask(&server, ["/ip4/192.0.2.2/tcp/4001"])
        #expect(self.status(foreign) == .dialRefused)
        let hidden = try self.ask(&server, [own], at: nil)
        #expect(self.status(hidden) == .dialRefused)
        let other = PeerID(ed25519: SigningKey.generate().publicKey)
        let wrong = try self.ask(&server, [own], named: other)
        #expect(self.status(wrong) == .badRequest)
        let noise = server.asked(
            by: self.peer,
            at: try Multiaddr(own),
            network: nil,
            [0x08, 0, 0x12, 9],
            now: 0
        )
        #expect(self.status(noise) == .badRequest)
        let ports = (1...9).map { "/ip4/192.0.2.1/tcp/\($0)" }
        guard case .dial(let many) = try self.ask(&server, ports) else {
            Issue.record("a refusal")
            return
        }
        #expect(many.count == RelayLimits.dialBackAddressesMax)
    }

    @Test("dial-back: dials on request are bounded for a peer, for a network and in all")
    func dialBackLimits() throws {
        var server = AutoNATServer()
        let own = "/ip4/192.0.2.1/tcp/4001"
        for _ in 0..<RelayLimits.dialBacksPerPeerMax {
            let decision = try self.ask(&server, [own])
            #expect(self.status(decision) == nil)
        }
        let again = try self.ask(&server, [own])
        #expect(self.status(again) == .dialRefused)
        let peers = (0..<RelayLimits.dialBacksMax + 1).map { _ in
            PeerID(ed25519: SigningKey.generate().publicKey)
        }
        let fromNetwork = try peers.map { peer in
            self.status(try self.ask(&server, [own], by: peer, network: 2))
        }
        #expect(fromNetwork.count { $0 == nil } == RelayLimits.dialBacksPerNetworkMax)
        let fromAll = try peers.indices.map { index in
            self.status(try self.ask(&server, [own], by: peers[index], network: 3 + index))
        }
        let room =
            RelayLimits.dialBacksMax - RelayLimits.dialBacksPerPeerMax
            - RelayLimits.dialBacksPerNetworkMax
        #expect(fromAll.count { $0 == nil } == room)
        let later = try self.ask(&server, [own], now: RelayLimits.dialBackWindow)
        #expect(self.status(later) == nil)
    }

    @Test("Answers have the bytes of the specification")
    func answerBytes() throws {
        let address = try Multiaddr("/ip4/1.2.3.4/tcp/5")
        let reached = AutoNATServer.answer(.ok, at: address.with(peer: self.peer))
        #expect(reached == [16, 0x08, 1, 0x1a, 12, 0x08, 0, 0x1a, 8] + address.bytes)
        let refused = AutoNATServer.answer(.dialRefused, "no")
        #expect(refused == [10, 0x08, 1, 0x1a, 6, 0x08, 101, 0x12, 2, 0x6e, 0x6f])
        #expect(
            try AutoNATClient.answer(Array(refused.dropFirst()))
                == .none("the peer answers with code 101")
        )
    }
}
