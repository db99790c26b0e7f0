import Messages
import OrderedCollections
import Primitives

/// What this node does as a provider: it accepts what fits its operator's offer, fetches its copies,
/// confirms them, and lets go of what it does not owe any more (ADR 0048).
struct ProviderDuty: Sendable, Codable {
    /// Room that is taken for one artefact.
    private struct Room: Sendable, Equatable, Codable {
        let bytes: Int64
        /// Who asked for the copy.
        let uploader: NodeID
        /// The copy is confirmed, not only promised.
        let isKept: Bool
    }

    private var offer = StorageOffer.nothing
    private var rooms: OrderedDictionary<ContentHash, Room> = [:]
    /// When this node promised room for a copy last, by acceptance or by taking it over.
    private var promisedAt: OrderedDictionary<ContentHash, Timestamp> = [:]
    /// When this node confirmed a copy last; what is not owed any more and was confirmed goes.
    private var confirmedAt: OrderedDictionary<ContentHash, Timestamp> = [:]
    /// Copies that were fetched in this life.
    private var fetched: OrderedSet<ContentHash> = []
    private var pulls = CopyPulls()
    private var said = Said()
    private var told: StorageOffered?

    // MARK: The offer

    /// What the operator offers.
    var current: StorageOffer { self.offer }

    /// The operator decided, now or before the restart.
    mutating func decided(_ offer: StorageOffer) { self.offer = offer }

    /// What is left of the offer, and how many copies are kept.
    var offered: StorageOffered {
        StorageOffered(
            allocatedBytes: self.offer.allocatedBytes,
            availableBytes: max(0, self.offer.allocatedBytes - self.taken),
            copyCount: Int64(self.rooms.values.count(where: \.isKept))
        )
    }

    private var taken: Int64 { self.rooms.values.reduce(0) { $0.saturatingAdding($1.bytes) } }

    /// Tells peers what is offered, when that has changed.
    mutating func news() -> [StorageMarketAction] {
        let offered = self.offered
        let isSilent = self.told == nil && offered.allocatedBytes == 0 && offered.copyCount == 0
        guard self.told != offered, !isSilent else { return [] }
        self.told = offered
        return [.tell(offered)]
    }

    // MARK: The log

    /// This node said something, now or before the restart.
    ///
    /// Another node of the same identity may have said the same; what it promised is kept there.
    mutating func heardOwn(_ message: Message) {
        switch message.payload {
        case .replicateAccept(let acceptance):
            Self.note(message, of: acceptance.contentHash, in: &self.promisedAt)
        case .copyReceived(let received):
            Self.note(message, of: received.contentHash, in: &self.confirmedAt)
        case .rentTransferAck(let acknowledged):
            Self.note(message, of: acknowledged.contentHash, in: &self.promisedAt)
            Self.note(message, of: acknowledged.contentHash, in: &self.confirmedAt)
        default: break
        }
    }

    private static func note(
        _ message: Message,
        of content: ContentHash,
        in times: inout OrderedDictionary<ContentHash, Timestamp>
    ) {
        times[content] = max(message.timestamp, times[content] ?? message.timestamp)
    }

    // MARK: Looking at contracts

    /// Does what the contracts on an artefact ask of this node as a provider.
    ///
    /// Requests do not stand in each other's way, and a copy is owed as long as one of them names this
    /// node: an acceptance and a receipt speak of the artefact, and so of all of them.
    mutating func look(at contracts: [Contract], _ scene: DutyScene) -> DutyStep {
        guard let content = contracts.first?.content.contentHash else { return DutyStep() }
        if scene.standing(content) == .condemned { return self.letGo(contracts, scene) }
        let parts = contracts.map { (contract: $0, part: self.part(in: $0, of: contracts, scene)) }
        let candidates = parts.filter { $0.part == .candidate }.map(\.contract)
        let owed = parts.filter { $0.part.isOwed }
        guard !owed.isEmpty || !candidates.isEmpty else { return self.letGo(contracts, scene) }
        if owed.isEmpty, !self.isPromising(candidates, scene) { self.rooms[content] = nil }
        var step = DutyStep()
        // What is kept says last how its room is taken.
        let kept = owed.filter { $0.part == .keeper }
        for (contract, part) in owed.filter({ $0.part != .keeper }) + kept {
            step.add(self.fulfil(part, of: contract, scene))
        }
        for contract in candidates { step.add(self.consider(contract, scene)) }
        return step
    }

