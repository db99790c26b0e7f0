/// 256 bits as four words, the least significant one first.
struct Words: Equatable, Sendable {
    var w0: UInt64
    var w1: UInt64
    var w2: UInt64
    var w3: UInt64

    static let zero = Words(0, 0, 0, 0)

    @inline(__always)
    init(_ w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64) {
        self.w0 = w0
        self.w1 = w1
        self.w2 = w2
        self.w3 = w3
    }

    /// Thirty-two little-endian bytes, which must be there.
    init(littleEndian bytes: UnsafeRawBufferPointer, at start: Int = 0) {
        precondition(start >= 0 && start <= bytes.count - 32, "32 bytes are needed")
        func word(_ index: Int) -> UInt64 {
            let place = start + 8 * index
            return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
        }
        self.init(word(0), word(1), word(2), word(3))
    }

    /// The difference modulo 2^256, and whether it is below zero.
    @inline(__always)
    func subtracting(_ other: Words) -> (difference: Words, isNegative: Bool) {
        var borrow: UInt64 = 0
        let r0 = self.w0.subtracting(other.w0, &borrow)
        let r1 = self.w1.subtracting(other.w1, &borrow)
        let r2 = self.w2.subtracting(other.w2, &borrow)
        let r3 = self.w3.subtracting(other.w3, &borrow)
        return (Words(r0, r1, r2, r3), borrow != 0)
    }

    /// The sum modulo 2^256.
    @inline(__always)
    func adding(_ other: Words) -> Words {
        var sum = UInt128(self.w0) &+ UInt128(other.w0)
        let r0 = sum.low
        sum = sum.high &+ UInt128(self.w1) &+ UInt128(other.w1)
        let r1 = sum.low
        sum = sum.high &+ UInt128(self.w2) &+ UInt128(other.w2)
        let r2 = sum.low
        sum = sum.high &+ UInt128(self.w3) &+ UInt128(other.w3)
        return Words(r0, r1, r2, sum.low)
    }
}

extension UInt64 {
    /// The difference to a number and a borrow of 0 or 1, which is replaced by the new one.
    @inline(__always)
    func subtracting(_ other: UInt64, _ borrow: inout UInt64) -> UInt64 {
        let (first, isBelow) = self.subtractingReportingOverflow(other)
        let (second, isStillBelow) = first.subtractingReportingOverflow(borrow)
        borrow = UInt64(flag: isBelow) | UInt64(flag: isStillBelow)
        return second
    }

    /// 1 or 0, without a branch.
    @inline(__always)
    init(flag: Bool) { self = flag ? 1 : 0 }
}

extension UInt128 {
    /// The full product of two words.
    @inline(__always)
    init(product x: UInt64, _ y: UInt64) { self = UInt128(x) &* UInt128(y) }

    /// The lower word.
    @inline(__always)
    var low: UInt64 { UInt64(truncatingIfNeeded: self) }

    /// The upper word, which is what is carried.
    @inline(__always)
    var high: UInt128 { self &>> 64 }
}
