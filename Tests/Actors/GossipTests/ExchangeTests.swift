import Messages
import Primitives
import Testing

@testable import Gossip

@Suite("D-18 Exchanges")
struct ExchangeTests {
    private func outbound(_ number: UInt64, to peer: Int = 2) throws -> OutboundExchange {
        OutboundExchange(
            opener: .sync,
            id: number,
            peer: try Fixture.node(peer),
            streamProtocol: .sync
        )
    }

    private func inbound(_ number: UInt64, from peer: NodeID) -> InboundExchange {
        InboundExchange(id: number, peer: peer, streamProtocol: .sync)
    }

    @Test("an exchange has one outcome: an answer, a failure, or 30 s")
    func outcomes() throws {
        var table = ExchangeTable()
        let exchanges = try ([1, 2, 3] as [UInt64]).map { try self.outbound($0) }
        let tokens = exchanges.map { table.open($0, now: Fixture.start) }
        #expect(Set(tokens).count == 3)
        let first = table.finish(token: tokens[0])
        let again = table.finish(token: tokens[0])
        #expect(first == exchanges[0] && again == nil)
        let early = table.expire(now: Fixture.at(29_999))
        let late = table.expire(now: Fixture.at(30_000))
        #expect(early.isEmpty)
        #expect(late == [exchanges[1], exchanges[2]])
        let afterwards = table.finish(token: tokens[1])
        #expect(afterwards == nil)
    }

    @Test("a disconnect ends what was asked of the peer, and forgets what it asked")
    func disconnect() throws {
        var table = ExchangeTable()
        let (lost, kept) = (try self.outbound(1, to: 2), try self.outbound(2, to: 3))
        let asked = self.inbound(7, from: try Fixture.node(2))
        _ = table.open(lost, now: Fixture.start)
        let token = table.open(kept, now: Fixture.start)
        let isAccepted = table.accept(asked)
        let dropped = table.drop(peer: try Fixture.node(2))
        #expect(isAccepted && dropped == [lost])
        let isAnswered = table.answer(asked)
        let other = table.finish(token: token)
        #expect(!isAnswered && other == kept)
    }

    @Test("a question is answered once")
    func answers() throws {
        var table = ExchangeTable()
        let exchange = self.inbound(1, from: try Fixture.node(2))
        let isUnknown = table.answer(exchange)
        _ = table.accept(exchange)
        let first = table.answer(exchange)
        let second = table.answer(exchange)
        #expect(!isUnknown && first && !second)
    }

    @Test("R-03-002, R-03-003, R-03-004: streams of three protocols are taken, by name and version")
    func protocols() throws {
        let peer = try Fixture.node(2)
        var machine = try Fixture.machine(1)
        _ = machine.peerConnected(peer, address: "", isOutbound: false)
        _ = machine.peerAuthenticated(peer, now: Fixture.start)
        let names = ["auth", "sync", "content"]
        let taken = ["1.0.0", "1.0.1"].map { version in
            names.enumerated().map { number, name in
                machine.exchangeRequested(
                    id: UInt64(number + 1),
                    peer: peer,
                    protocolID: "/valence/\(name)/\(version)",
                    frame: [1]
                )
            }
        }
        let auth = InboundExchange(id: 1, peer: peer, streamProtocol: .auth)
        let content = InboundExchange(id: 3, peer: peer, streamProtocol: .content)
        let expected: [[GossipAction]] = [
            [.deliverAuthFrame(.challenge(auth), [1])],
            [.admit([1], .exchange(self.inbound(2, from: peer)), nil)],
            [.admit([1], .exchange(content), nil)],
        ]
        #expect(taken[0] == expected)
        let refused: [[GossipAction]] = [
            [.answerExchange(1, nil)], [.answerExchange(2, nil)], [.answerExchange(3, nil)],
        ]
        #expect(taken[1] == refused)
    }

    @Test("questions of a peer and of all peers are bounded")
    func bounded() throws {
        var table = ExchangeTable()
        let one = try Fixture.node(1)
        var taken = 0
        for number in 0..<30 as Range<UInt64> where table.accept(self.inbound(number, from: one)) {
            taken += 1
        }
        #expect(taken == GossipLimits.inboundExchangesPerPeerMax)
        for number in 0..<2_000 as Range<UInt64> {
            let peer = NodeID(SHA256Digest.hash(withUnsafeBytes(of: number, Array.init)))
            if table.accept(self.inbound(100 + number, from: peer)) { taken += 1 }
        }
        #expect(taken == GossipLimits.inboundExchangesMax)
    }

