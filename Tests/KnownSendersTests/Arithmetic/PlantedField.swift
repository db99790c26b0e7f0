@testable import KnownSenders

/// The field's operations written out once more, with one bug that can be planted at each place.
///
/// Without a bug they must pass the check, or it would prove nothing that it finds those with one.
struct PlantedField: Sendable {
    /// The place of the bug; nil for none.
    let bug: Int?

    /// A carry, which is lost where the bug is.
    private func carry(_ number: UInt128, _ place: Int) -> UInt128 {
        place == self.bug ? 0 : number.high
    }

    /// Every place, by the operation that must be found wrong.
    static let places: [(operation: String, place: Int)] =
        [
            ("multiply", Array(0...15)), ("fold", Array(16...19) + Array(21...24)),
            ("add", Array(40...47)), ("subtract", Array(50...57)),
            ("canonical", Array(60...67)), ("square", Array(70...76) + Array(78...83)),
        ].flatMap { name, places in places.map { (name, $0) } }

    /// The operations with the bug.
    var operations: FieldOperations {
        FieldOperations(
            add: { self.add($0, $1) },
            subtract: { self.subtract($0, $1) },
            multiply: { self.multiply($0, $1) },
            square: { self.square($0) },
            fold: { self.fold($0, $1) },
            canonical: { self.canonical($0) }
        )
    }

    // Places 0 to 15: what each of the sixteen products carries.

    func multiply(_ x: FieldElement, _ y: FieldElement) -> FieldElement {
        let f = [x.words.w0, x.words.w1, x.words.w2, x.words.w3]
        let g = [y.words.w0, y.words.w1, y.words.w2, y.words.w3]
        var t = [UInt64](repeating: 0, count: 8)
        for i in 0..<4 {
            var c: UInt128 = 0
            for j in 0..<4 {
                c = UInt128(product: f[i], g[j]) + UInt128(t[i + j]) + c
                t[i + j] = c.low
                c = self.carry(c, 4 * i + j)
            }
            t[i + 4] = c.low
        }
        return self.fold(Words(t[0], t[1], t[2], t[3]), Words(t[4], t[5], t[6], t[7]))
    }

    // Places 70 to 75: carries of products of different words; 76: of their doubling; 78 to 83: of the sum.

    func square(_ x: FieldElement) -> FieldElement {
        let f = [x.words.w0, x.words.w1, x.words.w2, x.words.w3]
        var t = [UInt64](repeating: 0, count: 8)
        for i in 0..<3 {
            var c: UInt128 = 0
            for j in i + 1..<4 {
                c = UInt128(product: f[i], f[j]) + UInt128(t[i + j]) + c
                t[i + j] = c.low
                c = self.carry(c, [[0, 70, 71, 72], [0, 0, 73, 74], [0, 0, 0, 75]][i][j])
            }
            t[i + 4] = c.low
        }
        var (top, c): (UInt64, UInt128) = (0, 0)
        for place in 0..<8 {
            let doubled = t[place] << 1 | (place == 4 && self.bug == 76 ? 0 : top)
            top = t[place] >> 63
            let square = UInt128(product: f[place / 2], f[place / 2])
            c += UInt128(doubled) + (place % 2 == 0 ? UInt128(square.low) : square.high)
            t[place] = c.low
            c = self.carry(c, 77 + place)
        }
        return self.fold(Words(t[0], t[1], t[2], t[3]), Words(t[4], t[5], t[6], t[7]))
    }

    // Places 16 to 19: what each word carries; 21 to 24: how far what comes back is carried.

    func fold(_ lower: Words, _ upper: Words) -> FieldElement {
        let (l, u) = (
            [lower.w0, lower.w1, lower.w2, lower.w3], [upper.w0, upper.w1, upper.w2, upper.w3]
        )
        var (r, c): ([UInt64], UInt128) = ([], 0)
        for index in 0..<4 {
            c = UInt128(product: u[index], 38) + UInt128(l[index]) + c
            r.append(c.low)
            c = self.carry(c, 16 + index)
        }
        return self.comingBack(r, c.low, first: 20)
    }

    /// Adds 38 for each 2^256, with one more place for each word and one for the end.
    private func comingBack(_ words: [UInt64], _ overflow: UInt64, first: Int) -> FieldElement {
        var r = words
        var c = UInt128(r[0]) + UInt128(overflow) * 38
        r[0] = c.low
        for index in 1..<4 {
            c = UInt128(r[index]) + self.carry(c, first + index)
            r[index] = c.low
        }
        c = self.carry(c, first + 4)
        r[0] &+= c.low &* 38
        return FieldElement(Words(r[0], r[1], r[2], r[3]))
    }

    // Places 40 to 43 and 44 to 47: the same.

    func add(_ x: FieldElement, _ y: FieldElement) -> FieldElement {
        let f = [x.words.w0, x.words.w1, x.words.w2, x.words.w3]
        let g = [y.words.w0, y.words.w1, y.words.w2, y.words.w3]
        var (r, c): ([UInt64], UInt128) = ([], 0)
        for index in 0..<4 {
            c = UInt128(f[index]) + UInt128(g[index]) + c
            r.append(c.low)
            c = self.carry(c, 40 + index)
        }
        return self.comingBack(r, c.low, first: 43)
    }

    // Places 50 to 53 and 54 to 57: the same for what is borrowed.

    func subtract(_ x: FieldElement, _ y: FieldElement) -> FieldElement {
        let f = [x.words.w0, x.words.w1, x.words.w2, x.words.w3]
        let g = [y.words.w0, y.words.w1, y.words.w2, y.words.w3]
        var (r, borrow): ([UInt64], UInt64) = ([], 0)
        for index in 0..<4 {
            r.append(f[index].subtracting(g[index], &borrow))
            if self.bug == 50 + index { borrow = 0 }
        }
        var back: UInt64 = 0
        r[0] = r[0].subtracting(borrow * 38, &back)
        for index in 1..<4 {
            if self.bug == 53 + index { back = 0 }
            r[index] = r[index].subtracting(0, &back)
        }
        if self.bug == 57 { back = 0 }
        r[0] &-= back * 38
        return FieldElement(Words(r[0], r[1], r[2], r[3]))
    }

    // Places 60 to 62 and 63 to 65: carries of both sums; 66: the highest bit; 67: p itself.

    func canonical(_ x: FieldElement) -> Words {
        let f = [x.words.w0, x.words.w1, x.words.w2, x.words.w3 & (.max >> 1)]
        let top = self.bug == 66 ? 0 : (x.words.w3 >> 63) * 19
        let a = self.increased(f, by: top, first: 60)
        let b = self.increased(a, by: self.bug == 67 ? 18 : 19, first: 63)
        guard b[3] >> 63 != 0 else { return Words(a[0], a[1], a[2], a[3]) }
        return self.bug == 67
            ? Words(b[0] + 1, b[1], b[2], b[3] & (.max >> 1))
            : Words(b[0], b[1], b[2], b[3] & (.max >> 1))
    }

    private func increased(_ words: [UInt64], by small: UInt64, first: Int) -> [UInt64] {
        var (r, c): ([UInt64], UInt128) = ([], UInt128(small))
        for (index, word) in words.enumerated() {
            c += UInt128(word)
            r.append(c.low)
            c = self.carry(c, first + index)
        }
        return r
    }
}
