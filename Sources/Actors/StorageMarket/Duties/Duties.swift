import Checkpoints
import Kernel
import Messages
import Primitives

/// All that this node has to do in the storage market: which contracts are looked at when, and what each of
/// its parts then does (ADR 0048).
///
/// What it remembers is of this life, or follows from the log at a start.
struct Duties: Sendable, Codable {
    private var provider = ProviderDuty()
    private var uploader = UploaderDuty()
    private var validator = ValidatorDuty()
    private var proofs = ProofServing()
    private var replications = Replications()
    /// What this node keeps on its own account.
    private(set) var pins = Pins()
    /// When the contract on each artefact is looked at next; most are not before there is news.
    private var agenda = Agenda()
    /// When to look at all of them.
    private var allAt: Timestamp?
    /// The first of all these times.
    private var nextLook: Timestamp?
    /// Searches for providers that know all they can, and wait for the next look.
    @LiveOnly private var found: [(search: ProviderSearch, rows: [PeerTable.Row])] = []
    private var isLive = false
    private var syncState: SyncState?
    /// Who waits for a changed offer to be in the log.
    @LiveOnly private var offering: [(offer: StorageOffer, asker: ReplyAddress<OfferStorage>)] = []

    /// When something has to be done although nothing happens; nil when nothing has.
    var nextWake: Timestamp? {
        guard self.isActive else { return nil }
        return [self.nextLook, self.validator.nextWake].compactMap(\.self).min()
    }

    /// A node that catches up does not know how contracts stand, and takes no decision on them.
    private var isActive: Bool { self.isLive && self.syncState != .syncing }

    // MARK: The log

    /// A message of any type was accepted, or comes from the log at a restart.
    ///
    /// - Parameters:
    ///   - admitted: the message.
    ///   - parties: who this node is, and who is who.
    mutating func heard(_ admitted: AdmittedMessage, _ parties: Parties) {
        let message = admitted.message
        let isOwn = parties.isOwn(admitted)
        self.pins.heard(message, isOwn: isOwn)
        guard let content = message.payload.dealtContent else { return }
        if isOwn { self.provider.heardOwn(message) }
        if parties.identity(message.from) == parties.own {
            self.heardOwn(message, parties)
        } else {
            self.heardOther(message, parties, at: admitted.receivedAt)
        }
        // What changes no contract is news for those alone who have a part in it.
        guard message.payload.changesContract || self.agenda[content] != nil else { return }
        // What is stamped later does not count before.
        self.look(at: content, at: max(message.timestamp, admitted.receivedAt))
    }

    private mutating func heardOwn(_ message: Message, _ parties: Parties) {
        self.uploader.heardOwn(message)
        guard case .challengeResult(let result) = message.payload else { return }
        let provider = parties.identity(result.challengedNode)
        self.validator.heardOwn(result, at: message.timestamp, provider: provider)
        // Another node of this identity challenges the same providers.
        if !self.isLive || message.from != parties.ownNode {
            self.validator.issuedBefore(to: provider, at: message.timestamp, parties.calendar)
        }
    }

    private mutating func heardOther(_ message: Message, _ parties: Parties, at now: Timestamp) {
        guard self.isLive, case .challengeResult(let result) = message.payload,
            result.result == .fail
        else { return }
        let copy = Copy(
            content: result.contentHash,
            provider: parties.identity(result.challengedNode)
        )
        self.validator.heardFailure(of: copy, at: now, parties.calendar)
    }

    /// A fact of any owner is in the log.
    mutating func logged(_ fact: LocalFact) -> [StorageMarketAction] {
        if let adoption = AdoptionFact(fact) { self.pins.adopted(adoption.proposal) }
        guard let offer = StorageOffer(fact) else { return [] }
        self.provider.decided(offer)
        guard self.isLive else { return [] }
        let told = self.offering.filter { $0.offer == offer }
        self.offering.removeAll { $0.offer == offer }
        self.lookAtAll(at: fact.recordedAt)
        return told.map { .offered(offer, $0.asker) }
    }

    /// The replay is over; a little later everything is looked at, if there is anything.
    mutating func replayFinished(at now: Timestamp, hasContracts: Bool) {
        self.isLive = true
        guard hasContracts || self.provider.current != .nothing else { return }
        self.lookAtAll(at: now.adding(milliseconds: StorageDutyLimits.firstLookMilliseconds))
    }

    /// The node catches up, or has caught up.
    mutating func syncStateChanged(_ state: SyncState, at now: Timestamp) {
        let wasActive = self.isActive
        self.syncState = state
        if self.isActive, !wasActive { self.lookAtAll(at: now) }
    }

    private mutating func look(at content: ContentHash, at moment: Timestamp) {
        self.agenda[content] = min(self.agenda[content] ?? moment, moment)
        self.wake(at: moment)
    }

    /// The standing of an artefact changed.
    mutating func weighed(_ content: ContentHash, at now: Timestamp) {
        self.look(at: content, at: now)
    }

