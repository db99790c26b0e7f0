import Messages
import OrderedCollections
import Primitives

/// Something that happened to an artefact, and by whom.
struct ContractEvent: Sendable {
    enum What: Sendable {
        /// Somebody said something; whom it names are identities, and not keys.
        case said(ContractBook.Word, by: NodeID)
        /// A provider passed a challenge.
        case passed(NodeID, by: NodeID)
        /// The payer missed a cycle.
        case missed(payer: NodeID)
        /// The payer paid a cycle.
        case paid(payer: NodeID)
    }

    let at: Timestamp
    /// When this node learnt of it.
    let heardAt: Timestamp
    /// The message; zero for what this node found.
    let id: MessageID
    /// Who signed the message; nil for what this node found.
    var key: NodeID? = nil
    let what: What

    /// By the time, and then by the id: the order does not depend on arrival.
    static func precedes(_ one: Self, _ other: Self) -> Bool {
        (one.at, one.id) < (other.at, other.id)
    }
}

/// The life of one contract, played through in the order of the stamps (ADR 0048).
struct ContractLife: Sendable, Codable {
    private enum Stage: Sendable, Codable {
        case gathering
        case delivering(until: Timestamp)
        case active
        case grace(until: Timestamp)
        case ended(Contract.State)
    }

    /// Who says to have taken over from whom, and by which transfer.
    private struct Acknowledgement: Hashable, Sendable, Codable {
        let transfer: MessageID
        let from: NodeID
        let to: NodeID
    }

    /// A request and whose it is.
    struct Beginning: Sendable, Codable {
        let id: MessageID
        let at: Timestamp
        let heardAt: Timestamp
        let uploader: NodeID
        let reputation: FixedPoint
        let request: ReplicateRequest
        /// When a withdrawal takes effect that nothing stands against.
        let withdrawsAt: Timestamp?
    }

    /// What an identity said of a copy that it has.
    private struct Receipt: Sendable, Codable {
        /// When it said so first.
        let since: Timestamp
        /// The node that said so last: there the copy lies.
        let key: NodeID

        init(after earlier: Receipt?, _ event: ContractEvent, by speaker: NodeID) {
            self.since = earlier?.since ?? event.at
            self.key = event.key ?? speaker
        }
    }

    private let beginning: Beginning
    let calendar: BillingCalendar
    /// When contracts on this artefact came into grace, this one and those before it.
    private(set) var graces: [Timestamp]
    private var stage = Stage.gathering
    /// The last moment before its end; nil while it has none.
    private var openUntil: Timestamp?
    private var accepted: OrderedSet<NodeID> = []
    private var assigned: OrderedSet<NodeID> = []
    /// Whether there was an assignment.
    private var isAssigned = false
    private var receipts: [NodeID: Receipt] = [:]
    /// When this node heard of the assignment in force.
    private var assignmentHeardAt = Timestamp.distantPast
    private struct ReceiptTime: Sendable, Codable {
        let at: Timestamp
        let heardAt: Timestamp
    }

    /// Stamps and arrivals of all receipts of each provider.
    private var receiptTimes: [NodeID: [ReceiptTime]] = [:]
    private var transfers: OrderedDictionary<MessageID, Contract.Transfer> = [:]
    private var acknowledgements: [Acknowledgement: Receipt] = [:]
    private var confirmedAt: Timestamp?
    /// When this node knew that it is confirmed; nil before.
    private(set) var standsSince: Timestamp?
    /// Everybody who ever held a confirmed copy, since when first.
    private var everHeld: [NodeID: Timestamp] = [:]

    /// - Parameters:
    ///   - beginning: the request.
    ///   - graces: when earlier contracts on the artefact came into grace.
    ///   - market: how long days are.
    init(_ beginning: Beginning, after graces: [Timestamp], in market: MarketCalendar) {
        self.beginning = beginning
        self.calendar = BillingCalendar(start: beginning.at, market: market)
        self.graces = graces
    }

