import Messages
import OrderedCollections
import Primitives

/// How much of the network's room every sender has used up, and all that proved little together
/// (ADR 0037).
///
/// Two kinds of limits stand side by side. Those of one sender go by the times that its messages
/// state, so all nodes come to the same result, but for which of too many they heard first. Those of
/// strangers and newcomers together are this node's own: they keep a thousand keys from doing what
/// one cannot.
///
/// What counts is what is in the log, so a restart counts the same. Beside it stand, for a while,
/// messages that were let through and are not there yet, and what is relayed without being kept.
struct SenderBudget: Sendable {
    /// A message as far as its cost is concerned.
    struct Item: Sendable {
        let kind: BudgetClass
        let id: MessageID
        let key: NodeID
        let identity: NodeID
        let signedAt: Timestamp
        let bytes: Int
        /// Came in a page of the past.
        let isFromSync: Bool
        /// Signed by this node.
        let isOwn: Bool
        /// The sender proved its delay to this node.
        let isProven: Bool
        /// The sender may not vote yet.
        let isNewcomer: Bool
    }

    private struct Reservation: Sendable {
        let charge: Charge
        let madeAt: Timestamp
    }

    private var logged = TallyBook()
    private var reserved = TallyBook()
    private var relayed = TallyBook()
    private var reservations: OrderedDictionary<MessageID, Reservation> = [:]
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
        for account in charge.accounts where !self.hasRoom(account, for: charge) {
            return self.refusal(account, charge)
        }
        if item.kind == .unknown {
            self.relayed.add(charge)
        } else {
            self.reservations[item.id] = Reservation(charge: charge, madeAt: now)
            self.reserved.add(charge)
        }
        return nil
    }

    /// A message was accepted and is not kept.
    mutating func relayed(_ id: MessageID) {
        guard let reservation = self.reservations.removeValue(forKey: id) else { return }
        self.reserved.takeBack(reservation.charge)
        self.relayed.add(reservation.charge)
    }

    private mutating func dropReservations(now: Timestamp) {
        while let (id, oldest) = self.reservations.elements.first,
            now.milliseconds(since: oldest.madeAt) >= BudgetLimits.reservationMilliseconds
        {
            self.reservations.removeValue(forKey: id)
            self.reserved.takeBack(oldest.charge)
        }
    }

    private func charge(for item: Item, arrival: Int64) -> Charge {
        let hour = item.signedAt.utcHour
        guard hour > arrival - BudgetLimits.exactHours else {
            return Charge(accounts: [.past], hour: arrival, bytes: item.bytes)
        }
        var accounts = [
            BudgetAccount.sender(item.kind.isByKey ? item.key : item.identity, item.kind)
        ]
        // A node that begins to sync holds nobody's proof; what it gets passed others' limits.
        let isStranger = !item.isProven && !item.isFromSync
        if !item.isOwn, isStranger { accounts.append(.strangers(item.kind)) }
        if !item.isOwn, !isStranger, item.isNewcomer { accounts.append(.newcomers(item.kind)) }
        return Charge(accounts: accounts, hour: hour, bytes: item.bytes)
    }

    /// Whether one more message leaves every day within the limit, those that reach beyond its hour
    /// included: what comes by sync may be older than what is known (D-86).
    private func hasRoom(_ account: BudgetAccount, for charge: Charge) -> Bool {
        let reach = BudgetLimits.windowHours - 1
        let hours = charge.hour - reach...charge.hour + reach
        let used = hours.map { self.used(by: account, in: $0) }
        let message = Tally.message(charge.bytes)
        let allowance = self.allowance(of: account)
        if used.reduce(message, +).fits(allowance) { return true }
        return (0...Int(reach)).allSatisfy { start in
            used[start...start + Int(reach)].reduce(message, +).fits(allowance)
        }
    }

    private func allowance(of account: BudgetAccount) -> Allowance {
        let allowance = account.allowance(proven: self.proven)
        return self.countsMessages ? allowance : Allowance(count: .max, bytes: allowance.bytes)
    }

    private func used(by account: BudgetAccount, in hour: Int64) -> Tally {
        self.logged.used(by: account, in: hour) + self.reserved.used(by: account, in: hour)
            + self.relayed.used(by: account, in: hour)
    }

    // MARK: The fold

    /// A message is in the log.
    mutating func logged(_ item: Item, receivedAt: Timestamp) {
        if let reservation = self.reservations.removeValue(forKey: item.id) {
            self.reserved.takeBack(reservation.charge)
        }
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

    /// For the digest.
    var lines: String { self.logged.lines }

    // MARK: Saying no

    private func refusal(_ account: BudgetAccount, _ charge: Charge) -> Refusal {
        let allowance = self.allowance(of: account)
        let limit = "\(allowance.count) messages and \(allowance.bytes) bytes in 24 hours"
        switch account {
        case .sender(_, let kind):
            let retry = self.nextRoom(account, for: charge)
            return Refusal(
                .rateLimited,
                "one identity may send \(limit) of \(kind); there is room again from "
                    + "\(retry.milliseconds) on",
                retryAt: retry
            )
        case .strangers(let kind):
            return Refusal(
                .busy,
                "keys without a proof of delay may send \(limit) of \(kind) together; connect to "
                    + "this network, so that the proof is known"
            )
        case .newcomers(let kind):
            return Refusal(
                .busy,
                "identities that may not vote yet may send \(limit) of \(kind) together"
            )
        case .past:
            return Refusal(.busy, "\(limit) of the past are taken in; the rest comes later")
        }
    }

    /// The first clock hour in which the same message would have room.
    private func nextRoom(_ account: BudgetAccount, for charge: Charge) -> Timestamp {
        let hours = charge.hour + 1...charge.hour + BudgetLimits.windowHours
        let next = hours.first { hour in
            let later = Charge(accounts: charge.accounts, hour: hour, bytes: charge.bytes)
            return self.hasRoom(account, for: later)
        }
        let hour = next ?? charge.hour + BudgetLimits.windowHours
        return Timestamp(milliseconds: hour * BudgetLimits.hourMilliseconds)
    }
}
