import Identities
import Messages
import OrderedCollections
import Primitives

/// Flags that no vote decided about yet: their stakes, and whom they suspend (§6, D-77).
struct FlagBook: Sendable {
    /// One identity's flag on one artefact; the latest severity stands.
    struct Open: Sendable, Equatable {
        let severity: Flag.Severity
        let at: Timestamp
        let id: MessageID
        /// The key that signed it.
        let signer: NodeID
        /// What was taken for it.
        let stake: FixedPoint

        /// When it is too old to be decided about.
        var lapsesAt: Timestamp { Self.lapse(of: self.at) }

        static func lapse(of time: Timestamp) -> Timestamp {
            time.adding(milliseconds: EarningLimits.flagLapseMilliseconds)
        }

        func waiting(_ flagger: NodeID, _ content: ContentHash) -> Waiting {
            Waiting(
                content: content,
                severity: self.severity,
                flagger: flagger,
                at: self.at,
                id: self.id,
                signer: self.signer
            )
        }
    }

    /// A flag that does not count so far: its author's score is too low (D-20), its key had lost the
    /// right to sign, or another flag of the same identity stands in its place.
    struct Waiting: Sendable, Equatable {
        let content: ContentHash
        let severity: Flag.Severity
        var flagger: NodeID
        let at: Timestamp
        let id: MessageID
        let signer: NodeID
    }

    /// A stake that is settled.
    struct Settlement: Sendable, Equatable {
        let flagger: NodeID
        let content: ContentHash
        let flag: Open
    }

    fileprivate struct Case: Sendable {
        var flags: OrderedDictionary<NodeID, Open> = [:]
        var suspends = false
    }

    private var cases: OrderedDictionary<ContentHash, Case> = [:]
    private var waiting: OrderedDictionary<MessageID, Waiting> = [:]
    /// When the oldest flag is over.
    private(set) var nextLapse: Timestamp?
    /// Flags that gave way when keys became one identity, with stakes to settle.
    private var givenUp: [Settlement] = []

    // MARK: Folding

    /// Whether a flag would be taken, and is not one of the same weight again.
    func isNew(_ flag: Waiting) -> Bool {
        guard let open = self.cases[flag.content] else {
            return self.cases.count < EarningLimits.flaggedMax
        }
        guard let own = open.flags[flag.flagger] else { return true }
        return own.severity != flag.severity && (own.at, own.id) < (flag.at, flag.id)
    }

    /// Keeps a flag that does not count now; when there are too many, the oldest goes.
    mutating func wait(_ flag: Waiting) {
        // The same word of the same key stands and falls with the one that counts.
        if let open = self.flag(of: flag.flagger, on: flag.content), open.signer == flag.signer,
            open.severity == flag.severity
        {
            return
        }
        self.waiting[flag.id] = flag
        if self.waiting.count > EarningLimits.waitingFlagsMax { self.waiting.removeFirst() }
    }

    /// Takes out waiting flags that count now; those that are too old go as well.
    mutating func takeReady(at time: Timestamp, where counts: (Waiting) -> Bool) -> [Waiting] {
        self.waiting.removeAll { Open.lapse(of: $0.value.at) <= time }
        let ready = self.waiting.values.filter(counts)
        for flag in ready { self.waiting.removeValue(forKey: flag.id) }
        return ready
    }

    /// Takes a flag; an older one of the same identity gives way, and waits.
    mutating func add(_ flag: Open, by flagger: NodeID, on content: ContentHash) {
        let former = self.cases[content]?.flags[flagger]
        self.cases[content, default: Case()].flags[flagger] = flag
        self.nextLapse = min(self.nextLapse ?? flag.lapsesAt, flag.lapsesAt)
        if let former { self.wait(former.waiting(flagger, content)) }
    }

    /// Flags that turned out to be void count no more.
    ///
    /// - Returns: these flags with their stakes.
    mutating func void(where isVoid: (Open) -> Bool) -> [Settlement] {
        var settled: [Settlement] = []
        for content in self.cases.keys {
            for (flagger, flag) in self.cases[content]?.flags ?? [:] where isVoid(flag) {
                self.cases[content]?.flags[flagger] = nil
                self.wait(flag.waiting(flagger, content))
                settled.append(Settlement(flagger: flagger, content: content, flag: flag))
            }
        }
        self.cases.removeAll { $0.value.flags.isEmpty }
        return settled
    }

