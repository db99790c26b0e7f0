import Identities
import Messages
import Primitives

/// What this node found of cycles of rent, as its log has it: held, settled and missed.
struct CycleBook: Sendable, Codable {
    /// Rent that is held.
    struct Hold: Sendable, Equatable, Codable {
        let payer: NodeID
        let amount: FixedPoint
        let at: Timestamp
    }

    /// Something that a payer did.
    struct Deed: Sendable, Equatable, Codable {
        let payer: NodeID
        let at: Timestamp
    }

    /// A cycle of which it was decided how it begins.
    fileprivate struct Begun: Sendable, Codable {
        let number: Int64
        let payer: NodeID
        let at: Timestamp
    }

    /// All cycles of one artefact.
    fileprivate struct Account: Sendable, Codable {
        var open: [Int64: Hold] = [:]
        /// Those of the last days: it is decided on a cycle while it lasts.
        var begun: [Begun] = []
        var misses: [Deed] = []
        /// Of the payments only those that end a grace.
        var payments: [Deed] = []
    }

    private var accounts: [ContentHash: Account] = [:]
    /// Hand-overs whose fee was charged, and when.
    private var fees: [MessageID: Timestamp] = [:]
    private let calendar: MarketCalendar

    /// - Parameter calendar: how long days are.
    init(_ calendar: MarketCalendar) { self.calendar = calendar }

    // MARK: The fold

    /// A cycle begins.
    mutating func held(
        _ cycle: RentCycle,
        by payer: NodeID,
        _ amount: FixedPoint,
        at time: Timestamp
    ) {
        self.begin(cycle, by: payer, at: time)
        self.accounts[cycle.content]?.open[cycle.number] = Hold(
            payer: payer,
            amount: amount,
            at: time
        )
    }

    /// A cycle is over, and was paid.
    mutating func settled(_ cycle: RentCycle, paidAt: Timestamp?, at time: Timestamp) {
        guard let hold = self.accounts[cycle.content]?.open.removeValue(forKey: cycle.number) else {
            return
        }
        self.paid(cycle.content, by: hold.payer, at: paidAt ?? time)
    }

    private mutating func paid(_ content: ContentHash, by payer: NodeID, at time: Timestamp) {
        // It may be settled after another cycle was missed: what counts is when it was paid.
        let earlier = self.accounts[content]?.misses.last { $0.payer == payer && $0.at < time }
        guard let earlier,
            self.accounts[content]?.payments.contains(where: {
                $0.payer == payer && $0.at > earlier.at && $0.at <= time
            }) == false
        else { return }
        self.accounts[content]?.payments.append(Deed(payer: payer, at: time))
    }

    /// A cycle was not paid.
    mutating func missed(_ cycle: RentCycle, by payer: NodeID, at time: Timestamp) {
        // For want of a notice a cycle is missed days after it began.
        if self.open(cycle) == nil { self.begin(cycle, by: payer, at: time) }
        self.accounts[cycle.content]?.open[cycle.number] = nil
        self.accounts[cycle.content]?.misses.append(Deed(payer: payer, at: time))
    }

    private mutating func begin(_ cycle: RentCycle, by payer: NodeID, at time: Timestamp) {
        let length = self.calendar.milliseconds(StorageMarketLimits.cycle)
        let old = time.adding(milliseconds: -2 * length)
        self.accounts[cycle.content, default: Account()].begun.removeAll { $0.at < old }
        self.accounts[cycle.content]?.begun.append(
            Begun(number: cycle.number, payer: payer, at: time)
        )
    }

    /// The fee of a hand-over was charged.
    mutating func charged(_ transfer: MessageID, at time: Timestamp) { self.fees[transfer] = time }

    /// Forgets what has no effect any more.
    mutating func drop(at time: Timestamp, unless isKept: (ContentHash) -> Bool) {
        let news = time.adding(
            milliseconds: -2 * self.calendar.milliseconds(StorageMarketLimits.news)
        )
        self.fees = self.fees.filter { $0.value >= news }
        let old = self.calendar.moment(StorageMarketLimits.silence, before: time)
        for content in self.accounts.keys { self.accounts[content]?.forgive(before: old) }
        self.accounts = self.accounts.filter { isKept($0.key) || !$0.value.open.isEmpty }
    }

    // MARK: Reading

    /// Artefacts with rent that is held, sorted.
    var openContents: [ContentHash] {
        self.accounts.filter { !$0.value.open.isEmpty }.keys.sorted()
    }

    /// Artefacts with cycles that were begun, paid or missed since a moment.
    func contents(since moment: Timestamp) -> Set<ContentHash> {
        Set(self.accounts.filter { $0.value.newest.map { $0 >= moment } ?? false }.keys)
    }

    /// What is held for an artefact, cycle by cycle.
    func open(on content: ContentHash) -> [(cycle: RentCycle, hold: Hold)] {
        (self.accounts[content]?.open ?? [:]).sorted { $0.key < $1.key }.map {
            (cycle: RentCycle(content: content, number: $0.key), hold: $0.value)
        }
    }

    /// What is held for a cycle; nil when nothing is.
    func open(_ cycle: RentCycle) -> Hold? { self.accounts[cycle.content]?.open[cycle.number] }

    /// Whether it was decided how a cycle begins, of a contract that began at a moment.
    func isBegun(_ cycle: RentCycle, by payer: NodeID, since start: Timestamp, _ keys: KeyRegistry)
        -> Bool
    {
        (self.accounts[cycle.content]?.begun ?? []).contains {
            $0.number == cycle.number && $0.at >= start && keys.identity(of: $0.payer) == payer
        }
    }

    /// Cycles that were missed, in the order of the log.
    func misses(on content: ContentHash) -> [Deed] { self.accounts[content]?.misses ?? [] }

    /// Payments that came after a miss, in the order of the log.
    func payments(on content: ContentHash) -> [Deed] { self.accounts[content]?.payments ?? [] }

    /// Whether the fee of a hand-over was charged.
    func isCharged(_ transfer: MessageID) -> Bool { self.fees[transfer] != nil }
}

extension CycleBook.Account {
    /// When something was last put down.
    fileprivate var newest: Timestamp? {
        let deeds = (self.misses + self.payments).map(\.at)
        return (deeds + self.begun.map(\.at) + self.open.values.map(\.at)).max()
    }

    /// Forgets graces that were left long ago; one that was not stays, or the contract would live again.
    fileprivate mutating func forgive(before moment: Timestamp) {
        for payment in self.payments where payment.at < moment {
            self.misses.removeAll { $0.payer == payment.payer && $0.at < payment.at }
            self.payments.removeAll { $0 == payment }
        }
    }
}

extension CycleBook: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("accounts", self.accounts)
        writer.field("fees", self.fees)
    }
}

extension CycleBook.Account: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("open", self.open)
        writer.field("begun", self.begun)
        writer.field("misses", self.misses)
        writer.field("payments", self.payments)
    }
}

extension CycleBook.Hold: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("payer", self.payer)
        writer.field("amount", self.amount)
        writer.field("at", self.at)
    }
}

extension CycleBook.Deed: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("payer", self.payer)
        writer.field("at", self.at)
    }
}

extension CycleBook.Begun: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("number", self.number)
        writer.field("payer", self.payer)
        writer.field("at", self.at)
    }
}
