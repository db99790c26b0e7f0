import TestSupport

/// The rules of §9 written a second time, in the plainest way: lists that are gone through in full.
///
/// It shares no code with the state machine. People are numbers, times are milliseconds, and every
/// value is worked out anew from what happened.
struct PlainLedger {
    struct Change {
        let at: Int64
        let amount: Int64
    }

    struct Seen {
        let type: String
        let hour: Int64
        let at: Int64
    }

    struct Person {
        var start: Int64 = 200_000
        var isFounder = false
        var isBanned = false
        var changes: [Change] = []
        /// Day and amount of every gain above 0.2.
        var gains: [(day: Int64, amount: Int64)] = []
        var seen: [Seen] = []
        var hoursPresent: Set<Int64> = []
        var paidDays: Set<Int64> = []
        var lastActiveDay: Int64 = .min
        var verifications = 0

        var direct: Int64 { self.start + self.changes.map(\.amount).reduce(0, +) }
    }

    struct Offer {
        var author: Int
        var host: Int?
        /// Until when its host may still become known; nil when nobody is missing.
        var waitsUntil: Int64?
        var adopters: [Int] = []
        var paid = 0
        var hostPaid: Int64 = 0
        /// What people found of its only claim, until enough agree.
        var voices: [Voice] = []
        var isClaimSettled = false
    }

    struct Voice {
        var person: Int
        let isTrue: Bool
        let at: Int64
        /// Decides between two at one moment.
        let rank: [UInt8]
    }

    struct Adoption {
        let proposal: Int
        var adopter: Int
        let at: Int64
    }

    struct Word {
        let formedAt: Int64
        let saidAt: Int64
        let overall: Int64
        /// The key that signed it.
        let signer: Int

        /// From when on it counts: not long before it was said.
        var at: Int64 { max(self.formedAt, self.saidAt - 900_000) }
    }

    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000

    var people: [Int: Person] = [:]
    var keys = PlainKeys()
    /// By subject and assessor, as they came.
    var words: [Int: [Int: [Word]]] = [:]
    var networks: [Int: Int] = [:]
    /// By the number of the proposal.
    var offers: [Int: Offer] = [:]
    /// Adoptions that do not count yet.
    var waiting: [Adoption] = []
    /// Findings on proposals that did not come yet.
    var early: [(proposal: Int, voice: Voice)] = []
    var triedInHour: Int64?
    private(set) var latestArrival: Int64 = 0
    /// Who showed a proof of delay.
    var proven: Set<Int>
    var uploaders: Set<Int> = []
    var cycles: [Int: Set<Int64>] = [:]
    var announced: [(key: Int, at: Int64)] = []
    private var watchedDays: [Int64] = []
    private(set) var today: Int64?
    private var hoursToday: Set<Int64> = []

    init(founders: [Int: Int64]) {
        self.proven = Set(founders.keys).union([0])
        for (person, score) in founders {
            self.people[person] = Person(start: score, isFounder: true)
        }
    }

    func who(_ key: Int) -> Int { self.keys.who(key) }

    func person(_ key: Int) -> Person? { self.people[self.who(key)] }

    var newcomer: Person { Person(lastActiveDay: self.today ?? .min) }

    mutating func change(_ key: Int, _ body: (inout Person) -> Void) {
        let who = self.who(key)
        var person = self.people[who] ?? self.newcomer
        body(&person)
        self.people[who] = person
    }

    func isContested(_ key: Int) -> Bool { self.keys.isContested(self.who(key)) }

    // MARK: The ledger

    func direct(_ key: Int) -> Int64 {
        guard let person = self.person(key) else { return 200_000 }
        if person.isBanned { return 0 }
        return self.isContested(key) ? 100_000 : person.direct
    }

