import Primitives

/// Choices that nobody else can foresee, from fresh random bytes that come in with an event.
///
/// What it gives is the hash of those bytes and a count, so that the nonce of one challenge tells its
/// receiver nothing of the place or the moment of another one.
package struct Chance: RandomNumberGenerator {
    private let seed: [UInt8]
    private var count: UInt64 = 0

    /// Begins with fresh random bytes, thirty-two of them.
    package init(_ seed: [UInt8]) { self.seed = seed }

    /// Thirty-two bytes.
    mutating func bytes() -> Bytes32 {
        self.count += 1
        return SHA256Digest.hash(
            self.seed + withUnsafeBytes(of: self.count.littleEndian) { Array($0) }
        )
    }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        self.bytes().array.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    }

    /// A number from 0 up to the bound, which is not reached; 0 where there is no room.
    mutating func number(below bound: Int64) -> Int64 {
        guard bound > 0 else { return 0 }
        return Int64(self.next().multipliedFullWidth(by: UInt64(bound)).high)
    }
}