    /// Plays through what happened until a moment, in order.
    mutating func play(_ events: [ContractEvent], until moment: Timestamp) {
        for event in events where event.at >= self.calendar.start && event.at <= moment {
            self.foresee(event)
        }
        for event in events where event.at >= self.calendar.start && event.at <= moment {
            self.pass(to: event.at)
            if self.isOver { return }
            self.apply(event)
        }
        self.pass(to: moment)
    }

    /// Notes what counts whatever its place in the order.
    private mutating func foresee(_ event: ContractEvent) {
        switch event.what {
        // It may carry an earlier stamp than its transfer: clocks differ.
        case .said(.acknowledgement(let transfer, let from), by: let to):
            let acknowledgement = Acknowledgement(transfer: transfer, from: from, to: to)
            let earlier = self.acknowledgements[acknowledgement]
            self.acknowledgements[acknowledgement] = Receipt(after: earlier, event, by: to)
        // Whoever repeats a receipt with an earlier stamp was heard before.
        case .said(.receipt, by: let provider):
            self.receiptTimes[provider, default: []].append(
                ReceiptTime(at: event.at, heardAt: event.heardAt)
            )
        case .said, .passed, .missed, .paid: break
        }
    }

    // MARK: Reading

    /// Whether it ended.
    var isOver: Bool { if case .ended = self.stage { true } else { false } }

    /// Whether it did not end by a moment, as far as it was played.
    func isOpen(at moment: Timestamp) -> Bool { self.openUntil.map { moment <= $0 } ?? true }

    /// Whether enough copies were confirmed.
    var isConfirmed: Bool { self.confirmedAt != nil }

    /// Whether the copies were given up by a moment.
    func ended(by moment: Timestamp) -> Bool {
        switch self.stage {
        case .gathering, .delivering, .active, .grace: false
        case .ended(.decayed(let end)), .ended(.withdrawn(let end)): end <= moment
        case .ended: true
        }
    }

    /// Whether enough copies are confirmed and no cycle is missed.
    var isActive: Bool { if case .active = self.stage { true } else { false } }

    /// Whether its cycles cost something: its copies are confirmed, and it did not end.
    var isPaid: Bool {
        switch self.stage {
        case .active, .grace: true
        case .gathering, .delivering, .ended: false
        }
    }

    /// How large the artefact is.
    var bytes: Int64 { self.beginning.request.content.contentSize }

    /// Who pays.
    var uploader: NodeID { self.beginning.uploader }

    /// Whether an identity holds the whole artefact, so that its challenges count: it is the uploader, or
    /// a copy of it was confirmed before (R-06-063).
    func isValidator(_ identity: NodeID, at moment: Timestamp) -> Bool {
        identity == self.uploader || self.everHeld[identity].map { $0 <= moment } ?? false
    }

    /// The contract as it stands.
    var contract: Contract {
        Contract(
            content: self.beginning.request.content,
            request: self.beginning.id,
            uploader: self.uploader,
            requestedAt: self.beginning.at,
            reputation: self.beginning.reputation,
            copyCount: Int(self.beginning.request.copyCount),
            declaredStake: self.beginning.request.reputationStake,
            accepted: Array(self.accepted),
            assigned: Array(self.assigned),
            holders: self.holders.sorted { $0.identity < $1.identity },
            transfers: self.transfers.values.sorted { $0.id < $1.id },
            confirmedAt: self.confirmedAt,
            withdrawsAt: self.beginning.withdrawsAt,
            state: self.state
        )
    }

    private var holders: [Contract.Holder] {
        self.assigned.compactMap { identity in
            self.receipts[identity].map {
                Contract.Holder(identity: identity, since: $0.since, key: $0.key)
            }
        }
    }

