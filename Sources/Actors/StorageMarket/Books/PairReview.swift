import Messages
import Primitives

/// Finds pairs of identities whose challenges look arranged (R-06-072, R-06-112).
///
/// It is a reason to look, and no proof: whoever keeps a copy well passes every challenge.
struct PairReview: Sendable {
    /// Who challenges whom.
    struct Pair: Hashable, Comparable, Sendable {
        let validator: NodeID
        let provider: NodeID

        static func < (left: Self, right: Self) -> Bool {
            (left.validator, left.provider) < (right.validator, right.provider)
        }
    }

    private let findings: [ChallengeBook.Finding]
    private let calendar: MarketCalendar

    /// - Parameters:
    ///   - findings: results on all artefacts, in any order.
    ///   - calendar: how long days are.
    init(_ findings: [ChallengeBook.Finding], _ calendar: MarketCalendar) {
        self.calendar = calendar
        self.findings = findings.sorted { ($0.at, $0.id) < ($1.at, $1.id) }
    }

    /// Pairs to look at, sorted.
    var pairs: [Pair] { self.flawless.union(self.dominated).sorted() }

    /// Pairs with many passes in a row, over all artefacts.
    private var flawless: Set<Pair> {
        var runs: [Pair: Int] = [:]
        var found: Set<Pair> = []
        for finding in self.findings {
            let pair = Pair(validator: finding.validator, provider: finding.provider)
            runs[pair] = finding.isPass ? runs[pair, default: 0] + 1 : 0
            if runs[pair, default: 0] > StorageMarketLimits.straightPassesMax { found.insert(pair) }
        }
        return found
    }

    /// Pairs in which the validator gave more than half of a provider's passes of several days.
    private var dominated: Set<Pair> {
        var days: [NodeID: [Int64: [NodeID: Int]]] = [:]
        for finding in self.findings where finding.isPass {
            let day = self.calendar.day(of: finding.at)
            days[finding.provider, default: [:]][day, default: [:]][
                finding.validator,
                default: 0
            ] += 1
        }
        var found: Set<Pair> = []
        for (provider, cycles) in days {
            var counts: [NodeID: Int] = [:]
            for passes in cycles.values {
                let all = passes.values.reduce(0, +)
                for (validator, own) in passes where own * 2 > all {
                    counts[validator, default: 0] += 1
                }
            }
            for (validator, count) in counts where count >= StorageMarketLimits.dominatedCyclesMin {
                found.insert(Pair(validator: validator, provider: provider))
            }
        }
        return found
    }
}
