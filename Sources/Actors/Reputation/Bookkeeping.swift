import Identities
import Messages
import OrderedCollections
import Primitives

/// The rules of reputation: the ledger and the books beside it, folded over the log.
///
/// It takes entries of the log in, hands each to the books that it concerns, and lends them the ledger.
/// Beside the fold stand who announced itself of late, which says who is active now, and what was let
/// through and is not in the log yet.
struct Bookkeeping: Sendable, Codable {
    private(set) var configuration: ReputationConfiguration
    private(set) var ledger: Ledger
    private(set) var witnesses: Witnesses
    private(set) var work: ProposalWork
    private(set) var flags: ContentFlags
    private(set) var storage: StorageBookings
    private(set) var verdicts: Verdicts
    private(set) var own = OwnRecord()
    private(set) var attendance = Attendance()
    private var budget: SenderBudget
    /// Time, as arrivals tell it.
    private var newestArrival = Timestamp(milliseconds: 0)
    /// The newest hour in which what did not count was looked at again, counted from 1970.
    private var reconsideredInHour: Int64?

    init(configuration: ReputationConfiguration) {
        self.configuration = configuration
        self.ledger = Ledger(founders: configuration.genesis)
        self.witnesses = Witnesses(configuration)
        self.work = ProposalWork(configuration)
        self.flags = ContentFlags(configuration.hashDatabases, configuration.calendar)
        self.storage = StorageBookings(configuration.calendar)
        self.verdicts = Verdicts(configuration)
        self.budget = SenderBudget(isLocalProfile: configuration.isLocalProfile)
    }

    /// Takes over what a checkpoint holds; lists that the operator gives are those of this start.
    mutating func restore(_ kept: Bookkeeping) {
        let given = self.configuration
        self = kept
        self.configuration = given
        self.witnesses.use(given.operators)
        self.flags.use(given.hashDatabases)
    }

    // MARK: Not in the log

    /// Somebody announced itself.
    mutating func announced(_ admitted: AdmittedMessage) {
        self.attendance.announced(admitted.sender.identity, at: admitted.receivedAt)
    }

    /// Once an hour, when others are heard: this node is there, and these hear it too.
    mutating func presenceFact(now: Timestamp) -> LocalFact? {
        // Every announcement comes here, and counting who is active takes long.
        guard self.own.isNew(hourOf: now), self.activeIdentities(now: now).count > 1 else {
            return nil
        }
        self.own.takeHour(at: now)
        return OwnFact.present.fact(recordedAt: now)
    }

    /// Why there is no room for a message; when there is, its place is kept until it is in the log (ADR
    /// 0037).
    mutating func budgetRefusal(of admitted: AdmittedMessage) -> Refusal? {
        guard let item = SenderBudget.Item(admitted, self.ledger, self.witnesses) else {
            return nil
        }
        let proven = self.witnesses.proven.count
        return self.budget.reserve(item, now: admitted.receivedAt, proven: proven)
    }

    /// What a message would cost its author: found by folding it into a copy (ADR 0059).
    func cost(of admitted: AdmittedMessage) -> DraftRating.Cost? {
        guard let item = SenderBudget.Item(admitted, self.ledger, self.witnesses) else {
            return nil
        }
        let identity = self.ledger.identity(of: admitted.sender.identity)
        var before = self
        // What time alone brings is no part of the cost.
        before.advance(to: admitted.receivedAt)
        var after = before
        after.logged(admitted)
        let lost = before.ledger.direct(of: identity) - after.ledger.direct(of: identity)
        let usage = self.budget.usage(with: item, now: admitted.receivedAt)
        return DraftRating.Cost(
            reputation: max(.zero, lost),
            used: DraftRating.Usage(messages: usage.used.count, bytes: usage.used.bytes),
            messagesMax: usage.allowance.count == .max ? nil : usage.allowance.count,
            bytesMax: usage.allowance.bytes
        )
    }

    /// A message was accepted and will not be in the log.
    mutating func relayed(_ id: MessageID) { self.budget.relayed(id) }

    /// A message ended before acceptance; the place that was kept for it is free again.
    ///
    /// A duplicate is another copy of a message whose place is still needed.
    mutating func refused(_ event: MessageRefused) {
        guard let id = event.id, event.refusal.code != .duplicate else { return }
        self.budget.refused(id, from: event.origin)
    }

    // MARK: Messages

