import Identities
import OrderedCollections
import Primitives

/// What was used up in each clock hour; hours that are too old are dropped.
struct TallyBook: Sendable, Codable {
    private var hours: OrderedDictionary<Int64, [BudgetAccount: Tally]> = [:]

    mutating func add(_ charge: Charge) {
        for limit in charge.limits {
            for account in limit.accounts {
                let used = self.used(by: account, in: limit.hour)
                self.hours[limit.hour, default: [:]][account] = used + .message(charge.bytes)
            }
        }
    }

    mutating func takeBack(_ charge: Charge) {
        for limit in charge.limits {
            for account in limit.accounts {
                let rest = self.used(by: account, in: limit.hour) - .message(charge.bytes)
                self.hours[limit.hour]?[account] = rest.count > 0 ? rest : nil
            }
            if self.hours[limit.hour]?.isEmpty == true { self.hours[limit.hour] = nil }
        }
    }

    func used(by account: BudgetAccount, in hour: Int64) -> Tally {
        self.hours[hour]?[account] ?? Tally()
    }

    mutating func drop(before hour: Int64) { self.hours.removeAll { $0.key < hour } }

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
            guard let used = self.hours[hour]?.removeValue(forKey: old) else { continue }
            let sum = self.used(by: new, in: hour) + used
            self.hours[hour]?[new] = sum
        }
    }
}

extension TallyBook: Book {
    func digest(into writer: inout some StateWriter) {
        writer.field("hours", self.hours)
    }
}
