import Identities
import Messages
import Primitives

/// Something that the rent clock has to decide on.
enum RentDue: Sendable, Hashable {
    /// A cycle began: can the payer pay it?
    case begin(RentCycle, payer: NodeID, amount: FixedPoint)
    /// A cycle is over and its notice was given: who earned what?
    case settle(RentCycle)
    /// A cycle is held, and no notice of it came in time.
    case miss(RentCycle, payer: NodeID)

    /// The cycle that it is about.
    var cycle: RentCycle {
        switch self {
        case .begin(let cycle, _, _), .settle(let cycle), .miss(let cycle, _): cycle
        }
    }
}

// What is due when, and who worked for it (ADR 0048, Rent).
extension MarketBooks {
    // MARK: Due

    /// What is due on an artefact at a moment, cycle by cycle.
    func due(on content: ContentHash, at now: Timestamp) -> [RentDue] {
        self.ending(on: content, at: now)
            + [self.beginning(on: content, at: now)].compactMap(\.self)
    }

    /// Artefacts on which something may be due, sooner or later.
    var rented: Set<ContentHash> {
        Set(self.contracts.contents).union(self.cycles.openContents)
    }

    /// The cycle of a contract that lasts, if it is paid for and nobody decided on it yet.
    ///
    /// What comes into force in the middle of a cycle costs something from the next one on.
    private func beginning(on content: ContentHash, at now: Timestamp) -> RentDue? {
        guard let life = self.life(of: content, at: now), life.isPaid else { return nil }
        let cycle = RentCycle(content: content, number: life.calendar.cycle(at: now))
        let start = life.calendar.start(of: cycle.number)
        let earlier = self.life(of: content, at: start)
        guard let confirmed = life.contract.confirmedAt, start >= confirmed,
            earlier?.isPaid == true, earlier?.contract.request == life.contract.request,
            // The same day of an earlier contract, which waits for its notice.
            self.cycles.open(cycle) == nil,
            !self.cycles.isBegun(cycle, by: life.uploader, since: life.calendar.start, self.keys),
            !self.references.exempts(content, of: life.uploader, at: start, self.keys)
        else { return nil }
        let amount = Prices.dailyRent(
            of: life.contract.content.contentSize,
            rate: self.rate(at: start)
        )
        guard amount > .zero else { return nil }
        return .begin(cycle, payer: life.uploader, amount: amount)
    }

    /// What is held for an artefact and is to be given to somebody now.
    private func ending(on content: ContentHash, at now: Timestamp) -> [RentDue] {
        self.cycles.open(on: content).compactMap { cycle, hold in
            guard self.decidesOn(cycle, hold) <= now else { return nil }
            return self.notice(of: cycle, hold) == nil
                ? .miss(cycle, payer: self.keys.identity(of: hold.payer)) : .settle(cycle)
        }
    }

    /// When a cycle that is held is settled, or missed for want of a notice: messages that were signed
    /// in time may come a little later.
    private func decidesOn(_ cycle: RentCycle, _ hold: CycleBook.Hold) -> Timestamp {
        // Its request is not known any more: the payer gets back what it paid.
        guard let calendar = self.calendar(of: cycle, hold) else { return hold.at }
        let end =
            self.notice(of: cycle, hold) == nil
            ? calendar.noticeEnds(of: cycle.number) : calendar.end(of: cycle.number)
        return self.calendar.moment(StorageMarketLimits.settling, after: end)
            .adding(milliseconds: 1)
    }

    /// When to look at an artefact: now, if something is due, or later; nil when nothing will be due as
    /// things stand.
    func nextDue(on content: ContentHash, at now: Timestamp) -> Timestamp? {
        self.due(on: content, at: now).isEmpty ? self.nextDue(on: content, after: now) : now
    }

    /// When something will be due on an artefact that is not yet; nil when nothing will.
    func nextDue(on content: ContentHash, after now: Timestamp) -> Timestamp? {
        let ending = self.cycles.open(on: content).map { self.decidesOn($0.cycle, $0.hold) }
        let life = self.life(of: content, at: now)
        let beginning = life.flatMap { life in
            life.isPaid ? life.calendar.start(of: life.calendar.cycle(at: now) + 1) : nil
        }
        // When a contract ends another one may take its place, in the middle of a cycle.
        let others = [beginning, life?.changesAt].compactMap(\.self)
        return (ending + others).filter { $0 > now }.min()
    }

    // MARK: Work

    /// The results on an artefact by those whose word counts: they hold it (R-06-063).
    private func record(of life: ContractLife, on content: ContentHash) -> ChallengeRecord {
        ChallengeRecord(
            self.challenges.results(on: content, self.keys).filter {
                life.isValidator($0.validator, at: $0.at)
            },
            self.calendar
        )
    }

