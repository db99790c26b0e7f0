import Testing

@testable import KnownSenders

/// A point by its two numbers, with the law of addition as it stands in RFC 8032 §5.1.4, divisions and all.
struct PlainPoint: Equatable {
    let x: Words
    let y: Words

    static let identity = PlainPoint(x: .zero, y: FieldElement.one)

    init(x: FieldElement, y: FieldElement) {
        self.x = x.canonical
        self.y = y.canonical
    }

    init(_ point: CurvePoint) {
        let inverse = point.z.fermatInverse
        self.init(x: point.x * inverse, y: point.y * inverse)
    }

    static func + (a: PlainPoint, b: PlainPoint) -> PlainPoint {
        let (ax, ay) = (FieldElement(a.x), FieldElement(a.y))
        let (bx, by) = (FieldElement(b.x), FieldElement(b.y))
        let k = CurveConstants.d * ax * bx * ay * by
        return PlainPoint(
            x: (ax * by + bx * ay) * (FieldElement.one + k).fermatInverse,
            y: (ay * by + ax * bx) * (FieldElement.one - k).fermatInverse
        )
    }

    var opposite: PlainPoint {
        PlainPoint(x: .zero - FieldElement(self.x), y: FieldElement(self.y))
    }

    /// With another z than one, so that nothing can hide behind it.
    func point(z: FieldElement = FieldElement(0x1234_5678_9abc)) -> CurvePoint {
        let (x, y) = (FieldElement(self.x), FieldElement(self.y))
        return CurvePoint(x: x * z, y: y * z, z: z, t: x * y * z)
    }

    var isOnCurve: Bool {
        let (xx, yy) = (FieldElement(self.x).squared, FieldElement(self.y).squared)
        return (yy - xx - .one - CurveConstants.d * xx * yy).isZero
    }

    /// 2^exponent times the point.
    func doubled(times exponent: Int) -> PlainPoint {
        (0..<exponent).reduce(self) { point, _ in point + point }
    }
}

@Suite("ADR 0078: points and tables")
struct CurveTests {
    /// The base point, whose y is 4/5.
    private static func base() throws -> PlainPoint {
        var encoding = (FieldElement(4) * FieldElement(5).fermatInverse).canonical
        encoding.w3 |= 1 << 63
        return PlainPoint(try #require(CurvePoint(negating: encoding)))
    }

    /// Of small and of large order, equal ones and opposite ones.
    private static func samples() throws -> [PlainPoint] {
        let base = try Self.base()
        let torsion = try SmallOrder.points()
        return torsion + [base, base.opposite, base + base, base + torsion[1], base + torsion[5]]
    }

    @Test("the eight points of small order are on the curve, differ, and come back to nothing")
    func smallOrder() throws {
        let points = try SmallOrder.points()
        #expect(points.count == 8 && points.allSatisfy(\.isOnCurve))
        for (index, point) in points.enumerated() {
            #expect(!points[..<index].contains(point))
            #expect(point.doubled(times: 3) == .identity)
            #expect(CurvePoint.isSmallOrder(point.y))
        }
        #expect(!CurvePoint.isSmallOrder(try Self.base().y))
    }

    @Test("sums and doubles of every two points are those of the plain law")
    func additions() throws {
        let samples = try Self.samples()
        for a in samples {
            #expect(PlainPoint(a.point().doubled.point) == a + a)
            var twice = PointSum.identity
            twice.add(a)
            twice.double()
            #expect(PlainPoint(twice.point) == a + a)
            for b in samples {
                #expect(PlainPoint(a.point().adding(b.point(z: FieldElement(7)))) == a + b)
                var sum = PointSum.identity
                sum.add(a)
                sum.add(b)
                #expect(PlainPoint(sum.point) == a + b)
                sum.add(b, negative: 1)
                sum.add(b, negative: 1)
                #expect(PlainPoint(sum.point) == a + b.opposite)
                var encoded = (a + b.opposite).y
                encoded.w3 |= ((a + b.opposite).x.w0 & 1) << 63
                #expect(sum.encoded == encoded)
            }
        }
    }

    @Test(
        "a table has each odd multiple in each row, and no number is p or above",
        arguments: [4, 5, 6, 7, 9]
    )
    func table(width: Int) throws {
        let base = try Self.base()
        let table = PointTable(of: base.point(), width: width)
        #expect(table.words.count == 3 * PointTable.count(width: width))
        #expect(table.words.allSatisfy { BigNumber($0) < .p })
        for place in stride(from: 0, to: 256, by: PointTable.spacing) {
            let row = base.doubled(times: place)
            var odd = row
            for digit in stride(from: 1, to: 1 << (width - 1), by: 2) {
                for (sign, negative) in [(1, 0), (-1, 1)] {
                    let index = table.index(place: place, digit: sign * digit)
                    var sum = PointSum.identity
                    sum.add(table.words[index...], negative: negative)
                    #expect(PlainPoint(sum.point) == (negative == 1 ? odd.opposite : odd))
                }
                odd = odd + row + row
            }
        }
    }

    @Test("a sum of two products is that of plain doublings and additions")
    func products() throws {
        let base = try Self.base()
        let point = base + (try SmallOrder.points())[3]
        let (a, b) = (
            PointTable(of: point.point(), width: 5), PointTable(of: base.point(), width: 9)
        )
        let numbers = Edges.few.map { (BigNumber($0) % .order).words }
        for (first, second) in zip(numbers, numbers.reversed()) {
            let x = try #require(Scalar(canonical: first))
            let y = try #require(Scalar(canonical: second))
            let sum = PlainPoint(DoubleProduct.sum(x, a, y, b).point)
            #expect(sum == Self.product(first, point) + Self.product(second, base))
        }
    }

    private static func product(_ number: Words, _ point: PlainPoint) -> PlainPoint {
        let words = [number.w0, number.w1, number.w2, number.w3]
        return (0..<256).reversed().reduce(.identity) { sum, bit in
            let isSet = (words[bit / 64] >> UInt64(bit % 64)) & 1 != 0
            return isSet ? sum + sum + point : sum + sum
        }
    }
}

extension PointSum {
    /// Adds a point as tables have them.
    fileprivate mutating func add(_ point: PlainPoint, negative: Int = 0) {
        let z = FieldElement(99)
        let entry = TablePoint(point.point(z: z), inverseOfZ: z.fermatInverse)
        self.add([entry.sum, entry.difference, entry.product][...], negative: negative)
    }

    /// Adds the point that the first three words are of.
    fileprivate mutating func add(_ words: ArraySlice<Words>, negative: Int) {
        words.withUnsafeBufferPointer { words in
            if let start = words.baseAddress { self.add(start, negative: negative) }
        }
    }
}

/// The eight points whose order divides 8, found from the y of one of order 8.
enum SmallOrder {
    static func points() throws -> [PlainPoint] {
        let y = FieldElement(
            Words(
                0xb027_b2c2_8f95_e826,
                0xf098_eff2_89f4_c345,
                0x3933_c6d3_05ac_dfd5,
                0x05fc_536d_8802_38b1
            )
        )
        // x² = (y² - 1) / (d·y² + 1), of which the root is one of both.
        let square =
            (y.squared - .one) * (CurveConstants.d * y.squared + .one).fermatInverse
        let candidate = square.rootPower * square
        let root =
            (candidate.squared - square).isZero
            ? candidate : candidate * CurveConstants.rootOfMinusOne
        let generator = PlainPoint(x: root, y: y)
        try #require(generator.isOnCurve)
        return (1..<8).reduce(into: [PlainPoint.identity]) { points, _ in
            points.append(points[points.count - 1] + generator)
        }
    }
}
