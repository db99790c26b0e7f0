/// A small generator for choices that must be reproducible; no secret may depend on it.
///
/// Source: Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// Starts at `seed`; the same seed gives the same numbers.
    public init(seed: UInt64) { self.state = seed }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var word = self.state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    /// A number below `bound`, which is at least 1.
    public mutating func index(below bound: Int) -> Int {
        // The high half of the product is uniform enough: bounds are far below 2^32.
        Int(self.next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// Up to `count` elements, each as likely as any other, in random order.
    ///
    /// Written here and not taken from the standard library, whose algorithm may change and with
    /// it every recorded simulation.
    public mutating func sample<Element>(_ count: Int, of elements: [Element]) -> [Element] {
        var pool = elements
        let taken = min(max(count, 0), pool.count)
        for position in 0..<taken {
            pool.swapAt(position, position + self.index(below: pool.count - position))
        }
        return Array(pool.prefix(taken))
    }
}