    private mutating func lookAtAll(at moment: Timestamp) {
        self.allAt = min(self.allAt ?? moment, moment)
        self.wake(at: moment)
    }

    private mutating func wake(at moment: Timestamp) {
        self.nextLook = min(self.nextLook ?? moment, moment)
    }

    // MARK: Looking

    /// Looks at what is due.
    mutating func woke(
        _ scene: DutyScene,
        _ chance: inout Chance,
        _ numbers: inout TaskNumbers
    ) -> DutyStep {
        var step = DutyStep()
        guard let due = self.nextWake, due <= scene.now else { return step }
        step.actions += self.validator.woke(at: scene.now, scene.parties)
        step.actions += self.choose(scene, &chance)
        if let allAt = self.allAt, allAt <= scene.now {
            self.allAt = nil
            for content in scene.contents() { self.agenda[content] = scene.now }
        }
        for content in self.agenda.due(at: scene.now) {
            step.add(self.look(at: content, scene, &chance, &numbers))
        }
        step.actions += self.provider.news()
        self.nextLook = [self.agenda.first, self.allAt].compactMap(\.self).min()
        return step
    }

    private mutating func look(
        at content: ContentHash,
        _ scene: DutyScene,
        _ chance: inout Chance,
        _ numbers: inout TaskNumbers
    ) -> DutyStep {
        self.agenda[content] = nil
        let contracts = scene.contracts(content)
        guard let inForce = contracts.first else { return DutyStep() }
        var step = self.provider.look(at: contracts, scene)
        let own = contracts.first { $0.uploader == scene.own && $0.isAlive } ?? inForce
        step.add(self.uploader.look(at: own, scene, lost: self.validator.lost(of: own)))
        step.add(self.validator.look(at: inForce, scene, &chance, &numbers))
        for contract in contracts
        where contract.isAlive && self.shownPart(in: contract, of: contracts, scene) != nil {
            // What ends by itself sends no message.
            step.look(at: scene.now.adding(milliseconds: scene.hour))
            for end in [contract.end, contract.withdrawsAt].compactMap(\.self) {
                step.look(at: end.adding(milliseconds: 1))
            }
        }
        if let next = step.next {
            self.agenda[content] = max(next, scene.now.adding(milliseconds: 1))
        }
        return step
    }

    /// Chooses providers for whom everything is known that can be.
    private mutating func choose(_ scene: DutyScene, _ chance: inout Chance)
        -> [StorageMarketAction]
    {
        let found = self.found
        self.found = []
        return found.flatMap { search, rows -> [StorageMarketAction] in
            let contract = scene.contracts(search.content).first { $0.request == search.request }
            guard let contract else { return [] }
            let candidates = search.scores.map { entry in
                let keys = scene.keys(of: entry.identity)
                return ProviderCandidate(
                    entry.identity,
                    score: entry.overall,
                    announced: rows.filter { keys.contains($0.node) },
                    network: entry.network,
                    heldBytes: scene.heldBytes(entry.identity),
                    seemsFetching: self.validator.seemsFetched(by: entry.identity)
                )
            }
            return self.uploader.choose(
                for: contract,
                scene,
                lost: self.validator.lost(of: contract),
                among: candidates,
                &chance
            )
        }
    }

    // MARK: Answers of other subsystems

    /// Reputation told the scores of those who accepted; without them nobody is chosen.
    mutating func heard(_ reply: Scores.Reply?, for search: ProviderSearch) -> [StorageMarketAction]
    {
        guard let reply else { return [] }
        var search = search
        search.scores = reply.entries
        return [.ask(.peers(.providers(search)))]
    }

    /// Peers told what those who accepted announced, or where a provider is that has to be challenged.
    mutating func heard(
        _ reply: PeerTable.Reply?,
        for purpose: PeersPurpose,
        at now: Timestamp,
        _ parties: Parties
    ) -> [StorageMarketAction] {
        switch purpose {
        case .providers(let search):
            self.found.append((search, reply?.rows ?? []))
            self.wake(at: now)
            return []
        case .challenge(let number):
            return self.validator.located(reply?.rows, for: number, parties)
        }
    }

    // MARK: Peers

    /// A peer has authenticated.
    mutating func connected(_ peer: NodeID, at now: Timestamp, _ parties: Parties)
        -> [StorageMarketAction]
    {
        self.validator.connected(peer, at: now, parties)
    }

    /// A peer is gone.
    mutating func disconnected(_ peer: NodeID) { self.validator.disconnected(peer) }

    /// The log takes in what others send again, or does so no longer.
    mutating func listens(_ isListening: Bool) { self.validator.listens(isListening) }

    /// The request of an exchange of this node was signed.
    mutating func signed(_ exchange: OutboundExchange, _ id: MessageID) {
        self.validator.signed(exchange, id)
    }

