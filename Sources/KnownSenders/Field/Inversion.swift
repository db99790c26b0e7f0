/// Inverses by divisions step by step in groups of 62, as Bernstein and Yang describe them
/// ("Fast constant-time gcd computation and modular inversion", 2019); here in variable time.
///
/// Four times as fast as a power. The result is multiplied with what it should be the inverse of, and the
/// power is taken when that is not one, so that a fault here costs time and changes no verdict.
enum Inversion {
    /// A signed number of five digits of 62 bits; the highest one has the sign.
    struct Digits {
        var d0: Int64 = 0
        var d1: Int64 = 0
        var d2: Int64 = 0
        var d3: Int64 = 0
        var d4: Int64 = 0
    }

    /// What 62 steps do with two numbers, times 2^62.
    private struct Matrix {
        var u: Int64
        var v: Int64
        var q: Int64
        var r: Int64
    }

    private static let mask = UInt64.max &>> 2
    /// 1 / p modulo 2^62.
    private static let inverseOfP: UInt64 = {
        let p = 0 &- UInt64(19)
        var x: UInt64 = 1
        for _ in 0..<7 { x = x &* (2 &- p &* x) }
        return x & mask
    }()
    /// For numbers of 255 bits ten rounds are enough.
    private static let roundsMax = 12

    /// The inverse; of zero it is zero.
    static func inverse(of element: FieldElement) -> FieldElement {
        let found = Self.candidate(for: element)
        return (found * element).canonical == Words(1, 0, 0, 0) ? found : element.fermatInverse
    }

    /// What is the inverse if all is right.
    static func candidate(for element: FieldElement) -> FieldElement {
        var f = Digits(d0: -19, d4: 128)
        var g = Self.digits(element.canonical)
        var d = Digits()
        var e = Digits(d0: 1)
        var eta = -1
        for _ in 0..<Self.roundsMax {
            let matrix: Matrix
            (eta, matrix) = Self.steps(eta, UInt64(bitPattern: f.d0), UInt64(bitPattern: g.d0))
            (d, e) = Self.updated(d, e, matrix)
            (f, g) = Self.shifted(f, g, matrix)
            if g.d0 | g.d1 | g.d2 | g.d3 | g.d4 == 0 { break }
        }
        return Self.element(f.d4 < 0 ? Self.negated(d) : d)
    }

    private static func digits(_ w: Words) -> Digits {
        Digits(
            d0: Int64(w.w0 & Self.mask),
            d1: Int64((w.w0 &>> 62 | w.w1 &<< 2) & Self.mask),
            d2: Int64((w.w1 &>> 60 | w.w2 &<< 4) & Self.mask),
            d3: Int64((w.w2 &>> 58 | w.w3 &<< 6) & Self.mask),
            d4: Int64(w.w3 &>> 56)
        )
    }

    private static func negated(_ x: Digits) -> Digits {
        Digits(d0: 0 &- x.d0, d1: 0 &- x.d1, d2: 0 &- x.d2, d3: 0 &- x.d3, d4: 0 &- x.d4)
    }

    /// The same number with digits that are not negative, but for the highest.
    private static func carried(_ x: Digits) -> Digits {
        var x = x
        let mask = Int64(Self.mask)
        x.d1 &+= x.d0 &>> 62
        x.d0 &= mask
        x.d2 &+= x.d1 &>> 62
        x.d1 &= mask
        x.d3 &+= x.d2 &>> 62
        x.d2 &= mask
        x.d4 &+= x.d3 &>> 62
        x.d3 &= mask
        return x
    }

    /// A number between -2p and 2p as an element.
    private static func element(_ x: Digits) -> FieldElement {
        var x = Self.carried(x)
        if x.d4 < 0 {
            // 2p = 2^256 - 38
            x.d0 &-= 38
            x.d4 &+= 256
            x = Self.carried(x)
        }
        let (d0, d1) = (UInt64(bitPattern: x.d0), UInt64(bitPattern: x.d1))
        let (d2, d3) = (UInt64(bitPattern: x.d2), UInt64(bitPattern: x.d3))
        return FieldElement(
            Words(
                d0 | d1 &<< 62,
                d1 &>> 2 | d2 &<< 60,
                d2 &>> 4 | d3 &<< 58,
                d3 &>> 6 | UInt64(bitPattern: x.d4) &<< 56
            )
        )
    }

