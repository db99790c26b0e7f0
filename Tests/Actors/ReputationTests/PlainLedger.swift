import Primitives

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

        var direct: Int64 { self.start + self.changes.map(\.amount).reduce(0, +) }
    }

    struct Offer {
        let author: Int
        let host: Int?
        var adopters: [Int] = []
        var hostPaid: Int64 = 0
    }

    var people: [Int: Person] = [:]
    /// Who a key became: by rotation its successor, by linking its root.
    var becomes: [Int: Int] = [:]
    var keys: [Int: Set<Int>] = [:]
    /// By subject, assessor and moment.
    var words: [Int: [Int: [Int64: Int64]]] = [:]
    var networks: [Int: Int] = [:]
    var offers: [Offer] = []
    var cycles: [Int: Set<Int64>] = [:]
    var watchedDays: [Int64] = []
    var today: Int64?
    var hoursToday: Set<Int64> = []

    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000

    init(founders: [Int: Int64]) {
        for (person, score) in founders {
            self.people[person] = Person(start: score, isFounder: true)
        }
    }

    func who(_ key: Int) -> Int { self.becomes[key].map { self.who($0) } ?? key }

    func person(_ key: Int) -> Person? { self.people[self.who(key)] }

    private mutating func change(_ key: Int, _ body: (inout Person) -> Void) {
        let who = self.who(key)
        var person = self.people[who] ?? Person(lastActiveDay: self.today ?? .min)
        body(&person)
        self.people[who] = person
    }

    // MARK: The ledger

    func direct(_ key: Int) -> Int64 {
        guard let person = self.person(key) else { return 200_000 }
        return person.isBanned ? 0 : person.direct
    }

    mutating func earn(_ raw: Int64, by key: Int, at time: Int64) {
        let keys = UInt128(max(1, self.keys[self.who(key)]?.count ?? 1))
        // The largest gain with gain⁴ · keys³ ≤ raw⁴, counted down.
        var gain = raw
        let limit = UInt128(raw) * UInt128(raw) * UInt128(raw) * UInt128(raw)
        while UInt128(gain) * UInt128(gain) * UInt128(gain) * UInt128(gain) * keys * keys * keys
            > limit
        { gain -= 1 }
        self.change(key) { person in
            guard !person.isBanned else { return }
            let day = time / Self.day
            let below = min(gain, max(0, 200_000 - person.direct))
            let sameDay = person.gains.filter { $0.day == day }
            let sameWeek = person.gains.filter { $0.day > day - 7 && $0.day <= day }
            let room = [
                gain - below, 20_000 - sameDay.map(\.amount).reduce(0, +),
                80_000 - sameWeek.map(\.amount).reduce(0, +), 1_000_000 - person.direct - below,
            ]
            let above = max(0, room.min() ?? 0)
            person.gains.append((day: day, amount: above))
            person.changes.append(Change(at: time, amount: below + above))
        }
    }

    mutating func charge(_ amount: Int64, to key: Int, at time: Int64) {
        self.change(key) { person in
            guard !person.isBanned else { return }
            let taken = max(0, min(amount, person.direct - 100_000))
            person.changes.append(Change(at: time, amount: -taken))
        }
    }

    mutating func ban(_ key: Int) { self.change(key) { $0.isBanned = true } }

    // MARK: Time

    mutating func arrive(at time: Int64) {
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
    mutating func spoke(_ key: Int, _ type: String, at time: Int64, isDirect: Bool = true) {
        let observed = ["PROPOSE", "VOTE", "ADOPT", "PEER_ANNOUNCE", "REPUTATION_GOSSIP"]
        self.change(key) { person in
            person.lastActiveDay = max(person.lastActiveDay, time / Self.day)
            let hour = time / Self.hour
            guard isDirect, observed.contains(type),
                !person.seen.contains(where: { $0.type == type && $0.hour == hour })
            else { return }
            person.seen.append(Seen(type: type, hour: hour, at: time))
        }
    }

    mutating func announced(_ key: Int, network: Int?, at time: Int64) {
        self.networks[self.who(key)] = network
        let day = time / Self.day
        var isPaid = false
        self.change(key) { person in
            person.hoursPresent.insert(time / Self.hour)
            let hours = person.hoursPresent.filter { $0 / 24 == day }
            isPaid = hours.count >= 20 && person.paidDays.insert(day).inserted
        }
        if isPaid { self.earn(1_000, by: key, at: time) }
    }

    // MARK: Adoptions

    mutating func adopted(_ number: Int, by key: Int, at time: Int64) {
        var offer = self.offers[number]
        let adopter = self.who(key)
        let author = self.who(offer.author)
        let host = offer.host.map { self.who($0) }.flatMap { $0 == author ? nil : $0 }
        guard offer.adopters.count < 10, adopter != author, adopter != host,
            !offer.adopters.contains(where: { self.who($0) == adopter })
        else { return }
        offer.adopters.append(adopter)
        var share: Int64 = 0
        if let host {
            share = self.score(host) >= 300_000 ? 1_500 : min(1_500, max(0, 2_000 - offer.hostPaid))
        }
        offer.hostPaid += share
        self.offers[number] = offer
        self.earn(5_000 - share, by: author, at: time)
        if let host, share > 0 { self.earn(share, by: host, at: time) }
    }

    // MARK: Keys

    mutating func linked(_ root: Int, _ child: Int, at time: Int64) {
        let root = self.who(root)
        let joined = self.people.removeValue(forKey: child)
        self.becomes[child] = root
        self.keys[root] = (self.keys[root] ?? [root]).union([child])
        if let joined { self.absorb(joined, into: root, at: time) }
        self.moveAll(child, to: root)
    }

    private mutating func absorb(_ child: Person, into root: Int, at time: Int64) {
        self.change(root) { person in
            let hasRecord = child.isFounder || child.changes.contains { $0.amount != 0 }
            if child.isBanned { person.isBanned = true }
            if !person.isBanned, hasRecord, child.direct < person.direct {
                let loss = child.direct - person.direct
                person.changes.append(Change(at: time, amount: loss))
            }
            person.gains += child.gains
            Self.add(child, to: &person)
        }
    }

    mutating func rotated(_ old: Int, _ new: Int) {
        let root = self.who(old)
        self.becomes[old] = new
        var keys = self.keys[root] ?? [root]
        keys.remove(old)
        keys.insert(new)
        if root != old {
            // A child's place under its root, with whatever was known of the new key.
            let traces = self.people.removeValue(forKey: new)
            self.becomes[new] = root
            self.keys[root] = keys
            if let traces { self.change(root) { Self.add(traces, to: &$0) } }
            self.moveAll(new, to: root)
            return
        }
        self.keys[new] = keys
        for key in keys where key != new { self.becomes[key] = new }
        self.moveAccount(old, to: new)
        self.moveAll(old, to: new)
    }

    private mutating func moveAll(_ old: Int, to new: Int) {
        self.moveWords(old, to: new)
        if let network = self.networks.removeValue(forKey: old), self.networks[new] == nil {
            self.networks[new] = network
        }
        self.cycles[new] = (self.cycles[new] ?? []).union(
            self.cycles.removeValue(forKey: old) ?? []
        )
    }

    /// The successor gets the account; it brings at most the traces of a connection.
    private mutating func moveAccount(_ old: Int, to new: Int) {
        guard var moved = self.people.removeValue(forKey: old) else { return }
        if let traces = self.people[new] { Self.add(traces, to: &moved) }
        self.people[new] = moved
    }

    private static func add(_ traces: Person, to person: inout Person) {
        person.seen += traces.seen
        person.hoursPresent.formUnion(traces.hoursPresent)
        person.paidDays.formUnion(traces.paidDays)
        person.lastActiveDay = max(person.lastActiveDay, traces.lastActiveDay)
    }
}
