import Identities
import OrderedCollections
import Primitives

/// What was used up in each clock hour; hours that are too old are dropped.
struct TallyBook: Sendable, Codable {
    private var hours: OrderedDictionary<Int64, [BudgetAccount: Tally]> = [:]
    /// The sums over all hours, which follow from them: most senders use so little that no hour has to be looked at.
    private var sums: [BudgetAccount: Tally] = [:]

    mutating func add(_ charge: Charge) {
        for limit in charge.limits {
            for account in limit.accounts {
                self.add(.message(charge.bytes), to: account, in: limit.hour)
            }
        }
    }

    mutating func takeBack(_ charge: Charge) {
        for limit in charge.limits {
            for account in limit.accounts {
                guard let used = self.remove(account, from: limit.hour) else { continue }
                let rest = used - .message(charge.bytes)
                if rest.count > 0 { self.add(rest, to: account, in: limit.hour) }
            }
            if self.hours[limit.hour]?.isEmpty == true { self.hours[limit.hour] = nil }
        }
    }

    private mutating func add(_ used: Tally, to account: BudgetAccount, in hour: Int64) {
        self.hours[hour, default: [:]][account, default: Tally()] += used
        self.sums[account, default: Tally()] += used
    }

    private mutating func remove(_ account: BudgetAccount, from hour: Int64) -> Tally? {
        guard let used = self.hours[hour]?.removeValue(forKey: account) else { return nil }
        self.reduce(account, by: used)
        return used
    }

    private mutating func reduce(_ account: BudgetAccount, by used: Tally) {
        let rest = self.sum(of: account) - used
        self.sums[account] = rest.count > 0 ? rest : nil
    }

    /// What an account used up in all hours that are kept.
    func sum(of account: BudgetAccount) -> Tally { self.sums[account] ?? Tally() }

    func used(by account: BudgetAccount, in hour: Int64) -> Tally {
        self.hours[hour]?[account] ?? Tally()
    }

    mutating func drop(before horizon: Int64) {
        for (hour, accounts) in self.hours where hour < horizon {
            for (account, used) in accounts { self.reduce(account, by: used) }
        }
        self.hours.removeAll { $0.key < horizon }
    }

    /// An identity's key became another one's.
    mutating func move(_ old: NodeID, to new: NodeID) {
        for kind in BudgetClass.allCases where !kind.isByKey {
            let pairs = zip(
                BudgetAccount.all(of: old, in: kind),
                BudgetAccount.all(of: new, in: kind)
            )
            for (from, to) in pairs { self.move(from, to: to) }
        }
    }

    private mutating func move(_ old: BudgetAccount, to new: BudgetAccount) {
        for hour in self.hours.keys {
            if let used = self.remove(old, from: hour) { self.add(used, to: new, in: hour) }
        }
    }
}

extension TallyBook: Book {
    func digest(into writer: inout some StateWriter) {
        writer.field("hours", self.hours)
    }
}