    private mutating func fulfil(_ part: Part, of contract: Contract, _ scene: DutyScene)
        -> DutyStep
    {
        let content = contract.content.contentHash
        switch part {
        case .none, .candidate: return DutyStep()
        case .waiting:
            self.take(contract, isKept: false)
            return DutyStep()
        case .assigned:
            self.take(contract, isKept: false)
            let deed = Said.Deed.confirmed(contract.request)
            return self.deliver(contract, scene, deed, CopyReceived(contentHash: content))
        case .receiver(let transfer):
            return self.takeOver(transfer, contract, scene)
        case .keeper:
            self.take(contract, isKept: true)
            guard !scene.holdsWhole(contract) else {
                self.pulls.forget(content)
                return DutyStep()
            }
            return self.pull(contract, scene)
        }
    }

    /// What the contract is to this node.
    private enum Part: Equatable {
        case none
        /// Nothing yet, but it may accept.
        case candidate
        /// It accepted and was not chosen so far.
        case waiting
        /// It was chosen and has to confirm.
        case assigned
        /// Another provider wants to hand its copy over to it.
        case receiver(Contract.Transfer)
        /// It keeps a copy.
        case keeper

        /// Whether it promised something, or is asked for its copy by name.
        var isOwed: Bool {
            switch self {
            case .none, .candidate: false
            case .waiting, .assigned, .receiver, .keeper: true
            }
        }
    }

    /// Its part in one of the contracts on an artefact.
    ///
    /// While another one is confirmed nobody pays for this one: nothing new is begun for it, but what was
    /// confirmed is kept.
    private func part(in contract: Contract, of contracts: [Contract], _ scene: DutyScene) -> Part {
        let part = self.part(in: contract, scene)
        guard let first = contracts.first, first.request != contract.request, first.isStanding
        else { return part }
        return part == .keeper ? .keeper : .none
    }

    private func part(in contract: Contract, _ scene: DutyScene) -> Part {
        let own = scene.own
        guard contract.isAlive, contract.uploader != own else { return .none }
        let isPromised = Self.covers(contract, self.promisedAt)
        if contract.isHeld(by: own) { return isPromised ? .keeper : .none }
        if let transfer = contract.transfer(to: own) {
            guard transfer.isAcknowledged else { return .receiver(transfer) }
            return isPromised ? .keeper : .none
        }
        guard contract.accepted.contains(own) else {
            guard case .gathering = contract.state else { return .none }
            return .candidate
        }
        guard isPromised, Self.isPayable(contract, scene) else { return .none }
        if contract.assigned.contains(own) { return .assigned }
        return contract.isForming ? .waiting : .none
    }

    /// Whether this node said something under this contract, and not under one before it.
    private static func covers(
        _ contract: Contract,
        _ times: OrderedDictionary<ContentHash, Timestamp>
    ) -> Bool {
        times[contract.content.contentHash].map { $0 >= contract.requestedAt } ?? false
    }

    private mutating func take(_ contract: Contract, isKept: Bool) {
        self.rooms[contract.content.contentHash] = Room(
            bytes: contract.content.contentSize,
            uploader: contract.uploader,
            isKept: isKept
        )
    }

    // MARK: Accepting

    private func isPromising(_ contracts: [Contract], _ scene: DutyScene) -> Bool {
        contracts.contains { contract in
            self.said.isRecent(.accepted(contract.request), at: scene.now, pause: scene.pause)
        }
    }

