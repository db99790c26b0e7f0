@testable import KnownSenders

/// The operations on scalars, so that the same check can be made of those that have a planted bug.
struct ScalarOperations: Sendable {
    typealias Digits = @Sendable (Words, Int) -> [(place: Int, digit: Int)]

    var reduce: @Sendable (Words, Words) -> Words = { Scalar(lower: $0, upper: $1).words }
    var isCanonical: @Sendable (Words) -> Bool = { Scalar(canonical: $0) != nil }
    var digits: Digits = { words, width in
        var digits: [(place: Int, digit: Int)] = []
        Scalar(canonical: words)?.forEachDigit(width: width) { digits.append(($0, $1)) }
        return digits
    }
}

/// Compares them with numbers of any size.
enum ScalarCheck {
    /// The operations that give a wrong result somewhere, by name.
    static func faults(of operations: ScalarOperations) -> [String] {
        ["reduce", "isCanonical", "digits"].filter { Self.hasFault($0, operations) }
    }

    /// Whether one of them does; the search ends at the first.
    static func hasFault(_ name: String, _ operations: ScalarOperations) -> Bool {
        switch name {
        case "reduce":
            return Self.wide.contains { lower, upper in
                let expected = BigNumber(lower, upper) % .order
                return BigNumber(operations.reduce(lower, upper)) != expected
            }
        case "isCanonical":
            return (Edges.all + Self.nearOrder).contains { words in
                operations.isCanonical(words) != (BigNumber(words) < .order)
            }
        default:
            return Self.numbers.contains { words in
                (4...9).contains { !Self.areRight(operations.digits(words, $0), words, $0) }
            }
        }
    }

    private static let numbers = Self.runs + Edges.all.map { (BigNumber($0) % .order).words }

    /// Pairs at the edges, and numbers close to multiples of L of every size.
    private static let wide: [(Words, Words)] = {
        let end = BigNumber(powerOfTwo: 256)
        let pairs = Edges.few.flatMap { lower in Edges.few.map { (lower, $0) } }
        let multiples = (0..<259).flatMap { exponent -> [(Words, Words)] in
            let center = BigNumber.order * BigNumber(powerOfTwo: exponent)
            return [center - .one, center, center + .one].map { number in
                let upper = number.shiftedDown256
                return ((number - upper * end).words, upper.words)
            }
        }
        return pairs + multiples
    }()

    /// L and what differs from it by one in one word.
    private static let nearOrder: [Words] =
        [
            Words(0, 0, 1, 1 << 60), Words(0, 0, .max, 1 << 60), Words(0, .max, 0, 1 << 60),
        ]
        + (0..<4).flatMap { place in
            let step = BigNumber(powerOfTwo: 64 * place)
            let order = BigNumber.order
            return [(order + step).words, (order < step ? order : order - step).words]
        }

    /// Long runs of ones that begin and end everywhere.
    private static let runs: [Words] = stride(from: 0, to: 252, by: 7).flatMap { start in
        stride(from: start + 1, to: 252, by: 11).map { end in
            (BigNumber(powerOfTwo: end) - BigNumber(powerOfTwo: start)).words
        }
    }

    private static func areRight(
        _ digits: [(place: Int, digit: Int)],
        _ words: Words,
        _ width: Int
    ) -> Bool {
        var (plus, minus) = (BigNumber.zero, BigNumber.zero)
        var next = 0
        for (place, digit) in digits {
            let isFit = digit % 2 != 0 && abs(digit) < 1 << (width - 1)
            guard isFit, place >= next, place < 256 else { return false }
            next = place + width
            let part = BigNumber(UInt64(abs(digit))) * BigNumber(powerOfTwo: place)
            if digit > 0 { plus = plus + part } else { minus = minus + part }
        }
        return plus == BigNumber(words) + minus
    }
}

extension BigNumber {
    /// The number without its lowest 256 bits.
    var shiftedDown256: BigNumber { BigNumber(digits: Array(self.digits.dropFirst(8))) }
}

/// Reduction and digits written out once more, with one bug that can be planted at each place.
struct PlantedScalar: Sendable {
    /// The place of the bug; nil for none.
    let bug: Int?

