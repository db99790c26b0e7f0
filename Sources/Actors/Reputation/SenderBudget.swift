import Checkpoints
import Identities
import Messages
import OrderedCollections
import Primitives

/// How much of the network's room every sender has used up, and all that proved little together
/// (ADR 0037).
///
/// Two kinds of limits stand side by side. Those of one sender go by the times that its messages
/// state, so all nodes come to the same result, but for which of too many they heard first. Those of
/// strangers together, of newcomers together and of what peers serve of the past are this node's own
/// and go by arrival: they keep a thousand keys from doing what one cannot.
///
/// What counts is what is in the log, so a restart counts the same. Beside it stand, for a while,
/// messages that were let through and are not there yet, and what is relayed without being kept.
struct SenderBudget: Sendable, Codable {
    private struct Reservation: Sendable {
        let charge: Charge
        let madeAt: Timestamp
        let origin: Origin
        /// It never comes to the log, and nobody says that it was relayed: it was if nobody refuses it.
        let isUnknown: Bool
    }

    private var logged = TallyBook()
    private var reserved = TallyBook()
    private var relayed = TallyBook()
    @LiveOnly private var reservations: OrderedDictionary<MessageID, Reservation> = [:]
    /// The newest arrival in the log, in clock hours.
    private var newestHour: Int64 = 0
    /// On one machine bytes count and numbers do not, as with the quotas of D-23.
    private let countsMessages: Bool
    /// Senders that proved their delay, when a message was last looked at.
    private var proven = 0

    init(isLocalProfile: Bool) { self.countsMessages = !isLocalProfile }

    // MARK: Letting through

    /// Lets a message through and keeps its place until it is in the log.
    ///
    /// - Parameters:
    ///   - item: the message.
    ///   - now: when it arrived.
    ///   - proven: how many senders proved their delay.
    /// - Returns: why it is not let through; nil when it is.
    mutating func reserve(_ item: Item, now: Timestamp, proven: Int) -> Refusal? {
        self.proven = proven
        self.dropReservations(now: now)
        // Somebody else's copy of it is on its way to the log.
        guard self.reservations[item.id] == nil else { return nil }
        let charge = self.charge(for: item, arrival: now.utcHour)
        for limit in charge.limits where !self.hasRoom(in: limit, bytes: item.bytes) {
            return self.refusal(of: item, by: limit)
        }
        self.reservations[item.id] = Reservation(
            charge: charge,
            madeAt: now,
            origin: item.origin,
            isUnknown: item.kind == .unknown
        )
        self.reserved.add(charge)
        return nil
    }

    /// What a sender has used up in the day that ends with a message, the message included, and what it may.
    func usage(with item: Item, now: Timestamp) -> (used: Tally, allowance: Allowance) {
        let account = BudgetAccount.sender(item.sender, item.kind)
        let hour = item.signedAt.utcHour
        let hours = hour - (BudgetLimits.windowHours - 1)...hour
        let used = hours.reduce(Tally.message(item.bytes)) { $0 + self.used(by: [account], in: $1) }
        return (used, self.allowance(of: BudgetLimit(account: account, hour: hour)))
    }

    /// A message was accepted and is not kept.
    mutating func relayed(_ id: MessageID) {
        guard let charge = self.takeReservation(of: id)?.charge else { return }
        self.relayed.add(charge)
    }

    /// A message was refused; only its own way in says that, since copies of it come other ways.
    mutating func refused(_ id: MessageID, from origin: Origin) {
        guard self.reservations[id]?.origin == origin else { return }
        self.takeReservation(of: id)
    }

    @discardableResult
    private mutating func takeReservation(of id: MessageID) -> Reservation? {
        guard let reservation = self.reservations.removeValue(forKey: id) else { return nil }
        self.reserved.takeBack(reservation.charge)
        return reservation
    }

    private mutating func dropReservations(now: Timestamp) {
        while let (id, oldest) = self.reservations.elements.first,
            now.milliseconds(since: oldest.madeAt) >= BudgetLimits.reservationMilliseconds
        {
            if oldest.isUnknown { self.relayed(id) } else { self.takeReservation(of: id) }
        }
    }

    /// What a message costs whom.
    ///
    /// A page of the past holds what many said in years, which is no sender's day.
    private func charge(for item: Item, arrival: Int64) -> Charge {
        let signed = item.signedAt.utcHour
        let isPast = signed <= arrival - BudgetLimits.exactHours
        var limits: [BudgetLimit] = []
        if !isPast || item.server == nil {
            let hour = isPast ? arrival : signed
            limits.append(BudgetLimit(account: .sender(item.sender, item.kind), hour: hour))
        }
        if let pool = item.pool(isPast: isPast) {
            let part = BudgetAccount.part(pool, item.server ?? item.sender)
            limits.append(BudgetLimit(account: .pool(pool), part: part, hour: arrival))
            if item.server == nil, item.bytes > BudgetLimits.shortBytesMax {
                limits.append(BudgetLimit(account: .long(pool), hour: arrival))
            }
        }
        return Charge(limits: limits, bytes: item.bytes)
    }