    /// Accepts a request when everything allows it (R-06-024, R-06-049).
    private mutating func consider(_ contract: Contract, _ scene: DutyScene) -> DutyStep {
        var step = DutyStep()
        let content = contract.content.contentHash
        let deed = Said.Deed.accepted(contract.request)
        // The acceptance is on its way to the books, and its room is not given to anybody else.
        guard !self.said.isRecent(deed, at: scene.now, pause: scene.pause) else {
            step.look(at: scene.now.adding(milliseconds: scene.pause))
            return step
        }
        guard self.mayAccept(contract, scene) else { return step }
        // Room may come back while acceptances still count.
        step.look(at: scene.now.adding(milliseconds: scene.hour))
        guard self.isAcceptable(contract, scene) else { return step }
        self.said.note(deed, at: scene.now)
        let room = self.offered.availableBytes
        self.take(contract, isKept: false)
        step.actions = [
            .publish(ReplicateAccept(contentHash: content, capacityAvailable: room))
        ]
        return step
    }

    /// Whether a request may be accepted, as far as time changes nothing of it.
    ///
    /// The operator's offer is for such content at all, and its uploader can pay and may have so much
    /// stored, if it has nothing else (D-73).
    private func mayAccept(_ contract: Contract, _ scene: DutyScene) -> Bool {
        let content = contract.content
        return content.contentSize <= self.offer.allocatedBytes
            && self.offer.takes(content.contentType) && Self.isPayable(contract, scene)
            && Prices.permits(content.contentSize, beside: 0, at: contract.reputation)
    }

    /// Whether there is room for it now, nothing stands against it, and its uploader may have so much stored
    /// beside all else, which costs most to find out.
    private func isAcceptable(_ contract: Contract, _ scene: DutyScene) -> Bool {
        let (content, score) = (contract.content, contract.reputation)
        return self.isWilling(contract, scene)
            && Prices.permits(
                content.contentSize,
                beside: scene.activeBytes(contract.uploader, content.contentHash),
                at: score
            )
    }

    /// Whether the stake covers a day, and the uploader's score covers the stake (D-73).
    private static func isPayable(_ contract: Contract, _ scene: DutyScene) -> Bool {
        contract.declaredStake >= scene.dailyRent(of: contract)
            && contract.declaredStake <= contract.reputation - StorageDutyLimits.scoreFloor
    }

    private func isWilling(_ contract: Contract, _ scene: DutyScene) -> Bool {
        let content = contract.content
        let own = self.rooms[content.contentHash]?.bytes ?? 0
        return self.offer.allocatedBytes > 0 && self.offer.takes(content.contentType)
            && content.contentSize <= StorageMarketLimits.artefactBytesMax
            && content.contentSize <= self.offered.availableBytes.saturatingAdding(own)
            && scene.standing(content.contentHash) == .clean
            && self.mayTakeMore(of: contract.uploader, scene)
    }

    /// Whether this node is not bound to an uploader by too many copies, or by too many of the last day:
    /// who asks for them can also say that they were not kept.
    private func mayTakeMore(of uploader: NodeID, _ scene: DutyScene) -> Bool {
        let copies = self.rooms.filter { $0.value.uploader == uploader }.keys
        let recent = copies.count { content in
            // An acceptance on its way to the books is of now.
            self.promisedAt[content].map { scene.now.milliseconds(since: $0) < scene.day } ?? true
        }
        return copies.count < StorageDutyLimits.copiesPerUploaderMax
            && recent < StorageDutyLimits.newCopiesPerUploaderMax
    }

    /// Takes a copy over from another provider, when the offer has room for it.
    private mutating func takeOver(
        _ transfer: Contract.Transfer,
        _ contract: Contract,
        _ scene: DutyScene
    ) -> DutyStep {
        let content = contract.content
        guard self.rooms[content.contentHash] != nil || self.isWilling(contract, scene) else {
            var step = DutyStep()
            step.look(at: scene.now.adding(milliseconds: scene.hour))
            return step
        }
        self.take(contract, isKept: false)
        let acknowledgement = RentTransferAck(
            contentHash: content.contentHash,
            originalProvider: transfer.from,
            transferID: transfer.id
        )
        return self.deliver(contract, scene, .acknowledged(transfer.id), acknowledgement)
    }