    mutating func earn(_ raw: Int64, by key: Int, at time: Int64) {
        guard !self.isContested(key) else { return }
        let gain = Self.dampened(raw, keys: self.keys.count(self.who(key)))
        self.change(key) { person in
            guard !person.isBanned else { return }
            let day = time / Self.day
            let below = min(gain, max(0, 200_000 - person.direct))
            let sameDay = person.gains.filter { $0.day == day }
            // The fullest of the weeks that the day is in; it may be known what came after the day.
            let weeks = (day - 6...day).map { first in
                person.gains.filter { $0.day >= first && $0.day < first + 7 }
                    .map(\.amount).reduce(0, +)
            }
            let room = [
                gain - below, 20_000 - sameDay.map(\.amount).reduce(0, +),
                80_000 - (weeks.max() ?? 0), 1_000_000 - person.direct - below,
            ]
            let above = max(0, room.min() ?? 0)
            person.gains.append((day: day, amount: above))
            person.changes.append(Change(at: time, amount: below + above))
        }
    }

    /// The largest gain with gain⁴ · keys³ ≤ raw⁴, counted down.
    private static func dampened(_ raw: Int64, keys: Int) -> Int64 {
        func fourth(_ value: Int64) -> UInt128 {
            let square = UInt128(value) * UInt128(value)
            return square * square
        }
        guard keys > 1 else { return raw }
        let cube = UInt128(keys * keys * keys)
        // Large steps first; with twenty keys a tenth is left, so that none leads below zero.
        var gain = raw
        var step = max(1, raw / 64)
        while true {
            while fourth(gain) * cube > fourth(raw) { gain -= step }
            guard step > 1 else { return gain }
            gain += step
            step = max(1, step / 64)
        }
    }

    mutating func charge(_ amount: Int64, to key: Int, at time: Int64, isVoted: Bool = false) {
        guard isVoted || !self.isContested(key) else { return }
        self.change(key) { person in
            guard !person.isBanned else { return }
            let taken = max(0, min(amount, person.direct - 100_000))
            person.changes.append(Change(at: time, amount: -taken))
        }
    }

    mutating func ban(_ key: Int) { self.change(key) { $0.isBanned = true } }

    // MARK: Time

    mutating func arrive(at time: Int64) {
        self.latestArrival = max(self.latestArrival, time)
        let day = time / Self.day
        if let today = self.today, day > today {
            if self.hoursToday.count >= 20 { self.close(today) }
            self.hoursToday = []
        }
        self.today = day
        self.hoursToday.insert(time / Self.hour)
    }

    private mutating func close(_ day: Int64) {
        self.watchedDays.append(day)
        for (key, person) in self.people {
            let silent = self.watchedDays.count { $0 > person.lastActiveDay }
            if silent > 30 { self.charge(667, to: key, at: (day + 1) * Self.day) }
        }
    }

    /// A message of somebody: it breaks the silence, and may be an observation.
    mutating func spoke(_ person: Int, _ type: String, at time: Int64, isDirect: Bool) {
        let observed = ["PROPOSE", "VOTE", "ADOPT", "PEER_ANNOUNCE", "REPUTATION_GOSSIP"]
        self.change(person) { person in
            person.lastActiveDay = max(person.lastActiveDay, time / Self.day)
            let hour = time / Self.hour
            guard isDirect, observed.contains(type),
                !person.seen.contains(where: { $0.type == type && $0.hour == hour })
            else { return }
            person.seen.append(Seen(type: type, hour: hour, at: time))
        }
    }

    mutating func announced(_ person: Int, network: Int?, at time: Int64) {
        self.proved(person)
        self.networks[person] = network
        self.announced.append((key: person, at: time))
        let day = time / Self.day
        var isPaid = false
        self.change(person) { person in
            person.hoursPresent.insert(time / Self.hour)
            let hours = person.hoursPresent.filter { $0 / 24 == day }
            isPaid = hours.count >= 20 && person.paidDays.insert(day).inserted
        }
        if isPaid { self.earn(1_000, by: person, at: time) }
    }
}