    /// Folds a logged message; live and at replay this is the same (ADR 0005).
    mutating func logged(_ admitted: AdmittedMessage) {
        self.advance(to: admitted.receivedAt)
        let message = admitted.message
        if let item = SenderBudget.Item(admitted, self.ledger, self.witnesses) {
            self.budget.logged(item, receivedAt: admitted.receivedAt)
        }
        for change in self.ledger.fold(message) { self.follow(change, at: message.timestamp) }
        // A key that lost its identity in the meantime speaks for nobody.
        guard case .success(let standing) = self.ledger.keys.standing(of: message) else { return }
        let identity = standing.identity
        let today = self.ledger.days.today ?? message.timestamp.utcDay
        self.ledger.note(identity) { account in
            account.presence.active(at: message.timestamp, today: today)
            guard admitted.isDirect else { return }
            account.observations.note(message.type, message.id, at: message.timestamp)
        }
        self.witnesses.heard(identity)
        self.apply(admitted, by: identity)
    }

    private mutating func apply(_ admitted: AdmittedMessage, by identity: NodeID) {
        let message = admitted.message
        switch message.payload {
        case .propose(let proposal):
            self.brought([proposal.contentHash], by: identity, in: message)
            self.work.proposed(
                proposal,
                in: message,
                by: identity,
                at: self.newestArrival,
                &self.ledger,
                self.witnesses
            )
        case .adopt(let adoption) where adoption.success:
            let deed = RewardBook.Adoption(
                proposal: adoption.proposalID,
                adopter: identity,
                timestamp: message.timestamp
            )
            self.work.adopted(deed, at: self.newestArrival, &self.ledger, self.witnesses)
        case .share(let share):
            self.brought(share.entries.map(\.contentHash), by: identity, in: message)
            self.work.shared(
                share,
                in: message,
                by: identity,
                at: self.newestArrival,
                &self.ledger,
                self.witnesses
            )
        case .replicateRequest(let request):
            self.brought([request.content.contentHash], by: identity, in: message)
            self.work.uploaded(request.content.contentHash, by: identity)
        case .comment(let comment):
            self.work.commented(comment, in: message, by: identity, &self.ledger, self.witnesses)
        case .flag(let flag):
            if identity == self.ownIdentity { self.flags.flaggedByOwn(flag) }
            self.flags.flagged(flag, in: message, by: identity, &self.ledger, self.witnesses)
        case .peerAnnounce(let announcement): self.seen(announcement, admitted, by: identity)
        case .reputationGossip(let gossip):
            self.witnesses.assessed(gossip, in: message, by: identity, self.ledger)
        default: break
        }
    }

    /// Somebody names artefacts.
    mutating func brought(_ contents: [ContentHash], by identity: NodeID, in message: Message) {
        self.flags.brought(contents, by: identity, in: message, &self.ledger, self.witnesses)
    }

    private mutating func seen(
        _ announcement: PeerAnnounce,
        _ admitted: AdmittedMessage,
        by identity: NodeID
    ) {
        self.proved(identity)
        let isFounder = self.ledger.read(identity) { $0.pointee.isFounder } ?? false
        self.witnesses.announced(
            announcement,
            in: admitted.message,
            by: identity,
            isFounder: isFounder
        )
        guard admitted.isDirect, admitted.isFresh else { return }
        self.present(identity, at: admitted.message.timestamp)
    }

    /// An identity proved its delay, which admission checked.
    mutating func proved(_ identity: NodeID) {
        guard self.witnesses.proved(identity) else { return }
        self.work.proved(identity, at: self.newestArrival, &self.ledger, self.witnesses)
    }

    /// An identity is there in an hour; the twentieth of a UTC day earns (D-37).
    private mutating func present(_ identity: NodeID, at time: Timestamp) {
        var isDayComplete = false
        self.ledger.note(identity) { isDayComplete = $0.presence.seen(at: time) }
        guard isDayComplete else { return }
        let reward = self.verdicts.resolutions.parameters(at: time)[.uptimeReward]
        self.earn(reward, by: identity, at: time, cause: LedgerCause.uptime.rawValue)
    }

    // MARK: Facts

    /// Folds a logged fact: a decision of Consensus, a finding of the storage market, or what this
    /// node knows of itself.
    mutating func logged(_ fact: LocalFact) {
        let time = fact.recordedAt
        self.resolveKeys(at: time)
        if let decision = DecisionFact(fact) {
            self.advance(to: time)
            self.decided(decision, at: time)
        } else if let reopening = ReopeningFact(fact) {
            self.advance(to: time)
            self.verdicts.setAside(reopening.proposal)
        } else if let finding = StorageFact(fact) {
            self.advance(to: time)
            self.found(finding, at: time)
        } else if let start = KeyStartedOver(fact) {
            for change in self.ledger.fold(start) { self.follow(change, at: time) }
        } else if let own = OwnFact(fact) {
            // A node that hears nobody does not see others fall silent: only arrivals are time.
            self.knows(own, fact)
        } else if let scores = ReportedScores(fact) {
            self.witnesses.reported(scores, at: time, self.ledger)
        }
    }