    /// A contract as it stood when a cycle that is held ended, and when that was.
    private func life(in cycle: RentCycle) -> (life: ContractLife, end: Timestamp)? {
        guard let hold = self.cycles.open(cycle), let calendar = self.calendar(of: cycle, hold)
        else {
            return nil
        }
        let end = calendar.end(of: cycle.number)
        let payer = self.keys.identity(of: hold.payer)
        let life = self.lives(of: cycle.content, at: end).first {
            $0.uploader == payer && $0.calendar == calendar
        }
        return life.map { ($0, end) }
    }

    /// Everybody who challenged for a cycle, so that their networks can be asked for.
    func validators(of cycle: RentCycle) -> Set<NodeID> {
        guard let (life, _) = self.life(in: cycle) else { return [] }
        return Set(self.record(of: life, on: cycle.content).findings.map(\.validator))
    }

    /// Who worked for a cycle that is held (D-66 to D-69).
    func work(for cycle: RentCycle, network: (NodeID) -> NetworkName) -> RentWork {
        guard let (life, end) = self.life(in: cycle) else {
            return RentWork(required: 1, providers: [], validators: [])
        }
        let record = self.record(of: life, on: cycle.content)
        let required = life.calendar.requiredPasses(in: cycle.number)
        let holders = life.contract.holders
        let providers = holders.map { holder in
            RentWork.Share(
                identity: holder.identity,
                count: record.passes(
                    of: holder,
                    before: end,
                    required: required,
                    network: network
                )
            )
        }
        let weights = record.weights(of: Set(holders.map(\.identity)), before: end)
        return RentWork(
            required: required,
            providers: providers,
            validators: weights.map { RentWork.Share(identity: $0.0, count: $0.1) }
        )
    }

    // MARK: Failures

    /// Failures of a provider that became certain and are not in the log yet, put as what they cost.
    ///
    /// Those that others confirmed long before they were heard here are of the past.
    func failure(of key: NodeID, on content: ContentHash, at now: Timestamp) -> StorageFact? {
        guard self.challenges.hasFailures(on: content) else { return nil }
        let provider = self.keys.identity(of: key)
        let life = self.life(of: content, at: now)
        guard let life,
            let holder = life.contract.holders.first(where: { $0.identity == provider })
        else { return nil }
        let record = self.record(of: life, on: content)
        let known = self.challenges.lastReport(of: provider, on: content, self.keys)
        let news = record.failures(of: provider).first { failure, confirmation in
            failure.at >= holder.since && known.map { confirmation.heardAt > $0 } ?? true
                && self.isNews(confirmation.at, at: now)
        }
        guard let failure = news?.failure else { return nil }
        return record.isAbandonment(failure, by: holder)
            ? .copyAbandoned(provider: provider, content: content)
            : .challengeFailed(provider: provider, content: content)
    }

    /// Whether something is not of the past yet.
    private func isNews(_ moment: Timestamp, at now: Timestamp) -> Bool {
        now.milliseconds(since: moment) <= self.calendar.milliseconds(StorageMarketLimits.news)
    }

    /// Pairs of validators and providers that deserve a look (R-06-072, R-06-112).
    var suspiciousPairs: [PairReview.Pair] {
        PairReview(
            self.challenges.contents.flatMap { self.challenges.results(on: $0, self.keys) },
            self.calendar
        ).pairs
    }

    // MARK: Hand-overs and votes

    /// The fee of a hand-over that was just announced; nil when it costs nothing, since its author holds
    /// no copy.
    func fee(of transfer: Message, at now: Timestamp) -> StorageFact? {
        guard case .rentTransfer(let body) = transfer.payload,
            let provider = self.keys.owner(of: transfer.from, at: transfer.timestamp),
            self.isNews(transfer.timestamp, at: now),
            !self.cycles.isCharged(transfer.id),
            let contract = self.contract(on: body.contentHash, at: max(now, transfer.timestamp)),
            contract.holders.contains(where: { $0.identity == provider })
        else { return nil }
        return .transferFee(transfer.id, payer: provider)
    }

    /// Who held copies when votes on them ended, within a span (R-06-085).
    func copiesHeld(after start: Timestamp, to end: Timestamp) -> [StorageFact] {
        self.references.ended(after: start, to: end, self.keys).compactMap { id, reference in
            let holders =
                self.contract(on: reference.content, at: reference.deadline)?.holders ?? []
            guard !holders.isEmpty else { return nil }
            return .copiesHeld(proposal: id, providers: holders.map(\.identity))
        }
    }
}
