import Cryptography
import Messages
import Primitives

/// Many identities in one market for many days, and one observer that decides (ADR 0051).
public final class Town {
    /// When every town begins: midnight UTC.
    static let epoch = Timestamp(milliseconds: 1_767_225_600_000)

    let plan: TownPlan
    let observer: Observer
    let telling: Telling
    let seed: UInt64
    var residents: [Resident]
    var deals: [Deal] = []
    /// Those that are not over, in the order in which they began.
    var open: [Int] = []
    var random: SplitMix64
    /// Which deal an artefact belongs to.
    var dealOf: [ContentHash: Int] = [:]
    /// Hours since the beginning.
    private(set) var hour = 0
    /// What is said in this hour.
    private var words: [Message] = []
    private var spoken: UInt64 = 0
    /// On every word; nobody checks it, since admission is no part of the observer.
    private let signature: Signature
    private(set) var books: TownBooks
    private(set) var refusals: [String: Int] = [:]
    var adoptions: [Adoption] = []

    init(_ plan: TownPlan, seed: UInt64, _ telling: Telling) throws {
        let residents = plan.residents.map { Resident($0, seed: seed) }
        let founders = zip(plan.residents, residents).compactMap { plan, resident in
            plan.founds.map { (identity: resident.id, score: $0) }
        }
        let observer = try Observer(
            founders: founders,
            parameters: plan.parameters,
            seed: seed,
            start: Self.epoch
        )
        let seal = SHA256Digest.hash(Array("town \(seed)".utf8)).array
        self.signature = try SigningKey(seed: seal).sign([])
        self.plan = plan
        self.seed = seed
        self.telling = telling
        self.observer = observer
        self.residents = residents
        self.random = SplitMix64(seed: seed ^ 0x746f_776e)
        self.books = TownBooks(
            accounts: residents.map { ($0.id, $0.score) }
                + [(observer.identity, FixedPoint(millionths: 200_000))]
        )
        telling.clock = { [unowned self] in .seconds(self.hour * 3_600) }
    }

    // MARK: Time

    /// Whole days since the beginning.
    var day: Int { self.hour / 24 }

    /// The beginning of the hour.
    var now: Timestamp { Self.epoch.adding(milliseconds: Int64(self.hour) * 3_600_000) }

    /// Lets days pass; at the end of each the accounts have to balance.
    ///
    /// - Throws: a ``StoryFailure`` when they do not.
    func pass(untilDay day: Int) async throws {
        while self.day < day {
            try await self.liveThroughHour()
            if self.hour % 24 == 0 { try await self.closeDay() }
        }
    }

    private func liveThroughHour() async throws {
        try await self.observer.pass(to: self.now)
        self.learn(self.observer.take())
        self.announce()
        self.deal()
        self.challenge()
        self.propose()
        try await self.observer.pass(to: self.stamp)
        let words = self.words
        self.words = []
        try await self.observer.hear(words)
        self.hour += 1
    }

    private func closeDay() async throws {
        try await self.observer.pass(to: self.now)
        self.learn(self.observer.take())
        let found = try await self.observer.look(at: self.books.identities)
        self.learn(found)
        do {
            try self.books.close(day: self.day, found.histories)
        } catch {
            throw self.telling.failure("accounts", expected: error.expected, found: error.found)
        }
        for number in self.residents.indices {
            let history = found.histories[self.residents[number].id]
            self.residents[number].score = history?.overall ?? self.residents[number].score
            self.residents[number].purse = history?.direct ?? self.residents[number].purse
        }
    }

    private func learn(_ found: ObserverLog.Found) {
        for (type, refusal) in found.refusals {
            self.refusals["\(type?.rawValue ?? "?"): \(refusal.detail)", default: 0] += 1
        }
        for fact in found.facts.compactMap(StorageFact.init) {
            self.books.found(fact)
            if case .rentHeld(let cycle, _, let amount) = fact { self.giveNotice(cycle, amount) }
        }
    }

    // MARK: Words

    func isOnline(_ number: Int) -> Bool { self.residents[number].habits.isOnline(in: self.hour) }

    /// The moment of the next word: each has one of its own, late in the hour, so that who spoke is still
    /// active when the observer counts for governance, a quarter past the next one.
    var stamp: Timestamp {
        self.now.adding(milliseconds: Self.speakingMilliseconds + Int64(self.words.count))
    }

    private static let speakingMilliseconds: Int64 = 3_300_000

    /// A resident says something that everybody hears in this hour.
    @discardableResult
    func say(_ type: MessageType, _ payload: Payload, by number: Int) -> MessageID {
        self.spoken += 1
        let id = MessageID(SHA256Digest.hash(Array("\(self.seed) word \(self.spoken)".utf8)))
        self.words.append(
            Message(
                id: id,
                from: self.residents[number].id,
                timestamp: self.stamp,
                version: 0,
                typeName: type.rawValue,
                type: type,
                payload: payload,
                signature: self.signature,
                canonical: Self.envelope,
                payloadRange: 0..<0
            )
        )
        return id
    }

    /// As long as most envelopes are.
    private static let envelope = [UInt8](repeating: 0, count: 512)

    private func announce() {
        for (number, resident) in self.residents.enumerated() where self.isOnline(number) {
            let announcement = PeerAnnounce(
                addresses: [],
                capabilities: resident.habits.offers > 0 ? ["store", "vote"] : ["vote"],
                version: 0,
                uptimeSeconds: Int64(self.hour) * 3_600,
                vdfProof: resident.proof,
                syncStatus: .synced
            )
            self.say(.peerAnnounce, .peerAnnounce(announcement), by: number)
        }
    }

    /// A number that follows from the town's seed and some others, and from nothing else.
    func lot(_ numbers: Int...) -> UInt64 {
        numbers.reduce(self.seed) { seed, number in
            var mixer = SplitMix64(seed: seed ^ UInt64(bitPattern: Int64(number)))
            return mixer.next()
        }
    }
}