    private mutating func found(_ finding: StorageFact, at time: Timestamp) {
        switch finding {
        case .rentHeld(let cycle, let payer, let amount):
            self.storage.hold(amount, of: payer, for: cycle, at: time, &self.ledger)
        case .rentSettled(let cycle, let work):
            self.storage.settle(cycle, work, at: time, &self.ledger)
        case .rentMissed(let cycle, _):
            self.storage.giveBack(cycle, at: time, &self.ledger)
        case .transferFee(let transfer, let payer):
            self.storage.handedOver(transfer, by: payer, at: time, &self.ledger)
        case .challengeFailed(let provider, let content):
            self.storage.failed(provider, on: content, at: time, &self.ledger)
        case .copyAbandoned(let provider, let content):
            self.storage.abandoned(content, by: provider, at: time, &self.ledger)
        case .copiesHeld(let proposal, let providers): self.work.held(proposal, by: providers)
        }
    }

    private mutating func knows(_ own: OwnFact, _ fact: LocalFact) {
        let (identity, time) = (self.ownIdentity, fact.recordedAt)
        switch own {
        case .present:
            self.own.wasPresent(at: time)
            // Others observe an announcement an hour.
            let text = "\(fact.kind) \(time.milliseconds)"
            let id = MessageID(SHA256Digest.hash(Array(text.utf8)))
            self.ledger.note(identity) { $0.observations.note(.peerAnnounce, id, at: time) }
        case .served(let peer):
            let peer = self.ledger.identity(of: peer)
            guard peer != identity, self.own.served(peer, at: time) else { return }
        }
        let today = self.ledger.days.today ?? time.utcDay
        self.ledger.note(identity) { $0.presence.active(at: time, today: today) }
        self.present(identity, at: time)
    }

    // MARK: What becomes of artefacts

    /// Takes out the standings that changed since they were taken last.
    mutating func takeWeighed() -> [ContentWeighed] { self.flags.takeChanges(self.ledger) }

    /// Artefacts lie on this node's disk.
    mutating func held(_ contents: [ContentHash]) { self.flags.held(contents) }

    /// The next flag on what a hash database lists; it needs the score that others need for one (R-06-126,
    /// R-06-127).
    mutating func nextMatch() -> Flag? {
        guard Capability.flagIllegal.isPermitted(at: self.score(of: self.ownIdentity)) else {
            return nil
        }
        return self.flags.nextMatch()
    }

    /// A flag of that kind that is not in the log by now may be sent again.
    mutating func retryMatch() { self.flags.retryMatch() }

    // MARK: Decisions

    private mutating func decided(_ decision: DecisionFact, at time: Timestamp) {
        // Nobody's votes decided it: anybody can propose what cannot be ratified (D-52).
        guard decision.objection == nil else { return }
        let votes = decision.counted { self.ledger.identity(of: $0) }
        self.verdicts.counted(votes)
        switch decision.state {
        case .ratified: self.ratified(decision, at: time)
        case .rejected where decision.hasQuorum:
            guard let resolution = decision.resolution else { break }
            self.flags.reject(resolution, of: decision.proposal, at: time, &self.ledger)
        case .rejected, .expired: break
        case .open, .converging, .confirming, .withdrawn: return
        }
        let accomplices = self.witnesses.decided(
            decision.proposal,
            votes,
            at: time,
            self.ledger.keys
        )
        for one in accomplices {
            let cause = "votes in step with \(one.others) others"
            self.charge(EarningLimits.grave, to: one.identity, at: time, cause: cause)
        }
    }

    private mutating func ratified(_ decision: DecisionFact, at time: Timestamp) {
        // The deadline is the same on every node; the moment of looking is not.
        let deadline = self.work.deadline(of: decision.proposal) ?? time
        let author = self.ledger.identity(of: decision.author)
        guard let resolution = self.verdicts.ratified(decision, by: author, until: deadline) else {
            return
        }
        self.ledger.ratified(resolution)
        self.resolveKeys(at: time)
        self.verdicts.enactDue(at: time, &self.flags, &self.ledger)
    }

    // MARK: Entries of no other book

