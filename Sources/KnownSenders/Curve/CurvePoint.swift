/// A point of the curve -x² + y² = 1 + d·x²·y²: x and y over z, and t = x·y over z.
///
/// Source of all formulas: Hisil, Wong, Carter, Dawson, "Twisted Edwards Curves Revisited" (2008). They hold
/// for every two points of this curve, equal ones, opposite ones and those of small order among them.
struct CurvePoint: Sendable {
    var x: FieldElement
    var y: FieldElement
    var z: FieldElement
    var t: FieldElement

    static let identity = CurvePoint(x: .zero, y: .one, z: .one, t: .zero)

    @inline(__always)
    var doubled: PointSum { PointSum(doubling: self.x, self.y, self.z) }

    /// The sum with any point; for tables, where nothing has to be fast.
    @inline(never)
    func adding(_ other: CurvePoint) -> CurvePoint {
        let a = (self.y - self.x) * (other.y - other.x)
        let b = (self.y + self.x) * (other.y + other.x)
        let c = self.t * other.t * CurveConstants.twiceD
        let half = self.z * other.z
        let d = half + half
        return PointSum(x: b - a, y: b + a, z: d + c, t: d - c).point
    }
}

/// What an addition or a doubling leaves: x over z and y over t.
///
/// To make a ``CurvePoint`` of it takes four products, one of which is not needed before a doubling.
struct PointSum: Sendable {
    var x: FieldElement
    var y: FieldElement
    var z: FieldElement
    var t: FieldElement

    static let identity = PointSum(x: .zero, y: .one, z: .one, t: .one)

    @inline(__always)
    init(x: FieldElement, y: FieldElement, z: FieldElement, t: FieldElement) {
        self.x = x
        self.y = y
        self.z = z
        self.t = t
    }

    @inline(__always)
    init(doubling x: FieldElement, _ y: FieldElement, _ z: FieldElement) {
        let (xx, yy, zz) = (x.squared, y.squared, z.squared)
        let sum = yy + xx
        let difference = yy - xx
        self.init(
            x: (x + y).squared - sum,
            y: sum,
            z: difference,
            t: zz + zz - difference
        )
    }

    @inline(__always)
    var point: CurvePoint {
        CurvePoint(
            x: self.x * self.t,
            y: self.y * self.z,
            z: self.z * self.t,
            t: self.x * self.y
        )
    }

    @inline(never)
    mutating func double() {
        self = PointSum(doubling: self.x * self.t, self.y * self.z, self.z * self.t)
    }

    /// Adds a point of a table, or its opposite.
    ///
    /// Which of both is as good as random, so that nothing branches on it: the opposite point has sum and
    /// difference swapped, and the product taken away instead of added.
    ///
    /// - Parameters:
    ///   - words: where the three numbers of a ``TablePoint`` are.
    ///   - negative: 1 for the opposite, 0 otherwise.
    @inline(never)
    mutating func add(_ words: UnsafePointer<Words>, negative: Int) {
        let point = self.point
        let a = (point.y + point.x) * FieldElement(words[negative])
        let b = (point.y - point.x) * FieldElement(words[1 &- negative])
        let c = FieldElement(words[2]) * point.t
        let d = point.z + point.z
        let (plus, minus) = (d + c, d - c)
        let mask = 0 &- UInt64(truncatingIfNeeded: negative)
        self = PointSum(
            x: a - b,
            y: a + b,
            z: plus.replaced(by: minus, where: mask),
            t: minus.replaced(by: plus, where: mask)
        )
    }

    /// The 32 bytes that RFC 8032 gives to the point.
    @inline(__always)
    var encoded: Words {
        let inverse = Inversion.inverse(of: self.z * self.t)
        var words = (self.y * self.z * inverse).canonical
        let x = (self.x * self.t * inverse).canonical
        words.w3 |= (x.w0 & 1) &<< 63
        return words
    }
}

/// A point with z = 1 as it is best added: y + x, y - x and 2·d·x·y, all below p.
struct TablePoint: Sendable {
    let sum: Words
    let difference: Words
    let product: Words

    init(_ point: CurvePoint, inverseOfZ: FieldElement) {
        let x = point.x * inverseOfZ
        let y = point.y * inverseOfZ
        self.sum = (y + x).canonical
        self.difference = (y - x).canonical
        self.product = (x * y * CurveConstants.twiceD).canonical
    }
}
