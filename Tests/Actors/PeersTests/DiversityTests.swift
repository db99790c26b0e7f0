import Cryptography
import Messages
import Multiformats
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Peers

private let start = Timestamp(milliseconds: 1_700_000_000_000)

private func node() -> NodeID { NodeID(SigningKey.generate().publicKey) }

@Suite("§4 Operators of connections")
struct DiversityTests {
    private var peers: PeersStateMachine
    private var now = start

    init() { self.peers = Self.machine(isLocalProfile: false) }

    private static func machine(isLocalProfile: Bool, looksFor target: Int = 4)
        -> PeersStateMachine
    {
        var configuration = PeersConfiguration(
            ownNode: node(),
            bootstrap: [],
            isLocalProfile: isLocalProfile
        )
        configuration.pace.outboundTarget = target
        return PeersStateMachine(configuration: configuration, now: start)
    }

    /// Whether a connection from a host is kept; then the peer proves itself, and stays for ten minutes.
    private mutating func keeps(_ host: String, isOutbound: Bool = false) -> Bool {
        let peer = node()
        let actions = self.peers.connected(
            peer,
            address: "/ip4/\(host)/tcp/9090",
            isOutbound: isOutbound,
            nonce: [UInt8](repeating: 7, count: 32),
            now: self.now
        )
        _ = self.peers.proofChecked(peer, failure: nil, now: self.now)
        self.now = self.now.adding(milliseconds: 600_000)
        return !actions.contains { if case .disconnect = $0 { true } else { false } }
    }

    @Test(
        "R-04-018, DISC-N01, DISC-N02, DISC-N03, DISC-N05: a quarter of the connections at most",
        arguments: [(2, 8, true), (3, 8, false), (1, 4, true), (26, 100, false), (3, 3, true)]
            as [(Int, Int, Bool)]
    )
    func share(same: Int, connections: Int, isAllowed: Bool) {
        #expect(Placement.isFairShare(same, of: connections) == isAllowed)
    }

