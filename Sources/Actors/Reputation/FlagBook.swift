import Identities
import Messages
import OrderedCollections
import Primitives

/// Flags that no vote decided about yet: their stakes, whom they suspend, and what they make of the artefact
/// for as long as they are open (§6, D-77).
struct FlagBook: Sendable, Codable {
    /// One identity's flag on one artefact; the latest one stands.
    struct Open: Sendable, Equatable, Codable {
        let word: FlagWord
        /// What was taken for it.
        let stake: FixedPoint
    }

    /// A flag that does not count so far: its author's score is too low (D-20), its key had lost the
    /// right to sign, or another flag of the same identity stands in its place.
    struct Waiting: Sendable, Equatable, Codable {
        let content: ContentHash
        var flagger: NodeID
        let word: FlagWord
    }

    /// A stake that is settled.
    struct Settlement: Sendable, Equatable, Codable {
        let flagger: NodeID
        let content: ContentHash
        let flag: Open
    }

    fileprivate struct Case: Sendable, Codable {
        var flags: OrderedDictionary<NodeID, Open> = [:]
        var suspends = false
        /// Enough identities dispute the artefact to give it no more room.
        var isDisputed = false

        func flags(of severity: Flag.Severity) -> OrderedDictionary<NodeID, Open> {
            self.flags.filter { $0.value.word.severity == severity }
        }
    }

    private var cases: OrderedDictionary<ContentHash, Case> = [:]
    private var waiting: OrderedDictionary<MessageID, Waiting> = [:]
    /// When the oldest flag is over.
    private(set) var nextLapse: Timestamp?
    /// Flags that gave way when keys became one identity, with stakes to settle.
    private var givenUp: [Settlement] = []
    /// How long days are.
    private let calendar: MarketCalendar

    init(_ calendar: MarketCalendar) { self.calendar = calendar }

    /// When a flag is too old to be decided about.
    func end(of word: FlagWord) -> Timestamp {
        self.calendar.moment(EarningLimits.flagLapse, after: word.at)
    }

    // MARK: Folding

    /// Whether a flag would be taken, and is later than the one of the same identity that stands.
    func isNew(_ flag: Waiting) -> Bool {
        guard let open = self.cases[flag.content] else {
            return self.cases.count < EarningLimits.flaggedMax
        }
        guard let own = open.flags[flag.flagger] else { return true }
        return own.word < flag.word
    }

    /// Keeps a flag that does not count now; when there are too many, the oldest goes.
    mutating func wait(_ flag: Waiting) {
        self.waiting[flag.word.id] = flag
        if self.waiting.count > EarningLimits.waitingFlagsMax { self.waiting.removeFirst() }
    }

    private mutating func wait(_ flag: Open, of flagger: NodeID, on content: ContentHash) {
        self.wait(Waiting(content: content, flagger: flagger, word: flag.word))
    }

    /// Takes out waiting flags that count now; those that are too old go as well.
    mutating func takeReady(at time: Timestamp, where counts: (Waiting) -> Bool) -> [Waiting] {
        let old = self.waiting.filter { self.end(of: $0.value.word) <= time }
        for id in old.keys { self.waiting.removeValue(forKey: id) }
        let ready = self.waiting.values.filter(counts)
        for flag in ready { self.waiting.removeValue(forKey: flag.word.id) }
        return ready
    }

    /// Takes a flag; an older one of the same identity gives way, and waits.
    mutating func add(_ flag: Open, by flagger: NodeID, on content: ContentHash) {
        let former = self.cases[content]?.flags[flagger]
        self.cases[content, default: Case()].flags[flagger] = flag
        let end = self.end(of: flag.word)
        self.nextLapse = min(self.nextLapse ?? end, end)
        if let former { self.wait(former, of: flagger, on: content) }
    }

    /// Flags that turned out to be void count no more.
    ///
    /// - Returns: these flags with their stakes.
    mutating func void(where isVoid: (FlagWord) -> Bool) -> [Settlement] {
        var settled: [Settlement] = []
        for content in self.cases.keys {
            for (flagger, flag) in self.cases[content]?.flags ?? [:] where isVoid(flag.word) {
                self.cases[content]?.flags[flagger] = nil
                self.wait(flag, of: flagger, on: content)
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

    /// Looks what the flags on an artefact are enough for, but for its end (R-06-128, R-06-134).
    mutating func weigh(_ content: ContentHash, networks: ([NodeID]) -> Int) {
        guard let open = self.cases[content] else { return }
        let illegal = FlagEvidence(open.flags(of: .illegal), networks: networks)
        let disputes = FlagEvidence(open.flags(of: .dispute), networks: networks)
        self.cases[content]?.suspends = illegal.suspends
        self.cases[content]?.isDisputed = disputes.deprioritises
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
            let over = flags.filter { self.end(of: $0.value.word) <= time }
            lapsed += over.map {
                Settlement(flagger: $0.key, content: content, flag: $0.value)
            }
            for flagger in over.keys { self.cases[content]?.flags[flagger] = nil }
        }
        self.cases.removeAll { $0.value.flags.isEmpty }
        self.nextLapse = self.cases.values
            .flatMap { $0.flags.values.map { self.end(of: $0.word) } }.min()
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
            let isNewer = own.word < moved.word
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

    /// The illegal flags on an artefact that count.
    func illegal(on content: ContentHash) -> OrderedDictionary<NodeID, Open> {
        self.cases[content]?.flags(of: .illegal) ?? [:]
    }

    /// What open flags alone make of an artefact; it comes back with their end.
    func standing(of content: ContentHash) -> ContentStanding {
        guard let open = self.cases[content] else { return .clean }
        if !open.flags(of: .illegal).isEmpty { return .withheld }
        return open.isDisputed ? .deprioritised : .clean
    }

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
        writer.field("isDisputed", self.isDisputed)
    }
}

extension FlagBook.Open: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("word", self.word)
        writer.field("stake", self.stake)
    }
}

extension FlagBook.Waiting: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("content", self.content)
        writer.field("flagger", self.flagger)
        writer.field("word", self.word)
    }
}
