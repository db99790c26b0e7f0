import Cryptography
import Messages
import Multiformats
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Peers

@Suite("§4 What others say about where peers are")
struct HearsayTests {
    private static let near = "/ip4/192.168.1.7/tcp/9090"

    private func found(_ peer: NodeID, _ addresses: String...) -> AddressesHeard {
        AddressesHeard(peer: peer, addresses: addresses, source: .localNetwork)
    }

    @Test("R-04-004: a node without peers dials whom it finds on the local network")
    func alone() {
        var peers = Fixture.machine(isLocalProfile: false)
        let none = peers.started(now: Fixture.start)
        #expect(Fixture.dials(none).isEmpty)
        let other = Fixture.node()
        peers.heard(
            self.found(other, AddressText.complete(Self.near, node: other)),
            now: Fixture.start
        )
        let dials = Fixture.dials(peers.tick(now: Fixture.later(1), entropy: 0))
        #expect(dials == [AddressText.complete(Self.near, node: other)])
    }

    @Test(
        "an address that is not of the local network, is this machine's or names another peer is none",
        arguments: [
            "/ip4/8.8.8.8/tcp/1", "/ip6/2001:db8::1/tcp/1", "/dns4/example.org/tcp/1",
            "/ip4/127.0.0.1/tcp/1", "/ip6/::1/tcp/1", "nonsense", "/p2p-circuit",
            "/ip6/::ffff:808:808/tcp/1", "/ip6/64:ff9b::808:808/tcp/1", "/ip4/0.0.0.0/tcp/1",
            "/ip6/::/tcp/1", "/ip6/::ffff:7f00:1/tcp/1", "/ip6/64:ff9b::7f00:1/tcp/1",
            "/ip6/::ffff:0:0/tcp/1", "/ip4/224.0.0.251/tcp/1", "/ip4/255.255.255.255/tcp/1",
            "/ip6/ff02::fb/tcp/1", "/ip6/::808:808/tcp/1",
            "/ip4/192.168.1.7/tcp/1/p2p/\(PeerID(ed25519: SigningKey.generate().publicKey))",
        ]
    )
    func unusable(address: String) {
        var peers = Fixture.table(isLocalProfile: false)
        peers.heard(self.found(Fixture.node(), address), now: Fixture.start)
        #expect(peers.sorted.isEmpty)
    }

    @Test(
        "a link-local address means something on its link alone; what leads nowhere, to nobody",
        arguments: [
            ("/ip4/169.254.0.7/tcp/1", true), ("/ip6/fe80::7/tcp/1", true),
            ("/ip6/::ffff:a9fe:7/tcp/1", true), ("/ip4/0.0.0.0/tcp/1", false),
            ("/ip6/ff02::fb/tcp/1", false),
        ]
    )
    func onLink(address: String, isFound: Bool) {
        var peers = Fixture.table(isLocalProfile: true)
        let (near, far) = (Fixture.node(), Fixture.node())
        peers.heard(self.found(near, address), now: Fixture.start)
        #expect((peers[near]?.standing == .hearsay) == isFound)
        peers.meet(far, at: "/ip4/8.1.0.1/tcp/1", isOutbound: false)
        let word = AddressesHeard(peer: far, addresses: [address], source: .itself)
        peers.heard(word, now: Fixture.start)
        #expect(peers[far]?.addresses.isEmpty == true)
    }

    @Test("on one machine loopback addresses are as good as others")
    func oneMachine() {
        var peers = Fixture.table(isLocalProfile: true)
        peers.heard(self.found(Fixture.node(), "/ip4/127.0.0.1/tcp/1"), now: Fixture.start)
        #expect(peers.sorted.count == 1)
    }