    @Test("R-03-011: before authentication a peer may only open the handshake")
    func unauthenticated() throws {
        var machine = try Fixture.machine(1)
        let peer = try Fixture.node(2)
        _ = machine.peerConnected(peer, address: "", isOutbound: false)
        let sync = machine.exchangeRequested(
            id: 1,
            peer: peer,
            protocolID: StreamProtocol.sync.rawValue,
            frame: [1]
        )
        #expect(sync == [.answerExchange(1, nil)])
        let auth = machine.exchangeRequested(
            id: 2,
            peer: peer,
            protocolID: StreamProtocol.auth.rawValue,
            frame: [1]
        )
        let exchange = InboundExchange(id: 2, peer: peer, streamProtocol: .auth)
        #expect(auth == [.deliverAuthFrame(.challenge(exchange), [1])])
        _ = machine.peerAuthenticated(peer, now: Fixture.start)
        let later = machine.exchangeRequested(
            id: 3,
            peer: peer,
            protocolID: StreamProtocol.sync.rawValue,
            frame: [1]
        )
        #expect(later == [.admit([1], .exchange(self.inbound(3, from: peer)), nil)])
        let unknown = machine.exchangeRequested(
            id: 4,
            peer: peer,
            protocolID: "/other/1.0.0",
            frame: [1]
        )
        #expect(unknown == [.answerExchange(4, nil)])
    }

    @Test("R-03-011: with a peer that may not speak yet, nothing but the handshake is opened")
    func unauthenticatedOutbound() throws {
        var machine = try Fixture.machine(1)
        let sync = try self.outbound(1)
        _ = machine.peerConnected(sync.peer, address: "", isOutbound: true)
        let refused = machine.open(sync, frame: [], now: Fixture.start)
        let reason = "\(sync.peer) has not authenticated, or is behind a relay"
        #expect(refused == [.exchangeFailed(sync, reason)])
        let auth = OutboundExchange(
            opener: .peers,
            id: 2,
            peer: sync.peer,
            streamProtocol: .auth
        )
        let opened = machine.open(auth, frame: [1], now: Fixture.start)
        #expect(opened == [.openExchange(token: 1, auth, [1])])
        _ = machine.peerAuthenticated(sync.peer, now: Fixture.start)
        let later = machine.open(sync, frame: [2], now: Fixture.start)
        #expect(later == [.openExchange(token: 2, sync, [2])])
    }

    @Test("an exchange with a peer that is not connected fails at once")
    func notConnected() throws {
        var machine = try Fixture.machine(1)
        let exchange = try self.outbound(1)
        let actions = machine.open(exchange, frame: [], now: Fixture.start)
        let expected = "not connected to \(exchange.peer)"
        #expect(actions == [.exchangeFailed(exchange, expected)])
    }

    @Test("a heartbeat ends exchanges whose time is up; an answer after that is dropped")
    func timeout() throws {
        var machine = try Fixture.machine(1)
        let exchange = try self.outbound(1)
        _ = machine.peerConnected(exchange.peer, address: "", isOutbound: true)
        _ = machine.peerAuthenticated(exchange.peer, now: Fixture.start)
        guard
            case .openExchange(let token, exchange, [5]) =
                machine.open(exchange, frame: [5], now: Fixture.start).first
        else {
            Issue.record("not opened")
            return
        }
        let early = machine.heartbeat(now: Fixture.at(29_999))
        let late = machine.heartbeat(now: Fixture.at(30_000))
        #expect(!early.contains(.exchangeFailed(exchange, "no answer within 30 s")))
        #expect(late.contains(.exchangeFailed(exchange, "no answer within 30 s")))
        let answered = machine.exchangeAnswered(token: token, frame: [6])
        #expect(answered.isEmpty)
    }

    @Test("a refused question is reset, a refused answer fails the exchange")
    func refused() throws {
        var machine = try Fixture.machine(1)
        let peer = try Fixture.node(2)
        _ = machine.peerConnected(peer, address: "", isOutbound: true)
        _ = machine.peerAuthenticated(peer, now: Fixture.start)
        _ = machine.exchangeRequested(
            id: 9,
            peer: peer,
            protocolID: StreamProtocol.sync.rawValue,
            frame: [1]
        )
        let refusal = Refusal(.schema, "limit is missing")
        let question = machine.refused(
            origin: .exchange(self.inbound(9, from: peer)),
            refusal: refusal,
            now: Fixture.start
        )
        #expect(question == [.answerExchange(9, nil)])
        let exchange = try self.outbound(1)
        let answer = machine.refused(
            origin: .answer(exchange),
            refusal: refusal,
            now: Fixture.start
        )
        #expect(
            answer
                == [.exchangeFailed(exchange, "the answer was refused: schema: limit is missing")]
        )
    }
}