    /// The flag of an identity on an artefact.
    func flag(of flagger: NodeID, on content: ContentHash) -> Open? {
        self.cases[content]?.flags[flagger]
    }

    /// Looks whether the illegal flags on an artefact suspend its source (R-06-134).
    mutating func weigh(_ content: ContentHash, networks: ([NodeID]) -> Int) {
        guard let open = self.cases[content] else { return }
        let flaggers = open.flags.filter { $0.value.severity == .illegal }.keys
        self.cases[content]?.suspends =
            flaggers.count >= EarningLimits.suspendingFlagsMin
            && networks(Array(flaggers)) >= EarningLimits.suspendingNetworksMin
    }

    /// A vote decided about an artefact: its flags are over.
    ///
    /// - Returns: the flags with their stakes.
    mutating func decide(_ content: ContentHash) -> [Settlement] {
        self.waiting.removeAll { $0.value.content == content }
        let decided = self.cases.removeValue(forKey: content) ?? Case()
        return decided.flags.map { Settlement(flagger: $0.key, content: content, flag: $0.value) }
    }

    /// Flags that no vote decided about in time are over.
    mutating func lapse(at time: Timestamp) -> [Settlement] {
        var lapsed: [Settlement] = []
        for content in self.cases.keys {
            let flags = self.cases[content]?.flags ?? [:]
            lapsed += flags.filter { $0.value.lapsesAt <= time }
                .map { Settlement(flagger: $0.key, content: content, flag: $0.value) }
            self.cases[content]?.flags.removeAll { $0.value.lapsesAt <= time }
        }
        self.cases.removeAll { $0.value.flags.isEmpty }
        self.nextLapse = self.cases.values.flatMap { $0.flags.values.map(\.lapsesAt) }.min()
        return lapsed
    }

    /// An identity's key became another one's; of two flags on one artefact the later stands.
    mutating func move(_ old: NodeID, to new: NodeID) {
        for id in self.waiting.keys where self.waiting[id]?.flagger == old {
            self.waiting[id]?.flagger = new
        }
        for content in self.cases.keys {
            guard let moved = self.cases[content]?.flags.removeValue(forKey: old) else { continue }
            guard let own = self.cases[content]?.flags[new] else {
                self.cases[content]?.flags[new] = moved
                continue
            }
            let isNewer = (own.at, own.id) < (moved.at, moved.id)
            self.cases[content]?.flags[new] = isNewer ? moved : own
            let older = isNewer ? own : moved
            self.givenUp.append(Settlement(flagger: new, content: content, flag: older))
        }
    }

    /// Takes out the flags that gave way to others of the same identity.
    mutating func takeGivenUp() -> [Settlement] {
        defer { self.givenUp = [] }
        return self.givenUp
    }

    // MARK: Reading

    /// Artefacts with flags that count.
    var flagged: [ContentHash] { Array(self.cases.keys) }

    /// Whether an artefact has flags that count.
    func isFlagged(_ content: ContentHash) -> Bool { self.cases[content] != nil }

    /// Artefacts whose source is suspended.
    var suspending: [ContentHash] { self.cases.filter { $0.value.suspends }.map(\.key) }
}

extension FlagBook: Book {
    /// What gave way is settled with the entry of the log that makes it do so.
    func digest(into writer: inout some StateWriter) {
        writer.field("cases", self.cases)
        writer.field("waiting", self.waiting)
        writer.field("nextLapse", self.nextLapse)
    }
}

extension FlagBook.Case: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("flags", self.flags)
        writer.field("suspends", self.suspends)
    }
}

extension FlagBook.Open: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("severity", self.severity)
        writer.field("at", self.at)
        writer.field("id", self.id)
        writer.field("signer", self.signer)
        writer.field("stake", self.stake)
    }
}

extension FlagBook.Waiting: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("content", self.content)
        writer.field("severity", self.severity)
        writer.field("flagger", self.flagger)
        writer.field("at", self.at)
        writer.field("id", self.id)
        writer.field("signer", self.signer)
    }
}
