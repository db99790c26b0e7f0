import Identities
import Primitives

/// Room of this node that many share; it is counted by arrival, since who says little of itself could
/// say anything about when it signed.
enum BudgetPool: Hashable, Sendable, Codable {
    /// All senders without a proof of delay.
    case strangers(BudgetClass)
    /// All senders with a proof that may not vote yet.
    case newcomers(BudgetClass)
    /// What peers serve of the past.
    case pages

    /// What is taken in a rolling day, with so many senders that proved their delay.
    func allowance(proven: Int) -> Allowance {
        switch self {
        case .strangers(let kind): BudgetLimits.strangers(kind)
        case .newcomers(let kind): BudgetLimits.newcomers(kind, proven: proven)
        case .pages: BudgetLimits.pages
        }
    }
}

/// Who is charged for a message.
enum BudgetAccount: Hashable, Sendable, Codable {
    /// An identity, or a key in classes that count by key.
    case sender(NodeID, BudgetClass)
    /// All that a pool gave.
    case pool(BudgetPool)
    /// What one sender, or one peer that serves pages, took of a pool.
    case part(BudgetPool, NodeID)
    /// What long messages took of a pool.
    case long(BudgetPool)

    /// What the account may use up in a rolling day, with so many senders that proved their delay.
    func allowance(proven: Int) -> Allowance {
        switch self {
        case .sender(_, let kind): BudgetLimits.sender(kind)
        case .pool(let pool), .part(let pool, _): pool.allowance(proven: proven)
        case .long(let pool):
            Allowance(
                count: .max,
                bytes: pool.allowance(proven: proven).bytes / BudgetLimits.longDivisor
            )
        }
    }

    /// The accounts of an identity in a class, in the same order for every identity.
    static func all(of identity: NodeID, in kind: BudgetClass) -> [Self] {
        [
            .sender(identity, kind), .part(.strangers(kind), identity),
            .part(.newcomers(kind), identity),
        ]
    }
}

/// Room that a message takes of an account.
struct BudgetLimit: Sendable, Equatable, Codable {
    /// The account whose allowance must suffice.
    let account: BudgetAccount
    /// The part of a pool that one took; it counts twice, in the pool and beside it.
    ///
    /// So nobody takes more than it leaves to all others, and whoever comes next finds as much as the
    /// greediest has had.
    var part: BudgetAccount?
    /// The clock hour that the message belongs to, counted from 1970.
    let hour: Int64

    var accounts: [BudgetAccount] { [self.account] + (self.part.map { [$0] } ?? []) }
}

/// What one message costs whom.
struct Charge: Sendable, Equatable, Codable {
    let limits: [BudgetLimit]
    let bytes: Int
}

extension BudgetAccount: Comparable, Digestible {
    /// What tells it from all others: the kind of account and of pool, the class, and whose it is.
    private var name: (kind: UInt8, pool: UInt8, budgetClass: UInt8, holder: NodeID) {
        switch self {
        case .sender(let sender, let kind): (0, 0, kind.rawValue, sender)
        case .pool(let pool): (1, pool.name.kind, pool.name.budgetClass, Self.nobody)
        case .part(let pool, let holder): (2, pool.name.kind, pool.name.budgetClass, holder)
        case .long(let pool): (3, pool.name.kind, pool.name.budgetClass, Self.nobody)
        }
    }

    private static let nobody = NodeID(.zero)

    /// An order for digests, and for nothing else.
    static func < (one: Self, other: Self) -> Bool { one.name < other.name }

    func digest(into writer: inout some StateWriter) {
        let name = self.name
        writer.number(name.kind)
        writer.number(name.pool)
        writer.number(name.budgetClass)
        name.holder.digest(into: &writer)
    }
}

extension BudgetPool {
    fileprivate var name: (kind: UInt8, budgetClass: UInt8) {
        switch self {
        case .strangers(let kind): (0, kind.rawValue)
        case .newcomers(let kind): (1, kind.rawValue)
        case .pages: (2, 0)
        }
    }
}
