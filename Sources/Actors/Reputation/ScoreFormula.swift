import Primitives

/// The formula of §9: own opinion and the opinion of others, weighted by trust in these.
enum ScoreFormula {
    /// Another identity's word on a subject, and how far this node trusts it.
    struct Opinion: Sendable, Equatable {
        let trust: FixedPoint
        let overall: FixedPoint
    }

    /// Average weighted by trust, truncated (D-38); nil when nobody is trusted.
    static func peerAverage(_ opinions: [Opinion]) -> FixedPoint? {
        var sum: Int128 = 0
        var weight: Int128 = 0
        for opinion in opinions where opinion.trust > .zero {
            sum += Int128(opinion.trust.millionths) * Int128(opinion.overall.millionths)
            weight += Int128(opinion.trust.millionths)
        }
        return weight > 0 ? FixedPoint(millionths: Int64(clamping: sum / weight)) : nil
    }

    /// Weight of the own opinion after so many observations, in millionths.
    static func alpha(observations: Int) -> Int64 {
        let counted = min(max(0, observations), ReputationLimits.observationsForFullWeight)
        return min(
            ReputationLimits.alphaMax,
            Int64(counted) * ReputationLimits.alphaPerObservation
        )
    }

    /// The score, truncated once more and held between the floor and 1.
    ///
    /// - Parameters:
    ///   - direct: the own ledger's value.
    ///   - alpha: weight of that value, in millionths.
    ///   - peerAverage: what others say; nil when nobody does (D-39).
    ///   - networks: distinct networks of those others; below three they alone lift nobody above
    ///     the start (R-09-035). They are counted only for whom this node does not know itself.
    /// - Returns: the score.
    static func score(
        direct: FixedPoint,
        alpha: Int64,
        peerAverage: FixedPoint?,
        networks: @autoclosure () -> Int
    ) -> FixedPoint {
        guard let peerAverage else {
            return alpha > 0 ? Self.bounded(direct) : ReputationLimits.start
        }
        if alpha == 0 {
            let isBelieved = networks() >= ReputationLimits.assessorNetworksMin
            return Self.bounded(
                isBelieved ? peerAverage : min(peerAverage, ReputationLimits.start)
            )
        }
        let own = Int128(alpha) * Int128(direct.millionths)
        let others = Int128(FixedPoint.one.millionths - alpha) * Int128(peerAverage.millionths)
        let blend = (own + others) / Int128(FixedPoint.one.millionths)
        return Self.bounded(FixedPoint(millionths: Int64(clamping: blend)))
    }

    private static func bounded(_ score: FixedPoint) -> FixedPoint {
        min(max(score, ReputationLimits.floor), .one)
    }

    /// The opinion with half of all trust at or below it (D-51); nil when nobody is trusted.
    static func median(_ opinions: [Opinion]) -> FixedPoint? {
        let sorted = opinions.filter { $0.trust > .zero }.sorted { $0.overall < $1.overall }
        let whole = sorted.reduce(Int128(0)) { $0 + Int128($1.trust.millionths) }
        var below: Int128 = 0
        for opinion in sorted {
            below += Int128(opinion.trust.millionths)
            if below * 2 >= whole { return opinion.overall }
        }
        return nil
    }
}
