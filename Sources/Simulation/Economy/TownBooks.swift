import Messages
import Primitives

/// What a ledger entry is, by what the node itself says of it.
enum TownCause: Sendable {
    case uptime
    case adoption
    case rentEarned
    case rentPaid
    case rentReturned
    case failure
    case abandonment
    case fee
    case silence
    case stake
    case stakeReturned
    case source

    /// Moves reputation between accounts, or to and from what is held; the others create or destroy it, and so do
    /// stakes, which come back as new.
    var conserves: Bool {
        switch self {
        case .rentEarned, .rentPaid, .rentReturned: true
        default: false
        }
    }

    /// Reads an entry; nil when it is of no listed kind.
    init?(_ entry: ScoreHistory.Entry) {
        let isGain = entry.changeMillionths > 0
        switch LedgerCause(of: entry.cause) {
        case .uptime: self = .uptime
        case .adoption: self = .adoption
        case .rent where !isGain: self = .rentPaid
        case .rent: self = entry.cause.hasSuffix(", returned") ? .rentReturned : .rentEarned
        case .failure: self = .failure
        case .abandonment: self = .abandonment
        case .transfer: self = .fee
        case .silence: self = .silence
        case .dispute, .illegal: self = isGain ? .stakeReturned : .stake
        case .upheldFlag: self = .source
        case nil: return nil
        }
    }
}

/// The accounts of a town, entry by entry, and whether they balance.
struct TownBooks {
    /// They do not.
    struct Imbalance: Error {
        let expected: String
        let found: String
    }

    /// One identity's account.
    private struct Account {
        var direct: FixedPoint
        /// The newest entry that was read.
        var last: ScoreHistory.Entry?
        var sums: [TownCause: Int64] = [:]
    }

    let identities: [NodeID]
    private var accounts: [NodeID: Account]
    /// Rent that payers were charged and nobody got yet, as the market's facts say.
    private var held: [RentCycle: FixedPoint] = [:]
    private(set) var sums: [TownCause: Int64] = [:]
    private(set) var failures: [NodeID: Int] = [:]
    /// Scores by day, from the beginning.
    private(set) var days: [[NodeID: FixedPoint]]
    /// All that there was at the beginning, in millionths.
    let start: Int64

    init(accounts: [(NodeID, FixedPoint)]) {
        self.identities = accounts.map(\.0)
        self.accounts = Dictionary(
            accounts.map { ($0.0, Account(direct: $0.1)) },
            uniquingKeysWith: { first, _ in first }
        )
        self.days = [self.accounts.mapValues(\.direct)]
        self.start = self.accounts.values.reduce(0) { $0 + $1.direct.millionths }
    }

    // MARK: Reading

    /// What an identity got and lost for one cause.
    func sum(_ cause: TownCause, of identity: NodeID) -> Int64 {
        self.accounts[identity]?.sums[cause] ?? 0
    }

    /// An identity's score at the end of a day; that of the beginning is day zero.
    func score(of identity: NodeID, day: Int) -> FixedPoint { self.days[day][identity] ?? .zero }

    /// The first day at the end of which an identity had a score; nil while it never had.
    func firstDay(of identity: NodeID, with score: FixedPoint) -> Int? {
        self.days.firstIndex { ($0[identity] ?? .zero) >= score }
    }

    /// All that there is: in accounts, and held.
    var total: Int64 {
        self.accounts.values.reduce(self.heldTotal) { $0 + $1.direct.millionths }
    }

    private var heldTotal: Int64 { self.held.values.reduce(0) { $0 + $1.millionths } }

    /// What was created since the beginning, less what was destroyed.
    var created: Int64 {
        self.sums.reduce(0) { $1.key.conserves ? $0 : $0 + $1.value }
    }

    // MARK: Changing

    /// The market found something out.
    mutating func found(_ fact: StorageFact) {
        switch fact {
        case .rentHeld(let cycle, _, let amount): self.held[cycle] = amount
        case .rentSettled(let cycle, _), .rentMissed(let cycle, _): self.held[cycle] = nil
        case .challengeFailed(let provider, _), .copyAbandoned(let provider, _):
            self.failures[provider, default: 0] += 1
        case .transferFee, .copiesHeld: break
        }
    }

    /// Reads what is new in every account.
    ///
    /// - Throws: when an entry is of no listed kind, an account is not the sum of its entries, or
    ///   reputation came from nowhere or went there.
    mutating func close(day: Int, _ histories: [NodeID: ScoreHistory.Reply]) throws(Imbalance) {
        for identity in self.identities {
            guard let history = histories[identity] else { continue }
            try self.read(history, of: identity)
        }
        self.days.append(self.accounts.mapValues(\.direct))
        let due = self.start + self.created
        guard self.total == due else {
            throw Imbalance(expected: "\(due) millionths on day \(day)", found: "\(self.total)")
        }
    }

    private mutating func read(_ history: ScoreHistory.Reply, of identity: NodeID)
        throws(Imbalance)
    {
        guard var account = self.accounts[identity] else { return }
        let start = account.last.flatMap { history.entries.lastIndex(of: $0) }.map { $0 + 1 } ?? 0
        var sum: Int64 = 0
        for entry in history.entries[start...] {
            guard let cause = TownCause(entry) else {
                throw Imbalance(expected: "an entry of a listed kind", found: entry.cause)
            }
            sum += entry.changeMillionths
            account.sums[cause, default: 0] += entry.changeMillionths
            self.sums[cause, default: 0] += entry.changeMillionths
        }
        guard account.direct.millionths + sum == history.direct.millionths else {
            throw Imbalance(
                expected: "\(account.direct) and entries of \(sum)",
                found: "\(history.direct)"
            )
        }
        account.direct = history.direct
        account.last = history.entries.last ?? account.last
        self.accounts[identity] = account
    }
}
