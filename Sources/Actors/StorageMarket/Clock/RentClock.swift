import Kernel
import Messages
import Primitives

/// Decides when a cycle of rent begins, is settled or is missed, and puts it down for the ledger
/// (ADR 0048, Rent).
///
/// There is one round at a time: Reputation is asked, then what is decided goes to the log. The next
/// round begins when the log has all of it. What other findings need no question go there at once.
struct RentClock: Sendable, Codable {
    private enum Stage: Sendable, Codable {
        /// Nothing is under way; the next round begins at this time or later.
        case open(from: Timestamp)
        /// Reputation is being asked.
        case asking
        /// These are on their way to the log.
        case logging(Set<RentCycle>)
    }

    private var stage = Stage.open(from: .distantPast)
    /// When the replay was over; nil before.
    private var liveSince: Timestamp?
    private var isCaughtUp = false
    /// When to look at which artefact.
    private var agenda = Agenda()
    /// When all artefacts were last looked at: keys may have changed hands since.
    private var wentRoundAt: Timestamp?
    /// Findings beside rent that the log does not have yet.
    private var underWay: [StorageFact] = []

    // MARK: The node's life

    /// The replay is over.
    mutating func replayFinished(_ books: MarketBooks, now: Timestamp) -> [StorageMarketAction] {
        self.liveSince = now
        return self.sleep(books, now: now)
    }

    /// This node has fetched what it missed.
    mutating func caughtUp(_ books: MarketBooks, now: Timestamp) -> [StorageMarketAction] {
        self.isCaughtUp = true
        return self.woke(books, now: now)
    }

    /// When this node knows enough to decide: once it has caught up, or has waited long for it.
    private func decidesFrom(_ books: MarketBooks) -> Timestamp? {
        guard let liveSince else { return nil }
        return self.isCaughtUp
            ? liveSince : books.calendar.moment(StorageMarketLimits.catchingUp, after: liveSince)
    }

    private func decides(_ books: MarketBooks, at now: Timestamp) -> Bool {
        self.decidesFrom(books).map { now >= $0 } ?? false
    }

    // MARK: Time

    /// The wake that was asked for.
    mutating func woke(_ books: MarketBooks, now: Timestamp) -> [StorageMarketAction] {
        guard let liveSince, self.decides(books, at: now) else {
            return self.sleep(books, now: now)
        }
        let yesterday = books.calendar.moment(StorageMarketLimits.news, before: now)
        let held = books.copiesHeld(after: max(liveSince, yesterday), to: now)
        return held.flatMap { self.record($0, now) } + self.begin(books, now: now)
            + self.sleep(books, now: now)
    }

    private mutating func begin(_ books: MarketBooks, now: Timestamp) -> [StorageMarketAction] {
        if self.nextRound(books).map({ $0 <= now }) ?? true {
            self.wentRoundAt = now
            for content in books.rented { self.agenda[content] = now }
        }
        guard case .open(let opening) = self.stage, now >= opening else { return [] }
        let due = self.due(books, at: now)
        guard !due.isEmpty else { return [] }
        self.stage = .asking
        let identities = due.reduce(into: Set<NodeID>()) { all, due in
            switch due {
            case .begin(_, let payer, _): all.insert(payer)
            case .settle(let cycle): all.formUnion(books.validators(of: cycle))
            case .miss: break
            }
        }
        return [.ask(.scores(Scores(identities: identities.sorted()), .rent(due)))]
    }

    private func nextRound(_ books: MarketBooks) -> Timestamp? {
        self.wentRoundAt.map { books.calendar.moment(StorageMarketLimits.round, after: $0) }
    }

    /// What is due on the artefacts whose turn it is; those with nothing due get another turn.
    private mutating func due(_ books: MarketBooks, at now: Timestamp) -> [RentDue] {
        var due: [RentDue] = []
        for content in self.agenda.due(at: now) {
            let own = books.due(on: content, at: now)
            if own.isEmpty { self.agenda[content] = books.nextDue(on: content, after: now) }
            due += own
            if due.count >= StorageMarketLimits.cyclesDecidedMax { break }
        }
        return due
    }

    /// Asks to be woken when something may be due.
    private mutating func sleep(_ books: MarketBooks, now: Timestamp) -> [StorageMarketAction] {
        guard let decidesFrom = self.decidesFrom(books) else { return [] }
        guard now >= decidesFrom else { return [.wake(at: decidesFrom)] }
        var moments = [
            self.agenda.first(after: now), books.references.nextDeadline(after: now),
            self.nextRound(books),
        ]
        if case .open(let opening) = self.stage, opening > now { moments.append(opening) }
        return moments.compactMap(\.self).min().map { [.wake(at: $0)] } ?? []
    }

    // MARK: Decisions

