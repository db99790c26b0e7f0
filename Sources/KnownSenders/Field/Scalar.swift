/// A number modulo the order of the base point, L = 2^252 + c with a c of 125 bits; always below L.
struct Scalar: Equatable, Sendable {
    let words: Words

    static let order = Words(0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6, 0, 1 << 60)

    /// Takes numbers below L; nil for any other.
    init?(canonical words: Words) {
        guard words.subtracting(Self.order).isNegative else { return nil }
        self.words = words
    }

    private init(reduced words: Words) { self.words = words }

    /// The remainder of lower + 2^256 · upper.
    ///
    /// 2^252 is -c, so that what is above bit 252 is taken away c times, then added c² times, then taken
    /// away c³ times, after which nothing is left above.
    init(lower: Words, upper: Words) {
        let all = Wide(lower, upper)
        let first = all.above252.timesC
        let second = first.above252.timesC
        let third = second.above252.timesC
        // 2L keeps the sum above zero.
        var sum = all.below252.adding(second.below252).adding(Self.twiceOrder)
        sum = sum.subtracting(first.below252).difference
        sum = sum.subtracting(third.below252).difference
        while case (let rest, let isNegative) = sum.subtracting(Self.order), !isNegative {
            sum = rest
        }
        self.init(reduced: sum)
    }

    private static let twiceOrder = Self.order.adding(Self.order)
}

/// A number of eight words, the least significant one first.
private struct Wide {
    private var words = InlineArray<8, UInt64>(repeating: 0)

    init(_ lower: Words, _ upper: Words) {
        self.words = [
            lower.w0, lower.w1, lower.w2, lower.w3, upper.w0, upper.w1, upper.w2, upper.w3,
        ]
    }

    private init() {}

    private static let low60 = (UInt64(1) << 60) - 1

    var below252: Words {
        Words(self.words[0], self.words[1], self.words[2], self.words[3] & Self.low60)
    }

    var above252: Wide {
        var result = Wide()
        for index in 0..<4 {
            result.words[index] = self.words[index + 3] &>> 60 | self.words[index + 4] &<< 4
        }
        result.words[4] = self.words[7] &>> 60
        return result
    }

    /// The product with c; only for numbers of five words.
    var timesC: Wide {
        var result = Wide()
        var carry: UInt64 = 0
        for index in 0..<5 {
            let sum = UInt128(product: self.words[index], Scalar.order.w0) &+ UInt128(carry)
            result.words[index] = sum.low
            carry = sum.high.low
        }
        result.words[5] = carry
        carry = 0
        for index in 0..<5 {
            let sum =
                UInt128(product: self.words[index], Scalar.order.w1)
                &+ UInt128(result.words[index + 1]) &+ UInt128(carry)
            result.words[index + 1] = sum.low
            carry = sum.high.low
        }
        result.words[6] = carry
        return result
    }
}

// MARK: Digits

extension Scalar {
    /// Calls for each digit of the form without adjacent digits: odd, below 2^(width - 1) either way, with
    /// its place; digits times 2^place add up to the number.
    @inline(__always)
    func forEachDigit(width: Int, _ body: (_ place: Int, _ digit: Int) -> Void) {
        let words: InlineArray<5, UInt64> = [
            self.words.w0, self.words.w1, self.words.w2, self.words.w3, 0,
        ]
        let mask: UInt64 = (1 &<< UInt64(width)) &- 1
        let half: UInt64 = 1 &<< UInt64(width &- 1)
        var place = 0
        var carry: UInt64 = 0
        while place < 256 {
            let (index, offset) = (place &>> 6, UInt64(place & 63))
            var bits = words[index] &>> offset
            if offset != 0 { bits |= words[index &+ 1] &<< (64 &- offset) }
            // While something is carried, ones become zeros.
            let zeros = (bits ^ (0 &- carry)).trailingZeroBitCount
            place &+= zeros
            // Hardly ever, so that it is foreseen: the digit goes on beyond these bits.
            if zeros > 64 &- width { continue }
            bits = bits &>> UInt64(zeros)
            let window = (bits & mask) &+ carry
            carry = window < half ? 0 : 1
            body(place, Int(window) &- (carry == 0 ? 0 : 1 &<< width))
            place &+= width
        }
    }
}
