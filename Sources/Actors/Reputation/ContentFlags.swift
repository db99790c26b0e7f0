import Identities
import Messages
import OrderedCollections
import Primitives

/// Flags on content: what they cost, whom they suspend, what becomes of them, and of the content (§6, D-77).
struct ContentFlags: Sendable, Codable {
    /// What becomes of stakes.
    private enum Outcome {
        case returned(String)
        case lost(String)
    }

    private(set) var book: FlagBook
    private(set) var sources = ContentSources()
    /// Artefacts whose flags a vote upheld.
    private var upheld: OrderedSet<ContentHash> = []
    private var condemned = CondemnedContents()
    /// What banned sources had brought when they were banned.
    private var banned: OrderedSet<ContentHash> = []
    private var matches: HashMatches
    private var standings = ToldStandings()

    init(_ databases: HashDatabases, _ calendar: MarketCalendar) {
        self.book = FlagBook(calendar)
        self.matches = HashMatches(databases)
    }

    /// Looks artefacts up in these lists from now on.
    mutating func use(_ databases: HashDatabases) { self.matches.use(databases) }

    // MARK: Flags and sources

    /// An identity flags an artefact; it counts only from the score that it needs.
    mutating func flagged(
        _ flag: Flag,
        in message: Message,
        by flagger: NodeID,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses
    ) {
        let flag = FlagBook.Waiting(
            content: flag.contentHash,
            flagger: flagger,
            word: FlagWord(
                severity: flag.severity,
                at: message.timestamp,
                id: message.id,
                signer: message.from,
                database: self.matches.database(of: flag)
            )
        )
        guard Self.isPermitted(flag, ledger, witnesses) else { return self.book.wait(flag) }
        self.count(flag, at: flag.word.at, &ledger, witnesses)
    }

    private static func isPermitted(
        _ flag: FlagBook.Waiting,
        _ ledger: Ledger,
        _ witnesses: Witnesses
    ) -> Bool {
        let word = flag.word
        return !ledger.keys.isVoid(signer: word.signer, at: word.at)
            && word.severity.capability.isPermitted(at: witnesses.score(of: flag.flagger, ledger))
    }

    private mutating func count(
        _ flag: FlagBook.Waiting,
        at time: Timestamp,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses
    ) {
        guard self.book.isNew(flag) else { return self.book.wait(flag) }
        let stake = self.stake(flag, at: time, &ledger)
        self.book.add(
            FlagBook.Open(word: flag.word, stake: stake),
            by: flag.flagger,
            on: flag.content
        )
        self.weigh(flag.content, &ledger, witnesses)
    }

    /// Takes the stake of a flag; that of the flag in whose place it comes goes back, unless it is the same.
    private func stake(_ flag: FlagBook.Waiting, at time: Timestamp, _ ledger: inout Ledger)
        -> FixedPoint
    {
        if let former = self.book.flag(of: flag.flagger, on: flag.content) {
            guard former.word.severity != flag.word.severity else { return former.stake }
            let settled = FlagBook.Settlement(
                flagger: flag.flagger,
                content: flag.content,
                flag: former
            )
            Self.settle([settled], .returned("replaced"), at: time, &ledger)
        }
        return ledger.stake(
            flag.word.severity.stake,
            of: flag.flagger,
            at: time,
            cause: LedgerCause(flag.word.severity).text(flag.content)
        )
    }

    /// Flags that did not count are looked at again, and so is what those that count amount to (D-20).
    mutating func reconsider(
        at arrival: Timestamp,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses
    ) {
        let book = self.book
        let ready = self.book.takeReady(at: arrival) {
            book.isNew($0) && Self.isPermitted($0, ledger, witnesses)
        }
        for flag in ready { self.count(flag, at: arrival, &ledger, witnesses) }
        for content in self.book.flagged { self.weigh(content, &ledger, witnesses) }
    }

    /// Somebody names artefacts; whoever did so first is the source of each.
    mutating func brought(
        _ contents: [ContentHash],
        by identity: NodeID,
        in message: Message,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses
    ) {
        let standing = ContentSources.Standing(
            isFlagged: self.book.isFlagged,
            isProven: witnesses.proven.contains
        )
        for content in contents {
            self.sources.named(content, by: identity, in: message, standing)
            self.standings.mayChange(content)
        }
        self.suspendSources(&ledger)
    }

