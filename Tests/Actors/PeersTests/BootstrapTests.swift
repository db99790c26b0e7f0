import Messages
import OrderedCollections
import Primitives
import Testing

@testable import Peers

@Suite("Threat T4: who a bootstrap address stands for")
struct BootstrapTests {
    private static let address = "/ip4/10.0.0.1/tcp/4001"
    private static let already = "the peer is connected already"

    /// A dial of the bootstrap address finds a peer that is connected.
    private func found(_ peer: NodeID, isOutbound: Bool, in peers: inout PeersStateMachine) {
        _ = peers.started(now: Fixture.start)
        peers.meet(peer, at: "/ip4/10.0.0.1/tcp/50000", isOutbound: isOutbound, now: Fixture.start)
        let address = AddressText.complete(Self.address, node: peer)
        peers.dialFailed(address, reason: Self.already, now: Fixture.start)
    }

    @Test("a bootstrap node that this node had dialled is known from then on, and dialled later")
    func outbound() {
        var peers = Fixture.machine(bootstrap: [Self.address])
        let peer = Fixture.node()
        self.found(peer, isOutbound: true, in: &peers)
        #expect(peers.table.first?.isBootstrap == true)
        #expect(peers.bootstrapReport.first?.lastDialFailure == nil)
        let later = Fixture.later(20)
        let quiet = Fixture.dials(peers.tick(now: later, entropy: 0))
        #expect(quiet.isEmpty)
        peers.disconnected(peer, now: later)
        let again = Fixture.dials(peers.tick(now: Fixture.later(21), entropy: 0))
        #expect(again.contains(Self.address))
    }

    @Test("who dialled in is not known as a bootstrap node; the address is dialled again")
    func inbound() {
        var peers = Fixture.machine(bootstrap: [Self.address])
        let peer = Fixture.node()
        self.found(peer, isOutbound: false, in: &peers)
        #expect(peers.bootstrapNodes.isEmpty)
        #expect(peers.bootstrapReport.first?.lastDialFailure == Self.already)
        let early = Fixture.dials(peers.tick(now: Fixture.start, entropy: 0))
        #expect(early.isEmpty)
        let later = Fixture.dials(peers.tick(now: Fixture.later(1), entropy: 0))
        #expect(later == [Self.address])
        peers.meet(peer, at: Self.address, now: Fixture.later(2))
        #expect(peers.bootstrapNodes == [peer])
    }

    @Test("a word about a bootstrap address that is not being dialled says nothing")
    func notDialled() {
        var peers = Fixture.machine(bootstrap: [Self.address])
        let (named, other) = (Fixture.node(), Fixture.node())
        _ = peers.started(now: Fixture.start)
        peers.meet(named, at: Self.address, now: Fixture.start)
        self.found(other, isOutbound: true, in: &peers)
        #expect(peers.bootstrapNodes == [named])
    }

    @Test(
        "one host is not dialled twice at a time, as a bootstrap address and as a peer of the table"
    )
    func oneDial() {
        let peer = Fixture.node()
        let named = AddressText.complete(Self.address, node: peer)
        var peers = Fixture.machine(bootstrap: [Self.address])
        peers.hear(of: peer, at: Self.address, now: Fixture.start)
        let first = Fixture.dials(peers.started(now: Fixture.start))
        let second = Fixture.dials(peers.tick(now: Fixture.later(1), entropy: 0))
        #expect(first == [Self.address] && second.isEmpty)
        peers.dialFailed(Self.address, reason: "refused", now: Fixture.later(2))
        let third = Fixture.dials(peers.tick(now: Fixture.later(2), entropy: 0))
        let fourth = Fixture.dials(peers.tick(now: Fixture.later(3), entropy: 0))
        #expect(third == [named] && fourth.isEmpty)
        peers.meet(peer, at: Self.address, now: Fixture.later(4))
        #expect(peers.bootstrapNodes == [peer])
        // Another address of the same peer is no reason to wait.
        var other = Fixture.machine(bootstrap: [Self.address])
        for address in ["/ip4/10.0.0.2/tcp/4001", Self.address] {
            other.hear(of: peer, at: address, now: Fixture.start)
        }
        let both = Fixture.dials(other.started(now: Fixture.start))
        #expect(both.count == 2)
    }

    @Test("a peer that the operator named is dialled once at a time when it is gone")
    func oneDialAgain() {
        let peer = Fixture.node()
        let named = AddressText.complete(Self.address, node: peer)
        var peers = Fixture.machine(bootstrap: [named])
        _ = peers.started(now: Fixture.start)
        peers.meet(peer, at: Self.address, now: Fixture.start)
        peers.disconnected(peer, now: Fixture.later(20))
        let again = Fixture.dials(peers.tick(now: Fixture.later(40), entropy: 0))
        #expect(again == [named])
        let meanwhile = Fixture.dials(peers.tick(now: Fixture.later(41), entropy: 0))
        #expect(meanwhile.isEmpty)
    }

    @Test("a peer that the operator named is found where it has moved to")
    func moved() {
        let peer = Fixture.node()
        let named = AddressText.complete(Self.address, node: peer)
        let elsewhere = "/ip4/10.0.0.2/tcp/4001"
        var peers = Fixture.machine(bootstrap: [named])
        peers.hear(of: peer, at: elsewhere, now: Fixture.start)
        let first = Fixture.dials(peers.started(now: Fixture.start))
        #expect(first == [named])
        peers.dialFailed(named, reason: "refused", now: Fixture.later(1))
        let second = Fixture.dials(peers.tick(now: Fixture.later(1), entropy: 0))
        #expect(second == [AddressText.complete(elsewhere, node: peer)])
        // The pause after the first dial is over, but one dial of the peer is enough.
        let third = Fixture.dials(peers.tick(now: Fixture.later(10), entropy: 0))
        #expect(third.isEmpty)
        // Another peer at the host of the named one is another matter.
        peers.hear(of: Fixture.node(), at: elsewhere, now: Fixture.later(10))
        let other = Fixture.dials(peers.tick(now: Fixture.later(11), entropy: 0))
        #expect(other.count == 1)
    }

    @Test("a key that the operator wrote down is never replaced", arguments: [true, false])
    func pinned(isOutbound: Bool) {
        let (pinned, other) = (Fixture.node(), Fixture.node())
        let address = AddressText.complete(Self.address, node: pinned)
        var peers = Fixture.machine(bootstrap: [address])
        self.found(other, isOutbound: isOutbound, in: &peers)
        #expect(peers.bootstrapNodes.isEmpty)
        peers.meet(other, at: Self.address, now: Fixture.later(1))
        #expect(peers.bootstrapNodes.isEmpty)
        let kept = peers.tick(now: Fixture.later(2), entropy: 0)
        #expect(!kept.contains(.protect(other, true)))
        #expect(!kept.contains(.protect(pinned, false)))
    }
}