    /// A peer challenges this node.
    mutating func challenged(
        _ challenge: StorageChallenge,
        _ admitted: AdmittedMessage,
        on exchange: InboundExchange,
        size: Int?,
        _ scene: DutyScene,
        number: UInt64
    ) -> [StorageMarketAction] {
        self.proofs.prove(challenge, admitted, on: exchange, size: size, scene, number: number)
    }

    /// A peer answered a challenge, or the question after it.
    ///
    /// - Returns: what follows; nil when the answer is to something else.
    mutating func answered(
        _ payload: Payload,
        on exchange: OutboundExchange,
        at now: Timestamp,
        _ numbers: inout TaskNumbers
    ) -> [StorageMarketAction]? {
        switch payload {
        case .storageProof(let proof):
            self.validator.answered(proof, on: exchange, at: now, &numbers)
        case .copyQueryResponse: self.validator.answered(copyQueryOn: exchange, at: now)
        default: nil
        }
    }

    /// A peer did not answer.
    ///
    /// - Returns: what follows; nil when the exchange is not one of these.
    mutating func failed(
        _ exchange: OutboundExchange,
        at now: Timestamp,
        _ parties: Parties,
        _ numbers: inout TaskNumbers
    ) -> [StorageMarketAction]? {
        let content = self.validator.content(askedOn: exchange)
        let actions = self.validator.failed(exchange, at: now, parties, &numbers)
        // Whoever refused is asked again soon.
        if let content { self.look(at: content, at: now) }
        return actions
    }

    // MARK: The device

    /// The blob directory finished a task.
    ///
    /// - Returns: what follows; nil when the task is not one of these.
    mutating func reported(_ report: BlobReport, at now: Timestamp, _ parties: Parties)
        -> [StorageMarketAction]?
    {
        self.proofs.reported(report)
            ?? self.validator.proved(report, at: now, parties)
            ?? self.replications.reported(report)
    }

    /// A copy was fetched, or something stood in its way.
    mutating func pulled(
        _ content: ContentHash,
        obstacle: String?,
        at now: Timestamp,
        _ parties: Parties
    ) {
        self.provider.pulled(content, obstacle: obstacle, at: now, parties.calendar)
        self.look(at: content, at: now)
    }

    // MARK: The local API

    /// A local caller wants copies of an upload.
    mutating func replicate(
        _ query: ReplicateContent,
        for asker: ReplyAddress<ReplicateContent>,
        rate: FixedPoint,
        number: UInt64
    ) -> [StorageMarketAction] {
        self.replications.begin(query, for: asker, rate: rate, number: number)
    }

    /// A local caller changes the offer; it is answered when the log holds the change.
    mutating func offer(
        _ query: OfferStorage,
        for asker: ReplyAddress<OfferStorage>,
        at now: Timestamp
    ) -> [StorageMarketAction] {
        self.offering.append((query.offer, asker))
        let excess = self.offering.count - StorageMarketLimits.tasksMax
        if excess > 0 { self.offering.removeFirst(excess) }
        return [.record(query.offer.fact(recordedAt: now, key: query.key))]
    }

    /// What this node has to do with the market.
    ///
    /// - Parameters:
    ///   - scene: what is known.
    ///   - pairs: validators and providers whose challenges look arranged.
    /// - Returns: all that people are told.
    func dealings(_ scene: DutyScene, suspicious pairs: [PairReview.Pair])
        -> StorageDealings.Reply
    {
        StorageDealings.Reply(
            offer: self.provider.current,
            offered: self.provider.offered,
            rows: scene.contents().compactMap { self.row(of: scene.contracts($0), scene) },
            examinations: self.validator.examinations,
            suspiciousPairs: pairs.prefix(StorageDutyLimits.pairsShownMax).map {
                StorageDealings.Pair(validator: $0.validator, provider: $0.provider)
            }
        )
    }

    /// The contract on an artefact in which this node has a part; of several one that is alive.
    private func row(of contracts: [Contract], _ scene: DutyScene) -> StorageDealings.Row? {
        let parts = contracts.compactMap { contract in
            self.shownPart(in: contract, of: contracts, scene).map {
                (contract: contract, part: $0)
            }
        }
        return (parts.first { $0.contract.isAlive } ?? parts.first).map { contract, part in
            StorageDealings.Row(
                contract,
                part,
                scene,
                lost: self.validator.lost(of: contract),
                obstacle: self.provider.obstacle(to: contract.content.contentHash)
            )
        }
    }

    private func shownPart(in contract: Contract, of contracts: [Contract], _ scene: DutyScene)
        -> StorageDealings.Part?
    {
        contract.uploader == scene.own
            ? .uploader : self.provider.shownPart(in: contract, of: contracts, scene)
    }
}

extension Payload {
    /// Whether a message says who keeps what, and not only how that goes.
    fileprivate var changesContract: Bool {
        switch self {
        case .rentPayment, .challengeResult: false
        default: true
        }
    }
}
