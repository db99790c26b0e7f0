/// The name of a subsystem, unique in a topology.
public struct SubsystemName: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral {
    /// The name as people read it: ASCII letters, as in `Gossip`.
    public let rawValue: String

    /// Makes a name.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Makes a name from a literal.
    public init(stringLiteral value: String) { self.rawValue = value }
}

extension SubsystemName: Comparable, CustomStringConvertible {
    /// Orders by the bytes of the name, so that pictures and reports are the same everywhere.
    public static func < (left: SubsystemName, right: SubsystemName) -> Bool {
        left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
    }

    /// The name itself.
    public var description: String { self.rawValue }
}

/// The seat of a subsystem in one kernel, from 0 in the order of plugging in.
public struct SubsystemID: Hashable, Sendable {
    /// Sixteen bits are enough: a topology is written by hand.
    public let rawValue: UInt16

    @usableFromInline
    init(rawValue: UInt16) { self.rawValue = rawValue }

    @usableFromInline var index: Int { Int(self.rawValue) }
}

/// Names one envelope; unique in one kernel.
///
/// The upper 16 bits are the sender's seat, the rest counts what that sender sent. So numbering
/// needs no shared counter, and with one driving task the same run gives the same numbers.
public struct EnvelopeID: Hashable, Sendable {
    /// Seat and running number in one word.
    public let rawValue: UInt64

    @usableFromInline
    init(rawValue: UInt64) { self.rawValue = rawValue }

    /// Bit 47 keeps what devices sent apart from what handlers sent; 47 bits last for
    /// four years at a million envelopes a second.
    static func first(of subsystem: SubsystemID, isFromDevice: Bool) -> EnvelopeID {
        let device: UInt64 = isFromDevice ? 1 << 47 : 0
        return EnvelopeID(rawValue: UInt64(subsystem.rawValue) << 48 | device)
    }
}

extension EnvelopeID: CustomStringConvertible {
    /// Seat, a `d` for a device's signal, and running number, as in `3-17` and `0-d4`.
    public var description: String {
        let device = self.rawValue >> 47 & 1 == 1 ? "d" : ""
        return "\(self.rawValue >> 48)-\(device)\(self.rawValue & (1 << 47 - 1))"
    }
}
