/// Multiples of one point that many products are put together from.
///
/// For each multiple of the spacing, called j, it has the odd multiples of 2^j times the point up to half of
/// 2^width. So a product with a number of 256 bits takes `spacing` - 1 doublings, whatever is added in between.
struct PointTable: Sendable {
    let width: Int
    /// Three numbers for each point: those of ``TablePoint`` in its order.
    let words: [Words]

    private static let spacingBits = 4
    /// All tables take the same steps.
    static let spacing = 1 << spacingBits

    /// - Parameters:
    ///   - point: what is multiplied.
    ///   - width: bits of a digit, from 4 up to 10.
    init(of point: CurvePoint, width: Int) {
        self.width = width
        self.words = Self.normalised(Self.multiples(point, width: width))
            .flatMap { [$0.sum, $0.difference, $0.product] }
    }

    /// How many points a table has.
    static func count(width: Int) -> Int { 256 / Self.spacing * (1 << (width - 2)) }

    /// Where the words of the multiple for a digit is; a negative digit takes the opposite of it.
    @inline(__always)
    func index(place: Int, digit: Int) -> Int {
        let multiple = (digit < 0 ? 0 &- digit : digit) &>> 1
        return ((place &>> Self.spacingBits) &<< (self.width &- 2) &+ multiple) &* 3
    }

    private static func multiples(_ point: CurvePoint, width: Int) -> [CurvePoint] {
        var all: [CurvePoint] = []
        var base = point
        for _ in 0..<256 / Self.spacing {
            var sum = base.doubled
            let twice = sum.point
            var odd = base
            all.append(odd)
            for _ in 1..<1 << (width - 2) {
                odd = odd.adding(twice)
                all.append(odd)
            }
            for _ in 1..<Self.spacing { sum.double() }
            base = sum.point
        }
        return all
    }

    /// Points with z = 1; all inverses are made from one.
    private static func normalised(_ points: [CurvePoint]) -> [TablePoint] {
        var products: [FieldElement] = []
        var product = FieldElement.one
        for point in points {
            products.append(product)
            product = product * point.z
        }
        var inverse = product.fermatInverse
        var result: [TablePoint] = []
        for (point, before) in zip(points, products).reversed() {
            result.append(TablePoint(point, inverseOfZ: inverse * before))
            inverse = inverse * point.z
        }
        return result.reversed()
    }
}
