import Cryptography
import Multiformats
import NIOCore
import NIOPosix
import StackSupport
import Synchronization
import Testing

@testable import Discovery

@Suite("mDNS discovery")
struct MDNSTests {
    private let own = PeerID(ed25519: SigningKey.generate().publicKey)
    private let other = PeerID(ed25519: SigningKey.generate().publicKey)
    private let start = NIODeadline.uptimeNanoseconds(1)

    private func agent(_ peer: PeerID, _ name: String) throws -> MDNSAgent {
        try #require(MDNSAgent(ownPeer: peer, instanceName: name))
    }

    private func message(_ name: String, _ type: UInt16) throws -> DNSMessage {
        DNSMessage(id: 7, questions: [DNSQuestion(name: try #require(DNSName(name)), type: type)])
    }

    @Test("One agent's question, another's answer, and the peer is found once in a while")
    func conversation() throws {
        var asking = try self.agent(self.own, "asking")
        var answering = try self.agent(self.other, "answering")
        let address = try Multiaddr("/ip4/192.168.1.2/tcp/4001")
        let answers = answering.received(
            asking.query(),
            addresses: [address],
            isFromPort: true,
            now: self.start
        )
        guard case .multicast(let answer)? = answers.first else {
            Issue.record("no answer to everybody: \(answers)")
            return
        }
        let copy = try DNSMessage(bytes: answer.encoded())
        let found = asking.received(copy, addresses: [], isFromPort: true, now: self.start)
        #expect(found == [.found(self.other, [address.with(peer: self.other)])])
        var third = try self.agent(self.own, "third")
        let told = third.received(
            answering.announcement(of: [address]),
            addresses: [],
            isFromPort: true,
            now: self.start
        )
        #expect(told == found)
        let again = asking.received(copy, addresses: [], isFromPort: true, now: self.start)
        #expect(again.isEmpty)
        let later = self.start + DNSLimits.mdnsQueryInterval
        let afterwards = asking.received(copy, addresses: [], isFromPort: true, now: later)
        #expect(afterwards == found)
        // Nobody finds itself.
        let itself = answering.received(copy, addresses: [], isFromPort: true, now: later)
        #expect(itself.isEmpty)
    }

    @Test("The service directory and single records can be asked for; other names are not answered")
    func questions() throws {
        func answer(_ name: String, _ type: UInt16) throws -> [DNSRecord] {
            var agent = try self.agent(self.own, "me")
            let message = try self.message(name, type)
            let address = try Multiaddr("/ip4/10.0.0.1/tcp/1")
            let actions = agent.received(
                message,
                addresses: [address],
                isFromPort: true,
                now: self.start
            )
            if case .multicast(let answer)? = actions.first { return answer.answers }
            return []
        }
        let service = try #require(DNSName("_p2p._udp.local"))
        #expect(try answer("_services._dns-sd._udp.local", 12).first?.content == .pointer(service))
        let text = try answer("me._p2p._udp.local", DNSType.text).first?.content
        #expect(text == .text([Array("dnsaddr=/ip4/10.0.0.1/tcp/1/p2p/\(self.own)".utf8)]))
        #expect(try answer("you._p2p._udp.local", DNSType.text).isEmpty)
        #expect(try answer("_p2p._udp.local", DNSType.text).isEmpty)
        #expect(try answer("_http._tcp.local", DNSType.pointer).isEmpty)
    }

    @Test("Questions are answered once a second, so that nobody uses the host against others")
    func rate() throws {
        var agent = try self.agent(self.own, "me")
        let query = try self.agent(self.other, "you").query()
        let itself = agent.received(
            agent.query(),
            addresses: [],
            isFromPort: true,
            now: self.start
        )
        #expect(itself.isEmpty, "its own question costs it no answer")
        func count(_ isFromPort: Bool, _ now: NIODeadline) -> Int {
            agent.received(query, addresses: [], isFromPort: isFromPort, now: now).count
        }
        for isFromPort in [true, false] {
            #expect((0..<100).map { _ in count(isFromPort, self.start) }.reduce(0, +) == 1)
            #expect(count(isFromPort, self.start + .seconds(1)) == 1)
        }
    }

    @Test("A simple resolver gets its own answer, with its id and its question")
    func simpleResolver() throws {
        var agent = try self.agent(self.own, "me")
        let message = try self.message("_p2p._udp.local", DNSType.pointer)
        let actions = agent.received(message, addresses: [], isFromPort: false, now: self.start)
        guard case .reply(let answer)? = actions.first else {
            Issue.record("no reply: \(actions)")
            return
        }
        #expect(answer.id == 7)
        #expect(answer.questions == message.questions)
    }

    @Test(
        "mDNS spoofing: forged and foreign answers name nobody, and a flood no more than a bound"
    )
    func floods() throws {
        var agent = try self.agent(self.own, "me")
        func record(_ name: String, _ text: String) throws -> DNSRecord {
            DNSRecord(
                name: try #require(DNSName(name)),
                lifeSeconds: 1,
                content: .text([Array(text.utf8)])
            )
        }
        let good = "dnsaddr=/ip4/10.0.0.1/tcp/1/p2p/\(self.other)"
        let useless = DNSMessage(
            isResponse: true,
            answers: try [
                record("x._http._tcp.local", good), record("_p2p._udp.local", good),
                record("x._p2p._udp.local", "dnsaddr=/ip4/10.0.0.1/tcp/1"),
                record("x._p2p._udp.local", "/ip4/10.0.0.1/tcp/1/p2p/\(self.other)"),
                record("x._p2p._udp.local", "dnsaddr=/ip4/10.0.0.1/udp/1/p2p/\(self.other)"),
            ]
        )
        let none = agent.received(useless, addresses: [], isFromPort: true, now: self.start)
        #expect(none.isEmpty)
        let right = DNSMessage(isResponse: true, answers: [try record("x._p2p._udp.local", good)])
        let forged = agent.received(right, addresses: [], isFromPort: false, now: self.start)
        #expect(forged.isEmpty)
        var found = 0
        for _ in 0..<(DNSLimits.mdnsPeersMax + 50) {
            let peer = PeerID(ed25519: SigningKey.generate().publicKey)
            let text = "dnsaddr=/ip4/10.0.0.1/tcp/1/p2p/\(peer)"
            let answer = DNSMessage(
                isResponse: true,
                answers: [try record("y._p2p._udp.local", text)]
            )
            found += agent.received(answer, addresses: [], isFromPort: true, now: self.start).count
        }
        #expect(found == DNSLimits.mdnsPeersMax)
    }

    // MARK: With sockets

    @Test("A device answers who asks it directly")
    func unicast() async throws {
        let address = try Multiaddr("/ip4/127.0.0.1/tcp/4001")
        let device = MDNSDiscovery(
            ownPeer: self.own,
            group: .singleton,
            port: 5_353,
            addresses: { [address] },
            onFound: { _, _ in }
        )
        let local = try #require(try await device.answer(at: "127.0.0.1"))
        let query = try self.message("_p2p._udp.local", DNSType.pointer)
        let loop = MultiThreadedEventLoopGroup.singleton.any()
        let promise = loop.makePromise(of: DNSMessage.self)
        let channel = try await DatagramBootstrap(group: loop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        DatagramContent(), DNSAnswerHandler(query, promise, isStream: false),
                    ])
                }
            }
            .connect(to: local).get()
        try await channel.writeAndFlush(channel.allocator.buffer(bytes: query.encoded()))
        let answer = try await promise.futureResult.get()
        let text = Array("dnsaddr=\(address.with(peer: self.own))".utf8)
        #expect(answer.additional.map(\.content) == [.text([text])])
        try await channel.close()
        await device.stop()
    }