    private var state: Contract.State {
        switch self.stage {
        case .gathering: .gathering(until: self.calendar.acceptanceEnds)
        case .delivering(let end): .delivering(until: end)
        case .active: .active
        case .grace(let end): .grace(until: end)
        case .ended(let state): state
        }
    }

    // MARK: Time

    /// When it ends, or goes on to another state, if nothing happens; nil when it stays as it is.
    var changesAt: Timestamp? {
        guard !self.isOver else { return nil }
        // Until the last moment somebody may still do something.
        let deadline = self.deadline?.adding(milliseconds: 1)
        return [deadline, self.beginning.withdrawsAt].compactMap(\.self).min()
    }

    /// Time passes up to a moment, at which something may still happen in time.
    private mutating func pass(to moment: Timestamp) {
        while let deadline = self.deadline, self.isOver(deadline, at: moment) {
            if let end = self.beginning.withdrawsAt, end <= deadline, end <= moment {
                return self.end(.withdrawn(at: end), after: end.adding(milliseconds: -1))
            }
            self.expire()
        }
        if let end = self.beginning.withdrawsAt, end <= moment, !self.isOver {
            self.end(.withdrawn(at: end), after: end.adding(milliseconds: -1))
        }
    }

    private mutating func end(_ state: Contract.State, after moment: Timestamp) {
        self.stage = .ended(state)
        self.openUntil = moment
    }

    /// When the stage ends by itself; nil when only an event ends it.
    private var deadline: Timestamp? {
        switch self.stage {
        case .gathering: self.calendar.acceptanceEnds
        case .delivering(let end), .grace(let end): end
        case .active, .ended: nil
        }
    }

    /// Whether the deadline of the stage is over: up to a grace's end, or until the last moment of others.
    private func isOver(_ deadline: Timestamp, at moment: Timestamp) -> Bool {
        if case .grace = self.stage { return moment >= deadline }
        return moment > deadline
    }

    private mutating func expire() {
        switch self.stage {
        case .gathering:
            // Enough accepted: the uploader has as long to assign and deliver as after an assignment.
            let end = self.calendar.acceptanceEnds
            guard self.accepted.count >= self.beginning.request.copyCount else {
                return self.end(.failed, after: end)
            }
            self.stage = .delivering(until: self.deliveryEnds(from: end))
        case .delivering(let end): self.end(.failed, after: end)
        case .grace(let end): self.end(.decayed(at: end), after: end.adding(milliseconds: -1))
        case .active, .ended: break
        }
    }

    private func deliveryEnds(from moment: Timestamp) -> Timestamp {
        self.calendar.market.moment(StorageMarketLimits.confirmation, after: moment)
    }

    // MARK: Events

    private mutating func apply(_ event: ContractEvent) {
        switch event.what {
        case .said(let word, let speaker): self.said(word, by: speaker, event)
        case .passed(let provider, let validator):
            self.passed(provider, by: validator, at: event.at)
        case .missed(let payer):
            if payer == self.uploader { self.missed(at: event.at) }
        case .paid(let payer):
            if payer == self.uploader, case .grace = self.stage { self.stage = .active }
        }
    }

    private mutating func said(
        _ word: ContractBook.Word,
        by speaker: NodeID,
        _ event: ContractEvent
    ) {
        switch word {
        case .acceptance where speaker != self.uploader && event.at <= self.calendar.acceptanceEnds:
            self.accepted.append(speaker)
        case .assignment(let providers) where speaker == self.uploader:
            self.assignmentHeardAt = event.heardAt
            self.assign(providers, at: event.at)
        case .receipt where speaker != self.uploader:
            let earlier = self.receipts[speaker]
            self.receipts[speaker] = Receipt(after: earlier, event, by: speaker)
            self.confirm(at: event.at)
        case .transfer(let receiver):
            self.transfer(event.id, from: speaker, to: receiver)
        case .request, .acceptance, .assignment, .receipt, .acknowledgement, .withdrawal: break
        }
    }

