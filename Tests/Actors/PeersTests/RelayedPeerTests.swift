import Cryptography
import Messages
import Multiformats
import OrderedCollections
import Primitives
import Testing

@testable import Peers

@Suite("ADR 0022: peers behind relays")
struct RelayedPeerTests {
    private static let direct = "/ip4/8.1.2.3/tcp/9090"

    /// Where a relay reaches somebody.
    private static func circuit() -> String {
        let relay = PeerID(ed25519: Fixture.node().publicKey)
        return "/ip4/8.8.0.1/tcp/9090/p2p/\(relay)/p2p-circuit"
    }

    private func isHeard(_ peer: NodeID, in actions: [PeersAction]) -> Bool {
        let lists = actions.contains {
            if case .requestList(let exchange, _) = $0 { exchange.peer == peer } else { false }
        }
        let isAnnounced = actions.contains {
            if case .authenticated(let event) = $0 { event.peer == peer } else { false }
        }
        return lists && isAnnounced
    }

    @Test("a peer authenticates through a relay, and is heard once it is reached directly")
    func upgrade() {
        var peers = Fixture.machine(isLocalProfile: false)
        let peer = Fixture.node()
        let first = peers.connected(
            peer,
            address: Self.circuit(),
            isOutbound: true,
            nonce: [],
            now: Fixture.start
        )
        #expect(first.contains { if case .challenge = $0 { true } else { false } })
        let proven = peers.proofChecked(peer, failure: nil, now: Fixture.start)
        #expect(proven.isEmpty)
        #expect(peers.table.first?.isAuthenticated == true)
        let other = peers.addressChanged(peer, to: Self.circuit(), now: Fixture.start)
        #expect(other.isEmpty)
        let freed = peers.addressChanged(peer, to: Self.direct, now: Fixture.start)
        #expect(self.isHeard(peer, in: freed))
        let again = peers.addressChanged(peer, to: "/ip4/8.1.2.3/tcp/9", now: Fixture.start)
        #expect(again.isEmpty)
    }

    @Test("a peer that is reached directly before its proof is checked is heard after that")
    func proofLast() {
        var peers = Fixture.machine()
        let peer = Fixture.node()
        _ = peers.connected(
            peer,
            address: Self.circuit(),
            isOutbound: false,
            nonce: [],
            now: Fixture.start
        )
        let freed = peers.addressChanged(peer, to: Self.direct, now: Fixture.start)
        #expect(freed.isEmpty)
        let proven = peers.proofChecked(peer, failure: nil, now: Fixture.start)
        #expect(self.isHeard(peer, in: proven))
        // And not while it is left with a relay again.
        let lost = peers.addressChanged(peer, to: Self.circuit(), now: Fixture.start)
        #expect(lost.isEmpty)
        let back = peers.addressChanged(peer, to: Self.direct, now: Fixture.start)
        #expect(self.isHeard(peer, in: back))
    }

    @Test("nothing is announced while there are relayed peers alone, and none is an anchor")
    func alone() throws {
        var peers = Fixture.machine()
        let peer = Fixture.node()
        peers.listening(["/ip4/10.0.0.1/tcp/1"])
        let own = Fixture.own
        _ = peers.proofComputed(VDF.prove(own.bytes, computedAt: Fixture.start, difficulty: 10))
        peers.meet(peer, at: Self.circuit(), now: Fixture.start)
        let isAnnouncement: (PeersAction) -> Bool = {
            if case .announce = $0 { true } else { false }
        }
        let quiet = peers.tick(now: Fixture.later(1), entropy: 0)
        #expect(!quiet.contains(where: isAnnouncement))
        let noAnchors = peers.saved(until: Fixture.later(1_300))
        #expect(noAnchors == nil)
        _ = peers.addressChanged(peer, to: Self.direct, now: Fixture.later(1_300))
        let loud = peers.tick(now: Fixture.later(1_301), entropy: 0)
        #expect(loud.contains(where: isAnnouncement))
    }

    @Test("at most four peers are dialled through relays, and they take no other one's place")
    func places() {
        var peers = Fixture.machine(isLocalProfile: false)
        var relayed: [NodeID] = []
        for _ in 0..<6 {
            let peer = Fixture.node()
            peers.hear(of: peer, at: Self.circuit(), now: Fixture.start)
            relayed.append(peer)
        }
        let first = Fixture.dials(peers.tick(now: Fixture.start, entropy: 0))
        #expect(first.count == PeersLimits.relayedDialsMax)
        for peer in relayed.prefix(4) {
            peers.meet(peer, at: Self.circuit(), now: Fixture.start)
        }
        let none = Fixture.dials(peers.tick(now: Fixture.later(1), entropy: 0))
        #expect(none.isEmpty)
        // All of the outbound target is left to those that are reached directly.
        for number in 0..<20 {
            let address = "/ip4/10.0.0.\(number)/tcp/1"
            peers.hear(of: Fixture.node(), at: address, now: Fixture.start)
        }
        var dials = 0
        for second in 2...20 as ClosedRange<Int64> {
            for address in Fixture.dials(peers.tick(now: Fixture.later(second), entropy: 0)) {
                if let node = AddressText.node(in: address) {
                    peers.meet(node, at: AddressText.host(of: address), now: Fixture.later(second))
                    dials += 1
                }
            }
        }
        #expect(dials == PeersLimits.outboundTarget)
    }

    @Test("a connection that only a relay carried counts as a failed dial, until a direct one")
    func pauses() {
        let peer = Fixture.node()
        let address = "\(Self.circuit())/p2p/\(PeerID(ed25519: peer.publicKey))"
        var peers = Fixture.machine(bootstrap: [address])
        _ = peers.started(now: Fixture.start)
        peers.meet(peer, at: address, now: Fixture.start)
        var (second, pauses, last) = (Int64(0), [Int64](), Int64(0))
        peers.disconnected(peer, now: Fixture.start)
        while pauses.count < 6 {
            second += 1
            let now = Fixture.later(second)
            if !Fixture.dials(peers.tick(now: now, entropy: 0)).isEmpty {
                pauses.append(second - last)
                peers.meet(peer, at: address, now: now)
                peers.disconnected(peer, now: now)
                last = second
            }
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32])
        #expect(peers.table.first?.lastDialFailure?.contains("relay") == true)
        second += 1_000
        peers.meet(peer, at: address, now: Fixture.later(second))
        _ = peers.addressChanged(peer, to: Self.direct, now: Fixture.later(second))
        #expect(peers.table.first?.lastDialFailure == nil)
        peers.disconnected(peer, now: Fixture.later(second))
        let again = Fixture.dials(peers.tick(now: Fixture.later(second + 1), entropy: 0))
        #expect(!again.isEmpty)
    }
}
