import OrderedCollections
import Primitives

/// Who is charged for a message.
enum BudgetAccount: Hashable, Sendable {
    /// An identity, or a key in classes that count by key.
    case sender(NodeID, BudgetClass)
    /// All senders without a proof of delay.
    case strangers(BudgetClass)
    /// All senders with a proof that may not vote yet.
    case newcomers(BudgetClass)
    /// Everybody, for what is older than what is counted exactly.
    case past

    /// What the account may use up in a rolling day, with so many senders that proved their delay.
    func allowance(proven: Int) -> Allowance {
        switch self {
        case .sender(_, let kind): BudgetLimits.sender(kind)
        case .strangers(let kind): BudgetLimits.strangers(kind)
        case .newcomers(let kind): BudgetLimits.newcomers(kind, proven: proven)
        case .past: BudgetLimits.past
        }
    }
}

/// What one message costs whom.
struct Charge: Sendable, Equatable {
    let accounts: [BudgetAccount]
    /// The clock hour that it belongs to, counted from 1970.
    let hour: Int64
    let bytes: Int
}

/// What was used up in each clock hour; hours that are too old are dropped.
struct TallyBook: Sendable {
    private var hours: OrderedDictionary<Int64, [BudgetAccount: Tally]> = [:]

    mutating func add(_ charge: Charge) {
        for account in charge.accounts {
            let used = self.used(by: account, in: charge.hour)
            self.hours[charge.hour, default: [:]][account] = used + .message(charge.bytes)
        }
    }

    mutating func takeBack(_ charge: Charge) {
        for account in charge.accounts {
            let rest = self.used(by: account, in: charge.hour) - .message(charge.bytes)
            self.hours[charge.hour]?[account] = rest.count > 0 ? rest : nil
        }
        if self.hours[charge.hour]?.isEmpty == true { self.hours[charge.hour] = nil }
    }

    func used(by account: BudgetAccount, in hour: Int64) -> Tally {
        self.hours[hour]?[account] ?? Tally()
    }

    mutating func drop(before hour: Int64) { self.hours.removeAll { $0.key < hour } }

    /// An identity's key became another one's.
    mutating func move(_ old: NodeID, to new: NodeID) {
        for kind in BudgetClass.allCases where !kind.isByKey {
            for hour in self.hours.keys {
                let (from, to) = (BudgetAccount.sender(old, kind), BudgetAccount.sender(new, kind))
                guard let used = self.hours[hour]?.removeValue(forKey: from) else { continue }
                let sum = self.used(by: to, in: hour) + used
                self.hours[hour]?[to] = sum
            }
        }
    }

    /// For the digest.
    var lines: String {
        self.hours.sorted { $0.key < $1.key }.map { hour, accounts in
            let sum = accounts.values.reduce(Tally(), +)
            return "\(hour) \(accounts.count) \(sum.count) \(sum.bytes)\n"
        }.joined()
    }
}