    private mutating func assign(_ providers: [NodeID], at moment: Timestamp) {
        let chosen = OrderedSet(providers.filter { $0 != self.uploader })
        // Whoever is released may delete its copy, and has to confirm another one.
        for released in self.assigned.subtracting(chosen) { self.receipts[released] = nil }
        self.assigned = chosen
        switch self.stage {
        case .gathering: self.stage = .delivering(until: self.deliveryEnds(from: moment))
        case .delivering where !self.isAssigned:
            self.stage = .delivering(until: self.deliveryEnds(from: moment))
        case .delivering, .active, .grace, .ended: break
        }
        self.isAssigned = true
        self.confirm(at: moment)
    }

    private mutating func confirm(at moment: Timestamp) {
        let holders = self.holders
        for holder in holders where self.everHeld[holder.identity] == nil {
            self.everHeld[holder.identity] = holder.since
        }
        guard case .delivering = self.stage, holders.count >= self.beginning.request.copyCount
        else {
            return
        }
        self.confirmedAt = moment
        // By arrival, since anybody can sign an early time.
        let receipts = holders.compactMap { holder in
            (self.receiptTimes[holder.identity] ?? []).filter { $0.at >= holder.since }
                .map(\.heardAt).min()
        }
        self.standsSince = (receipts + [self.beginning.heardAt, self.assignmentHeardAt]).max()
        self.stage = .active
    }

    private mutating func missed(at moment: Timestamp) {
        guard case .active = self.stage else { return }
        let market = self.calendar.market
        let window = market.milliseconds(StorageMarketLimits.graceWindow)
        // Another contract may have come into grace later; what was decided before does not change by it.
        let recent = self.graces.count {
            $0 <= moment && moment.milliseconds(since: $0) < window
        }
        let lengths = StorageMarketLimits.graces
        let length = lengths[min(recent, lengths.count - 1)]
        self.graces.append(moment)
        self.stage = .grace(until: market.moment(length, after: moment))
        self.pass(to: moment)
    }

    // MARK: Hand-overs

    private func isHolder(_ identity: NodeID) -> Bool {
        self.assigned.contains(identity) && self.receipts[identity] != nil
    }

    private mutating func transfer(_ id: MessageID, from provider: NodeID, to receiver: NodeID) {
        guard self.isHolder(provider), !self.isHolder(receiver), receiver != self.uploader else {
            return
        }
        self.transfers[id] = Contract.Transfer(
            id: id,
            from: provider,
            to: receiver,
            acknowledgedBy: self.acknowledged(id, from: provider, to: receiver)?.key
        )
    }

    private func acknowledged(_ id: MessageID, from provider: NodeID, to receiver: NodeID)
        -> Receipt?
    {
        self.acknowledgements[Acknowledgement(transfer: id, from: provider, to: receiver)]
    }

    private func acknowledged(_ transfer: Contract.Transfer) -> Receipt? {
        self.acknowledged(transfer.id, from: transfer.from, to: transfer.to)
    }

    /// The first challenge that a receiver passes after its acknowledgement completes the hand-over
    /// (R-06-091).
    private mutating func passed(_ provider: NodeID, by validator: NodeID, at moment: Timestamp) {
        guard validator != provider, self.isValidator(validator, at: moment) else { return }
        let complete = self.transfers.values.sorted { $0.id < $1.id }.first {
            $0.to == provider && self.isHolder($0.from)
                && self.acknowledged($0).map { $0.since < moment } ?? false
        }
        guard let complete, let receipt = self.acknowledged(complete) else { return }
        self.assigned = OrderedSet(self.assigned.map { $0 == complete.from ? provider : $0 })
        self.receipts[complete.from] = nil
        self.receipts[provider] = receipt
        self.transfers.removeAll { $0.value.from == complete.from || $0.value.to == provider }
        self.confirm(at: moment)
    }
}
