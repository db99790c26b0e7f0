import Checkpoints
import Messages
import OrderedCollections
import Primitives

/// What this node does as a validator: it challenges every other copy of what it holds itself, about once a
/// day, judges the proofs and answers for the results (ADR 0048).
struct ValidatorDuty: Sendable, Codable {
    /// When each copy is challenged next.
    private var agenda: OrderedDictionary<Copy, Timestamp> = [:]
    /// Copies that another validator reported, and since when this node owes a look of its own.
    private var owed: OrderedDictionary<Copy, Timestamp> = [:]
    private var records: OrderedDictionary<Copy, CopyRecord> = [:]
    /// How many challenges of a copy were refused since one was answered.
    private var refusals: OrderedDictionary<Copy, Int> = [:]
    private var quota = ChallengeQuota()
    private var timing = ProofTiming()
    @LiveOnly private var open: OrderedDictionary<UInt64, OwnChallenge> = [:]
    /// Peers that answer, since they have authenticated.
    private var peers: OrderedSet<NodeID> = []
    /// The node takes in what others send; while it does not, their answers are refused by itself.
    private var isListening = true

    // MARK: The log

    /// This identity reported a result, now or before the restart.
    mutating func heardOwn(_ result: ChallengeResult, at time: Timestamp, provider: NodeID) {
        let copy = Copy(content: result.contentHash, provider: provider)
        if self.records[copy]?.add(result.result, at: time) == nil {
            self.records[copy] = CopyRecord(result.result, at: time)
        }
    }

    /// A challenge was issued before the restart, or by another node of this identity.
    mutating func issuedBefore(
        to provider: NodeID,
        at time: Timestamp,
        _ calendar: MarketCalendar
    ) {
        self.quota.note(provider, at: time, within: calendar.milliseconds(.days(1)))
    }

    /// Another validator reported a failure: this node looks itself within the hour, unless its own report
    /// is there already (R-06-073).
    mutating func heardFailure(of copy: Copy, at now: Timestamp, _ calendar: MarketCalendar) {
        guard self.agenda[copy] != nil, self.owed[copy] == nil else { return }
        if let record = self.records[copy], record.last == .fail,
            now.milliseconds(since: record.lastAt) < calendar.milliseconds(.days(1))
        {
            return
        }
        self.owed[copy] = now
    }

    // MARK: Looking at a contract

    /// Challenges what is due of a contract's copies.
    mutating func look(
        at contract: Contract,
        _ scene: DutyScene,
        _ chance: inout Chance,
        _ numbers: inout TaskNumbers
    ) -> DutyStep {
        let content = contract.content.contentHash
        let copies = Self.copies(of: contract, scene)
        for copy in self.agenda.keys where copy.content == content && copies[copy] == nil {
            self.agenda[copy] = nil
            self.owed[copy] = nil
            self.refusals[copy] = nil
        }
        if !contract.isAlive { self.records = self.records.filter { $0.key.content != content } }
        for copy in self.renewed(in: contract) { self.records[copy] = nil }
        var step = DutyStep()
        for (copy, key) in copies {
            self.schedule(copy, scene, &chance)
            if let due = self.agenda[copy], due <= scene.now {
                step.actions += self.challenge(copy, key, contract, scene, &chance, &numbers)
            }
            if let next = self.agenda[copy] { step.look(at: next) }
        }
        return step
    }

