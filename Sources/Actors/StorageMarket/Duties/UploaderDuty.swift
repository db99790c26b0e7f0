import Messages
import OrderedCollections
import Primitives

/// What this node does for its own content: it chooses who keeps copies, replaces who does not, and sends
/// the notices of rent (ADR 0048).
struct UploaderDuty: Sendable, Codable {
    /// When providers were assigned last, by artefact.
    private var assignedAt: OrderedDictionary<ContentHash, Timestamp> = [:]
    /// Cycles for which a notice was sent.
    private var noticed: OrderedDictionary<ContentHash, OrderedSet<Int64>> = [:]
    /// Since when there are enough acceptances, by request.
    private var enoughSince: OrderedDictionary<MessageID, Timestamp> = [:]
    private var said = Said()

    // MARK: The log

    /// This identity said something, now or before the restart.
    mutating func heardOwn(_ message: Message) {
        switch message.payload {
        case .copyAssignment(let assignment):
            let content = assignment.contentHash
            let last = self.assignedAt[content] ?? message.timestamp
            self.assignedAt[content] = max(message.timestamp, last)
        case .rentPayment(let notice):
            self.noticed[notice.contentHash, default: []].append(notice.billingCycle)
        default: break
        }
    }

    // MARK: Looking at a contract

    /// Does what a contract asks of this node as its uploader.
    ///
    /// - Parameters:
    ///   - contract: as it stands.
    ///   - scene: what else is known.
    ///   - lost: providers whose copies are not to be had any more.
    /// - Returns: what to do, and when to look again.
    mutating func look(at contract: Contract, _ scene: DutyScene, lost: [NodeID]) -> DutyStep {
        guard contract.uploader == scene.own, scene.holdsWhole(contract) else { return DutyStep() }
        switch contract.state {
        case .gathering(let until): return self.gather(contract, scene, until: until)
        case .delivering: return self.attend(contract, scene, lost: lost)
        case .active, .grace:
            var step = self.attend(contract, scene, lost: lost)
            step.add(self.pay(contract, scene))
            return step
        case .failed, .decayed, .withdrawn:
            self.forget(contract)
            return DutyStep()
        }
    }

    /// Waits a while for more acceptances once there are enough, and then looks for the best.
    private mutating func gather(_ contract: Contract, _ scene: DutyScene, until: Timestamp)
        -> DutyStep
    {
        var step = DutyStep()
        guard contract.accepted.count >= contract.copyCount else {
            self.enoughSince[contract.request] = nil
            return step
        }
        let since = self.enoughSince[contract.request] ?? scene.now
        self.enoughSince[contract.request] = since
        let latest = until.adding(milliseconds: -scene.hour)
        let choosesAt = min(
            scene.calendar.moment(StorageDutyLimits.gathering, after: since),
            latest
        )
        guard scene.now >= choosesAt else {
            step.look(at: choosesAt)
            return step
        }
        step.add(self.search(contract, among: contract.accepted, scene))
        return step
    }

    /// Sees to it that there are as many copies as were wanted (R-06-141).
    private mutating func attend(_ contract: Contract, _ scene: DutyScene, lost: [NodeID])
        -> DutyStep
    {
        var step = DutyStep()
        let plan = self.plan(contract, scene, lost: lost)
        if let overdueAt = plan.overdueAt { step.look(at: overdueAt) }
        guard plan.missing > 0, !plan.spare.isEmpty else { return step }
        step.add(self.search(contract, among: plan.spare, scene))
        return step
    }

    /// Who is to have copies, and who else could.
    struct Plan: Equatable {
        /// Who keeps a copy, or is still expected to confirm one.
        var settled: [NodeID] = []
        /// Copies that nobody is expected to have.
        var missing = 0
        /// Who accepted and has no copy.
        var spare: [NodeID] = []
        /// When those who were chosen are late; nil when all confirmed.
        var overdueAt: Timestamp?
    }

    private func plan(_ contract: Contract, _ scene: DutyScene, lost: [NodeID]) -> Plan {
        var plan = Plan()
        let kept = contract.holders.map(\.identity).filter { !lost.contains($0) }
        // An older assignment belongs to a contract before this one.
        let assignedAt = self.assignedAt[contract.content.contentHash] ?? contract.requestedAt
        let overdueAt = max(assignedAt, contract.requestedAt).adding(milliseconds: scene.day)
        let pending = contract.assigned.filter { !contract.isHeld(by: $0) }
        let isPatient = scene.now < overdueAt
        plan.settled = kept + (isPatient ? pending.filter { !kept.contains($0) } : [])
        plan.missing = max(0, contract.copyCount - plan.settled.count)
        plan.spare = contract.accepted.filter { identity in
            !contract.assigned.contains(identity) && !contract.isHeld(by: identity)
                && !lost.contains(identity)
        }
        if isPatient, !pending.isEmpty { plan.overdueAt = overdueAt }
        return plan
    }

