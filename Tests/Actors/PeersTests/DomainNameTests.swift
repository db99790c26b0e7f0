import Messages
import OrderedCollections
import Primitives
import Testing

@testable import Peers

@Suite("§4 Addresses below a domain name")
struct DomainNameTests {
    private static let address = "/ip4/8.1.2.3/tcp/9090"
    private static let name = "_valence-bootstrap._tcp.net.example"

    private static func machine(bootstrap: [String] = [], domain: String? = "net.example")
        -> PeersStateMachine
    {
        Fixture.machine(bootstrap: bootstrap, domain: domain, isLocalProfile: false)
    }

    /// The seconds within the first three minutes at which the name is looked up.
    private func lookUps(_ peers: inout PeersStateMachine, from first: Int64 = 0) -> [Int64] {
        (first...180).filter { second in
            let actions = peers.tick(now: Fixture.later(second), entropy: 0)
            return actions.contains(.lookUp(Self.name))
        }
    }

    @Test(
        "R-04-004, R-04-005: the name is looked up after the local network, while nobody is there"
    )
    func alone() {
        var peers = Self.machine()
        _ = peers.started(now: Fixture.start)
        #expect(self.lookUps(&peers) == [5, 65, 125])
        var silent = Self.machine(domain: nil)
        _ = silent.started(now: Fixture.start)
        #expect(self.lookUps(&silent).isEmpty)
    }

    @Test("R-04-005: configured addresses come first")
    func configured() {
        var peers = Self.machine(bootstrap: [Self.address])
        _ = peers.started(now: Fixture.start)
        for second in 1...30 as ClosedRange<Int64> {
            let actions = peers.tick(now: Fixture.later(second), entropy: 0)
            #expect(!actions.contains(.lookUp(Self.name)))
        }
        peers.dialFailed(Self.address, reason: "refused", now: Fixture.later(30))
        #expect(self.lookUps(&peers, from: 31).first == 31)
    }

    @Test(
        "R-04-005: whom the name leads to is dialled, and nothing is asked while one is connected"
    )
    func found() {
        var peers = Self.machine()
        _ = peers.started(now: Fixture.start)
        let (node, nowhere) = (Fixture.node(), Fixture.node())
        let named = AddressText.complete(Self.address, node: node)
        for (peer, address) in [
            (node, named), (nowhere, "/ip4/127.0.0.1/tcp/1"), (Fixture.own, named),
        ] {
            peers.heard(
                AddressesHeard(peer: peer, addresses: [address], source: .domainName),
                now: Fixture.later(5)
            )
        }
        #expect(peers.table.map(\.node) == [node])
        #expect(peers.bootstrapNodes.isEmpty)
        let dials = Fixture.dials(peers.tick(now: Fixture.later(6), entropy: 0))
        #expect(dials == [named])
        peers.meet(node, at: Self.address, now: Fixture.later(7))
        #expect(self.lookUps(&peers, from: 8).isEmpty)
        peers.disconnected(node, now: Fixture.later(181))
        let later = (181...300).first { (second: Int64) in
            peers.tick(now: Fixture.later(second), entropy: 0).contains(.lookUp(Self.name))
        }
        #expect(later == 186)
    }

    @Test("who was a name on the local network alone is one of elsewhere then")
    func localFind() {
        var peers = Fixture.table(isLocalProfile: false)
        let node = Fixture.node()
        let near = ["/ip4/192.168.1.7/tcp/1"]
        peers.heard(
            AddressesHeard(peer: node, addresses: near, source: .localNetwork),
            now: Fixture.start
        )
        #expect(peers[node]?.isLocalFind == true)
        peers.heard(
            AddressesHeard(peer: node, addresses: near, source: .domainName),
            now: Fixture.start
        )
        #expect(peers[node]?.isLocalFind == true)
        peers.heard(
            AddressesHeard(peer: node, addresses: [Self.address], source: .domainName),
            now: Fixture.start
        )
        #expect(peers[node]?.isLocalFind == false)
        #expect(peers[node]?.standing == .hearsay)
    }
}
