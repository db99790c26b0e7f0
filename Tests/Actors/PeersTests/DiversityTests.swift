import Cryptography
import Messages
import OrderedCollections
import Primitives
import Testing

@testable import Peers

private let start = Timestamp(milliseconds: 1_700_000_000_000)

private func node() -> NodeID { NodeID(SigningKey.generate().publicKey) }

@Suite("§4 Operators of connections")
struct DiversityTests {
    private var peers: PeersStateMachine

    init() { self.peers = Self.machine(isLocalProfile: false) }

    private static func machine(isLocalProfile: Bool) -> PeersStateMachine {
        PeersStateMachine(
            configuration: PeersConfiguration(
                ownNode: node(),
                bootstrap: [],
                isLocalProfile: isLocalProfile
            ),
            now: start
        )
    }

    /// Whether a connection from a host is kept.
    private mutating func keeps(_ host: String, isOutbound: Bool = false) -> Bool {
        let actions = self.peers.connected(
            node(),
            address: "/ip4/\(host)/tcp/9090",
            isOutbound: isOutbound,
            nonce: [UInt8](repeating: 7, count: 32),
            now: start
        )
        return !actions.contains { if case .disconnect = $0 { true } else { false } }
    }

    @Test(
        "R-04-018, DISC-N01, DISC-N02, DISC-N03, DISC-N05: a quarter of the connections at most",
        arguments: [(2, 8, true), (3, 8, false), (1, 4, true), (26, 100, false), (3, 3, true)]
            as [(Int, Int, Bool)]
    )
    func share(same: Int, connections: Int, isAllowed: Bool) {
        #expect(PeersStateMachine.isFairShare(same, of: connections) == isAllowed)
    }

    @Test("R-04-017, R-04-018: the operator that has its quarter gets no further connection")
    mutating func cap() {
        let first = ["8.1.0.1", "8.2.0.1", "8.3.0.1", "8.4.0.1"].map { self.keeps($0) }
        #expect(first == [true, true, true, true])
        let second = self.keeps("8.1.9.9")
        #expect(!second, "it would have two of five")
        let dialled = self.keeps("8.1.9.9", isOutbound: true)
        #expect(!dialled)
        let another = self.keeps("8.5.0.1")
        #expect(another)
        #expect(self.peers.operators.values.reduce(0, +) == 5)
        let kept = self.peers.table.filter(\.isConnected).compactMap(\.network)
        #expect(kept.sorted() == ["8.1/16", "8.2/16", "8.3/16", "8.4/16", "8.5/16"])
    }

    @Test("R-04-018: who comes through a relay and is then seen at a full operator's is given up")
    mutating func moved() {
        for operators in 1...4 { _ = self.keeps("8.\(operators).0.1") }
        let peer = node()
        let actions = self.peers.connected(
            peer,
            address: "/ip4/8.9.0.1/tcp/9090/p2p/12D3KooW/p2p-circuit",
            isOutbound: false,
            nonce: [UInt8](repeating: 7, count: 32),
            now: start
        )
        #expect(!actions.contains { if case .disconnect = $0 { true } else { false } })
        #expect(self.peers.operators.count == 4)
        let free = self.peers.addressChanged(peer, to: "/ip4/8.5.0.1/tcp/9090", now: start)
        #expect(free.isEmpty)
        #expect(self.peers.operators.count == 5)
        let same = self.peers.addressChanged(peer, to: "/ip4/8.5.9.9/tcp/9090", now: start)
        #expect(same.isEmpty)
        let full = self.peers.addressChanged(peer, to: "/ip4/8.1.9.9/tcp/9090", now: start)
        #expect(full.contains { if case .disconnect(peer, _) = $0 { true } else { false } })
        #expect(self.peers.operators.count == 4)
        let unknown = self.peers.addressChanged(node(), to: "/ip4/8.1.9.9/tcp/9090", now: start)
        #expect(unknown.isEmpty)
    }

    @Test("D-24: where fewer than four operators are reached, all connections are kept")
    mutating func fewOperators() {
        let kept = (1...9).map { self.keeps("8.\($0 % 3).0.\($0)") }
        #expect(kept.allSatisfy { $0 })
    }

    @Test(
        "D-24: private addresses are neither counted nor capped",
        arguments: ["127.0.0.1", "192.168.1.1", "10.0.0.1"]
    )
    mutating func unrouted(host: String) {
        for operators in 1...4 { _ = self.keeps("8.\(operators).0.1") }
        let kept = (1...9).map { _ in self.keeps(host) }
        #expect(kept.allSatisfy { $0 })
        #expect(self.peers.operators.count == 4)
    }

    @Test("D-24: the local profile lifts the cap")
    mutating func localProfile() {
        self.peers = Self.machine(isLocalProfile: true)
        let kept = [1, 2, 3, 4, 1, 1].map { self.keeps("8.\($0).0.1") }
        #expect(kept.allSatisfy { $0 })
    }

    @Test("R-04-019, R-16-013: below four operators, peers of new ones are dialled first")
    mutating func spread() {
        _ = self.keeps("8.1.0.1", isOutbound: true)
        for host in ["8.1.0.2", "8.1.0.3", "8.2.0.1"] {
            var record = PeerRecord(now: start)
            record.learn("/ip4/\(host)/tcp/9090")
            self.peers.peers[node()] = record
        }
        let dialled = self.peers.dialMore(now: start).compactMap { action in
            if case .dial(let address) = action { address } else { nil }
        }
        #expect(dialled.count == 3)
        #expect(dialled.first?.hasPrefix("/ip4/8.2.0.1/") == true)
    }
}