    /// A gain of an identity, dampened and limited (D-40, D-41).
    ///
    /// - Returns: what was applied; nothing while the identity is suspended (R-01-014).
    @discardableResult
    mutating func earn(
        _ raw: FixedPoint,
        by key: NodeID,
        at time: Timestamp,
        cause: String
    ) -> FixedPoint {
        self.ledger.earn(raw, by: key, at: time, cause: cause)
    }

    /// A loss of an identity.
    ///
    /// - Returns: what was taken; nothing while the identity is suspended (R-01-014).
    @discardableResult
    mutating func charge(
        _ amount: FixedPoint,
        to key: NodeID,
        at time: Timestamp,
        cause: String
    ) -> FixedPoint {
        self.ledger.charge(amount, to: key, at: time, cause: cause)
    }

    // MARK: Time

    /// Time passes by arrivals: days end, resolutions come into force, flags lapse.
    mutating func advance(to arrival: Timestamp) {
        self.newestArrival = max(self.newestArrival, arrival)
        self.ledger.advance(to: arrival)
        self.resolveKeys(at: arrival)
        self.verdicts.enactDue(at: arrival, &self.flags, &self.ledger)
        self.flags.lapse(at: arrival, &self.ledger, self.witnesses)
        self.reconsider(at: arrival)
    }

    /// Scores and networks change: once an hour what did not count is looked at again (D-20).
    private mutating func reconsider(at arrival: Timestamp) {
        let hour = arrival.utcHour
        guard self.reconsideredInHour.map({ $0 < hour }) ?? true else { return }
        self.reconsideredInHour = hour
        self.flags.reconsider(at: arrival, &self.ledger, self.witnesses)
        self.work.reconsider(at: self.newestArrival, &self.ledger, self.witnesses)
    }

    // MARK: Keys

    /// Contradictions of rotations end at the same entry of the log for all who fold it (D-61).
    private mutating func resolveKeys(at time: Timestamp) {
        for change in self.ledger.enactResolutions(at: time) { self.follow(change, at: time) }
    }

    /// Books follow a key to its new identity; the ledger did so already.
    private mutating func follow(_ change: KeyChange, at time: Timestamp) {
        switch change {
        case .rotated(_, let newKey): self.storage.startedOver(newKey)
        case .reborn(let key): self.storage.startedOver(key)
        case .linked, .revoked, .conflicted, .freed: break
        }
        self.follow(change, self.ledger.keys)
        let identities = OrderedSet(change.keys.map { self.ledger.identity(of: $0) })
        self.witnesses.void(of: identities, self.ledger.keys)
        self.flags.keysChanged(
            of: identities,
            at: time,
            arrival: self.newestArrival,
            &self.ledger,
            self.witnesses
        )
    }
}

extension Bookkeeping: BookKeeper {
    /// All that the log alone determines.
    mutating func present(to reader: inout some BookReader) {
        // It holds the registry of keys, and accounts move by rules of their own before all else (D-12).
        reader.part("ledger", self.ledger)
        reader.book("witnesses", &self.witnesses)
        reader.book("work", &self.work)
        reader.book("flags", &self.flags)
        reader.book("storage", &self.storage)
        reader.book("verdicts", &self.verdicts)
        reader.book("own", &self.own)
        reader.book("budget", &self.budget)
        reader.part("newestArrival", self.newestArrival)
        reader.part("reconsideredInHour", self.reconsideredInHour)
    }
}

extension DecisionFact {
    /// The votes that counted, by who the voters are now.
    fileprivate func counted(_ identity: (NodeID) -> NodeID) -> [Ballot] {
        self.votes.filter { $0.notCountedBecause == nil }.map { vote in
            Ballot(
                identity: identity(vote.identity),
                voteID: vote.voteID,
                at: vote.at,
                stance: vote.stance,
                weight: vote.weight,
                isDegraded: vote.isDegraded,
                notCountedBecause: nil
            )
        }
    }
}

extension AdmittedMessage {
    /// Came to this node by itself, not in a page of the past (R-05-115).
    ///
    /// A storage proof is an answer on a stream of its author.
    fileprivate var isDirect: Bool {
        switch self.origin {
        case .local, .gossip: true
        case .exchange, .answer, .sync:
            self.message.type == .storageProof && self.origin.peer == self.message.from
        }
    }

    /// Arrived when it was made.
    fileprivate var isFresh: Bool {
        let age = self.receivedAt.milliseconds(since: self.message.timestamp)
        return age.magnitude <= ReputationLimits.freshMilliseconds.magnitude
    }
}
