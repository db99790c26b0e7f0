@testable import KnownSenders

/// A natural number of any size, computed in the plainest way there is: what arithmetic is compared with.
struct BigNumber: Comparable, CustomStringConvertible {
    /// Digits of 32 bits, the least significant one first, the highest one not zero.
    private(set) var digits: [UInt32]

    static let zero = BigNumber(0)
    static let one = BigNumber(1)
    /// 2^255 - 19.
    static let p = BigNumber(powerOfTwo: 255) - BigNumber(19)
    /// 2^252 + 27742317777372353535851937790883648493.
    static let order =
        BigNumber(powerOfTwo: 252) + BigNumber(0x14de_f9de_a2f7_9cd6) * BigNumber(powerOfTwo: 64)
        + BigNumber(0x5812_631a_5cf5_d3ed)

    init(_ number: UInt64) {
        self.init(digits: [UInt32(truncatingIfNeeded: number), UInt32(number >> 32)])
    }

    init(digits: [UInt32]) {
        self.digits = digits
        while self.digits.last == 0 { self.digits.removeLast() }
    }

    init(powerOfTwo exponent: Int) {
        self.digits = Array(repeating: 0, count: exponent / 32) + [1 << UInt32(exponent % 32)]
    }

    init(_ words: Words...) {
        let all = words.flatMap { [$0.w0, $0.w1, $0.w2, $0.w3] }
        self.init(digits: all.flatMap { [UInt32(truncatingIfNeeded: $0), UInt32($0 >> 32)] })
    }

    /// The same in words; bits beyond 256 must not be there.
    var words: Words {
        precondition(self.digits.count <= 8)
        func word(_ index: Int) -> UInt64 {
            let (low, high) = (self.digit(2 * index), self.digit(2 * index + 1))
            return UInt64(low) | UInt64(high) << 32
        }
        return Words(word(0), word(1), word(2), word(3))
    }

    var isZero: Bool { self.digits.isEmpty }

    private func digit(_ index: Int) -> UInt32 {
        index < self.digits.count ? self.digits[index] : 0
    }

    var description: String {
        "0x" + self.digits.reversed().map { String($0, radix: 16) }.joined(separator: "_")
    }

    static func < (left: Self, right: Self) -> Bool {
        guard left.digits.count == right.digits.count else {
            return left.digits.count < right.digits.count
        }
        for (a, b) in zip(left.digits, right.digits).reversed() where a != b { return a < b }
        return false
    }

    static func + (left: Self, right: Self) -> Self {
        var (sum, carry): ([UInt32], UInt64) = ([], 0)
        for index in 0...max(left.digits.count, right.digits.count) {
            carry += UInt64(left.digit(index)) + UInt64(right.digit(index))
            sum.append(UInt32(truncatingIfNeeded: carry))
            carry >>= 32
        }
        return BigNumber(digits: sum)
    }

    /// The difference of a number and one that is not larger.
    static func - (left: Self, right: Self) -> Self {
        precondition(left >= right)
        var (difference, borrow): ([UInt32], Int64) = ([], 0)
        for index in 0..<left.digits.count {
            borrow += Int64(left.digit(index)) - Int64(right.digit(index))
            difference.append(UInt32(truncatingIfNeeded: borrow))
            borrow >>= 32
        }
        return BigNumber(digits: difference)
    }

    static func * (left: Self, right: Self) -> Self {
        var product = [UInt32](repeating: 0, count: left.digits.count + right.digits.count + 1)
        for (i, a) in left.digits.enumerated() {
            var carry: UInt64 = 0
            for (j, b) in right.digits.enumerated() {
                carry += UInt64(a) * UInt64(b) + UInt64(product[i + j])
                product[i + j] = UInt32(truncatingIfNeeded: carry)
                carry >>= 32
            }
            product[i + right.digits.count] = UInt32(carry)
        }
        return BigNumber(digits: product)
    }

    /// The remainder, digit by digit from the highest on, by taking the divisor away as often as it fits at least.
    static func % (left: Self, right: Self) -> Self {
        precondition(!right.isZero)
        let count = right.digits.count
        let top = UInt64(right.digits[count - 1]) + 1
        var rest = BigNumber.zero
        for digit in left.digits.reversed() {
            rest = BigNumber(digits: [digit] + rest.digits)
            while rest >= right {
                let high = UInt64(rest.digit(count)) << 32 | UInt64(rest.digit(count - 1))
                rest = rest - right * BigNumber(max(1, high / top))
            }
        }
        return rest
    }

    /// Quotient and remainder for a small divisor.
    func divided(by divisor: UInt32) -> (quotient: Self, remainder: UInt64) {
        var (quotient, rest): ([UInt32], UInt64) = (self.digits, 0)
        for index in quotient.indices.reversed() {
            rest = rest << 32 | UInt64(quotient[index])
            quotient[index] = UInt32(rest / UInt64(divisor))
            rest %= UInt64(divisor)
        }
        return (BigNumber(digits: quotient), rest)
    }

    /// A power modulo a number.
    func power(_ exponent: Self, modulo divisor: Self) -> Self {
        var result = BigNumber.one
        for digit in exponent.digits.reversed() {
            for bit in (0..<32).reversed() {
                result = (result * result) % divisor
                if (digit >> UInt32(bit)) & 1 != 0 { result = (result * self) % divisor }
            }
        }
        return result
    }
}
