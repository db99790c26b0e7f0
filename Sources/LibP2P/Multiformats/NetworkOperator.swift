/// Who runs the network that an address lies in, as far as that can be told.
public enum NetworkOperator: Hashable, Sendable, Comparable, Codable, CustomStringConvertible {
    /// An autonomous system, by its number.
    case autonomousSystem(UInt32)
    /// Without a table, addresses with the same leading bits are taken for one operator's.
    case prefix(UInt32)

    /// The number of the autonomous system; nil when only the prefix is known.
    public var number: UInt32? {
        if case .autonomousSystem(let number) = self { number } else { nil }
    }

    /// `AS64500`, `192.0/16` or `2001:0db8/32`.
    public var description: String {
        switch self {
        case .autonomousSystem(let number): return "AS\(number)"
        // The first 16 bits of IPv4 stay below 2^16; those of a global IPv6 address do not.
        case .prefix(let bits) where bits < 1 << 16: return "\(bits >> 8).\(bits & 0xff)/16"
        case .prefix(let bits):
            let halves = [bits >> 16, bits & 0xffff].map { half in
                let digits = String(half, radix: 16)
                return String(repeating: "0", count: 4 - digits.count) + digits
            }
            return halves.joined(separator: ":") + "/32"
        }
    }
}