    private mutating func weigh(
        _ content: ContentHash,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses
    ) {
        self.book.weigh(content) { witnesses.networkCount($0) }
        self.condemned.weigh(content, self.book.illegal(on: content)) { witnesses.networkCount($0) }
        self.standings.mayChange(content)
        self.suspendSources(&ledger)
    }

    private func suspendSources(_ ledger: inout Ledger) {
        ledger.suspend(OrderedSet(self.book.suspending.compactMap { self.sources.source(of: $0) }))
    }

    // MARK: What becomes of artefacts

    /// The standing of an artefact, as votes and flags have it.
    func standing(of content: ContentHash, _ ledger: Ledger) -> ContentStanding {
        let isRemoved = self.upheld.contains(content) || self.isBanned(content, ledger)
        if isRemoved || self.condemned.contains(content) { return .condemned }
        let standing = self.book.standing(of: content)
        return self.matches.contains(content) ? max(standing, .withheld) : standing
    }

    /// A source that turned out to be another one, or is banned no longer, has brought nothing.
    private func isBanned(_ content: ContentHash, _ ledger: Ledger) -> Bool {
        self.banned.contains(content)
            && (self.sources.source(of: content).map { ledger.isBanned($0) } ?? true)
    }

    /// An identity was banned: what it brought goes (R-06-136).
    mutating func removeAll(from source: NodeID) {
        for content in self.sources.contents(from: source) {
            self.banned.append(content)
            self.standings.mayChange(content)
        }
    }

    /// Artefacts lie on this node's disk.
    mutating func held(_ contents: [ContentHash]) {
        for content in self.matches.look(up: contents) { self.standings.mayChange(content) }
    }

    /// This node's identity flagged something.
    mutating func flaggedByOwn(_ flag: Flag) {
        if flag.severity == .illegal { self.matches.flagged(flag.contentHash) }
    }

    /// The next automatic flag, if there is one and none is on its way.
    mutating func nextMatch() -> Flag? { self.matches.next() }

    /// An automatic flag that is not in the log by now may be sent again.
    mutating func retryMatch() { self.matches.retry() }

    /// Takes out the standings that changed since they were taken last.
    mutating func takeChanges(_ ledger: Ledger) -> [ContentWeighed] {
        let changed = self.standings.takeDoubtful()
        return changed.compactMap { self.standings.tell($0, self.standing(of: $0, ledger)) }
    }

    /// Every artefact that is not clean, as of the changes that were taken.
    var weighed: [ContentWeighed] { self.standings.all }

    // MARK: The end of flags

    /// Whom an upheld flag costs: the source of the content that is named, whatever else is.
    ///
    /// This node goes by what it saw itself: otherwise a proposer could choose who pays for content
    /// of somebody else. Nobody pays while the source is unknown.
    func charged(by resolution: Propose.Resolution) -> NodeID? {
        guard let content = resolution.contentHash else { return resolution.subject }
        return self.sources.source(of: content)
    }

    /// Flags were right: their stakes come back (R-06-122), and whoever brought the content pays
    /// (R-09-018).
    mutating func uphold(
        _ resolution: Propose.Resolution,
        of proposal: MessageID,
        at time: Timestamp,
        _ ledger: inout Ledger
    ) {
        let charged = self.charged(by: resolution)
        if let content = resolution.contentHash {
            self.decide(content, .returned("upheld by \(proposal)"), at: time, &ledger)
            self.standings.mayChange(content)
            // Of several proposals on one artefact the first costs.
            guard self.upheld.append(content).inserted else { return }
        }
        guard let charged else { return }
        ledger.charge(
            EarningLimits.grave,
            to: charged,
            at: time,
            cause: LedgerCause.upheldFlag.text(proposal),
            isVoted: true
        )
    }

    /// A vote with a quorum refused to uphold flags (R-06-139); votes on bans that fail say nothing about
    /// them.
    mutating func reject(
        _ resolution: Propose.Resolution,
        of proposal: MessageID,
        at time: Timestamp,
        _ ledger: inout Ledger
    ) {
        guard resolution.kind == .flag, let content = resolution.contentHash else { return }
        self.decide(content, .lost("rejected by \(proposal)"), at: time, &ledger)
    }