    /// Whether one more message leaves every day within a limit, those that reach beyond its hour
    /// included: what comes by sync may be older than what is known (D-86).
    private func hasRoom(in limit: BudgetLimit, bytes: Int) -> Bool {
        let allowance = self.allowance(of: limit)
        let accounts = limit.accounts
        let message = accounts.reduce(Tally()) { sum, _ in sum + .message(bytes) }
        // No day has more than all hours together.
        if accounts.reduce(message, { $0 + self.sum(of: $1) }).fits(allowance) { return true }
        let reach = BudgetLimits.windowHours - 1
        let hours = limit.hour - reach...limit.hour + reach
        let used = hours.map { self.used(by: accounts, in: $0) }
        if used.reduce(message, +).fits(allowance) { return true }
        return (0...Int(reach)).allSatisfy { start in
            used[start...start + Int(reach)].reduce(message, +).fits(allowance)
        }
    }

    private func allowance(of limit: BudgetLimit) -> Allowance {
        let allowance = limit.account.allowance(proven: self.proven)
        return self.countsMessages ? allowance : Allowance(count: .max, bytes: allowance.bytes)
    }

    private func used(by accounts: [BudgetAccount], in hour: Int64) -> Tally {
        accounts.reduce(Tally()) { sum, account in
            sum + self.logged.used(by: account, in: hour)
                + self.reserved.used(by: account, in: hour)
                + self.relayed.used(by: account, in: hour)
        }
    }

    private func sum(of account: BudgetAccount) -> Tally {
        self.logged.sum(of: account) + self.reserved.sum(of: account)
            + self.relayed.sum(of: account)
    }

    // MARK: The fold

    /// A message is in the log.
    mutating func logged(_ item: Item, receivedAt: Timestamp) {
        self.takeReservation(of: item.id)
        self.advance(to: receivedAt.utcHour)
        self.logged.add(self.charge(for: item, arrival: receivedAt.utcHour))
    }

    private mutating func advance(to hour: Int64) {
        guard hour > self.newestHour else { return }
        self.newestHour = hour
        // Days that begin before the horizon still count into days that end behind it.
        let horizon = hour - BudgetLimits.exactHours - BudgetLimits.windowHours
        self.logged.drop(before: horizon)
        self.relayed.drop(before: horizon)
    }

    /// An identity's key became another one's.
    mutating func move(_ old: NodeID, to new: NodeID) {
        self.logged.move(old, to: new)
    }

    // MARK: Saying no

    private func refusal(of item: Item, by limit: BudgetLimit) -> Refusal {
        let allowance = self.allowance(of: limit)
        let room = "\(allowance.count) messages and \(allowance.bytes) bytes in 24 hours"
        switch limit.account {
        case .sender(_, let kind):
            let detail = "one identity may send \(room) of \(kind)"
            // Nobody else reads the hour, and looking for it costs what hundreds of messages do.
            guard case .local = item.origin else { return Refusal(.rateLimited, detail) }
            let retry = self.nextRoom(in: limit, bytes: item.bytes)
            return Refusal(
                .rateLimited,
                "\(detail); there is room again from \(retry.milliseconds) on",
                retryAt: retry
            )
        case .pool(let pool), .part(let pool, _):
            return Refusal(.busy, Self.objection(of: pool, room))
        case .long(let pool):
            let short = "shorter messages may still have room"
            return Refusal(.busy, "\(Self.objection(of: pool, room)); \(short)")
        }
    }

    private static func objection(of pool: BudgetPool, _ room: String) -> String {
        switch pool {
        case .strangers(let kind):
            "keys without a proof of delay may send \(room) of \(kind) together, and one no more "
                + "than it leaves to others; connect to this network, so that the proof is known"
        case .newcomers(let kind):
            "identities that may not vote yet may send \(room) of \(kind) together, and one no more "
                + "than it leaves to others"
        case .pages:
            "\(room) of the past are taken in, from one peer no more than it leaves to others; the "
                + "rest comes later"
        }
    }

    /// The first clock hour in which the same message would have room.
    private func nextRoom(in limit: BudgetLimit, bytes: Int) -> Timestamp {
        let hours = limit.hour + 1...limit.hour + BudgetLimits.windowHours
        let next = hours.first { hour in
            let later = BudgetLimit(account: limit.account, part: limit.part, hour: hour)
            return self.hasRoom(in: later, bytes: bytes)
        }
        let hour = next ?? limit.hour + BudgetLimits.windowHours
        return Timestamp(milliseconds: hour * BudgetLimits.hourMilliseconds)
    }
}

extension SenderBudget: Book {
    /// What is not in the log yet, or never comes there, is forgotten with a restart.
    func digest(into writer: inout some StateWriter) {
        writer.field("logged", self.logged)
        writer.field("newestHour", self.newestHour)
    }
}