    /// Sixty-two steps, for which the lowest bits of both numbers are enough.
    private static func steps(_ start: Int, _ f0: UInt64, _ g0: UInt64) -> (Int, Matrix) {
        var (eta, left) = (start, 62)
        var (f, g) = (f0, g0)
        var (u, v, q, r): (UInt64, UInt64, UInt64, UInt64) = (1, 0, 0, 1)
        while true {
            let zeros = (g | (UInt64.max &<< UInt64(truncatingIfNeeded: left)))
                .trailingZeroBitCount
            let shift = UInt64(truncatingIfNeeded: zeros)
            g = g &>> shift
            u = u &<< shift
            v = v &<< shift
            eta &-= zeros
            left &-= zeros
            if left == 0 { break }
            let times: UInt64
            if eta < 0 {
                eta = 0 &- eta
                (f, g) = (g, 0 &- f)
                (u, q) = (q, 0 &- u)
                (v, r) = (r, 0 &- v)
                // How often f goes into g, modulo 2^6 or less.
                times = (f &* g &* (f &* f &- 2)) & Self.ones(min(eta &+ 1, left)) & 63
            } else {
                let inverse = f &+ (((f &+ 1) & 4) &<< 1)
                times = ((0 &- inverse) &* g) & Self.ones(min(eta &+ 1, left)) & 15
            }
            g = g &+ f &* times
            q = q &+ u &* times
            r = r &+ v &* times
        }
        let matrix = Matrix(
            u: Int64(bitPattern: u),
            v: Int64(bitPattern: v),
            q: Int64(bitPattern: q),
            r: Int64(bitPattern: r)
        )
        return (eta, matrix)
    }

    /// So many ones, at least one.
    private static func ones(_ count: Int) -> UInt64 {
        UInt64.max &>> UInt64(truncatingIfNeeded: 64 &- count)
    }
}

// MARK: What a matrix does

extension Inversion {
    private static func times(_ x: Int64, _ y: Int64) -> Int128 { Int128(x) &* Int128(y) }

    private static func digit(_ x: Int128) -> Int64 {
        Int64(truncatingIfNeeded: x) & Int64(Self.mask)
    }

    /// f and g, divided by 2^62 without rest.
    private static func shifted(_ f: Digits, _ g: Digits, _ m: Matrix) -> (Digits, Digits) {
        (Self.shifted(f, g, m.u, m.v), Self.shifted(f, g, m.q, m.r))
    }

    private static func shifted(_ f: Digits, _ g: Digits, _ x: Int64, _ y: Int64) -> Digits {
        var result = Digits()
        var c = (Self.times(x, f.d0) &+ Self.times(y, g.d0)) &>> 62
        c = c &+ Self.times(x, f.d1) &+ Self.times(y, g.d1)
        result.d0 = Self.digit(c)
        c = c &>> 62 &+ Self.times(x, f.d2) &+ Self.times(y, g.d2)
        result.d1 = Self.digit(c)
        c = c &>> 62 &+ Self.times(x, f.d3) &+ Self.times(y, g.d3)
        result.d2 = Self.digit(c)
        c = c &>> 62 &+ Self.times(x, f.d4) &+ Self.times(y, g.d4)
        result.d3 = Self.digit(c)
        result.d4 = Int64(truncatingIfNeeded: c &>> 62)
        return result
    }

    /// d and e, divided by 2^62 modulo p.
    private static func updated(_ d: Digits, _ e: Digits, _ m: Matrix) -> (Digits, Digits) {
        (Self.updated(d, e, m.u, m.v), Self.updated(d, e, m.q, m.r))
    }

    private static func updated(_ d: Digits, _ e: Digits, _ x: Int64, _ y: Int64) -> Digits {
        // So often p is added that the lowest 62 bits are zero, and the number stays within its bounds.
        var k = (x & (d.d4 &>> 63)) &+ (y & (e.d4 &>> 63))
        var c = Self.times(x, d.d0) &+ Self.times(y, e.d0)
        let rest =
            Self.inverseOfP &* UInt64(truncatingIfNeeded: c) &+ UInt64(bitPattern: k)
        k = k &- Int64(rest & Self.mask)
        c = (c &+ Self.times(-19, k)) &>> 62
        var result = Digits()
        c = c &+ Self.times(x, d.d1) &+ Self.times(y, e.d1)
        result.d0 = Self.digit(c)
        c = c &>> 62 &+ Self.times(x, d.d2) &+ Self.times(y, e.d2)
        result.d1 = Self.digit(c)
        c = c &>> 62 &+ Self.times(x, d.d3) &+ Self.times(y, e.d3)
        result.d2 = Self.digit(c)
        c = c &>> 62 &+ Self.times(x, d.d4) &+ Self.times(y, e.d4) &+ Self.times(128, k)
        result.d3 = Self.digit(c)
        result.d4 = Int64(truncatingIfNeeded: c &>> 62)
        return result
    }
}
