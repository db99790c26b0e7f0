import Synchronization

/// Where the kernel takes randomness from; subsystems get it through their outbox.
public protocol EntropySource: Sendable {
    /// The next 64 random bits.
    func next() -> UInt64
}

/// The operating system's cryptographic generator.
public struct SystemEntropy: EntropySource {
    /// Makes the source.
    public init() {}

    /// 64 bits from the system generator.
    public func next() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}

/// A reproducible stream (SplitMix64): the same seed gives the same numbers.
///
/// For the simulator and tests only; it is predictable.
public final class SeededEntropy: EntropySource {
    private static let gamma: UInt64 = 0x9E37_79B9_7F4A_7C15
    private let state: Atomic<UInt64>

    /// Starts the stream of `seed`.
    public init(seed: UInt64) { self.state = Atomic(seed) }

    /// The next number of the stream.
    public func next() -> UInt64 {
        var mixed = self.state.wrappingAdd(Self.gamma, ordering: .relaxed).newValue
        mixed = (mixed ^ mixed &>> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed &>> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed &>> 31
    }
}
