/// A number modulo p = 2^255 - 19, held as any number below 2^256 that has its remainder.
///
/// Every operation takes all of these spellings and gives one of them; ``canonical`` is the one below p.
/// 2^256 is 38 modulo p, so that what is carried out of the highest word comes back as 38 times as much
/// in the lowest. How long things take depends on the numbers: nothing secret may come here.
struct FieldElement: Sendable {
    var words: Words

    static let zero = FieldElement(0)
    static let one = FieldElement(1)

    @inline(__always)
    init(_ words: Words) { self.words = words }

    @inline(__always)
    init(_ small: UInt64) { self.words = Words(small, 0, 0, 0) }

    @inline(__always)
    static func + (x: FieldElement, y: FieldElement) -> FieldElement {
        var sum = UInt128(x.words.w0) &+ UInt128(y.words.w0)
        let r0 = sum.low
        sum = sum.high &+ UInt128(x.words.w1) &+ UInt128(y.words.w1)
        let r1 = sum.low
        sum = sum.high &+ UInt128(x.words.w2) &+ UInt128(y.words.w2)
        let r2 = sum.low
        sum = sum.high &+ UInt128(x.words.w3) &+ UInt128(y.words.w3)
        let back = (0 &- sum.high.low) & 38
        return FieldElement(Words(r0, r1, r2, sum.low)).adding(back)
    }

    @inline(__always)
    static func - (x: FieldElement, y: FieldElement) -> FieldElement {
        var borrow: UInt64 = 0
        let r0 = x.words.w0.subtracting(y.words.w0, &borrow)
        let r1 = x.words.w1.subtracting(y.words.w1, &borrow)
        let r2 = x.words.w2.subtracting(y.words.w2, &borrow)
        let r3 = x.words.w3.subtracting(y.words.w3, &borrow)
        let (low, isBelow) = r0.subtractingReportingOverflow((0 &- borrow) & 38)
        var result = FieldElement(Words(low, r1, r2, r3))
        if _slowPath(isBelow) { result.borrowFromUpperWords() }
        return result
    }

    /// The same plus a small number, below 2^12.
    @inline(__always)
    func adding(_ small: UInt64) -> FieldElement {
        let (low, overflows) = self.words.w0.addingReportingOverflow(small)
        var result = FieldElement(Words(low, self.words.w1, self.words.w2, self.words.w3))
        if _slowPath(overflows) { result.carryIntoUpperWords() }
        return result
    }

    /// Another one where the mask has all bits set, and the same where it has none.
    @inline(__always)
    func replaced(by other: FieldElement, where mask: UInt64) -> FieldElement {
        let (a, b) = (self.words, other.words)
        return FieldElement(
            Words(
                a.w0 ^ (a.w0 ^ b.w0) & mask,
                a.w1 ^ (a.w1 ^ b.w1) & mask,
                a.w2 ^ (a.w2 ^ b.w2) & mask,
                a.w3 ^ (a.w3 ^ b.w3) & mask
            )
        )
    }

    /// The lowest word has overflowed by a small number.
    @inline(never)
    private mutating func carryIntoUpperWords() {
        self.words.w1 &+= 1
        if self.words.w1 != 0 { return }
        self.words.w2 &+= 1
        if self.words.w2 != 0 { return }
        self.words.w3 &+= 1
        if self.words.w3 != 0 { return }
        // Beyond 2^256; the lowest word is small now, and takes it without a second overflow.
        self.words.w0 &+= 38
    }

    /// A small number was taken from the lowest word, which had less.
    @inline(never)
    private mutating func borrowFromUpperWords() {
        let w1 = self.words.w1
        self.words.w1 &-= 1
        if w1 != 0 { return }
        let w2 = self.words.w2
        self.words.w2 &-= 1
        if w2 != 0 { return }
        let w3 = self.words.w3
        self.words.w3 &-= 1
        if w3 != 0 { return }
        // Below zero; the lowest word is close to 2^64 now, and has enough.
        self.words.w0 &-= 38
    }

    // MARK: The one spelling below p

    private static let withoutTopBit = UInt64.max &>> 1

    /// The number below p.
    @inline(__always)
    var canonical: Words {
        // What is above bit 255 counts 19 each; the rest is below 2^255 + 19.
        var sum = UInt128(self.words.w0) &+ UInt128((self.words.w3 &>> 63) &* 19)
        let a0 = sum.low
        sum = UInt128(self.words.w1) &+ sum.high
        let a1 = sum.low
        sum = UInt128(self.words.w2) &+ sum.high
        let a2 = sum.low
        let a3 = (self.words.w3 & Self.withoutTopBit) &+ sum.high.low
        // With 19 more, bit 255 tells whether it is p or above, and the bits below are the difference.
        sum = UInt128(a0) &+ 19
        let b0 = sum.low
        sum = UInt128(a1) &+ sum.high
        let b1 = sum.low
        sum = UInt128(a2) &+ sum.high
        let b2 = sum.low
        let b3 = a3 &+ sum.high.low
        return b3 &>> 63 != 0
            ? Words(b0, b1, b2, b3 & Self.withoutTopBit) : Words(a0, a1, a2, a3)
    }

    var isZero: Bool { self.canonical == .zero }

    var isOdd: Bool { self.canonical.w0 & 1 != 0 }
}
