import Cryptography
import Messages
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Peers

@Suite("§4 What others are told of peers, and what they tell")
struct PeerListTests {
    private static let (near, far) = ("/ip4/192.168.1.7/tcp/9090", "/ip4/8.1.0.1/tcp/9090")
    private let key = SigningKey.generate()
    private var node: NodeID { NodeID(self.key.publicKey) }

    private func admitted(
        _ draft: Draft,
        by key: SigningKey,
        from origin: (NodeID) -> Origin
    ) throws -> AdmittedMessage {
        let message = try draft.signed(by: key, at: Fixture.start)
        return message.admitted(from: origin(message.from))
    }

    /// The peer says where it is.
    private func announce(_ addresses: String..., to peers: inout PeersStateMachine) throws {
        let announcement = try self.admitted(
            .announcement(.easy(of: self.node, at: Fixture.start), addresses: addresses),
            by: self.key,
            from: { .gossip(relay: $0, topic: .peers, ticket: 1) }
        )
        _ = peers.judge(announcement, now: Fixture.start)
    }

    /// Another peer names this one.
    private func list(_ addresses: String..., to peers: inout PeersStateMachine) throws {
        let entry = JSONValue.object([
            ("node_id", .string(self.node.hex)),
            ("addresses", .array(addresses.map { .string($0) })),
        ])
        let response = try self.admitted(
            Draft(.peerListResponse, [("peers", .array([entry])), ("has_more", .bool(false))]),
            by: .generate(),
            from: {
                .answer(OutboundExchange(opener: .peers, id: 1, peer: $0, streamProtocol: .sync))
            }
        )
        _ = peers.judge(response, now: Fixture.start)
    }

    private func find(in peers: inout PeersStateMachine) {
        let word = AddressesHeard(peer: self.node, addresses: [Self.near], source: .localNetwork)
        peers.heard(word, now: Fixture.start)
    }

    /// What a stranger is told.
    private func told(by peers: inout PeersStateMachine) throws -> [String] {
        let request = try self.admitted(
            Draft(PeerListRequest(limit: 50)),
            by: .generate(),
            from: { .exchange(InboundExchange(id: 1, peer: $0, streamProtocol: .sync)) }
        )
        let actions = peers.judge(request, now: Fixture.start)
        guard case .answerList(_, let answer)? = actions.first else {
            Issue.record("no answer: \(actions)")
            return []
        }
        return answer.peers.flatMap(\.addresses)
    }

    @Test("others are told what a peer announced and where this node reached it")
    func proven() throws {
        var peers = Fixture.machine(isLocalProfile: false)
        try self.announce(Self.far, to: &peers)
        let announced = try self.told(by: &peers)
        #expect(announced == [Self.far])
        peers.meet(self.node, at: "/ip4/8.1.0.1/tcp/1", now: Fixture.start)
        let reached = try self.told(by: &peers)
        #expect(reached == ["/ip4/8.1.0.1/tcp/1", Self.far])
    }

    @Test("nobody is told of the local network, of identify or of what others said")
    func unproven() throws {
        var found = Fixture.machine(isLocalProfile: false)
        self.find(in: &found)
        let none = try self.told(by: &found)
        found.meet(self.node, at: Self.near, now: Fixture.start)
        let met = try self.told(by: &found)
        #expect(none.isEmpty && met.isEmpty)
        var identified = Fixture.machine(isLocalProfile: false)
        identified.meet(self.node, at: "/ip4/8.1.0.1/tcp/5", isOutbound: false, now: Fixture.start)
        let word = AddressesHeard(peer: self.node, addresses: [Self.far], source: .itself)
        identified.heard(word, now: Fixture.start)
        let unsigned = try self.told(by: &identified)
        #expect(unsigned.isEmpty && identified.peers[self.node]?.addresses == [Self.far])
        var named = Fixture.machine(isLocalProfile: false)
        try self.list(Self.far, to: &named)
        let second = try self.told(by: &named)
        #expect(second.isEmpty && named.peers[self.node]?.addresses == [Self.far])
    }

    @Test("who multicasts the ids of public peers does not put them behind all others")
    func announcedElsewhere() throws {
        var peers = Fixture.machine(isLocalProfile: false)
        self.find(in: &peers)
        try self.announce(Self.near, to: &peers)
        #expect(peers.peers[self.node]?.isLocalFind == true)
        var others = Fixture.machine(isLocalProfile: false)
        self.find(in: &others)
        try self.announce(Self.far, to: &others)
        self.find(in: &others)
        #expect(others.peers[self.node]?.isLocalFind == false)
        #expect(others.peers[self.node]?.addresses == [Self.far, Self.near])
    }

    @Test("a peer list replaces a mere find, and no more")
    func listedElsewhere() throws {
        var peers = Fixture.machine(isLocalProfile: false)
        self.find(in: &peers)
        try self.list("/ip4/192.168.1.8/tcp/1", to: &peers)
        #expect(peers.peers[self.node]?.isLocalFind == true)
        #expect(peers.peers[self.node]?.addresses == [Self.near])
        try self.list(Self.far, to: &peers)
        #expect(peers.peers[self.node]?.isLocalFind == false)
        #expect(peers.peers[self.node]?.addresses == [Self.far, Self.near])
        try self.list("/ip4/8.2.0.1/tcp/1", to: &peers)
        #expect(peers.peers[self.node]?.addresses == [Self.far, Self.near])
        var met = Fixture.machine(isLocalProfile: false)
        self.find(in: &met)
        met.meet(self.node, at: Self.near, now: Fixture.start)
        try self.list(Self.far, to: &met)
        #expect(met.peers[self.node]?.isLocalFind == true)
        #expect(met.peers[self.node]?.isAuthenticated == true)
    }
}