    // MARK: Fetching

    /// Fetches a copy, and says that it is here once it is whole (R-06-027, R-06-090).
    private mutating func deliver(
        _ contract: Contract,
        _ scene: DutyScene,
        _ deed: Said.Deed,
        _ confirmation: some WirePayload
    ) -> DutyStep {
        guard scene.holdsWhole(contract) else { return self.pull(contract, scene) }
        self.pulls.forget(contract.content.contentHash)
        var step = DutyStep()
        step.look(at: scene.now.adding(milliseconds: scene.pause))
        guard !self.said.isRecent(deed, at: scene.now, pause: scene.pause) else { return step }
        self.said.note(deed, at: scene.now)
        step.actions = [.publish(confirmation)]
        return step
    }

    /// Fetches from the uploader first, then from those who keep copies.
    private mutating func pull(_ contract: Contract, _ scene: DutyScene) -> DutyStep {
        var step = DutyStep()
        let content = contract.content
        // Nobody serves it, and it would be the first to give way here.
        guard scene.standing(content.contentHash) == .clean else { return step }
        guard let due = self.pulls.due(content.contentHash, at: scene.now) else { return step }
        guard due <= scene.now else {
            step.look(at: due)
            return step
        }
        self.pulls.begin(
            content.contentHash,
            size: content.contentSize,
            bytesPerSecond: self.offer.bytesPerSecond,
            at: scene.now
        )
        let identities = [contract.uploader] + contract.holders.map(\.identity)
        let sources = OrderedSet(
            identities.filter { $0 != scene.own }.flatMap { scene.keys(of: $0) }
        )
        step.pulls = [
            CopyPull(
                content: content.contentHash,
                size: Int(clamping: content.contentSize),
                hosts: Array(sources),
                uploader: contract.uploader
            )
        ]
        return step
    }

    /// A pull came to its end; when something stood in its way, it is repeated after a pause.
    mutating func pulled(
        _ content: ContentHash,
        obstacle: String?,
        at now: Timestamp,
        _ calendar: MarketCalendar
    ) {
        if let obstacle {
            return self.pulls.failed(content, because: obstacle, at: now, calendar)
        }
        self.pulls.forget(content)
        self.fetched.append(content)
    }

    // MARK: Letting go

    /// Nothing is owed: room that was taken is free, and a copy that was kept for others goes, unless
    /// this node wants it itself.
    private mutating func letGo(_ contracts: [Contract], _ scene: DutyScene) -> DutyStep {
        var step = DutyStep()
        guard let content = contracts.first?.content.contentHash else { return step }
        let isConfirmed = contracts.contains { Self.covers($0, self.confirmedAt) }
        let wasKept = self.fetched.remove(content) != nil || isConfirmed
        self.rooms[content] = nil
        self.pulls.forget(content)
        let isOwn =
            contracts.contains { $0.uploader == scene.own && $0.isAlive }
            || contracts.first?.uploader == scene.own
        guard wasKept, !isOwn, scene.size(content) != nil, !scene.isPinned(content) else {
            return step
        }
        step.drops = [content]
        return step
    }

    // MARK: Views

    /// Why the copy of an artefact could not be fetched so far; nil when no try failed.
    func obstacle(to content: ContentHash) -> String? { self.pulls.obstacle(to: content) }

    /// This node's part as a provider in one of the contracts on an artefact; nil when it has none.
    func shownPart(in contract: Contract, of contracts: [Contract], _ scene: DutyScene)
        -> StorageDealings.Part?
    {
        switch self.part(in: contract, of: contracts, scene) {
        case .none, .candidate: nil
        case .waiting: .promised
        case .assigned: .fetching
        case .receiver: self.rooms[contract.content.contentHash] == nil ? nil : .fetching
        case .keeper: .keeping
        }
    }
}
