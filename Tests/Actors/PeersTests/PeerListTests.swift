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

    /// The peer says where it is.
    private func announce(_ addresses: String..., to peers: inout KnownPeers) throws {
        let draft = Draft.announcement(
            .easy(of: self.node, at: Fixture.start),
            addresses: addresses
        )
        let message = try draft.signed(by: self.key, at: Fixture.start)
        guard case .peerAnnounce(let announcement) = message.payload else {
            Issue.record("no announcement: \(message.typeName)")
            return
        }
        _ = peers.announced(announcement, by: message.admitted(), now: Fixture.start)
    }

    /// Another peer names this one.
    private func list(_ addresses: String..., to peers: inout KnownPeers) {
        let entry = PeerListResponse.Peer(nodeID: self.node, addresses: addresses)
        peers.learn(PeerListResponse(peers: [entry], hasMore: false), now: Fixture.start)
    }

    private func find(in peers: inout KnownPeers) {
        let word = AddressesHeard(peer: self.node, addresses: [Self.near], source: .localNetwork)
        peers.heard(word, now: Fixture.start)
    }

    /// What a stranger is told.
    private func told(by peers: KnownPeers) -> [String] {
        peers.list(answering: PeerListRequest(limit: 50)).peers.flatMap(\.addresses)
    }

    @Test("others are told what a peer announced and where this node reached it")
    func proven() throws {
        var peers = Fixture.table(isLocalProfile: false)
        try self.announce(Self.far, to: &peers)
        let announced = self.told(by: peers)
        #expect(announced == [Self.far])
        peers.meet(self.node, at: "/ip4/8.1.0.1/tcp/1")
        let reached = self.told(by: peers)
        #expect(reached == ["/ip4/8.1.0.1/tcp/1", Self.far])
    }

    @Test("nobody is told of the local network, of identify or of what others said")
    func unproven() {
        var found = Fixture.table(isLocalProfile: false)
        self.find(in: &found)
        let none = self.told(by: found)
        found.meet(self.node, at: Self.near)
        let met = self.told(by: found)
        #expect(none.isEmpty && met.isEmpty)
        var identified = Fixture.table(isLocalProfile: false)
        identified.meet(self.node, at: "/ip4/8.1.0.1/tcp/5", isOutbound: false)
        let word = AddressesHeard(peer: self.node, addresses: [Self.far], source: .itself)
        identified.heard(word, now: Fixture.start)
        let unsigned = self.told(by: identified)
        #expect(unsigned.isEmpty && identified[self.node]?.addresses == [Self.far])
        var named = Fixture.table(isLocalProfile: false)
        self.list(Self.far, to: &named)
        let second = self.told(by: named)
        #expect(second.isEmpty && named[self.node]?.addresses == [Self.far])
    }

    @Test("who multicasts the ids of public peers does not put them behind all others")
    func announcedElsewhere() throws {
        var peers = Fixture.table(isLocalProfile: false)
        self.find(in: &peers)
        try self.announce(Self.near, to: &peers)
        #expect(peers[self.node]?.isLocalFind == true)
        var others = Fixture.table(isLocalProfile: false)
        self.find(in: &others)
        try self.announce(Self.far, to: &others)
        self.find(in: &others)
        #expect(others[self.node]?.isLocalFind == false)
        #expect(others[self.node]?.addresses == [Self.far, Self.near])
    }

    @Test("a peer list replaces a mere find, and no more")
    func listedElsewhere() throws {
        var peers = Fixture.table(isLocalProfile: false)
        self.find(in: &peers)
        self.list("/ip4/192.168.1.8/tcp/1", to: &peers)
        #expect(peers[self.node]?.isLocalFind == true)
        #expect(peers[self.node]?.addresses == [Self.near])
        self.list(Self.far, to: &peers)
        #expect(peers[self.node]?.isLocalFind == false)
        #expect(peers[self.node]?.addresses == [Self.far, Self.near])
        self.list("/ip4/8.2.0.1/tcp/1", to: &peers)
        #expect(peers[self.node]?.addresses == [Self.far, Self.near])
        var met = Fixture.table(isLocalProfile: false)
        self.find(in: &met)
        met.meet(self.node, at: Self.near)
        self.list(Self.far, to: &met)
        #expect(met[self.node]?.isLocalFind == true)
        #expect(met[self.node]?.isAuthenticated == true)
    }
}
