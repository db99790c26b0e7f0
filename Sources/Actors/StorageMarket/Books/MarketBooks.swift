import Identities
import Messages
import Primitives

/// All that the market folds over the log, and what follows from it (ADR 0048).
///
/// Messages are kept as they came. Whose they are and what they come to is worked out when somebody
/// asks, so that the order of arrival does not matter.
struct MarketBooks: Sendable, Codable {
    private(set) var keys = KeyRegistry()
    /// Whose messages to look through.
    private(set) var kin = Kin()
    private(set) var contracts = ContractBook()
    private(set) var challenges = ChallengeBook()
    private(set) var notices = NoticeBook()
    private(set) var references = ReferenceBook()
    private(set) var cycles: CycleBook
    /// How long days are.
    let calendar: MarketCalendar
    /// Votes that changed numbers or keys.
    private var ratified: [MessageID: ResolutionRatified] = [:]
    private var parameters: ParameterHistory
    /// What was worked out of all this, and holds still.
    private(set) var workings = Workings()
    /// The newest day of the market in which what nobody needs any more was looked for, counted from 1970.
    private var tidiedOn: Int64?

    /// Begins with the numbers of the network's description, and with its days.
    init(
        parameters: NetworkParameters = NetworkParameters(),
        calendar: MarketCalendar = .standard
    ) {
        self.calendar = calendar
        self.cycles = CycleBook(calendar)
        self.parameters = ParameterHistory(parameters)
    }

    // MARK: Reading

    /// What a GB costs a day, at a moment (D-63).
    func rate(at moment: Timestamp) -> FixedPoint {
        self.parameters.parameters(at: moment)[.baseRent]
    }

    // MARK: The fold

    /// Applies an accepted message of the market, now or at replay.
    mutating func apply(_ admitted: AdmittedMessage) {
        let payload = admitted.message.payload
        if let (content, word) = ContractBook.Word.reading(payload) {
            self.take(word, on: content, admitted)
        }
        switch payload {
        case .challengeResult(let result):
            let isParty = self.validators(of: result.contentHash, at: admitted.receivedAt)
            self.challenges.add(result, admitted, isParty: isParty)
            // A challenge decides about a contract only where copies change hands.
            if self.contracts[result.contentHash]?[.transfer].isEmpty == false {
                self.changed(result.contentHash)
            }
        case .rentPayment(let payment):
            let uploaders = self.contracts.uploaders(of: payment.contentHash)
            let payers = Set(uploaders.map { self.keys.identity(of: $0) })
            self.notices.add(payment, admitted) { [keys = self.keys] in
                payers.contains(keys.identity(of: $0))
            }
            self.changed(payment.contentHash)
        default: break
        }
    }

    /// Whose results on an artefact count, as it stands now: the uploader's and those of its holders.
    private func validators(of content: ContentHash, at moment: Timestamp) -> (NodeID) -> Bool {
        let life = self.life(of: content, at: moment)
        return { [keys = self.keys] key in
            life?.isValidator(keys.identity(of: key), at: moment) ?? false
        }
    }

    private mutating func take(
        _ word: ContractBook.Word,
        on content: ContentHash,
        _ admitted: AdmittedMessage
    ) {
        let now = admitted.receivedAt
        if case .request = word, Capability.replicate.isPermitted(at: admitted.reputation) {
            let keys = self.keys.keys(of: self.keys.identity(of: admitted.message.from))
            if let quietest = self.contracts.quietest(askedForBy: keys, besides: content) {
                // Whoever asked for very many is not heard further as long as these are kept.
                guard !self.isConfirmed(quietest, at: now) else { return }
                self.contracts.forget(quietest, askedForBy: keys)
                self.changed(quietest)
            }
            guard self.hasRoom(for: admitted.message.from, on: content, at: now) else { return }
        }
        self.contracts.add(word, on: content, admitted) { [keys = self.keys] in
            keys.identity(of: $0)
        }
        self.changed(content)
        while self.contracts.isFull {
            // Where all contracts are confirmed, there is no room for one more.
            let quietest = self.contracts.quietest()
            if let quietest, self.isConfirmed(quietest, at: now) {
                self.contracts.settle(quietest)
            } else {
                self.contracts.forget(quietest ?? content)
                self.changed(quietest ?? content)
            }
        }
    }

    /// Whether one more uploader of an artefact is heard: if there are few, or the contracts of one of them
    /// ended, which is forgotten then.
    private mutating func hasRoom(for key: NodeID, on content: ContentHash, at moment: Timestamp)
        -> Bool
    {
        let uploaders = self.contracts.uploaders(of: content)
        guard uploaders.count >= StorageMarketLimits.uploadersMax, !uploaders.contains(key) else {
            return true
        }
        let open = Set(self.lives(of: content, at: moment).filter { !$0.isOver }.map(\.uploader))
        let ended = uploaders.sorted().first { !open.contains(self.keys.identity(of: $0)) }
        guard let ended else { return false }
        self.contracts.forget(content, askedForBy: [ended])
        return true
    }

    // MARK: Workings

    /// Works out what changed, or passed, so that nobody has to do it again.
    mutating func workOut(at moment: Timestamp) {
        for content in self.workings.due(at: moment) {
            guard let lives = self.play(content, until: moment) else { continue }
            self.workings.keep(lives, of: content)
        }
    }

