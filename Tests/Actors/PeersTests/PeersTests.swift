import Cryptography
import Kernel
import Messages
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Peers

private let start = Timestamp(milliseconds: 1_700_000_000_000)

private func node() -> NodeID { NodeID(SigningKey.generate().publicKey) }

private let own = node()

private func machine(bootstrap: [String] = []) -> PeersStateMachine {
    PeersStateMachine(
        configuration: PeersConfiguration(
            ownNode: own,
            bootstrap: bootstrap,
            isLocalProfile: true
        ),
        now: start
    )
}

@Suite("§3 Authentication handshake")
struct AuthenticationTests {
    @Test("R-03-005: a new connection is challenged with the node's own key")
    func challenge() {
        var peers = machine()
        let peer = node()
        let actions = peers.connected(
            peer,
            address: "/ip4/127.0.0.1/tcp/1",
            isOutbound: true,
            nonce: [UInt8](repeating: 7, count: 32),
            now: start
        )
        guard case .challenge(let exchange, let challenge) = actions.first else {
            Issue.record("no challenge: \(actions)")
            return
        }
        #expect(exchange.peer == peer)
        #expect(challenge.initiatorKey == own)
    }

    @Test("D-10: a peer that has not authenticated after 30 s is disconnected")
    func late() {
        var peers = machine()
        let peer = node()
        _ = peers.connected(
            peer,
            address: "/ip4/127.0.0.1/tcp/1",
            isOutbound: false,
            nonce: [UInt8](repeating: 7, count: 32),
            now: start
        )
        let early = peers.tick(now: start.adding(milliseconds: 29_999), entropy: 0)
        #expect(!early.contains { if case .disconnect = $0 { true } else { false } })
        let late = peers.tick(now: start.adding(milliseconds: 30_000), entropy: 0)
        #expect(late.contains { if case .disconnect(peer, _) = $0 { true } else { false } })
    }

    @Test("R-03-007: only a proof that holds makes a peer authenticated")
    func proof() {
        var peers = machine()
        let peer = node()
        _ = peers.connected(
            peer,
            address: "/ip4/127.0.0.1/tcp/1",
            isOutbound: true,
            nonce: [UInt8](repeating: 7, count: 32),
            now: start
        )
        let bad = peers.proofChecked(peer, failure: "segment 3", now: start)
        #expect(bad.contains { if case .disconnect = $0 { true } else { false } })
        #expect(peers.table.first?.isAuthenticated == false)
        let good = peers.proofChecked(peer, failure: nil, now: start)
        #expect(good.contains(.authenticated(PeerAuthenticated(peer: peer, network: peer.hex))))
        #expect(peers.table.first?.isAuthenticated == true)
    }

    @Test("A challenge waits until the own proof is computed")
    func waiting() throws {
        var peers = machine()
        let exchange = InboundExchange(id: 9, peer: node(), streamProtocol: .auth)
        let challenge = AuthChallenge(
            nonce: [UInt8](repeating: 1, count: 32),
            initiatorKey: exchange.peer
        )
        #expect(peers.challenged(exchange, frame: challenge.frameBytes).isEmpty)
        let proof = VDFProof.easy(of: own, at: start)
        #expect(peers.proofComputed(proof) == [.sign(exchange, challenge)])
    }

    @Test("A malformed challenge is refused")
    func malformed() {
        var peers = machine()
        let exchange = InboundExchange(id: 9, peer: node(), streamProtocol: .auth)
        #expect(peers.challenged(exchange, frame: Array("{}".utf8)) == [.answerAuth(exchange, nil)])
    }
}

@Suite("§4 Dialling")
struct DiallingTests {
    private let address = "/ip4/127.0.0.1/tcp/4001"

    @Test("R-04-001: bootstrap addresses are dialled at the start")
    func bootstrap() {
        var peers = machine(bootstrap: [self.address])
        #expect(peers.started(now: start).contains(.dial(self.address)))
        #expect(!peers.tick(now: start, entropy: 0).contains(.dial(self.address)), "once")
    }

    @Test("§14: pauses between dials double up to ten minutes")
    func backOff() {
        #expect(DialPause.after(failures: 1) == 1_000)
        #expect(DialPause.after(failures: 2) == 2_000)
        #expect(DialPause.after(failures: 5) == 16_000)
        #expect(DialPause.after(failures: 11) == 600_000)
        #expect(DialPause.after(failures: .max) == 600_000)
    }

