// Products: schoolbook, eight words, of which the upper four come back 38 times.

extension FieldElement {
    @inline(__always)
    static func * (x: FieldElement, y: FieldElement) -> FieldElement {
        let (f, g) = (x.words, y.words)
        var c = UInt128(product: f.w0, g.w0)
        let t0 = c.low
        c = UInt128(product: f.w0, g.w1) &+ c.high
        var t1 = c.low
        c = UInt128(product: f.w0, g.w2) &+ c.high
        var t2 = c.low
        c = UInt128(product: f.w0, g.w3) &+ c.high
        var t3 = c.low
        var t4 = c.high.low
        c = UInt128(product: f.w1, g.w0) &+ UInt128(t1)
        t1 = c.low
        c = UInt128(product: f.w1, g.w1) &+ UInt128(t2) &+ c.high
        t2 = c.low
        c = UInt128(product: f.w1, g.w2) &+ UInt128(t3) &+ c.high
        t3 = c.low
        c = UInt128(product: f.w1, g.w3) &+ UInt128(t4) &+ c.high
        t4 = c.low
        var t5 = c.high.low
        c = UInt128(product: f.w2, g.w0) &+ UInt128(t2)
        t2 = c.low
        c = UInt128(product: f.w2, g.w1) &+ UInt128(t3) &+ c.high
        t3 = c.low
        c = UInt128(product: f.w2, g.w2) &+ UInt128(t4) &+ c.high
        t4 = c.low
        c = UInt128(product: f.w2, g.w3) &+ UInt128(t5) &+ c.high
        t5 = c.low
        var t6 = c.high.low
        c = UInt128(product: f.w3, g.w0) &+ UInt128(t3)
        t3 = c.low
        c = UInt128(product: f.w3, g.w1) &+ UInt128(t4) &+ c.high
        t4 = c.low
        c = UInt128(product: f.w3, g.w2) &+ UInt128(t5) &+ c.high
        t5 = c.low
        c = UInt128(product: f.w3, g.w3) &+ UInt128(t6) &+ c.high
        t6 = c.low
        return Self.folded(Words(t0, t1, t2, t3), Words(t4, t5, t6, c.high.low))
    }

    /// The square; products of different words are needed once and doubled.
    @inline(__always)
    var squared: FieldElement {
        let f = self.words
        var c = UInt128(product: f.w0, f.w1)
        let p1 = c.low
        c = UInt128(product: f.w0, f.w2) &+ c.high
        let p2 = c.low
        c = UInt128(product: f.w0, f.w3) &+ c.high
        var p3 = c.low
        var p4 = c.high.low
        c = UInt128(product: f.w1, f.w2) &+ UInt128(p3)
        p3 = c.low
        c = UInt128(product: f.w1, f.w3) &+ UInt128(p4) &+ c.high
        p4 = c.low
        c = UInt128(product: f.w2, f.w3) &+ c.high
        let p5 = c.low
        let p6 = c.high.low
        let d0 = UInt128(product: f.w0, f.w0)
        let d1 = UInt128(product: f.w1, f.w1)
        let d2 = UInt128(product: f.w2, f.w2)
        let d3 = UInt128(product: f.w3, f.w3)
        c = UInt128(p1 &<< 1) &+ d0.high
        let t1 = c.low
        c = UInt128(p2 &<< 1 | p1 &>> 63) &+ UInt128(d1.low) &+ c.high
        let t2 = c.low
        c = UInt128(p3 &<< 1 | p2 &>> 63) &+ d1.high &+ c.high
        let t3 = c.low
        c = UInt128(p4 &<< 1 | p3 &>> 63) &+ UInt128(d2.low) &+ c.high
        let t4 = c.low
        c = UInt128(p5 &<< 1 | p4 &>> 63) &+ d2.high &+ c.high
        let t5 = c.low
        c = UInt128(p6 &<< 1 | p5 &>> 63) &+ UInt128(d3.low) &+ c.high
        let t6 = c.low
        c = UInt128(p6 &>> 63) &+ d3.high &+ c.high
        return Self.folded(Words(d0.low, t1, t2, t3), Words(t4, t5, t6, c.low))
    }

    /// lower + 2^256 · upper; every pair of words is allowed.
    @inline(__always)
    static func folded(_ lower: Words, _ upper: Words) -> FieldElement {
        var c = UInt128(product: upper.w0, 38) &+ UInt128(lower.w0)
        let r0 = c.low
        c = UInt128(product: upper.w1, 38) &+ UInt128(lower.w1) &+ c.high
        let r1 = c.low
        c = UInt128(product: upper.w2, 38) &+ UInt128(lower.w2) &+ c.high
        let r2 = c.low
        c = UInt128(product: upper.w3, 38) &+ UInt128(lower.w3) &+ c.high
        // At most 38 is carried out.
        return FieldElement(Words(r0, r1, r2, c.low)).adding(c.high.low &* 38)
    }
}