    @Test("R-04-017, R-04-018: the operator that has its quarter gets no further connection")
    mutating func cap() {
        let first = ["8.1.0.1", "8.2.0.1", "8.3.0.1", "8.4.0.1"].map {
            self.keeps($0, isOutbound: true)
        }
        #expect(first == [true, true, true, true])
        let second = self.keeps("8.1.9.9")
        #expect(!second, "it would have two of five")
        let dialled = self.keeps("8.1.9.9", isOutbound: true)
        #expect(!dialled)
        let another = self.keeps("8.5.0.1")
        #expect(another)
        #expect(self.shares.reduce(0, +) == 5)
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
            now: self.now
        )
        #expect(!actions.contains { if case .disconnect = $0 { true } else { false } })
        #expect(self.shares.count == 4)
        let free = self.peers.addressChanged(peer, to: "/ip4/8.5.0.1/tcp/9090", now: self.now)
        #expect(free.isEmpty)
        #expect(self.shares.count == 5)
        let same = self.peers.addressChanged(peer, to: "/ip4/8.5.9.9/tcp/9090", now: self.now)
        #expect(same.isEmpty)
        let full = self.peers.addressChanged(peer, to: "/ip4/8.1.9.9/tcp/9090", now: self.now)
        #expect(full.contains { if case .disconnect(peer, _) = $0 { true } else { false } })
        #expect(self.shares.count == 4)
        let unknown = self.peers.addressChanged(node(), to: "/ip4/8.1.9.9/tcp/9090", now: start)
        #expect(unknown.isEmpty)
    }

    /// Connects peers at these hosts, one a second, and returns them; they prove themselves at once.
    private mutating func connect(
        _ hosts: [String],
        isOutbound: Bool = false,
        isProven: Bool = true,
        at seconds: Int64 = 0
    ) -> [NodeID] {
        hosts.enumerated().map { number, host in
            let peer = node()
            let now = start.adding(milliseconds: (seconds + Int64(number)) * 1_000)
            _ = self.peers.connected(
                peer,
                address: "/ip4/\(host)/tcp/9090",
                isOutbound: isOutbound,
                nonce: [],
                now: now
            )
            if isProven { _ = self.peers.proofChecked(peer, failure: nil, now: now) }
            return peer
        }
    }

    /// Whose connections are closed as too many when the table is looked through.
    private mutating func look(after seconds: Int64) -> [NodeID] {
        let now = start.adding(milliseconds: seconds * 1_000)
        return self.peers.tick(now: now, entropy: 0).compactMap {
            guard case .disconnect(let peer, let reason) = $0 else { return nil }
            return reason.hasSuffix("more than a quarter") ? peer : nil
        }
    }

    /// Connected peers of each network, the most first.
    private var shares: [Int] {
        let networks = self.peers.table.filter(\.isConnected).compactMap(\.network)
        return Dictionary(grouping: networks) { $0 }.values.map(\.count).sorted(by: >)
    }

    @Test(
        "C1-4, R-04-018: ten connections of one operator go down to a quarter once others are there"
    )
    mutating func surplus() {
        let dialled = self.connect(["8.1.0.1", "8.1.0.2"], isOutbound: true)
        let crowd = self.connect((3...10).map { "8.1.0.\($0)" }, at: 10)
        let others = self.connect(["8.2.0.1", "8.3.0.1"], isOutbound: true, at: 30)
        let tooFew = self.look(after: 640)
        #expect(tooFew.isEmpty, "with three operators it would keep nobody apart")
        let last = self.connect(["8.4.0.1"], isOutbound: true, at: 650)
        let early = self.look(after: 1_249)
        #expect(early.isEmpty, "a newcomer is no reason to close anything")
        let closed = self.look(after: 1_250)
        #expect(closed == crowd.reversed() + [dialled[1]], "the newest that came in go first")
        #expect(self.shares == [1, 1, 1, 1])
        let kept = self.peers.table.filter(\.isConnected).map(\.node)
        #expect(Set(kept) == Set([dialled[0]] + others + last))
        let again = self.look(after: 1_251)
        #expect(again.isEmpty)
    }

    @Test("C1-4: three connections from three networks that prove nothing cost no peer its own")
    mutating func unproven() {
        let friends =
            self.connect((1...10).map { "8.1.0.\($0)" }, isOutbound: true)
            + self.connect((11...20).map { "8.1.0.\($0)" }, at: 10)
        _ = self.connect(["8.2.0.1", "8.3.0.1", "8.4.0.1"], isProven: false, at: 30)
        for seconds in [Int64(40), 5_000] {
            let closed = self.look(after: seconds)
            #expect(closed.isEmpty)
        }
        let further = self.connect(["8.1.0.21"], at: 5_001)
        let connected = Set(self.peers.table.filter(\.isConnected).map(\.node))
        #expect(connected.isSuperset(of: friends + further))
    }

    @Test("C1-4: whom this node dialled is not closed for peers that came by themselves, who stay")
    mutating func uninvited() {
        let friends = self.connect((1...20).map { "8.1.0.\($0)" }, isOutbound: true)
        let guests = self.connect((21...25).map { "8.1.0.\($0)" }, at: 30)
        _ = self.connect(["8.2.0.1", "8.3.0.1", "8.4.0.1"], at: 40)
        let closed = self.look(after: 5_000)
        #expect(closed == guests.reversed())
        let further = self.connect(["8.1.0.99"], isOutbound: true, at: 5_001)
        let connected = Set(self.peers.table.filter(\.isConnected).map(\.node))
        #expect(connected.isSuperset(of: friends + further))
    }

    @Test("C1-4: eight, six, three and one connection of four operators do not become one of each")
    mutating func floor() {
        self.peers = Self.machine(isLocalProfile: false, looksFor: 12)
        for (number, count) in [8, 6, 3, 1].enumerated() {
            _ = self.connect((1...count).map { "8.\(number + 1).0.\($0)" })
        }
        let closed = self.look(after: 5_000)
        #expect(closed.count == 6)
        #expect(self.shares == [4, 4, 3, 1])
    }

    @Test("C1-4: anchors and peers that the operator named are closed last, direct peers never")
    mutating func protected() {
        let friend = node()
        let address = AddressText.complete("/ip4/8.1.0.1/tcp/9090", node: friend)
        var configuration = PeersConfiguration(
            ownNode: node(),
            bootstrap: [],
            isLocalProfile: false
        )
        configuration.direct = [address]
        configuration.pace.outboundTarget = 4
        let (named, other) = (node(), node())
        configuration.bootstrap = [AddressText.complete("/ip4/8.1.0.2/tcp/9090", node: named)]
        self.peers = PeersStateMachine(configuration: configuration, now: start)
        _ = self.peers.started(now: start)
        for (number, peer) in [other, named, friend].enumerated() {
            self.peers.meet(
                peer,
                at: "/ip4/8.1.0.\(3 - number)/tcp/9090",
                isOutbound: peer != other,
                now: start.adding(milliseconds: Int64(number))
            )
        }
        _ = self.connect(["8.2.0.1", "8.3.0.1", "8.4.0.1"], isOutbound: true, at: 10)
        let closed = self.look(after: 620)
        #expect(closed == [other, named])
        #expect(self.peers.table.contains { $0.node == friend && $0.isConnected })
    }

    @Test("C1-4, R-01-053, LINK-N13: the keys of one identity in four networks are one operator")
    mutating func identity() throws {
        let keys = (0..<4).map { _ in SigningKey.generate() }
        let root = NodeID(keys[0].publicKey)
        for (number, key) in keys.enumerated() {
            let peer = NodeID(key.publicKey)
            self.peers.meet(
                peer,
                at: "/ip4/8.\(number + 1).0.1/tcp/9090",
                isOutbound: false,
                now: start.adding(milliseconds: Int64(number))
            )
            let message = try Draft.announcement(.easy(of: peer, at: start))
                .signed(by: key, at: start)
            let admitted = message.admitted(sender: SenderStanding(identity: root))
            _ = self.peers.judge(admitted, now: start)
        }
        self.peers.disconnected(root, now: start)
        _ = self.connect(["8.11.0.1", "8.12.0.1", "8.13.0.1"], at: 10)
        let closed = self.look(after: 620)
        #expect(closed.count == 2 && self.shares.count == 4)
    }

    @Test("an identity counts for the operator of its root, or else of its lowest key")
    func placement() throws {
        let nodes = (0..<4).map { _ in node() }
        var peers = Fixture.table(isLocalProfile: false)
        var networks: [NodeID: NetworkOperator] = [:]
        for (number, peer) in nodes.enumerated() {
            let network = NetworkOperator.prefix(UInt32(number))
            networks[peer] = network
            peers.meet(peer, at: "/ip4/8.\(number).0.1/tcp/9090", isOutbound: false)
            peers.update(peer) {
                $0.count(for: network)
                $0.acts(for: nodes[0])
            }
        }
        let whole = Placement(of: peers)
        #expect(whole.count == 4)
        #expect(whole.operators == Set([try #require(networks[nodes[0]])]))
        peers.update(nodes[0]) { $0.disconnected(isShunned: false, now: start) }
        let lowest = try #require(nodes.dropFirst().min())
        #expect(Placement(of: peers).operators == Set([try #require(networks[lowest])]))
    }

    @Test("C1-4, D-24: a crowd is refused while proven peers of three other operators are at hand")
    mutating func provenOthers() {
        for host in ["8.2.0.1", "8.3.0.1", "8.4.0.1"] {
            let peer = node()
            self.peers.meet(peer, at: "/ip4/\(host)/tcp/9090", now: start)
            self.peers.disconnected(peer, now: start)
        }
        let kept = ["8.1.0.1", "8.1.0.2", "8.1.0.3", "8.1.0.4"].map { self.keeps($0) }
        #expect(kept == [true, true, true, false], "from four connections on")
        // Who is only said to be somewhere counts for nothing.
        self.peers = Self.machine(isLocalProfile: false)
        for host in ["8.2.0.1", "8.3.0.1", "8.4.0.1"] {
            self.peers.hear(of: node(), at: "/ip4/\(host)/tcp/9090", now: start)
        }
        let hearsay = (1...9).map { self.keeps("8.1.0.\($0)") }
        #expect(hearsay.allSatisfy { $0 })
    }

    @Test("C1-4: who was closed as one too many is not dialled again at once")
    mutating func pause() {
        _ = self.connect((1...4).map { "8.\($0).0.1" }, isOutbound: true)
        let peer = self.connect(["8.1.0.2"], isOutbound: true, at: 610)[0]
        let closed = start.adding(milliseconds: 610_000)
        #expect(self.peers.table.contains { $0.node == peer && !$0.isConnected })
        self.peers.disconnected(peer, now: closed)
        let early = self.peers.tick(now: closed.adding(milliseconds: 599_999), entropy: 0)
        #expect(Fixture.dials(early).isEmpty)
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
        #expect(self.shares.count == 4)
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
            self.peers.hear(of: node(), at: "/ip4/\(host)/tcp/9090", now: start)
        }
        let dialled = Fixture.dials(self.peers.tick(now: start, entropy: 0))
        #expect(dialled.count == 3)
        #expect(dialled.first?.hasPrefix("/ip4/8.2.0.1/") == true)
    }
}
