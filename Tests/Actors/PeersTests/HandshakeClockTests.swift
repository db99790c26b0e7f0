import Cryptography
import Messages
import Primitives
import Testing

@testable import Peers

@Suite("ADR 0033: a handshake tells what time it is for the peer")
struct HandshakeClockTests {
    private static func proof(of key: NodeID, at time: Timestamp) -> VDFProof {
        let checkpoints = (1...10).map { index in
            VDFCheckpoint(
                iteration: Int64(index) * 100_000,
                hash: SHA256Digest.hash([UInt8(index)])
            )
        }
        return VDFProof(
            output: checkpoints[9].hash,
            inputData: key.bytes,
            difficulty: 1_000_000,
            computedAt: time,
            checkpoints: checkpoints
        )
    }

    /// A peer connects, is challenged, and answers so much later or earlier by its own clock.
    private static func answer(
        _ machine: inout PeersStateMachine,
        sentAt: Timestamp?,
        isOutbound: Bool = true
    ) throws -> (peer: NodeID, actions: [PeersAction]) {
        let key = SigningKey.generate()
        let peer = NodeID(key.publicKey)
        let nonce = [UInt8](repeating: 7, count: 32)
        let connecting = machine.connected(
            peer,
            address: "/ip4/10.0.0.1/tcp/9090",
            isOutbound: isOutbound,
            nonce: nonce,
            now: Fixture.start
        )
        let opened = connecting.compactMap { action in
            if case .challenge(let exchange, let challenge) = action {
                (exchange, challenge)
            } else {
                nil
            }
        }
        let (exchange, challenge) = try #require(opened.first)
        let response = AuthResponse(
            signature: key.sign(challenge.signedBytes),
            publicKey: peer,
            vdfProof: Self.proof(of: peer, at: sentAt ?? Fixture.start),
            sentAt: sentAt
        )
        let frame = response.frameBytes
        return (peer, machine.responded(exchange, frame: frame, now: Fixture.start))
    }

    @Test("C2-7: the time in a handshake is compared, though the proof will not hold")
    func compared() throws {
        var machine = Fixture.machine()
        let (peer, actions) = try Self.answer(&machine, sentAt: Fixture.later(1_800))
        #expect(actions.contains(.compareClock(peer, offset: -1_800_000)))
        _ = machine.proofChecked(peer, failure: "it is from the future", now: Fixture.start)
        machine.disconnected(peer, now: Fixture.start)
        let row = try #require(machine.table.first { $0.node == peer })
        #expect(row.clockOffsetMilliseconds == -1_800_000)
        #expect(row.lastDialFailure?.hasSuffix("clock and this node's are 1800 s apart") == true)
    }

    @Test("C2-7: strangers that connect are compared with only when their proofs hold")
    func strangers() throws {
        var machine = Fixture.machine()
        let sentAt = Fixture.later(-1_800)
        let (peer, first) = try Self.answer(&machine, sentAt: sentAt, isOutbound: false)
        let comparison = PeersAction.compareClock(peer, offset: 1_800_000)
        #expect(!first.contains(comparison))
        let proven = machine.proofChecked(peer, failure: nil, now: Fixture.start)
        #expect(proven.contains(comparison))
        let (liar, _) = try Self.answer(&machine, sentAt: sentAt, isOutbound: false)
        let refused = machine.proofChecked(liar, failure: "no work", now: Fixture.start)
        #expect(!refused.contains(.compareClock(liar, offset: 1_800_000)))
    }

    @Test("a peer that says no time authenticates all the same")
    func silent() throws {
        var machine = Fixture.machine()
        let (peer, actions) = try Self.answer(&machine, sentAt: nil)
        #expect(actions.count == 1)
        guard case .checkProof(peer, _, isOutbound: true)? = actions.first else {
            Issue.record("\(actions)")
            return
        }
        #expect(machine.table.first { $0.node == peer }?.clockOffsetMilliseconds == nil)
    }

    @Test("the own answer says the own time")
    func own() throws {
        var machine = Fixture.machine()
        _ = machine.proofComputed(Self.proof(of: Fixture.own, at: Fixture.start))
        let exchange = InboundExchange(id: 1, peer: Fixture.node(), streamProtocol: .auth)
        let signature = SigningKey.generate().sign([1])
        let actions = machine.signed(exchange, .success(signature), now: Fixture.later(5))
        guard case .answerAuth(_, let response?)? = actions.first else {
            Issue.record("\(actions)")
            return
        }
        let read = try AuthResponse(frame: response.frameBytes)
        #expect(read.sentAt == Fixture.later(5) && read == response)
    }
}
