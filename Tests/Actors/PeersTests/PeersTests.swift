import Cryptography
import Kernel
import Messages
import OrderedCollections
import Primitives
import Testing

@testable import Peers

private let start = Timestamp(milliseconds: 1_700_000_000_000)

private func node() -> NodeID { NodeID(SigningKey.generate().publicKey) }

private func machine(bootstrap: [String] = []) -> PeersStateMachine {
    PeersStateMachine(
        configuration: PeersConfiguration(
            ownNode: node(),
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
        #expect(challenge.initiatorKey == peers.configuration.ownNode)
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
        #expect(good.contains(.authenticated(peer)))
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
        let proof = VDF.prove(
            peers.configuration.ownNode.bytes,
            computedAt: start,
            difficulty: 10
        )
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

    @Test("R-04-015: a peer that is silent for 30 minutes is forgotten")
    func silence() {
        var peers = machine()
        peers.peers[node()] = PeerRecord(now: start)
        _ = peers.tick(now: start.adding(milliseconds: 1_800_000), entropy: 0)
        #expect(peers.peers.count == 1)
        _ = peers.tick(now: start.adding(milliseconds: 1_800_001), entropy: 0)
        #expect(peers.peers.isEmpty)
    }

    @Test("The table is bounded")
    func bounded() {
        var peers = machine()
        for number in 0..<PeersLimits.peersMax {
            peers.peers[node()] = PeerRecord(now: start.adding(milliseconds: Int64(number)))
        }
        peers.makeRoom()
        #expect(peers.peers.count == PeersLimits.peersMax - 1)
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

    @Test("D-24: private addresses belong to no autonomous system; D-25: public ones by prefix")
    func classes() {
        #expect(AddressText.pseudoAutonomousSystem(of: "/ip4/127.0.0.1/tcp/1") == nil)
        #expect(AddressText.pseudoAutonomousSystem(of: "/ip4/192.168.1.1/tcp/1") == nil)
        let one = AddressText.pseudoAutonomousSystem(of: "/ip4/8.8.4.4/tcp/1")
        #expect(one != nil)
        #expect(one == AddressText.pseudoAutonomousSystem(of: "/ip4/8.8.8.8/tcp/1"))
        #expect(one != AddressText.pseudoAutonomousSystem(of: "/ip4/9.8.8.8/tcp/1"))
    }
}
