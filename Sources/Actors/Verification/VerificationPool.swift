public import Cryptography
public import Kernel
public import Messages
public import Primitives

/// Work that is too dear for an actor: it runs on all cores.
public enum VerificationJob: Sendable {
    /// Check a message's signature, its relay-layer signature and the proof it carries.
    case message(Message, relaySignatureHolds: (@Sendable () -> Bool)?, proof: VDFProof?)
    /// Recompute all ten segments of a proof (D-80).
    case proof(VDFProof)
    /// Compute a proof for a key.
    case compute(NodeID, at: Timestamp)

    /// Does the work; takes 60 microseconds for a message, a quarter of a second for a proof.
    public func run() -> VerificationOutcome {
        switch self {
        case .message(let message, let relaySignatureHolds, let proof):
            if let relaySignatureHolds, !relaySignatureHolds() { return .badRelaySignature }
            guard message.hasValidSignature else { return .badSignature }
            if let proof, !Self.holds(proof) { return .badProof }
            return .valid
        case .proof(let proof):
            return Self.holds(proof) ? .valid : .badProof
        case .compute(let key, let at):
            return .computed(VDF.prove(key.bytes, computedAt: at))
        }
    }

    private static func holds(_ proof: VDFProof) -> Bool {
        (0..<VDF.segments).allSatisfy { VDF.isValidSegment(proof, index: $0) }
    }
}

/// What came of a job.
public enum VerificationOutcome: Sendable, Equatable {
    /// Everything that was asked for holds.
    case valid
    /// The message's own signature does not hold.
    case badSignature
    /// The relay layer's signature does not hold.
    case badRelaySignature
    /// The proof of delay does not hold.
    case badProof
    /// A new proof.
    case computed(VDFProof)
}

/// A finished job, back in the mailbox of Verification.
public struct VerificationDone: Event {
    /// The number under which the job was submitted.
    public let token: UInt64
    /// What came of it.
    public let outcome: VerificationOutcome
    /// Reports an outcome.
    public init(token: UInt64, outcome: VerificationOutcome) {
        self.token = token
        self.outcome = outcome
    }
}

/// The device of ``Verification``: worker threads, or the simulator's immediate execution.
public protocol VerificationPool: Sendable {
    /// Runs a job and reports its outcome under `token`; never blocks.
    func submit(_ job: VerificationJob, token: UInt64, reportingTo inlet: Inlet<VerificationDone>)
}