    /// Reputation told what payers have and where validators are; nil when it did not answer.
    mutating func heard(
        _ reply: Scores.Reply?,
        on due: [RentDue],
        _ books: MarketBooks,
        now: Timestamp
    ) -> [StorageMarketAction] {
        guard let reply else {
            self.stage = .open(
                from: now.adding(milliseconds: StorageMarketLimits.askAgainMilliseconds)
            )
            return self.sleep(books, now: now)
        }
        // What changed since it was asked is looked at again in the next round.
        let contents = Set(due.map(\.cycle.content))
        let stillDue = contents.reduce(into: Set<RentDue>()) {
            $0.formUnion(books.due(on: $1, at: now))
        }
        let findings = Self.decide(due.filter(stillDue.contains), reply, books)
        let cycles = Set(due.filter(stillDue.contains).map(\.cycle))
        guard !cycles.isEmpty else {
            self.stage = .open(from: now)
            return [.wake(at: now)]
        }
        self.stage = .logging(cycles)
        return findings.map { .record($0.fact(recordedAt: now)) } + self.sleep(books, now: now)
    }

    private static func decide(_ due: [RentDue], _ reply: Scores.Reply, _ books: MarketBooks)
        -> [StorageFact]
    {
        var spendable = Dictionary(
            reply.entries.map { ($0.identity, $0.spendable) },
            uniquingKeysWith: { first, _ in first }
        )
        let networks = Dictionary(
            reply.entries.map { ($0.identity, $0.network) },
            uniquingKeysWith: { first, _ in first }
        )
        return due.map { due in
            switch due {
            case .begin(let cycle, let payer, let amount):
                let purse = spendable[payer] ?? .zero
                guard purse >= amount else { return .rentMissed(cycle, payer: payer) }
                spendable[payer] = purse - amount
                return .rentHeld(cycle, payer: payer, amount: amount)
            case .settle(let cycle):
                let work = books.work(for: cycle) { networks[$0] ?? .unknown }
                return .rentSettled(cycle, work)
            case .miss(let cycle, let payer): return .rentMissed(cycle, payer: payer)
            }
        }
    }

    // MARK: The log

    /// A finding is in the log.
    mutating func logged(_ finding: StorageFact, at time: Timestamp) -> [StorageMarketAction] {
        switch finding {
        case .rentHeld(let cycle, _, _), .rentSettled(let cycle, _), .rentMissed(let cycle, _):
            guard case .logging(var rest) = self.stage else { return [] }
            rest.remove(cycle)
            self.stage = rest.isEmpty ? .open(from: .distantPast) : .logging(rest)
            return rest.isEmpty && self.liveSince != nil ? [.wake(at: time)] : []
        case .challengeFailed, .copyAbandoned, .copiesHeld, .transferFee:
            self.underWay.removeAll { $0 == finding }
            return []
        }
    }

    private mutating func record(_ finding: StorageFact, _ now: Timestamp) -> [StorageMarketAction]
    {
        guard !self.underWay.contains(finding) else { return [] }
        self.underWay.append(finding)
        return [.record(finding.fact(recordedAt: now))]
    }

    // MARK: Messages

    /// A message of the market was accepted, and is in the books.
    mutating func accepted(_ admitted: AdmittedMessage, _ books: MarketBooks)
        -> [StorageMarketAction]
    {
        let (message, now) = (admitted.message, admitted.receivedAt)
        guard self.decides(books, at: now) else { return [] }
        var actions: [StorageMarketAction] = []
        switch message.payload {
        case .challengeResult(let result):
            let failure = books.failure(of: result.challengedNode, on: result.contentHash, at: now)
            actions += failure.map { self.record($0, now) } ?? []
        case .rentTransfer:
            actions += books.fee(of: message, at: now).map { self.record($0, now) } ?? []
        default: break
        }
        // What is due already was not before this message came.
        guard let content = message.payload.dealtContent else { return actions }
        return actions + self.plan(content, books, at: now)
    }

    /// A message of another subsystem is in the log: votes on artefacts begin, and end.
    mutating func logged(_ message: Message, _ books: MarketBooks, at now: Timestamp)
        -> [StorageMarketAction]
    {
        guard self.decides(books, at: now), case .propose(let proposal) = message.payload else {
            return []
        }
        let actions = self.plan(proposal.contentHash, books, at: now)
        return actions.isEmpty ? [] : actions + [.wake(at: proposal.votingDeadline)]
    }

    /// Looks at an artefact again when something is due on it, as things stand now.
    private mutating func plan(_ content: ContentHash, _ books: MarketBooks, at now: Timestamp)
        -> [StorageMarketAction]
    {
        let next = books.nextDue(on: content, at: now)
        self.agenda[content] = next
        return next.map { [.wake(at: $0)] } ?? []
    }
}