    @Test("A failed bootstrap dial is repeated after its pause")
    func repeats() {
        var peers = machine(bootstrap: [self.address])
        _ = peers.started(now: start)
        peers.dialFailed(self.address, reason: "refused", now: start)
        #expect(!peers.tick(now: start, entropy: 0).contains(.dial(self.address)))
        let later = start.adding(milliseconds: 1_000)
        #expect(peers.tick(now: later, entropy: 0).contains(.dial(self.address)))
    }

    @Test(
        "The spelling of a bootstrap address does not matter",
        arguments: ["/ip6/0:0:0:0:0:0:0:1/tcp/4001", "/ip6/::1/tcp/4001/"]
    )
    func spelling(text: String) {
        var peers = machine(bootstrap: [text, "/ip6/::1/tcp/4001"])
        let dials = peers.started(now: start).filter { $0 == .dial("/ip6/::1/tcp/4001") }
        #expect(dials.count == 1, "one address, whatever its spelling")
        peers.dialFailed("/ip6/::1/tcp/4001", reason: "refused", now: start)
        #expect(
            peers.bootstrapReport
                == [PeerTable.Bootstrap(address: "/ip6/::1/tcp/4001", lastDialFailure: "refused")]
        )
        let again = peers.tick(now: start.adding(milliseconds: 1_000), entropy: 0)
        #expect(again.contains(.dial("/ip6/::1/tcp/4001")))
    }

    @Test("A dial that never ends is repeated, to bootstrap nodes and to others")
    func lateDials() {
        var peers = machine(bootstrap: [self.address])
        let known = node()
        peers.hear(of: known, at: "/ip4/10.0.0.1/tcp/1/", now: start)
        let other = PeersAction.dial(AddressText.complete("/ip4/10.0.0.1/tcp/1", node: known))
        let first = peers.started(now: start)
        #expect(first.contains(.dial(self.address)) && first.contains(other))
        let late = start.adding(milliseconds: PeersLimits.dialMilliseconds)
        let early = peers.tick(now: late.adding(milliseconds: -1), entropy: 0)
        #expect(!early.contains(.dial(self.address)) && !early.contains(other))
        _ = peers.tick(now: late, entropy: 0)
        #expect(peers.bootstrapReport.first?.lastDialFailure == "no outcome within 60 s")
        let next = peers.tick(now: late.adding(milliseconds: 1_000), entropy: 0)
        #expect(next.contains(.dial(self.address)) && next.contains(other))
    }

    @Test("R-04-015: a peer that is silent for 30 minutes is forgotten")
    func silence() {
        var peers = machine()
        let peer = node()
        _ = peers.connected(peer, address: "", isOutbound: false, nonce: [], now: start)
        peers.disconnected(peer, now: start)
        _ = peers.tick(now: start.adding(milliseconds: 1_800_000), entropy: 0)
        #expect(peers.table.count == 1)
        _ = peers.tick(now: start.adding(milliseconds: 1_800_001), entropy: 0)
        #expect(peers.table.isEmpty)
    }

    @Test("The table is bounded")
    func bounded() {
        var peers = Fixture.table()
        for number in 0...PeersLimits.peersMax {
            let now = start.adding(milliseconds: Int64(number))
            let peer = node()
            peers.connected(peer, at: "", isOutbound: false, now: now)
            peers.update(peer) { $0.disconnected(isShunned: false, now: now) }
        }
        #expect(peers.sorted.count == PeersLimits.peersMax)
    }
}

@Suite("A full table")
struct FullTableTests {
    private let honest = node()

    /// A table with one peer that proved itself long ago, filled up with others.
    private func full(_ fill: (inout KnownPeers, NodeID, Timestamp) -> Void) -> KnownPeers {
        var peers = Fixture.table()
        peers.meet(self.honest, at: "", isOutbound: false)
        peers.update(self.honest) { $0.disconnected(isShunned: false, now: start) }
        for number in 1..<PeersLimits.peersMax {
            fill(&peers, node(), start.adding(milliseconds: Int64(number)))
        }
        return peers
    }

    /// Somebody connects and leaves again.
    private static func visit(_ peers: inout KnownPeers, _ peer: NodeID, now: Timestamp) {
        peers.connected(peer, at: "", isOutbound: false, now: now)
        peers.update(peer) { $0.disconnected(isShunned: false, now: now) }
    }

    /// Somebody says where a peer is.
    private static func name(_ peers: inout KnownPeers, _ peer: NodeID, now: Timestamp) {
        let address = "/ip4/10.0.0.2/tcp/1"
        let word = AddressesHeard(peer: peer, addresses: [address], source: .domainName)
        peers.heard(word, now: now)
    }