    // MARK: Choosing

    /// Asks what is known of those who may be chosen.
    private mutating func search(_ contract: Contract, among: [NodeID], _ scene: DutyScene)
        -> DutyStep
    {
        var step = DutyStep()
        let deed = Said.Deed.searched(contract.request)
        step.look(at: scene.now.adding(milliseconds: scene.pause))
        guard !self.said.isRecent(deed, at: scene.now, pause: scene.pause) else { return step }
        self.said.note(deed, at: scene.now)
        let search = ProviderSearch(
            content: contract.content.contentHash,
            request: contract.request,
            scores: []
        )
        let known = among + contract.holders.map(\.identity) + contract.assigned
        step.actions = [
            .ask(.scores(Scores(identities: Array(OrderedSet(known))), .providers(search)))
        ]
        return step
    }

    /// Chooses providers, now that their scores and announcements are known.
    ///
    /// - Parameters:
    ///   - contract: as it stands now.
    ///   - scene: what else is known.
    ///   - lost: providers whose copies are not to be had any more.
    ///   - candidates: all about whom was asked.
    ///   - chance: for the lot among equals.
    /// - Returns: the assignment, if there is anybody new to assign.
    mutating func choose(
        for contract: Contract,
        _ scene: DutyScene,
        lost: [NodeID],
        among candidates: [ProviderCandidate],
        _ chance: inout Chance
    ) -> [StorageMarketAction] {
        guard contract.uploader == scene.own, scene.holdsWhole(contract) else { return [] }
        var plan = Plan()
        switch contract.state {
        case .gathering: plan = Plan(missing: contract.copyCount, spare: contract.accepted)
        case .delivering, .active, .grace: plan = self.plan(contract, scene, lost: lost)
        case .failed, .decayed, .withdrawn: return []
        }
        let settled = plan.settled
        let spare = plan.spare
        var choice = ProviderChoice(
            candidates.filter { spare.contains($0.identity) },
            beside: candidates.filter { settled.contains($0.identity) },
            &chance
        )
        let chosen = choice.choose(plan.missing)
        guard !chosen.isEmpty else { return [] }
        // Where there are too few to replace all who are late, some of these stay: they may still come.
        let late = contract.assigned.filter { !settled.contains($0) && !lost.contains($0) }
        let room = max(0, contract.copyCount - settled.count - chosen.count)
        let providers = settled + chosen + late.prefix(room)
        let assignment = CopyAssignment(
            contentHash: contract.content.contentHash,
            providers: providers
        )
        return [.publish(assignment)]
    }

    // MARK: Rent

    /// Sends the notice of each cycle for which it is still in time (R-06-079).
    private mutating func pay(_ contract: Contract, _ scene: DutyScene) -> DutyStep {
        var step = DutyStep()
        guard let confirmedAt = contract.confirmedAt else { return step }
        let calendar = BillingCalendar(start: contract.requestedAt, market: scene.calendar)
        let current = calendar.cycle(at: scene.now)
        let oldest = current - StorageDutyLimits.noticeCycles + 1
        let first = max(calendar.firstCycle(from: confirmedAt), oldest)
        step.look(at: calendar.start(of: max(current + 1, first)))
        guard first <= current else { return step }
        let content = contract.content.contentHash
        for cycle in first...current where self.noticed[content]?.contains(cycle) != true {
            let deed = Said.Deed.paid(content, cycle: cycle)
            guard !self.said.isRecent(deed, at: scene.now, pause: scene.pause) else { continue }
            self.said.note(deed, at: scene.now)
            step.actions.append(
                .publish(Self.notice(of: contract, cycle: cycle, scene.dailyRent(of: contract)))
            )
        }
        self.noticed[content]?.removeAll { $0 < first }
        return step
    }

    /// The notice of a cycle; what it says of amounts is for people, since everybody computes them.
    private static func notice(of contract: Contract, cycle: Int64, _ rent: FixedPoint)
        -> RentPayment
    {
        let pool = rent.scaled(
            numerator: StorageTerms.providerShare,
            denominator: FixedPoint.one.millionths
        )
        let part = pool.scaled(numerator: 1, denominator: Int64(contract.holders.count))
        return RentPayment(
            contentHash: contract.content.contentHash,
            billingCycle: cycle,
            amount: rent,
            providers: contract.holders.map { holder in
                RentPayment.Share(nodeID: holder.identity, amount: part)
            }
        )
    }

    private mutating func forget(_ contract: Contract) {
        self.assignedAt[contract.content.contentHash] = nil
        self.noticed[contract.content.contentHash] = nil
        self.enoughSince[contract.request] = nil
    }
}
