import Primitives

@testable import KnownSenders

/// Numbers at which arithmetic of four words goes wrong if it does.
enum Edges {
    /// Words at which something is carried, borrowed or folded.
    private static let words: [UInt64] = [
        0, 1, 2, 18, 19, 20, 37, 38, 39, 1 << 32 - 1, 1 << 62, 1 << 63 - 1, 1 << 63, 0 &- 39,
        0 &- 38, 0 &- 37, 0 &- 20, 0 &- 19, 0 &- 18, 0 &- 2, .max,
    ]

    /// One word of each kind in each place, among zeros and among ones.
    private static let single: [Words] = (0..<4).flatMap { place in
        [UInt64.zero, .max].flatMap { others in
            Edges.words.map { word in
                var all = [others, others, others, others]
                all[place] = word
                return Words(all[0], all[1], all[2], all[3])
            }
        }
    }

    /// Close to every multiple of p that four words can hold, and to their end.
    private static let special: [Words] = {
        let p = BigNumber.p
        let end = BigNumber(powerOfTwo: 256)
        let around = [BigNumber.zero, p, p + p, BigNumber.order, BigNumber.order + BigNumber.order]
        let near = around.flatMap { center in
            (0..<UInt64(3)).flatMap { distance -> [BigNumber] in
                let step = BigNumber(distance)
                return center < step ? [center + step] : [center + step, center - step]
            }
        }
        let last = (1...40).map { end - BigNumber($0) }
        return (near + last).filter { $0 < end }.map(\.words)
    }()

    private static let powers: [Words] = (0..<256).flatMap { exponent in
        let power = BigNumber(powerOfTwo: exponent)
        return [power.words, (power - .one).words]
    }

    /// For operations of one number.
    static let all: [Words] = Self.single + Self.special + Self.powers + Self.chance(200, seed: 1)

    /// For operations of two numbers, of which every pair is tried.
    static let few: [Words] = {
        let last = BigNumber(powerOfTwo: 256)
        let close = [1, 2, 19, 37, 38, 39].map { (last - BigNumber($0)).words }
        let p = [BigNumber.p - .one, .p, .p + .one, .p + .p].map(\.words)
        let places = (0..<4).flatMap { place in
            [(UInt64.zero, UInt64.max), (.max, 0), (0, 38), (.max, 0 &- 38), (0, 1 << 63)].map {
                others,
                word in
                var all = [others, others, others, others]
                all[place] = word
                return Words(all[0], all[1], all[2], all[3])
            }
        }
        return [Words(0, 0, 0, 0), Words(1, 0, 0, 0), Words(38, 0, 0, 0)] + close + p + places
            + Self.chance(12, seed: 2)
    }()

    /// Numbers of 512 bits that are folded to one at each edge: lower + 38 · upper with every way of carrying.
    static let folds: [(lower: Words, upper: Words)] = {
        let end = BigNumber(powerOfTwo: 256)
        var result: [(lower: Words, upper: Words)] = Self.few.flatMap { lower in
            Self.few.map { (lower, $0) }
        }
        // Sums with each possible overflow, at which what comes back overflows again up to each of the words.
        for overflow in 1...UInt64(37) {
            for place in 1...4 {
                for missing in [1, 2, 37, 38, 39, 38 * overflow] {
                    let total =
                        BigNumber(overflow) * end + BigNumber(powerOfTwo: 64 * place)
                        - BigNumber(missing)
                    let (upper, lower) = total.divided(by: 38)
                    if upper < end { result.append((BigNumber(lower).words, upper.words)) }
                }
            }
        }
        return result
    }()

    /// Pairs of which sum or difference overflows and what comes back overflows again, in each word.
    static let pairs: [(Words, Words)] = {
        let end = BigNumber(powerOfTwo: 256)
        var result = Self.few.flatMap { x in Self.few.map { (x, $0) } }
        for place in 1...4 {
            for missing in 1...UInt64(40) {
                // x + y = 2^256 + 2^(64·place) - missing, where that can be.
                let sum = end + BigNumber(powerOfTwo: 64 * place) - BigNumber(missing)
                let x = end - .one
                if sum >= x, sum - x < end { result.append((x.words, (sum - x).words)) }
                // x - y = missing - 2^(64·place), of which 38 are to be taken.
                let y = BigNumber(powerOfTwo: 64 * place) - BigNumber(missing)
                if y < end { result.append((Words(0, 0, 0, 0), y.words)) }
                let wrapped = end - BigNumber(powerOfTwo: 64 * (place - 1)) * BigNumber(missing)
                result.append((BigNumber.one.words, wrapped.words))
            }
        }
        return result
    }()

    static func chance(_ count: Int, seed: UInt64) -> [Words] {
        var chance = SplitMix64(seed: seed)
        return (0..<count).map { _ in
            Words(chance.next(), chance.next(), chance.next(), chance.next())
        }
    }
}