    @Test("CVE-2023-40583: keys that only connect push each other out, never a proven peer")
    func connections() {
        var peers = self.full(Self.visit)
        let late = start.adding(milliseconds: 60_000)
        for _ in 0..<50 { Self.visit(&peers, node(), now: late) }
        #expect(peers.sorted.count == PeersLimits.peersMax)
        #expect(peers[self.honest] != nil)
    }

    @Test("Hearsay replaces older hearsay and nothing else")
    func hearsay() {
        let late = start.adding(milliseconds: 60_000)
        let named = (0..<20).map { _ in node() }
        let entries = named.map {
            PeerListResponse.Peer(nodeID: $0, addresses: ["/ip4/10.0.0.1/tcp/1"])
        }
        let list = PeerListResponse(peers: entries, hasMore: false)
        var strangers = self.full(Self.visit)
        let before = strangers.sorted.map(\.node)
        strangers.learn(list, now: late)
        #expect(strangers.sorted.map(\.node) == before)
        var gossip = self.full(Self.name)
        gossip.learn(list, now: late)
        #expect(gossip.sorted.count == PeersLimits.peersMax)
        #expect(gossip[self.honest] != nil)
        #expect(named.allSatisfy { gossip[$0] != nil })
    }

    @Test("The addresses of a peer are bounded in bytes, the newest stay")
    func addresses() {
        var addresses = PeerAddresses()
        for number in 0..<32 {
            addresses.learn("/dns/\(number)." + String(repeating: "a", count: 400))
        }
        let bytes = addresses.all.reduce(0) { $0 + $1.utf8.count }
        #expect(bytes <= PeersLimits.addressBytesPerPeerMax)
        #expect(addresses.all.first?.hasPrefix("/dns/31.") == true)
    }
}

@Suite("Addresses")
struct AddressTests {
    @Test("The node of an address is the key in its peer id")
    func nodeOfAddress() {
        let id = node()
        let complete = AddressText.complete("/ip4/127.0.0.1/tcp/1", node: id)
        #expect(AddressText.node(in: complete) == id)
        #expect(AddressText.host(of: complete) == "/ip4/127.0.0.1/tcp/1")
        #expect(AddressText.node(in: "/ip4/127.0.0.1/tcp/1") == nil)
        #expect(AddressText.node(in: "nonsense") == nil)
    }
}

@Suite("ADR 0007: announcements in the log")
struct AnnouncementLogTests {
    private let key = SigningKey.generate()
    private let proof: VDFProof

    init() {
        self.proof = .easy(of: NodeID(self.key.publicKey), at: start)
    }

    private func announcement(
        at offset: Int64,
        address: String = "/ip4/10.0.0.1/tcp/1"
    ) throws -> AdmittedMessage {
        let draft = Draft.announcement(
            self.proof,
            addresses: [address],
            uptimeSeconds: offset / 1_000
        )
        let message = try draft.signed(by: self.key, at: start.adding(milliseconds: offset))
        return message.admitted(from: .gossip(relay: message.from, topic: .peers, ticket: 1))
    }

    private static func isLogged(_ actions: [PeersAction]) -> Bool? {
        if case .accept(let isLogged)? = actions.first { isLogged } else { nil }
    }

    @Test("Every announcement is accepted; one an hour is kept, and any with news")
    func hourly() throws {
        var peers = machine()
        // 1,700,000,000 s lie 800 s into a clock hour.
        let steps: [(offset: Int64, port: Int, isLogged: Bool)] = [
            (0, 1, true), (300_000, 1, false), (600_000, 2, true), (900_000, 2, false),
            (3_000_000, 2, true),
        ]
        for (offset, port, isLogged) in steps {
            let admitted = try self.announcement(
                at: offset,
                address: "/ip4/10.0.0.1/tcp/\(port)"
            )
            let actions = peers.judge(admitted, now: admitted.receivedAt)
            #expect(Self.isLogged(actions) == isLogged, "after \(offset) ms")
        }
    }

    @Test("The own announcements are never kept")
    func own() throws {
        let admitted = try self.announcement(at: 0)
        let own = PeersConfiguration(
            ownNode: admitted.message.from,
            bootstrap: [],
            isLocalProfile: true
        )
        var peers = PeersStateMachine(configuration: own, now: start)
        #expect(Self.isLogged(peers.judge(admitted, now: start)) == false)
    }
}
