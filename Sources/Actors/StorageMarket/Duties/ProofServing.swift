import Checkpoints
import DequeModule
import Messages
import OrderedCollections
import Primitives

/// Challenges of others that wait for the blob device to compute a proof (R-06-108).
///
/// A few are computed at a time. Of the others those come first who have a part in the artefact, so that
/// strangers who ask a lot keep no validator waiting.
struct ProofServing: Sendable, Codable {
    private struct Job: Sendable {
        let admitted: AdmittedMessage
        let exchange: InboundExchange
        let content: ContentHash
        let window: ChallengeWindow
        let nonce: Bytes32
        let task: UInt64

        var start: StorageMarketAction {
            .prove(self.content, self.window, nonce: self.nonce, task: self.task)
        }
    }

    @LiveOnly private var proving: OrderedDictionary<UInt64, Job> = [:]
    /// Of those who have a part in the artefact.
    @LiveOnly private var parties: Deque<Job> = []
    /// Of everybody else.
    @LiveOnly private var strangers: Deque<Job> = []
    /// How often each identity asked.
    private var quota = ChallengeQuota()

    /// A peer asks for a proof.
    ///
    /// - Parameters:
    ///   - challenge: what it asks.
    ///   - admitted: the message that it came with.
    ///   - exchange: where the peer waits; it counts as its author, whoever signed the message.
    ///   - size: bytes of the artefact; nil when this node does not hold it. What is withheld is held.
    ///   - scene: what is known at this moment.
    ///   - number: a fresh one for the device.
    /// - Returns: what is computed next; or that it is refused, when there is nothing to prove or no place.
    mutating func prove(
        _ challenge: StorageChallenge,
        _ admitted: AdmittedMessage,
        on exchange: InboundExchange,
        size: Int?,
        _ scene: DutyScene,
        number: UInt64
    ) -> [StorageMarketAction] {
        guard let size else {
            return [.refuse(admitted, Refusal(.rule, "this node does not hold the artefact"))]
        }
        let window = ChallengeWindow(challenge)
        guard window.bytes(of: size) != nil else {
            let detail = "the challenge asks about no byte of the artefact (D-70)"
            return [.refuse(admitted, Refusal(.rule, detail))]
        }
        let asker = scene.parties.identity(exchange.peer)
        if let refusal = self.obstacle(to: exchange.peer, asker, scene) {
            return [.refuse(admitted, refusal)]
        }
        self.quota.note(asker, at: scene.now, within: Self.span(scene))
        let job = Job(
            admitted: admitted,
            exchange: exchange,
            content: challenge.contentHash,
            window: window,
            nonce: challenge.challengeNonce,
            task: number
        )
        let contract = scene.contract(challenge.contentHash)
        let actions = self.place(job, isParty: contract?.isOf(asker) ?? false)
        return actions + self.startNext()
    }

    /// Why a peer gets no proof now; nil when nothing stands against it.
    private func obstacle(to peer: NodeID, _ asker: NodeID, _ scene: DutyScene) -> Refusal? {
        let jobs = self.proving.values + self.parties + self.strangers
        guard jobs.count(where: { $0.exchange.peer == peer }) < StorageDutyLimits.proofsPerPeerMax
        else { return Refusal(.busy, "proofs for this peer are being computed already") }
        let next = self.quota.next(for: asker, at: scene.now, within: Self.span(scene))
        guard next > scene.now else { return nil }
        let most = StorageDutyLimits.challengesPerPeerMax
        return Refusal(.rateLimited, "\(most) challenges a day (R-06-115)", retryAt: next)
    }

    /// How long a challenge counts here: who asks the eleventh time just after a day is in time, although
    /// messages do not travel alike.
    private static func span(_ scene: DutyScene) -> Int64 { scene.day - scene.hour }

    /// Gives a challenge its place; a stranger that came last gives way to somebody with a part.
    private mutating func place(_ job: Job, isParty: Bool) -> [StorageMarketAction] {
        let isFull =
            self.parties.count + self.strangers.count >= StorageDutyLimits.proofsWaitingMax
        let excess = isFull ? (isParty ? self.strangers.popLast() ?? job : job) : nil
        if excess?.task != job.task {
            if isParty { self.parties.append(job) } else { self.strangers.append(job) }
        }
        return excess.map {
            [.refuse($0.admitted, Refusal(.busy, "too many challenges wait for the disk"))]
        } ?? []
    }

    private mutating func startNext() -> [StorageMarketAction] {
        guard self.proving.count < StorageDutyLimits.proofsComputedMax,
            let job = self.parties.popFirst() ?? self.strangers.popFirst()
        else { return [] }
        self.proving[job.task] = job
        return [job.start]
    }

    /// The device finished a task.
    ///
    /// - Returns: what follows; nil when it was not about a proof for others.
    mutating func reported(_ report: BlobReport) -> [StorageMarketAction]? {
        guard let job = self.proving.removeValue(forKey: report.task) else { return nil }
        let outcome: StorageMarketAction =
            if case .proof(let proof) = report.outcome {
                .answer(job.exchange, StorageProof(proofHash: proof))
            } else {
                .refuse(job.admitted, Refusal(.rule, "the artefact cannot be read"))
            }
        return [outcome] + self.startNext()
    }
}