    private mutating func decide(
        _ content: ContentHash,
        _ outcome: Outcome,
        at time: Timestamp,
        _ ledger: inout Ledger
    ) {
        Self.settle(self.book.decide(content), outcome, at: time, &ledger)
        self.condemned.decide(content)
        self.standings.mayChange(content)
        self.suspendSources(&ledger)
    }

    /// Flags that no vote decided about for 90 days give their stakes back and suspend nobody.
    mutating func lapse(at time: Timestamp, _ ledger: inout Ledger, _ witnesses: Witnesses) {
        guard let next = self.book.nextLapse, next <= time else { return }
        let lapsed = self.book.lapse(at: time)
        for one in lapsed {
            let end = self.book.end(of: one.flag.word)
            Self.settle([one], .returned("never decided"), at: end, &ledger)
        }
        for content in OrderedSet(lapsed.map(\.content)) { self.weigh(content, &ledger, witnesses) }
        self.suspendSources(&ledger)
    }

    private static func settle(
        _ settled: [FlagBook.Settlement],
        _ outcome: Outcome,
        at time: Timestamp,
        _ ledger: inout Ledger
    ) {
        for one in settled {
            let name = LedgerCause(one.flag.word.severity).text(one.content)
            switch outcome {
            case .returned(let why):
                ledger.settle(
                    one.flag.stake,
                    of: one.flagger,
                    isReturned: true,
                    at: time,
                    cause: "\(name) \(why)"
                )
            case .lost(let why):
                ledger.settle(
                    one.flag.stake,
                    of: one.flagger,
                    isReturned: false,
                    at: time,
                    cause: "\(name) \(why)"
                )
                guard one.flag.word.severity == .illegal else { continue }
                ledger.charge(
                    EarningLimits.rejectedIllegalFlag,
                    to: one.flagger,
                    at: time,
                    cause: "\(name) \(why)"
                )
            }
        }
    }

    // MARK: Keys

    /// Keys changed.
    ///
    /// An identity has one flag on an artefact, and keys that turned out to have had no right to sign have
    /// none: their stakes come back, flags that those had replaced count again, and what they alone
    /// condemned is free (R-05-066, D-14).
    ///
    /// - Parameters:
    ///   - identities: whose keys they are.
    ///   - time: the moment of the change.
    ///   - arrival: when the log last took something in.
    ///   - ledger: knows the keys as they are now.
    ///   - witnesses: know the scores.
    mutating func keysChanged(
        of identities: OrderedSet<NodeID>,
        at time: Timestamp,
        arrival: Timestamp,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses
    ) {
        self.settleGivenUp(at: time, &ledger, witnesses)
        let keys = ledger.keys
        let doubtful = self.condemned.void(of: identities) { keys.isVoid(signer: $0, at: $1) }
        let void = self.book.void { keys.isVoid(signer: $0.signer, at: $0.at) }
        if !void.isEmpty {
            Self.settle(void, .returned("void"), at: time, &ledger)
            self.reconsider(at: arrival, &ledger, witnesses)
            self.suspendSources(&ledger)
        }
        self.condemned.judge(doubtful) { witnesses.networkCount($0) }
        for content in doubtful + void.map(\.content) { self.standings.mayChange(content) }
    }

    private mutating func settleGivenUp(
        at time: Timestamp,
        _ ledger: inout Ledger,
        _ witnesses: Witnesses
    ) {
        for one in self.book.takeGivenUp() {
            // The lower score of the two keys stands (D-12): it paid for one flag already.
            ledger.settle(
                one.flag.stake,
                of: one.flagger,
                isReturned: false,
                at: time,
                cause: "flag of a second key"
            )
            self.weigh(one.content, &ledger, witnesses)
        }
        self.suspendSources(&ledger)
    }
}

extension ContentFlags: BookKeeper {
    mutating func present(to reader: inout some BookReader) {
        reader.book("book", &self.book)
        reader.book("sources", &self.sources)
        reader.part("upheld", self.upheld)
        reader.book("condemned", &self.condemned)
        reader.part("banned", self.banned)
    }
}

extension Flag.Severity {
    /// What its author must be permitted for it to count.
    var capability: Capability {
        switch self {
        case .dispute: .flagDispute
        case .illegal: .flagIllegal
        }
    }

    /// What it costs until it is decided.
    fileprivate var stake: FixedPoint {
        switch self {
        case .dispute: EarningLimits.disputeStake
        case .illegal: EarningLimits.illegalStake
        }
    }
}
