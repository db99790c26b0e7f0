import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Peers

@Suite("What the operator is told of dials")
struct DialTriesTests {
    private static let ours = NetworkMark(hash: SHA256Digest.hash([1]), name: "ours")
    private static let other = NetworkMark(hash: SHA256Digest.hash([2]), name: "other")
    private static let place = "/ip4/127.0.0.1/tcp/1"

    private let key = SigningKey.generate()
    private var peer: NodeID { NodeID(self.key.publicKey) }
    private var address: String { AddressText.complete(Self.place, node: self.peer) }

    private func machine(bootstrap: [String] = []) -> PeersStateMachine {
        PeersStateMachine(
            configuration: PeersConfiguration(
                ownNode: Fixture.own,
                bootstrap: bootstrap,
                isLocalProfile: true,
                network: Self.ours
            ),
            now: Fixture.start
        )
    }

    /// The peer is dialled and answers with this signature and network; its proof has this flaw.
    private func meet(
        _ peers: inout PeersStateMachine,
        signedBy key: SigningKey? = nil,
        as network: NetworkMark? = Self.ours,
        proofFlaw: String? = nil
    ) throws {
        let actions = peers.connected(
            self.peer,
            address: self.address,
            isOutbound: true,
            nonce: [UInt8](repeating: 7, count: 32),
            now: Fixture.later(1)
        )
        guard case .challenge(let exchange, let challenge)? = actions.first else {
            Issue.record("no challenge")
            return
        }
        let response = AuthResponse(
            signature: (key ?? self.key).sign(challenge.signedBytes),
            publicKey: self.peer,
            vdfProof: .easy(of: self.peer, at: Fixture.start),
            network: network
        )
        _ = peers.responded(exchange, frame: response.frameBytes, now: Fixture.later(1))
        if let proofFlaw {
            _ = peers.proofChecked(self.peer, failure: proofFlaw, now: Fixture.later(2))
        }
    }

    @Test("a dial that fails is told with address, time and reason; a new one replaces it")
    func refused() {
        var peers = self.machine(bootstrap: [Self.place])
        _ = peers.started(now: Fixture.start)
        func dial(_ outcome: PeerTable.Dial.Outcome, _ time: Timestamp) -> PeerTable.Dial {
            PeerTable.Dial(node: nil, address: Self.place, at: time, outcome: outcome)
        }
        #expect(peers.dialReport == [dial(.underWay, Fixture.start)])
        peers.dialFailed(Self.place, reason: "refused", now: Fixture.later(1))
        #expect(peers.dialReport == [dial(.failed(.dial, "refused"), Fixture.start)])
        _ = peers.tick(now: Fixture.later(5), entropy: 0)
        #expect(peers.dialReport == [dial(.underWay, Fixture.later(5))])
        _ = peers.tick(now: Fixture.later(70), entropy: 0)
        let late = PeerTable.Dial.Outcome.failed(.dial, "no outcome within 60 s")
        #expect(peers.dialReport == [dial(late, Fixture.later(5))])
    }

    @Test("what fails behind the connection is told by its step: signature, network, proof")
    func steps() throws {
        func step(_ event: (inout PeersStateMachine) throws -> Void) rethrows
            -> PeerTable.Dial.Outcome?
        {
            var peers = self.machine()
            _ = peers.started(now: Fixture.start)
            try event(&peers)
            peers.disconnected(self.peer, now: Fixture.later(3))
            #expect(peers.dialReport.map(\.address) == [Self.place])
            #expect(peers.dialReport.map(\.node) == [self.peer])
            return peers.dialReport.first?.outcome
        }
        #expect(try step { try self.meet(&$0) } == .reached)
        let stranger = SigningKey.generate()
        let forged = try step { try self.meet(&$0, signedBy: stranger) }
        guard case .failed(.authentication, let why)? = forged else {
            Issue.record("\(String(describing: forged))")
            return
        }
        #expect(why.contains("the signature does not cover"))
        let foreign = try step { try self.meet(&$0, as: Self.other) }
        guard case .failed(.network, let name)? = foreign else {
            Issue.record("\(String(describing: foreign))")
            return
        }
        #expect(name.hasPrefix("another network: other/"))
        let stale = try step { try self.meet(&$0, proofFlaw: "it is too old") }
        #expect(stale == .failed(.proof, "its proof of delay: it is too old"))
    }

    @Test("the newest dials of a peer are kept, one for each address, and no more than four")
    func bound() {
        var tries = DialTries()
        for second in Int64(0)..<40 {
            let address = "/ip4/127.0.0.1/tcp/\(second % 8 + 1)"
            tries.begin(address, now: Fixture.later(second))
            tries.fail(at: nil, .dial, "refused", now: Fixture.later(second))
        }
        let expected = [8, 7, 6, 5].map { "/ip4/127.0.0.1/tcp/\($0)" }
        #expect(tries.list.map(\.address) == expected)
        #expect(tries.list.map(\.at) == [39, 38, 37, 36].map { Fixture.later($0) })
    }
}
