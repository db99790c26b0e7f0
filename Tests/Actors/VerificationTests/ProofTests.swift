import Cryptography
import Kernel
import Messages
import Primitives
import Testing

@testable import Verification

@Suite("§10 Proofs of delay")
struct ProofTests {
    @Test("D-23: a proof seen before costs no recomputation, and its key can have no other")
    func memory() {
        var memory = ProofMemory(hasQuota: true)
        let key = SigningKey.generate()
        let node = NodeID(key.publicKey)
        let proof = Stranger.proof(of: key)
        let before = memory.verdict(on: proof, of: node)
        memory.remember(proof, of: node)
        #expect(before == .unknown)
        #expect(memory.verdict(on: proof, of: node) == .holds)
        #expect(memory.verdict(on: Stranger.proof(of: key, salt: 1), of: node) == .cannotHold)
    }

    @Test("D-23: the allowance is per day")
    func allowance() {
        var memory = ProofMemory(hasQuota: true)
        let spent = (0..<51).map { _ in memory.spend(now: Sample.now) }
        #expect(spent == Array(repeating: true, count: 50) + [false])
        let isAllowedTomorrow = memory.spend(now: Sample.now.adding(milliseconds: 86_400_000))
        #expect(isAllowedTomorrow)
    }

    @Test("D-23: the local profile lifts the allowance")
    func localProfile() {
        var memory = ProofMemory(hasQuota: false)
        let spent = (0..<1_000).map { _ in memory.spend(now: Sample.now) }
        #expect(spent.allSatisfy { $0 })
    }
}

/// Announcements of keys that were never seen.
private enum Stranger {
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
        let payload = JSONValue.object([
            ("addresses", .array([])), ("capabilities", .array([])), ("version", .integer(0)),
            ("uptime_seconds", .integer(uptime)), ("sync_status", .string("synced")),
            ("vdf_proof", Self.proof(of: key, salt: salt).json),
        ])
        return try EnvelopeCodec.sign(
            .peerAnnounce,
            payload: payload,
            timestamp: Sample.now,
            key: key
        )
    }
}

@Suite("D-23: the allowance for strangers")
struct AllowanceTests {
    private var machine = VerificationStateMachine(isLocalProfile: false)

    /// Admits an announcement whose signature holds; `answers` are the verdicts on its proof.
    ///
    /// - Returns: the end of it, and which segments were recomputed.
    private mutating func admit(
        _ message: Message,
        _ answers: VerificationOutcome...,
        origin: Origin = Sample.gossip(.peers)
    ) -> (end: VerificationAction?, segments: [Range<Int>]) {
        let request = AdmitMessage(bytes: message.canonical, origin: origin)
        var action = self.machine.admit(request, now: Sample.now).first
        var segments: [Range<Int>] = []
        for answer in [.valid] + answers {
            guard case .submit(let job, let token) = action else { break }
            if case .proof(_, let range) = job { segments.append(range) }
            action = self.machine.done(token, answer, now: Sample.now).first
        }
        return (action, segments)
    }

    @Test("Junk of a thousand strangers fails at its first segment and shuts nobody out")
    mutating func junk() throws {
        for _ in 0..<1_000 {
            let (end, segments) = self.admit(try Stranger.announcement(), .badProof)
            #expect(end?.code == .invalidProof)
            #expect(segments == [0..<1])
        }
        let honest = try Stranger.announcement()
        let (end, segments) = self.admit(honest, .valid, .valid)
        #expect(end?.passed == honest.id)
        #expect(segments == [0..<1, 0..<10])
    }

    @Test("Fifty strangers a day are let in; own announcements and known keys still pass")
    mutating func exemptions() throws {
        let friend = SigningKey.generate()
        self.machine.replayed(try Stranger.announcement(by: friend))
        for _ in 0..<50 {
            let message = try Stranger.announcement()
            let end = self.admit(message, .valid, .valid).end
            #expect(end?.passed == message.id)
        }
        let late = self.admit(try Stranger.announcement(), .valid, .valid).end
        #expect(late?.code == .busy)

        let own = try Stranger.announcement()
        let ownEnd = self.admit(own, .valid, origin: .local(nil))
        #expect(ownEnd.end?.passed == own.id)
        #expect(ownEnd.segments == [0..<10])

        let known = try Stranger.announcement(by: friend, uptime: 1)
        let knownEnd = self.admit(known)
        #expect(knownEnd.end?.passed == known.id)
        #expect(knownEnd.segments.isEmpty)
    }

    @Test("Another proof of a key whose proof is known is refused without hashing")
    mutating func secondProof() throws {
        let friend = SigningKey.generate()
        self.machine.replayed(try Stranger.announcement(by: friend))
        let (end, segments) = self.admit(try Stranger.announcement(by: friend, salt: 1))
        #expect(end?.code == .invalidProof)
        #expect(segments.isEmpty)
    }
}
