import Cryptography
import GossipSub
import Messages
import Primitives
import TestSupport
import Testing

@testable import Gossip

@Suite("§2, §3 Topics and what goes over them")
struct TopicTests {
    /// One message for each topic.
    private static func messages() throws -> [(topic: Topic, message: Message)] {
        let key = try Fixture.key(1)
        let proof = VDFProof.easy(of: try Fixture.node(1), at: Fixture.start)
        let drafts: [(Topic, Draft)] = [
            (.proposals, .request()), (.votes, .vote("endorse", on: .named("a proposal"))),
            (.peers, .announcement(proof)),
        ]
        return try drafts.map { ($0, try $1.signed(by: key, at: Fixture.start)) }
    }

    @Test("R-03-012, R-16-007: a node follows three topics")
    func names() throws {
        let names = Topic.allCases.map(\.rawValue)
        #expect(names == ["/valence/proposals", "/valence/votes", "/valence/peers"])
        #expect(try Fixture.machine(1).status.meshSizes.count == 3)
    }

    @Test(
        "R-02-012, R-04-011, R-05-001: what a node says goes out on its topic, as plain JSON alone"
    )
    func said() throws {
        var pair = try Pair()
        for (topic, message) in try Self.messages() {
            let own = message.admitted(from: .local(nil))
            let actions = pair.sender.accepted(own, now: Fixture.start)
            guard case .admit(let data, .gossip(_, topic, _), _)? = try pair.carry(actions).first
            else {
                Issue.record("nothing comes on \(topic)")
                continue
            }
            #expect(data == message.canonical && data.first == UInt8(ascii: "{"))
        }
    }

    @Test("R-05-001: what a node hears goes on to others once it is accepted, and not before")
    func heard() throws {
        var pair = try Pair()
        var third = try Fixture.machine(3)
        try pair.receiver.meet(3, &third)
        for (topic, message) in try Self.messages() {
            let own = message.admitted(from: .local(nil))
            let arrival = try pair.carry(pair.sender.accepted(own, now: Fixture.start))
            guard case .admit(_, let origin, _)? = arrival.first else {
                Issue.record("nothing comes on \(topic)")
                continue
            }
            #expect(Pair.frames(arrival).isEmpty)
            let relayed = message.admitted(from: origin)
            let onwards = pair.receiver.accepted(relayed, now: Fixture.start)
            let heard = try Pair.frames(onwards).flatMap { frame in
                let body = try Pair.body(frame)
                return third.gossipFrame(body, from: try Fixture.node(2), now: Fixture.start)
            }
            guard case .admit(let data, .gossip(_, topic, _), _)? = heard.first else {
                Issue.record("nothing goes on over \(topic)")
                continue
            }
            #expect(data == message.canonical)
        }
    }

    @Test("R-03-002: pages of the log and lists of peers are asked for over the sync protocol")
    func sync() throws {
        var pair = try Pair()
        let actions = pair.receiver.exchangeRequested(
            id: 1,
            peer: try Fixture.node(1),
            protocolID: "/valence/sync/1.0.0",
            frame: [7]
        )
        guard case .admit(let frame, .exchange(let exchange), nil)? = actions.first else {
            Issue.record("\(actions)")
            return
        }
        #expect(frame == [7] && exchange.streamProtocol == .sync)
        let types: [MessageType] = [
            .syncRequest, .syncResponse, .peerListRequest, .peerListResponse,
        ]
        #expect(types.allSatisfy { $0.channel == .stream(.sync) })
    }
}

extension GossipStateMachine {
    /// Another node connects to node 2, and both take each other into their meshes.
    fileprivate mutating func meet(_ number: Int, _ other: inout GossipStateMachine) throws {
        let (own, peer) = (try Fixture.node(2), try Fixture.node(number))
        let (now, id) = (Fixture.start, GossipSubProtocol.newest)
        _ = self.peerConnected(peer, address: "", isOutbound: false)
        _ = other.peerConnected(own, address: "", isOutbound: true)
        _ = self.peerAuthenticated(peer, now: Fixture.start)
        _ = other.peerAuthenticated(own, now: Fixture.start)
        _ = self.gossipReady(peer, protocolID: id, isOutbound: false, now: now)
        for frame in Pair.frames(other.gossipReady(own, protocolID: id, isOutbound: true, now: now))
        {
            _ = self.gossipFrame(try Pair.body(frame), from: peer, now: now)
        }
        _ = self.heartbeat(now: now)
    }
}
