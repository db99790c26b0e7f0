import Identities
import Primitives

/// How the rewards for the adoptions of one proposal are cut (§6, D-44).
struct AdoptionPool: Sendable, Codable {
    /// What one adoption earns whom.
    struct Shares: Sendable, Equatable {
        var author: FixedPoint
        var host: FixedPoint
        /// For each provider.
        var provider: FixedPoint
    }

    private(set) var adoptions: Int64 = 0
    /// Adoptions since providers are known; what came before is the author's.
    private var provided: Int64 = 0
    private var hostPaid = FixedPoint.zero
    private var providerPaid = FixedPoint.zero

    /// Whether another adoption is rewarded.
    var isOpen: Bool { self.adoptions < EarningLimits.adoptionsMax }

    /// Cuts the reward of the next adoption; what does not divide goes to the author.
    ///
    /// - Parameters:
    ///   - hostScore: the first host's score now; nil without one.
    ///   - providers: confirmed providers that held copies during the vote.
    /// - Returns: what this adoption earns.
    mutating func next(hostScore: FixedPoint?, providers: Int) -> Shares {
        self.adoptions += 1
        let provider = self.nextProviderShare(providers)
        let whole = FixedPoint.one.millionths
        let authorPart =
            providers > 0
            ? EarningLimits.adoption.scaled(
                numerator: whole - EarningLimits.providerShare,
                denominator: whole
            ) : EarningLimits.adoption
        let host = hostScore.map { self.hostShare(of: authorPart, score: $0) } ?? .zero
        self.hostPaid = self.hostPaid + host
        let providersTotal = provider.scaled(numerator: Int64(providers), denominator: 1)
        return Shares(
            author: EarningLimits.adoption - providersTotal - host,
            host: host,
            provider: provider
        )
    }

    /// Reckoned on the sum of these adoptions so far, so that division loses less than a unit each.
    private mutating func nextProviderShare(_ providers: Int) -> FixedPoint {
        guard providers > 0 else { return .zero }
        self.provided += 1
        let pool = EarningLimits.adoption
            .scaled(numerator: self.provided, denominator: 1)
            .scaled(
                numerator: EarningLimits.providerShare,
                denominator: FixedPoint.one.millionths
            )
        let due = pool.scaled(numerator: 1, denominator: Int64(providers))
        let share = max(.zero, due - self.providerPaid)
        self.providerPaid = self.providerPaid + share
        return share
    }

    private func hostShare(of part: FixedPoint, score: FixedPoint) -> FixedPoint {
        let full = part.scaled(
            numerator: EarningLimits.hostShare,
            denominator: FixedPoint.one.millionths
        )
        if score >= EarningLimits.fullHost { return full }
        return min(full, max(.zero, EarningLimits.smallHostMax - self.hostPaid))
    }
}

extension AdoptionPool: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("adoptions", self.adoptions)
        writer.field("provided", self.provided)
        writer.field("hostPaid", self.hostPaid)
        writer.field("providerPaid", self.providerPaid)
    }
}
