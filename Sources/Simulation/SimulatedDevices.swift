import Cryptography
import Gossip
import Kernel
import LocalAPI
import Messages
import Primitives
import Synchronization
import Verification

/// One node's end of the simulated network.
struct SimulatedTransport: GossipTransport {
    let network: SimulatedNetwork
    let node: Int
    let clock: ManualClock
    let calls: NetworkCallBox

    func start(reportingTo inlet: Inlet<TransportSignal>) {
        self.network.started(self.node, inlet, at: self.clock.steady)
    }

    private func want(_ deed: NetworkCall.Deed) {
        self.calls.put(NetworkCall(at: self.clock.steady, deed: deed))
    }

    func dial(_ address: String) { self.want(.dial(address)) }

    /// Simulated nodes are told where to begin.
    func lookUp(_ name: String) {}

    func disconnect(_ peer: NodeID, reason: String) { self.want(.disconnect(peer, reason: reason)) }

    func sendGossip(_ frame: [UInt8], to peer: NodeID) { self.want(.send(frame, to: peer)) }

    func openExchange(token: UInt64, peer: NodeID, protocolID: String, frame: [UInt8]) {
        let question = NetworkCall.Question(
            token: token,
            peer: peer,
            protocolID: protocolID,
            frame: frame
        )
        self.want(.ask(question))
    }

    func answerExchange(_ id: UInt64, frame: [UInt8]?) { self.want(.answer(id, frame)) }

    /// The simulated network closes no connection for want of room.
    func protect(_ peer: NodeID, _ isProtected: Bool) {}

    func setValue(_ value: Int, of peer: NodeID) {}

    /// A node settles every frame before the next: there is nothing to hold back.
    func setReading(paused: Bool) {}
}

/// An end of no network: nothing is said, and nothing is heard.
struct NullTransport: GossipTransport {
    func start(reportingTo inlet: Inlet<TransportSignal>) {}
    func dial(_ address: String) {}
    func lookUp(_ name: String) {}
    func disconnect(_ peer: NodeID, reason: String) {}
    func sendGossip(_ frame: [UInt8], to peer: NodeID) {}
    func openExchange(token: UInt64, peer: NodeID, protocolID: String, frame: [UInt8]) {}
    func answerExchange(_ id: UInt64, frame: [UInt8]?) {}
    func protect(_ peer: NodeID, _ isProtected: Bool) {}
    func setValue(_ value: Int, of peer: NodeID) {}
    func setReading(paused: Bool) {}
}

/// Runs jobs at once; what depends on the bytes alone, all nodes share: a message that was read, a verdict.
final class SimulatedPool: VerificationPool {
    private struct Key: Hashable {
        let id: MessageID
        let signature: Signature
    }

    private let verdicts = Mutex<[Key: Bool]>([:])
    private let relayVerdicts = Mutex<[Bytes32: Bool]>([:])
    private let messages = SharedReading()
    private static let verdictsMax = 100_000

    func submit(
        _ job: VerificationJob,
        token: UInt64,
        reportingTo inlet: Inlet<VerificationDone>
    ) {
        inlet.put(VerificationDone(token: token, outcome: self.outcome(of: job)))
    }

    func decode(
        _ bytes: [UInt8],
        limits: JSONLimits,
        acceptedVersions: Set<Int64>
    ) throws(Refusal) -> Message {
        try self.messages.decode(bytes, limits: limits, acceptedVersions: acceptedVersions)
    }

    private func outcome(of job: VerificationJob) -> VerificationOutcome {
        switch job {
        case .message(let message, let relaySignatureHolds):
            if let relaySignatureHolds, !self.holds(relaySignatureHolds) {
                return .badRelaySignature
            }
            return self.isValid(message) ? .valid : .badSignature
        case .proof(let proof, _):
            let expected = SimulatedProof.checkpoints(of: proof.inputData)
            return proof.checkpoints == expected ? .valid : .badProof
        case .compute(let key, let at):
            return .computed(SimulatedProof.make(key.bytes, computedAt: at))
        }
    }

    private func holds(_ check: RelayCheck) -> Bool {
        let key = check.digest
        if let known = self.relayVerdicts.withLock({ $0[key] }) { return known }
        let verdict = check()
        self.relayVerdicts.withLock { verdicts in
            if verdicts.count >= Self.verdictsMax { verdicts = [:] }
            verdicts[key] = verdict
        }
        return verdict
    }

    private func isValid(_ message: Message) -> Bool {
        let key = Key(id: message.id, signature: message.signature)
        if let known = self.verdicts.withLock({ $0[key] }) { return known }
        let verdict = message.hasValidSignature
        self.verdicts.withLock { verdicts in
            if verdicts.count >= Self.verdictsMax { verdicts = [:] }
            verdicts[key] = verdict
        }
        return verdict
    }
}

/// Proofs of the right form that cost ten hashes instead of a million.
enum SimulatedProof {
    static func checkpoints(of key: Bytes32) -> [VDFCheckpoint] {
        (1...10).map { index in
            VDFCheckpoint(
                iteration: Int64(index) * 100_000,
                hash: SHA256Digest.hash(key.array + [UInt8(index)])
            )
        }
    }

    static func make(_ key: Bytes32, computedAt: Timestamp) -> VDFProof {
        let checkpoints = Self.checkpoints(of: key)
        return VDFProof(
            output: checkpoints[9].hash,
            inputData: key,
            difficulty: Int64(VDF.difficulty),
            computedAt: computedAt,
            checkpoints: checkpoints
        )
    }
}

/// A caller of the local API without a server.
final class SimulatedCaller: APIServer {
    private struct State {
        var inlet: Inlet<APIRequestReceived>?
        var nextID: UInt64 = 1
        var answers: [RequestID: APIResponse] = [:]
    }

    private let state = Mutex(State())

    func start(reportingTo inlet: Inlet<APIRequestReceived>) {
        self.state.withLock { $0.inlet = inlet }
    }

    func respond(to request: RequestID, with response: APIResponse) {
        self.state.withLock { $0.answers[request] = response }
    }

    /// Puts a call; the answer can be taken once the node has settled.
    func put(_ call: APICall) -> RequestID? {
        let (id, inlet) = self.state.withLock { state in
            defer { state.nextID += 1 }
            return (RequestID(rawValue: state.nextID), state.inlet)
        }
        guard let inlet, inlet.put(APIRequestReceived(id: id, call: call)) else { return nil }
        return id
    }

    func takeAnswer(to id: RequestID) -> APIResponse? {
        self.state.withLock { $0.answers.removeValue(forKey: id) }
    }
}