    @Test("mDNS spoofing: a crowd gets four dials, after all others, and no place of others")
    func crowd() throws {
        var peers = Fixture.machine(isLocalProfile: false)
        let strangers = (0..<300).map { _ in Fixture.node() }
        for node in strangers { peers.heard(self.found(node, Self.near), now: Fixture.start) }
        let known = Fixture.node()
        peers.hear(of: known, at: "/ip4/8.1.0.1/tcp/1", now: Fixture.start)
        let dials = Fixture.dials(peers.started(now: Fixture.start))
        #expect(dials.first == AddressText.complete("/ip4/8.1.0.1/tcp/1", node: known))
        let local = dials.dropFirst().compactMap { AddressText.node(in: $0) }
        #expect(local.count == PeersLimits.localDialsMax)
        for node in local { peers.meet(node, at: Self.near, now: Fixture.later(1)) }
        let full = peers.tick(now: Fixture.later(2), entropy: 0)
        #expect(Fixture.dials(full).isEmpty)
        // The walk beyond the neighbourhood leads nowhere near, either.
        let walk = Fixture.dials(peers.tick(now: Fixture.later(700), entropy: 5))
        #expect(walk.allSatisfy { AddressText.node(in: $0) == known })
        peers.disconnected(local[0], now: Fixture.later(701))
        let freed = Fixture.dials(peers.tick(now: Fixture.later(702), entropy: 0))
        #expect(freed.count { AddressText.node(in: $0) != known } == 1)
    }

    @Test("a word that nobody signed stands behind what a peer announced, and takes no place of it")
    func behind() {
        var peers = Fixture.table()
        let peer = Fixture.node()
        for number in 1...31 { peers.meet(peer, at: "/ip4/10.0.0.\(number)/tcp/1") }
        let own = (1...31).reversed().map { "/ip4/10.0.0.\($0)/tcp/1" }
        let word = self.found(peer, Self.near, "/ip4/10.0.0.1/tcp/1", "/ip4/192.168.1.8/tcp/1")
        peers.heard(word, now: Fixture.start)
        #expect(peers[peer]?.addresses == own + [Self.near])
    }

    @Test("what a connected peer says of itself is where to dial it later; of others it is nothing")
    func identify() {
        var peers = Fixture.machine(isLocalProfile: false)
        let (peer, stranger) = (Fixture.node(), Fixture.node())
        peers.meet(peer, at: "/ip4/8.1.0.1/tcp/50000", isOutbound: false, now: Fixture.start)
        #expect(peers.table.first?.addresses.isEmpty == true)
        let told = ["/ip4/8.1.0.1/tcp/9090", "/ip4/127.0.0.1/tcp/9090", "/ip4/10.0.0.1/tcp/9090"]
        for node in [peer, stranger] {
            let word = AddressesHeard(peer: node, addresses: told, source: .itself)
            peers.heard(word, now: Fixture.start)
        }
        #expect(peers.table.map(\.node) == [peer])
        #expect(
            peers.table.first?.addresses == ["/ip4/8.1.0.1/tcp/9090", "/ip4/10.0.0.1/tcp/9090"]
        )
        peers.disconnected(peer, now: Fixture.later(10))
        let dials = Fixture.dials(peers.tick(now: Fixture.later(11), entropy: 0))
        #expect(dials == [AddressText.complete("/ip4/8.1.0.1/tcp/9090", node: peer)])
        let flood = (0..<500).map { "/ip4/10.0.\($0 / 250).\($0 % 250)/tcp/1" }
        _ = peers.connected(peer, address: "", isOutbound: false, nonce: [], now: Fixture.later(12))
        peers.heard(
            AddressesHeard(peer: peer, addresses: flood, source: .itself),
            now: Fixture.later(12)
        )
        let count = peers.table.first?.addresses.count ?? 0
        #expect((3...PeersLimits.addressesPerPeerMax).contains(count))
    }

    @Test("the own loopback addresses are announced only where there are no others")
    func ownAddresses() {
        let configuration = PeersConfiguration(
            ownNode: Fixture.own,
            bootstrap: [],
            isLocalProfile: true
        )
        var own = OwnAnnouncements(configuration, now: Fixture.start)
        let proof = VDFProof.easy(of: Fixture.own, at: Fixture.start)
        let (inner, outer) = ("/ip4/127.0.0.1/tcp/9090", "/ip4/10.0.0.1/tcp/9090")
        own.listening(at: [inner, outer, "/ip6/::1/tcp/9090"])
        let far = own.due(proof, now: Fixture.start)
        #expect(far?.addresses == [outer])
        own.listening(at: [inner])
        let near = own.due(proof, now: Fixture.later(300))
        #expect(near?.addresses == [inner])
    }
}
