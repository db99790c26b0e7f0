import Primitives

/// Why more keys bring no more reputation (§1, D-40).
enum Dampening {
    /// The gain that an identity with so many keys gets: floor(raw / keys^0.75), exactly.
    ///
    /// It is the largest e with e⁴ · keys³ ≤ raw⁴. A raw gain above 1 is taken as 1, which no score
    /// exceeds, so raw⁴ takes 80 of 128 bits; what overflows on the left is larger in any case.
    static func dampened(_ raw: FixedPoint, keys: Int) -> FixedPoint {
        let raw = min(raw, .one)
        guard raw > .zero, keys > 1 else { return max(raw, .zero) }
        guard let cube = Self.power(UInt128(keys), 3), let right = Self.power(UInt128(raw), 4)
        else { return .zero }
        var low: UInt128 = 0
        var high = UInt128(raw)
        while low < high {
            let middle = low + (high - low + 1) / 2
            if Self.isAtMost(middle, cube, right) { low = middle } else { high = middle - 1 }
        }
        return FixedPoint(millionths: Int64(clamping: low))
    }

    private static func isAtMost(_ gain: UInt128, _ cube: UInt128, _ right: UInt128) -> Bool {
        guard let fourth = Self.power(gain, 4) else { return false }
        let (product, overflow) = fourth.multipliedReportingOverflow(by: cube)
        return !overflow && product <= right
    }

    /// A power, or nil when it needs more than 128 bits.
    private static func power(_ base: UInt128, _ exponent: Int) -> UInt128? {
        var result: UInt128 = 1
        for _ in 0..<exponent {
            let (product, overflow) = result.multipliedReportingOverflow(by: base)
            if overflow { return nil }
            result = product
        }
        return result
    }
}

extension UInt128 {
    fileprivate init(_ amount: FixedPoint) {
        self.init(amount.millionths < 0 ? 0 : amount.millionths)
    }
}