    /// The copies that this node may challenge: it must hold all of the artefact itself, as the uploader or
    /// as one of the holders (R-06-109), and it does not challenge itself.
    ///
    /// Nobody is challenged in a grace period: providers are not paid then, and may let go (R-06-058).
    /// - Returns: the copies, each with the key that confirmed it: other nodes of the provider need not
    ///   have it.
    private static func copies(of contract: Contract, _ scene: DutyScene)
        -> OrderedDictionary<Copy, NodeID>
    {
        let own = scene.own
        switch contract.state {
        case .delivering, .active: break
        case .gathering, .grace, .failed, .decayed, .withdrawn: return [:]
        }
        guard contract.uploader == own || contract.isHeld(by: own), scene.holdsWhole(contract),
            contract.content.contentSize > 0, scene.standing(contract.content.contentHash) == .clean
        else { return [:] }
        let holders = contract.holders.map { (provider: $0.identity, key: $0.key) }
        // A transfer is complete when its receiver has passed a challenge (R-06-091).
        let receivers = contract.transfers.compactMap { transfer in
            transfer.acknowledgedBy.map { (provider: transfer.to, key: $0) }
        }
        let others = (holders + receivers).filter { $0.provider != own }
        return OrderedDictionary(
            others.map { provider, key in
                (Copy(content: contract.content.contentHash, provider: provider), key)
            },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// Gives a copy its moment: within a day for a new one, and within the hour for one that is owed.
    private mutating func schedule(_ copy: Copy, _ scene: DutyScene, _ chance: inout Chance) {
        if self.agenda[copy] == nil {
            // After a restart the rhythm goes on that the last result belongs to.
            let next = self.records[copy].map { self.next(after: $0.lastAt, scene, &chance) }
            let span = next == nil ? scene.day : scene.hour
            let soon = scene.now.adding(milliseconds: chance.number(below: span))
            self.agenda[copy] = max(next ?? soon, soon)
        }
        guard let since = self.owed[copy], let planned = self.agenda[copy] else { return }
        // Some of the hour is left for the provider to be reached, and for the report.
        let moment = since.adding(milliseconds: chance.number(below: scene.hour * 3 / 4))
        self.agenda[copy] = min(planned, moment)
        self.owed[copy] = nil
    }

    /// About a day after the last one, and nobody knows when.
    private func next(after last: Timestamp, _ scene: DutyScene, _ chance: inout Chance)
        -> Timestamp
    {
        let pause = scene.day * 3 / 4 + chance.number(below: scene.day / 2)
        return last.adding(milliseconds: pause)
    }

    /// Begins a challenge with this node's own proof, unless the provider was challenged too often.
    private mutating func challenge(
        _ copy: Copy,
        _ key: NodeID,
        _ contract: Contract,
        _ scene: DutyScene,
        _ chance: inout Chance,
        _ numbers: inout TaskNumbers
    ) -> [StorageMarketAction] {
        let allowed = self.quota.next(for: copy.provider, at: scene.now, within: scene.day)
        let isBusy = self.open.count >= StorageDutyLimits.challengesOpenMax
        guard allowed <= scene.now, !isBusy else {
            let pause = chance.number(below: scene.hour) + 1
            self.agenda[copy] = max(allowed, scene.now).adding(milliseconds: pause)
            return []
        }
        self.quota.note(copy.provider, at: scene.now, within: scene.day)
        self.agenda[copy] = self.next(after: scene.now, scene, &chance)
        let number = numbers.next()
        let size = contract.content.contentSize
        let challenge = OwnChallenge(of: copy, at: key, size: size, &chance)
        self.open[number] = challenge
        let window = ChallengeWindow(challenge.challenge)
        let nonce = challenge.challenge.challengeNonce
        return [.prove(copy.content, window, nonce: nonce, task: number)]
    }

    // MARK: A challenge on its way

    /// The blob device computed the own proof, or could not; then nobody is challenged.
    ///
    /// - Returns: what follows; nil when the task is not one of these.
    mutating func proved(_ report: BlobReport, at now: Timestamp, _ parties: Parties)
        -> [StorageMarketAction]?
    {
        guard var challenge = self.open[report.task], challenge.stage == .proving else {
            return nil
        }
        guard case .proof(let expected) = report.outcome else {
            self.open[report.task] = nil
            return []
        }
        challenge.expected = expected
        self.open[report.task] = challenge
        let key = parties.heir(challenge.key)
        return self.peers.contains(key)
            ? self.ask(report.task, key, at: now) : self.reach(report.task, at: now)
    }

    /// Asks the provider.
    private mutating func ask(_ number: UInt64, _ key: NodeID, at now: Timestamp)
        -> [StorageMarketAction]
    {
        guard var challenge = self.open[number] else { return [] }
        let exchange = OutboundExchange(
            opener: .storageMarket,
            id: number,
            peer: key,
            streamProtocol: .sync
        )
        challenge.stage = .asked(at: now)
        challenge.exchange = exchange
        self.open[number] = challenge
        return [.challenge(exchange, challenge.challenge)]
    }

    /// Finds out where a provider is that is not connected.
    private mutating func reach(_ number: UInt64, at now: Timestamp) -> [StorageMarketAction] {
        let until = now.adding(milliseconds: StorageDutyLimits.reachingMilliseconds)
        self.open[number]?.stage = .reaching(until: until)
        self.open[number]?.wasDialled = true
        return [.ask(.peers(.challenge(number)))]
    }

    /// What peers announced is known now: a provider whose place nobody knows cannot be accused.
    mutating func located(_ rows: [PeerTable.Row]?, for number: UInt64, _ parties: Parties)
        -> [StorageMarketAction]
    {
        guard let challenge = self.open[number], case .reaching = challenge.stage else { return [] }
        let key = parties.heir(challenge.key)
        let known = (rows ?? []).filter { $0.node == key && !$0.addresses.isEmpty }
        if known.isEmpty { self.open[number] = nil }
        return known.map { .reach($0.node) }
    }

    /// A peer has authenticated: whoever waited for it is asked.
    mutating func connected(_ peer: NodeID, at now: Timestamp, _ parties: Parties)
        -> [StorageMarketAction]
    {
        self.peers.append(peer)
        let waiting = self.open.filter { _, challenge in
            guard case .reaching = challenge.stage else { return false }
            return parties.heir(challenge.key) == peer
        }
        return waiting.keys.flatMap { self.ask($0, peer, at: now) }
    }

    /// The log takes in what others send again, or does so no longer.
    mutating func listens(_ isListening: Bool) { self.isListening = isListening }

    /// A peer is gone.
    mutating func disconnected(_ peer: NodeID) { self.peers.remove(peer) }

    /// When the first provider that is not reached is asked all the same; nil without any.
    var nextWake: Timestamp? {
        self.open.values.compactMap { challenge in
            guard case .reaching(let until) = challenge.stage else { return nil }
            return until
        }.min()
    }

    /// Asks those who were not reached all the same: that they do not answer is a failure.
    mutating func woke(at now: Timestamp, _ parties: Parties) -> [StorageMarketAction] {
        var actions: [StorageMarketAction] = []
        for (number, challenge) in self.open {
            guard case .reaching(let until) = challenge.stage else { continue }
            guard until <= now else { continue }
            actions += self.ask(number, parties.heir(challenge.key), at: now)
        }
        return actions
    }

    /// The request of an exchange was signed.
    mutating func signed(_ exchange: OutboundExchange, _ id: MessageID) {
        guard self.open[exchange.id]?.exchange == exchange, self.open[exchange.id]?.id == nil
        else { return }
        self.open[exchange.id]?.id = id
    }

    /// The provider proved that it holds the window, or did not.
    ///
    /// - Returns: what follows; nil when the exchange is not one of these.
    mutating func answered(
        _ proof: StorageProof,
        on exchange: OutboundExchange,
        at now: Timestamp,
        _ numbers: inout TaskNumbers
    ) -> [StorageMarketAction]? {
        guard var challenge = self.open[exchange.id], challenge.exchange == exchange,
            case .asked(let askedAt) = challenge.stage
        else { return nil }
        self.open[exchange.id] = nil
        self.refusals[challenge.copy] = nil
        guard proof.proofHash == challenge.expected else { return Self.report(.fail, challenge) }
        let actions = Self.report(.pass, challenge)
        let number = numbers.next()
        let question = OutboundExchange(
            opener: .storageMarket,
            id: number,
            peer: exchange.peer,
            streamProtocol: .sync
        )
        challenge.exchange = question
        challenge.stage = .timing(proof: now.milliseconds(since: askedAt), askedAt: now)
        self.open[number] = challenge
        return actions + [.challenge(question, CopyQuery(contentHash: challenge.copy.content))]
    }

    /// The question without bytes was answered.
    ///
    /// - Returns: nothing to do; nil when the exchange is not one of these.
    mutating func answered(copyQueryOn exchange: OutboundExchange, at now: Timestamp)
        -> [StorageMarketAction]?
    {
        guard let challenge = self.open[exchange.id], challenge.exchange == exchange,
            case .timing(let proof, let askedAt) = challenge.stage
        else { return nil }
        self.open[exchange.id] = nil
        let question = now.milliseconds(since: askedAt)
        self.timing.note(challenge.copy.provider, proof: proof, question: question)
        return []
    }

    /// An exchange ended without an answer, after 30 seconds at the latest (D-70).
    ///
    /// Who has no other peers accuses nobody: it may be itself that is cut off.
    /// - Returns: what follows; nil when the exchange is not one of these.
    mutating func failed(
        _ exchange: OutboundExchange,
        at now: Timestamp,
        _ parties: Parties,
        _ numbers: inout TaskNumbers
    ) -> [StorageMarketAction]? {
        guard let challenge = self.open[exchange.id], challenge.exchange == exchange else {
            return nil
        }
        guard case .asked(let askedAt) = challenge.stage else {
            self.open[exchange.id] = nil
            return []
        }
        if !self.peers.contains(exchange.peer), !challenge.wasDialled {
            // The connection ended before the question got there. The next one is signed anew.
            self.open[exchange.id] = nil
            let number = numbers.next()
            var again = challenge
            again.id = nil
            again.exchange = nil
            self.open[number] = again
            return self.reach(number, at: now)
        }
        self.open[exchange.id] = nil
        let own = parties.keys(challenge.copy.provider)
        guard self.isListening, self.peers.contains(where: { !own.contains($0) }) else {
            return []
        }
        let isRefusal =
            self.peers.contains(exchange.peer)
            && now.milliseconds(since: askedAt) < StorageDutyLimits.proofMilliseconds
        if isRefusal, self.mayRefuse(challenge.copy, at: now) { return [] }
        self.refusals[challenge.copy] = nil
        return Self.report(.fail, challenge)
    }

    /// A provider that has too much to do refuses, too; it is asked anew within the hour, at another place.
    ///
    /// - Returns: false when it has refused too often.
    private mutating func mayRefuse(_ copy: Copy, at now: Timestamp) -> Bool {
        let count = (self.refusals[copy] ?? 0) + 1
        guard count <= StorageDutyLimits.refusedChallengesMax else { return false }
        self.refusals[copy] = count
        self.owed[copy] = now
        return true
    }

    /// What was found out; without the challenge's message nobody could know what is meant.
    private static func report(_ outcome: ChallengeResult.Outcome, _ challenge: OwnChallenge)
        -> [StorageMarketAction]
    {
        guard let id = challenge.id else { return [] }
        let result = ChallengeResult(
            challengeID: id,
            contentHash: challenge.copy.content,
            challengedNode: challenge.copy.provider,
            result: outcome
        )
        return [.publish(result)]
    }

    // MARK: Views

    /// The artefact that a provider was asked about; nil when the exchange is not one of these.
    func content(askedOn exchange: OutboundExchange) -> ContentHash? {
        self.open[exchange.id].flatMap { $0.exchange == exchange ? $0.copy.content : nil }
    }

    /// Providers whose copies of a contract's artefact were out of reach for days.
    func lost(of contract: Contract) -> [NodeID] {
        let renewed = self.renewed(in: contract)
        let lost = self.records.filter {
            $0.key.content == contract.content.contentHash && $0.value.isLost
        }
        return lost.keys.filter { !renewed.contains($0) }.map(\.provider)
    }

    /// Copies that were taken after the last challenge: what it showed was of an earlier one.
    private func renewed(in contract: Contract) -> [Copy] {
        contract.holders.compactMap { holder in
            let copy = Copy(content: contract.content.contentHash, provider: holder.identity)
            return self.records[copy].flatMap { $0.lastAt < holder.since ? copy : nil }
        }
    }

    /// Whether a provider's proofs come as late as if the bytes came from somewhere else.
    func seemsFetched(by provider: NodeID) -> Bool { self.timing.seemsFetched(by: provider) }

    /// What own challenges showed, sorted by artefact and provider.
    var examinations: [StorageDealings.Examination] {
        let copies = OrderedSet(Array(self.agenda.keys) + self.records.keys)
        return copies.sorted().map { copy in
            let record = self.records[copy]
            return StorageDealings.Examination(
                content: copy.content,
                provider: copy.provider,
                last: record?.last,
                lastAt: record?.lastAt,
                failures: record?.failures ?? 0,
                nextAt: self.agenda[copy],
                seemsFetched: self.seemsFetched(by: copy.provider)
            )
        }
    }
}
