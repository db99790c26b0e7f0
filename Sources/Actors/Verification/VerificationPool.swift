public import Cryptography
public import Kernel
public import Messages
public import Primitives

/// Work that is too expensive for an actor: it runs on all cores.
public enum VerificationJob: Sendable {
    /// Check a message's signature and its relay-layer signature.
    case message(Message, relaySignatureHolds: RelayCheck?)
    /// Recompute some of the ten segments of a proof (D-80).
    case proof(VDFProof, segments: [Int])
    /// Compute a proof for a key.
    case compute(NodeID, at: Timestamp)

    /// Does the work; takes up to 60 microseconds for a message, 0.06 to 0.3 seconds for a proof.
    public func run() -> VerificationOutcome {
        switch self {
        case .message(let message, let relaySignatureHolds):
            if let relaySignatureHolds, !relaySignatureHolds() { return .badRelaySignature }
            return message.hasValidSignature ? .valid : .badSignature
        case .proof(let proof, let segments):
            let holds = segments.allSatisfy { VDF.isValidSegment(proof, index: $0) }
            return holds ? .valid : .badProof
        case .compute(let key, let at):
            return .computed(VDF.prove(key.bytes, computedAt: at))
        }
    }
}

/// The outcome of a job.
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
public struct VerificationDone: Signal {
    /// The number under which the job was submitted.
    public let token: UInt64
    /// The outcome.
    public let outcome: VerificationOutcome
    /// Reports an outcome.
    public init(token: UInt64, outcome: VerificationOutcome) {
        self.token = token
        self.outcome = outcome
    }
}

/// Reads an envelope, within limits and of one of these versions.
typealias EnvelopeDecoder =
    @Sendable ([UInt8], JSONLimits, Set<Int64>) throws(Refusal) -> Message

/// The device of ``Verification``: worker threads, or the simulator's immediate execution.
public protocol VerificationPool: Sendable {
    /// Runs a job and reports its outcome under `token`; never blocks.
    func submit(_ job: VerificationJob, token: UInt64, reportingTo inlet: Inlet<VerificationDone>)

    /// Reads an envelope at once, with the outcome of
    /// ``EnvelopeCodec/decode(_:limits:acceptedVersions:)``; a pool that many nodes use may have read it before.
    func decode(
        _ bytes: [UInt8],
        limits: JSONLimits,
        acceptedVersions: Set<Int64>
    ) throws(Refusal) -> Message
}

extension VerificationPool {
    /// Reads it, whatever was read before.
    public func decode(
        _ bytes: [UInt8],
        limits: JSONLimits,
        acceptedVersions: Set<Int64>
    ) throws(Refusal) -> Message {
        try EnvelopeCodec.decode(bytes, limits: limits, acceptedVersions: acceptedVersions)
    }
}
