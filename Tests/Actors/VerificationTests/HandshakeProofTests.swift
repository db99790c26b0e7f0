import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Kernel
@testable import Verification

/// Announcements of keys that were never seen.
enum Stranger {
    /// A proof of the right form whose hashes are made up.
    static func proof(of key: SigningKey, salt: UInt8 = 0) -> VDFProof {
        let checkpoints = (1...VDF.segments).map { number in
            VDFCheckpoint(
                iteration: Int64(number * VDF.difficulty / VDF.segments),
                hash: SHA256Digest.hash([UInt8(number), salt])
            )
        }
        return VDFProof(
            output: checkpoints[VDF.segments - 1].hash,
            inputData: NodeID(key.publicKey).bytes,
            difficulty: Int64(VDF.difficulty),
            computedAt: Sample.now,
            checkpoints: checkpoints
        )
    }

    static func announcement(by key: SigningKey = .generate(), uptime: Int64 = 0, salt: UInt8 = 0)
        throws -> Message
    {
        try Draft.announcement(Self.proof(of: key, salt: salt), uptimeSeconds: uptime)
            .signed(by: key, at: Sample.now)
    }
}

@Suite("§10 Checks of proofs in a handshake")
struct HandshakeProofTests {
    private var machine = VerificationStateMachine(isLocalProfile: false)

    private static func asker(_ number: UInt64) -> ReplyAddress<CheckProof> {
        ReplyAddress(
            asker: SubsystemID(rawValue: 0),
            question: EnvelopeID(rawValue: number),
            topic: 0
        )
    }

    /// Which segments are recomputed for a proof, and what is answered when all of them hold.
    private mutating func check(
        _ key: SigningKey,
        isOutbound: Bool = false,
        entropy: [UInt64] = [3, 3],
        now: Timestamp = Sample.now
    ) -> (segments: [[Int]], failure: String?) {
        let query = CheckProof(
            proof: Stranger.proof(of: key),
            key: NodeID(key.publicKey),
            isOutbound: isOutbound
        )
        var entropy = entropy[...]
        var segments: [[Int]] = []
        var actions = self.machine.check(
            query,
            from: Self.asker(1),
            now: now,
            entropy: entropy.popFirst() ?? 0
        )
        while case .submit(.proof(_, let some), let token)? = actions.first {
            segments.append(some)
            actions = self.machine.done(token, .valid, now: now, entropy: entropy.popFirst() ?? 0)
        }
        guard case .answerCheck(_, let failure)? = actions.first else {
            return (segments, "no answer")
        }
        return (segments, failure)
    }

    @Test("R-10-006, R-16-163: the machine's entropy alone chooses the segment, not the proof")
    mutating func choice() throws {
        let keys = (0..<20).map { _ in SigningKey.generate() }
        for (number, key) in keys.prefix(5).enumerated() {
            let first = self.check(key, entropy: [UInt64(number), 0]).segments.first
            #expect(first == [number], "another number, another segment")
        }
        var machine = VerificationStateMachine(isLocalProfile: false)
        for key in keys {
            let query = CheckProof(proof: Stranger.proof(of: key), key: NodeID(key.publicKey))
            let actions = machine.check(query, from: Self.asker(1), now: Sample.now, entropy: 13)
            guard case .submit(.proof(_, let segments), _)? = actions.first else {
                Issue.record("no job")
                return
            }
            #expect(segments == [3], "the same number, the same segment, whatever the proof")
        }
    }

    @Test(
        "R-10-005, R-10-007, R-16-042, D-80: all ten segments of every new key's proof are recomputed"
    )
    mutating func allTen() {
        for isOutbound in [false, true] {
            let (segments, failure) = self.check(.generate(), isOutbound: isOutbound)
            #expect(segments.joined().sorted() == Array(0..<10))
            #expect(failure == nil)
        }
    }

    @Test("R-10-015, D-23: one proof serves many connections, and only the first costs anything")
    mutating func manyConnections() {
        let key = SigningKey.generate()
        let first = self.check(key)
        let later = (0..<20).map { _ in self.check(key) }
        #expect(first.failure == nil && !first.segments.isEmpty)
        #expect(later.allSatisfy { $0.failure == nil && $0.segments.isEmpty })
    }

    @Test("R-10-013, D-23: the sixth stranger in an hour is sent away; who was dialled is not")
    mutating func sixth() {
        let friends = (0..<5).map { _ in SigningKey.generate() }
        for friend in friends {
            let failure = self.check(friend).failure
            #expect(failure == nil)
        }
        let stranger = SigningKey.generate()
        let refused = self.check(stranger)
        #expect(refused.failure?.contains("5 new peers") == true && refused.segments.isEmpty)
        let again = self.check(friends[0])
        let dialled = self.check(.generate(), isOutbound: true)
        let later = self.check(stranger, now: Sample.now.adding(milliseconds: 3_600_000))
        #expect(again.failure == nil && dialled.failure == nil && later.failure == nil)
    }

    @Test("C1-5: junk of those who connect is tried sixty times in a row and then once a second")
    mutating func junk() throws {
        let friend = SigningKey.generate()
        _ = self.check(friend)
        let tried = (0..<1_000).map { _ in self.isTried(now: Sample.now) }
        #expect(tried == (0..<1_000).map { $0 < 59 })
        let stranger = self.check(.generate())
        #expect(stranger.failure?.contains("being tried") == true && stranger.segments.isEmpty)
        let known = self.check(friend)
        let dialled = self.check(.generate(), isOutbound: true)
        #expect(known.failure == nil && dialled.failure == nil)
        let later = (0..<3_000).filter {
            self.isTried(now: Sample.now.adding(milliseconds: $0 * 100))
        }
        #expect(later.count == 299, "in five minutes")
        let minute = Sample.now.adding(milliseconds: 360_000)
        let next = self.check(.generate(), now: minute)
        #expect(next.failure == nil)
    }

    /// Whether the proof of somebody who connects is tried, and fails at its first segment.
    private mutating func isTried(now: Timestamp) -> Bool {
        let key = SigningKey.generate()
        let query = CheckProof(proof: Stranger.proof(of: key), key: NodeID(key.publicKey))
        let actions = self.machine.check(query, from: Self.asker(1), now: now, entropy: 3)
        guard case .submit(_, let token)? = actions.first else { return false }
        _ = self.machine.done(token, .badProof, now: now, entropy: 3)
        return true
    }

    @Test("R-10-010: computed_at is when the computation began, however long it took")
    mutating func computedAt() throws {
        let key = NodeID(SigningKey.generate().publicKey)
        let asker = ReplyAddress<ComputeProof>(
            asker: SubsystemID(rawValue: 0),
            question: EnvelopeID(rawValue: 2),
            topic: 0
        )
        let asked = self.machine.compute(ComputeProof(key: key), from: asker, now: Sample.now)
        guard case .submit(let job, let token)? = asked.first, case .computed(let proof) = job.run()
        else {
            Issue.record("no job")
            return
        }
        let late = Sample.now.adding(milliseconds: 60_000)
        let answer = self.machine.done(token, .computed(proof), now: late, entropy: 0)
        guard case .answerCompute(_, let answered)? = answer.first else {
            Issue.record("no answer")
            return
        }
        #expect(answered.computedAt == Sample.now)
    }
}
