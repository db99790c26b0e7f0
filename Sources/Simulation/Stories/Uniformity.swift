/// The test of Kolmogorov and Smirnov whether some values are spread evenly, in integers.
public struct Uniformity: Sendable, Equatable {
    /// The largest distance between what was found and an even spread, in millionths.
    public let distanceMillionths: Int64
    /// The distance that even values exceed once in a hundred times, in millionths.
    public let limitMillionths: Int64

    /// Whether the values may well come from an even spread.
    public var isLikely: Bool { self.distanceMillionths <= self.limitMillionths }

    /// The limit for many values is 1.628 divided by the root of how many they are.
    private static let limitSquared: Int64 = 2_650_384_000_000

    /// Looks at values from zero to a bound.
    public init(of values: [Int64], upTo bound: Int64) {
        let sorted = values.sorted()
        let count = Int64(sorted.count)
        let distances = sorted.enumerated().map { place, value in
            let even = min(max(value, 0), bound) * 1_000_000 / max(bound, 1)
            let (below, above) = (Int64(place) * 1_000_000, Int64(place + 1) * 1_000_000)
            return max(abs(even - below / count), abs(even - above / count))
        }
        self.distanceMillionths = distances.max() ?? 0
        self.limitMillionths = Self.root(of: Self.limitSquared / max(count, 1))
    }

    /// The integer root, by bisection.
    private static func root(of number: Int64) -> Int64 {
        var (low, high): (Int64, Int64) = (0, 3_000_000_000)
        while low < high {
            let middle = (low + high + 1) / 2
            if middle * middle <= number { low = middle } else { high = middle - 1 }
        }
        return low
    }
}