    /// The contracts on an artefact may have changed.
    private mutating func changed(_ content: ContentHash) {
        let isWanted = self.contracts[content]?.isWanted ?? false
        self.workings.forget(content, isWanted: isWanted)
    }

    private mutating func follow(_ changes: [KeyChange]) -> [KeyChange] {
        guard !changes.isEmpty else { return [] }
        self.kin.follow(changes, self.keys)
        let keys = changes.flatMap(\.keys)
        let identities = Set(keys + keys.map { self.keys.identity(of: $0) })
        let signers = Set(identities.flatMap { self.kin.keys(thatSignedFor: $0) })
        for content in self.contracts.contents(of: signers) { self.changed(content) }
        for content in self.contracts.contents(handedTo: signers) { self.changed(content) }
        return changes
    }

    /// Whether enough copies of an artefact are confirmed, and its contract did not end.
    private func isConfirmed(_ content: ContentHash, at moment: Timestamp) -> Bool {
        self.life(of: content, at: moment).map { !$0.isOver && $0.isConfirmed } ?? false
    }

    /// A message of any type is in the log.
    ///
    /// - Returns: what it changed of keys.
    @discardableResult
    mutating func logged(_ admitted: AdmittedMessage) -> [KeyChange] {
        var changes = self.advance(to: admitted.receivedAt)
        changes += self.follow(self.keys.apply(admitted.message))
        for content in self.references.add(admitted) { self.changed(content) }
        return changes
    }

    /// A fact of any owner is in the log.
    ///
    /// - Returns: what it changed of keys.
    @discardableResult
    mutating func logged(_ fact: LocalFact) -> [KeyChange] {
        var changes = self.advance(to: fact.recordedAt)
        if let start = KeyStartedOver(fact) { changes += self.follow(self.keys.apply(start)) }
        if let decision = DecisionFact(fact) { self.decided(decision) }
        if let reopening = ReopeningFact(fact) {
            self.ratified[reopening.proposal] = nil
            self.parameters.remove(reopening.proposal)
        }
        if let finding = StorageFact(fact) { self.found(finding, at: fact.recordedAt) }
        return changes
    }

    private mutating func decided(_ decision: DecisionFact) {
        guard let resolution = ResolutionRatified(decision),
            self.ratified[resolution.proposal] == nil
        else { return }
        switch resolution.resolution.kind {
        case .parameter:
            self.ratified[resolution.proposal] = resolution
            self.parameters.add(resolution)
        case .keyConflict:
            self.ratified[resolution.proposal] = resolution
            self.keys.ratified(resolution)
        case .flag, .ban: break
        }
    }

    private mutating func found(_ finding: StorageFact, at time: Timestamp) {
        switch finding {
        case .rentHeld(let cycle, let payer, let amount):
            self.cycles.held(cycle, by: payer, amount, at: time)
            self.changed(cycle.content)
        case .rentSettled(let cycle, _):
            let paidAt = self.cycles.open(cycle).map { self.paidAt(cycle, $0) ?? time }
            self.cycles.settled(cycle, paidAt: paidAt, at: time)
            self.changed(cycle.content)
        case .rentMissed(let cycle, let payer):
            self.cycles.missed(cycle, by: payer, at: time)
            self.changed(cycle.content)
        case .transferFee(let transfer, _): self.cycles.charged(transfer, at: time)
        case .challengeFailed(let provider, let content),
            .copyAbandoned(let provider, let content):
            self.challenges.reported(provider, on: content, at: time)
        case .copiesHeld(let proposal, _): self.references.shared(proposal)
        }
    }

    /// Time passes by entries of the log.
    private mutating func advance(to time: Timestamp) -> [KeyChange] {
        let changes = self.follow(self.keys.advance(to: time))
        let day = self.calendar.day(of: time)
        guard self.tidiedOn.map({ $0 < day }) ?? true else { return changes }
        self.tidiedOn = day
        self.tidy(at: time)
        return changes
    }

    private mutating func tidy(at time: Timestamp) {
        self.workings.forgetAll()
        let old = self.calendar.moment(StorageMarketLimits.silence, before: time)
        self.challenges.drop(at: time, self.calendar)
        self.notices.drop(at: time, self.calendar)
        let spokenOf = Set(self.challenges.contents + self.notices.contents)
            .union(self.cycles.contents(since: old))
        self.contracts.drop(silentSince: old) { spokenOf.contains($0) }
        let known = Set(self.contracts.contents)
        self.cycles.drop(at: time) { known.contains($0) }
        self.references.drop(at: time, self.calendar) { known.contains($0) }
    }
}

extension MarketBooks: Digestible {
    /// The numbers in force follow from the description and from what was ratified; days are a setting.
    func digest(into writer: inout some StateWriter) {
        writer.field("keys", self.keys)
        writer.field("contracts", self.contracts)
        writer.field("challenges", self.challenges)
        writer.field("notices", self.notices)
        writer.field("references", self.references)
        writer.field("cycles", self.cycles)
        writer.field("ratified", self.ratified)
        writer.field("tidiedOn", self.tidiedOn)
    }
}
