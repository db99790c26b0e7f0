import Messages
package import Primitives

/// What storage costs and how much of it an identity may have, in exact integers (D-63, D-81).
package enum Prices {
    /// The rent of a day: in proportion to the size, rounded down, and at least a millionth for content
    /// that has any bytes.
    package static func dailyRent(of bytes: Int64, rate: FixedPoint) -> FixedPoint {
        guard bytes > 0 else { return .zero }
        let rent = rate.scaled(numerator: bytes, denominator: StorageMarketLimits.gigabyte)
        return max(FixedPoint(millionths: 1), rent)
    }

    /// Whether an identity with so much replicated already may replicate more (R-06-018, R-06-036,
    /// R-06-049, D-75).
    package static func permits(_ bytes: Int64, beside active: Int64, at score: FixedPoint) -> Bool
    {
        Capability.replicate.isPermitted(at: score)
            && StorageAllowance.fits(bytes, beside: active, at: score)
    }
}
