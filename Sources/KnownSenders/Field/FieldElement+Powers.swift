// Powers with fixed exponents, by the usual chains of squares.

extension FieldElement {
    /// Squared so many times, at least once.
    @inline(never)
    func squared(times count: Int) -> FieldElement {
        var result = self.squared
        for _ in 1..<count { result = result.squared }
        return result
    }

    /// The powers 2^250 - 1 and 11.
    private var powers: (long: FieldElement, eleven: FieldElement) {
        let two = self.squared
        let nine = self * two.squared(times: 2)
        let eleven = two * nine
        let ones5 = eleven.squared * nine
        let ones10 = ones5.squared(times: 5) * ones5
        let ones20 = ones10.squared(times: 10) * ones10
        let ones40 = ones20.squared(times: 20) * ones20
        let ones50 = ones40.squared(times: 10) * ones10
        let ones100 = ones50.squared(times: 50) * ones50
        let ones200 = ones100.squared(times: 100) * ones100
        return (ones200.squared(times: 50) * ones50, eleven)
    }

    /// The power p - 2, which is the inverse; of zero it is zero.
    var fermatInverse: FieldElement {
        let (long, eleven) = self.powers
        return long.squared(times: 5) * eleven
    }

    /// The power (p - 5) / 8, from which square roots are made.
    var rootPower: FieldElement { self.powers.long.squared(times: 2) * self }
}

/// Constants of the curve.
enum CurveConstants {
    /// -121665 / 121666.
    static let d =
        FieldElement.zero - FieldElement(121_665) * FieldElement(121_666).fermatInverse
    static let twiceD = d + d
    /// 2^((p - 1) / 4).
    static let rootOfMinusOne = FieldElement(2).rootPower.squared * FieldElement(2)
}
