import CPrefetch

/// The sum of two products of points and numbers, by their tables.
struct DoubleProduct {
    // Digits are at least as many places apart as the table is wide: 64 and 52 are the most for 4 and 5.
    /// What is added at one step: lists that are linked by index.
    private var heads = InlineArray<16, Int16>(repeating: -1)
    private var nexts = InlineArray<120, Int16>(repeating: -1)
    /// Index in the table, then whether it is the second table, then whether to subtract.
    private var terms = InlineArray<120, Int32>(repeating: 0)
    private var count = 0

    /// first · a + second · b.
    static func sum(_ first: Scalar, _ a: PointTable, _ second: Scalar, _ b: PointTable) -> PointSum
    {
        a.words.withUnsafeBufferPointer { aWords in
            b.words.withUnsafeBufferPointer { bWords in
                var product = DoubleProduct()
                product.plan(first, a, aWords, flag: 0)
                product.plan(second, b, bWords, flag: 2)
                return product.compute(aWords, bWords)
            }
        }
    }

    /// Notes at which step what is added, and asks for it: tables of many senders are far from the core,
    /// and what is asked for at once comes in the time of a few.
    @inline(__always)
    private mutating func plan(
        _ scalar: Scalar,
        _ table: PointTable,
        _ words: UnsafeBufferPointer<Words>,
        flag: Int
    ) {
        guard let words = words.baseAddress else { return }
        scalar.forEachDigit(width: table.width) { place, digit in
            let index = table.index(place: place, digit: digit)
            // Where a point has its end in a third line, that one is left out: measured, it made no difference.
            prefetch(words + index)
            prefetch(words + (index &+ 2))
            let step = place & (PointTable.spacing &- 1)
            let term = index &<< 2 | flag | (digit < 0 ? 1 : 0)
            self.nexts[self.count] = self.heads[step]
            self.terms[self.count] = Int32(truncatingIfNeeded: term)
            self.heads[step] = Int16(truncatingIfNeeded: self.count)
            self.count &+= 1
        }
    }

    // Mutating, since a copy of each array would be made for each look at it otherwise.
    private mutating func compute(
        _ a: UnsafeBufferPointer<Words>,
        _ b: UnsafeBufferPointer<Words>
    ) -> PointSum {
        guard let a = a.baseAddress, let b = b.baseAddress else { return .identity }
        var sum = PointSum.identity
        var step = PointTable.spacing &- 1
        while true {
            var next = Int(self.heads[step])
            while next >= 0 {
                let term = Int(self.terms[next])
                let table = term & 2 == 0 ? a : b
                sum.add(table + (term &>> 2), negative: term & 1)
                next = Int(self.nexts[next])
            }
            if step == 0 { return sum }
            sum.double()
            step &-= 1
        }
    }
}
