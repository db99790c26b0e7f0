extension CurvePoint {
    private static let withoutSign = UInt64.max &>> 1
    private static let p = Words(0 &- 19, .max, .max, .max &>> 1)

    /// The opposite of the point that 32 bytes name: RFC 8032 §5.1.3 and what libsodium 1.0.18 asks for, a y
    /// below p and a point of large order; nil for all other bytes.
    init?(negating encoding: Words) {
        var y = encoding
        y.w3 &= Self.withoutSign
        guard y.subtracting(Self.p).isNegative, !Self.isSmallOrder(y) else { return nil }
        guard let x = Self.root(y: FieldElement(y)) else { return nil }
        let isNegative = encoding.w3 &>> 63 != 0
        let opposite = x.isOdd == isNegative ? FieldElement.zero - x : x
        self.init(x: opposite, y: FieldElement(y), z: .one, t: opposite * FieldElement(y))
    }

    /// One x that goes with a y; nil when there is none.
    private static func root(y: FieldElement) -> FieldElement? {
        let yy = y.squared
        let u = yy - .one
        let v = yy * CurveConstants.d + .one
        let v3 = v.squared * v
        let x = (v3.squared * v * u).rootPower * v3 * u
        let square = x.squared * v
        if (square - u).isZero { return x }
        return (square + u).isZero ? x * CurveConstants.rootOfMinusOne : nil
    }

    /// Whether a y below p belongs to one of the eight points whose order divides 8.
    static func isSmallOrder(_ y: Words) -> Bool { Self.smallOrders.contains(y) }

    private static let smallOrders = [
        Words(0, 0, 0, 0),
        Words(1, 0, 0, 0),
        Words(0 &- 20, .max, .max, .max &>> 1),
        Words(
            0xb027_b2c2_8f95_e826,
            0xf098_eff2_89f4_c345,
            0x3933_c6d3_05ac_dfd5,
            0x05fc_536d_8802_38b1
        ),
        Words(
            0x4fd8_4d3d_706a_17c7,
            0x0f67_100d_760b_3cba,
            0xc6cc_392c_fa53_202a,
            0x7a03_ac92_77fd_c74e
        ),
    ]
}