    @Test("Two devices find each other by multicast")
    func multicast() async throws {
        let loopback = try #require(try Self.loopback)
        let port = try await UnusedPort.forDatagrams
        let found = Mutex([PeerID: [PeerID]]())
        var devices: [MDNSDiscovery] = []
        for peer in [self.own, self.other] {
            let address = try Multiaddr("/ip4/127.0.0.1/tcp/4001")
            let device = MDNSDiscovery(
                ownPeer: peer,
                group: .singleton,
                port: port,
                addresses: { [address] },
                onFound: { other, _ in found.withLock { $0[peer, default: []].append(other) } }
            )
            try await device.start(on: [loopback])
            devices.append(device)
        }
        try await eventually("the discovery") {
            found.withLock { $0[self.own] == [self.other] && $0[self.other] == [self.own] }
        }
        for device in devices { await device.stop() }
    }

    @Test("A swarm takes part where neighbours can reach it, and nowhere else")
    func interfaces() throws {
        var loopback = try #require(try Self.loopback)
        func isLocal(_ listening: String...) throws -> Bool {
            loopback.isLocal(toHostAt: try listening.map { try Multiaddr($0) })
        }
        #expect(try isLocal("/ip4/127.0.0.1/tcp/1"))
        #expect(try isLocal("/ip6/::1/tcp/1", "/ip4/127.0.0.1/tcp/1"))
        #expect(try !isLocal("/ip4/0.0.0.0/tcp/1", "/ip4/192.168.1.2/tcp/1", "/ip6/::1/tcp/1"))
        loopback.multicastSupported = true
        loopback.address = try SocketAddress(ipAddress: "192.168.1.2", port: 0)
        #expect(try isLocal("/ip4/0.0.0.0/tcp/1"))
        #expect(try !isLocal("/ip4/127.0.0.1/tcp/1"))
        loopback.address = try SocketAddress(ipAddress: "8.8.8.8", port: 0)
        #expect(try !isLocal("/ip4/0.0.0.0/tcp/1", "/ip4/8.8.8.8/tcp/1"))
    }

    private static var loopback: NIONetworkDevice? {
        get throws { try System.enumerateDevices().first { $0.address?.ipAddress == "127.0.0.1" } }
    }
}