    static let places: [(operation: String, place: Int)] =
        [
            ("reduce", Array(0...8)), ("isCanonical", Array(20...22)),
            ("digits", Array(30...35)),
        ].flatMap { name, places in places.map { (name, $0) } }

    var operations: ScalarOperations {
        ScalarOperations(
            reduce: { self.reduce(BigNumber($0, $1)) },
            isCanonical: { self.isCanonical($0) },
            digits: { self.digits($0, width: $1) }
        )
    }

    private static let c = BigNumber.order - BigNumber(powerOfTwo: 252)

    private static func parts(_ number: BigNumber) -> (below: BigNumber, above: BigNumber) {
        let end = BigNumber(powerOfTwo: 252)
        let below = number % end
        // What is above, as the digits of the number times 16 without the lowest 256 bits.
        return (below, (number * BigNumber(16)).shiftedDown256)
    }

    // Places: 0 a wrong constant, 1 to 3 a part that is left out, 4 no last subtraction, 5 one subtraction too
    // few, 6 to 8 a carry out of a word of the first product that is lost.

    private func reduce(_ number: BigNumber) -> Words {
        let c = self.bug == 0 ? Self.c + BigNumber(2) : Self.c
        let (low0, high0) = Self.parts(number)
        let (low1, high1) = Self.parts(self.mangled(high0 * c))
        let (low2, high2) = Self.parts(high1 * c)
        var sum = low0 + .order + .order
        sum = sum + (self.bug == 2 ? .zero : low2)
        sum = sum - (self.bug == 1 ? .zero : low1)
        sum = sum - (self.bug == 3 ? .zero : high2 * c)
        if self.bug == 4 { return sum.words }
        if self.bug == 5, sum >= .order + .order { return (sum - .order).words }
        return (sum % .order).words
    }

    private func mangled(_ product: BigNumber) -> BigNumber {
        guard let bug = self.bug, (6...8).contains(bug) else { return product }
        // The carry out of a word is one too few.
        let step = BigNumber(powerOfTwo: 64 * (bug - 4))
        return product < step ? product : product - step
    }

    // Places: 20 L itself, 21 and 22 a word that is not looked at.

    private func isCanonical(_ words: Words) -> Bool {
        switch self.bug {
        case 20: return BigNumber(words) <= .order
        case 21: return BigNumber(Words(0, words.w1, words.w2, words.w3)) < .order
        case 22: return BigNumber(Words(words.w0, words.w1, 0, words.w3)) < .order
        default: return BigNumber(words) < .order
        }
    }

    // Places: 30 no carry, 31 bits of the next word left out, 32 the largest digit taken for a small one, 33 a
    // carry that a run of ones loses, 34 and 35 a digit of which bits lie beyond those that are looked at.

    private func digits(_ words: Words, width: Int) -> [(place: Int, digit: Int)] {
        let all = [words.w0, words.w1, words.w2, words.w3, 0]
        var (place, carry): (Int, UInt64) = (0, 0)
        var digits: [(place: Int, digit: Int)] = []
        while place < 256 {
            let (index, offset) = (place / 64, UInt64(place % 64))
            var bits = all[index] >> offset
            if offset != 0, self.bug != 31 { bits |= all[index + 1] << (64 - offset) }
            let zeros = (bits ^ (0 &- carry)).trailingZeroBitCount
            if self.bug == 33, bits == .max { carry = 0 }
            place += zeros
            if zeros > 64 - width + self.bitsTooMany { continue }
            bits >>= UInt64(zeros)
            let window = (bits & (1 << UInt64(width) - 1)) + carry
            let half: UInt64 = 1 << UInt64(width - 1)
            let isSmall = self.bug == 32 ? window <= half + 1 : window < half
            carry = isSmall || self.bug == 30 ? 0 : 1
            digits.append((place, Int(window) - (isSmall ? 0 : 1 << width)))
            place += width
        }
        return digits
    }

    /// How many bits of a digit may be missing where the next word is not looked at.
    private var bitsTooMany: Int {
        switch self.bug {
        case 34: 1
        case 35: 4
        default: 0
        }
    }
}
