/// Which autonomous system announces which addresses; of several prefixes the longest wins.
///
/// An address that no prefix covers belongs to the operator of its leading bits.
public struct PrefixTable: Sendable, Equatable {
    /// Most prefixes of one table.
    ///
    /// Source: own choice: twice the routes of the internet.
    public static let prefixesMax = 2_000_000

    private var ipv4 = Family(width: 32)
    private var ipv6 = Family(width: 128)

    /// The empty table.
    public init() {}

    /// Prefixes held.
    public var count: Int { self.ipv4.count + self.ipv6.count }

    /// Adds a prefix of an autonomous system; of two entries for one prefix the later wins.
    ///
    /// - Returns: the number that the prefix had before.
    @discardableResult
    public mutating func add(_ prefix: IPPrefix, autonomousSystem number: UInt32) -> UInt32? {
        switch prefix.bytes.count {
        case 4: self.ipv4.add(prefix, number)
        default: self.ipv6.add(prefix, number)
        }
    }

    /// The operator of an address; nil for private, relayed and named addresses.
    public func network(of address: Multiaddr) -> NetworkOperator? {
        guard let leading = address.publicNetworkPrefix, let bytes = address.ipBytes else {
            return nil
        }
        let family = bytes.count == 4 ? self.ipv4 : self.ipv6
        let number = family.longestMatch(bytes)
        return number.map { .autonomousSystem($0) } ?? .prefix(leading)
    }

    /// The prefixes of one address family, by length and leading bits.
    private struct Family: Sendable, Equatable {
        let width: Int
        private var byLength: [Int: [UInt128: UInt32]] = [:]
        private var lengths: [Int] = []
        private(set) var count = 0

        init(width: Int) { self.width = width }

        mutating func add(_ prefix: IPPrefix, _ number: UInt32) -> UInt32? {
            if self.byLength[prefix.length] == nil {
                self.lengths.append(prefix.length)
                self.lengths.sort(by: >)
            }
            let key = self.leading(prefix.bytes, prefix.length)
            let former = self.byLength[prefix.length, default: [:]].updateValue(number, forKey: key)
            if former == nil { self.count += 1 }
            return former
        }

        func longestMatch(_ bytes: [UInt8]) -> UInt32? {
            for length in self.lengths {
                let key = self.leading(bytes, length)
                if let number = self.byLength[length]?[key] { return number }
            }
            return nil
        }

        private func leading(_ bytes: [UInt8], _ length: Int) -> UInt128 {
            let whole = bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
            return whole >> UInt128(self.width - length)
        }
    }
}

/// A block of addresses in the notation `192.0.2.0/24` or `2001:db8::/32`.
public struct IPPrefix: Sendable, Hashable {
    /// Four or sixteen bytes in network order; all behind the prefix are zero.
    public let bytes: [UInt8]
    /// Leading bits that count.
    public let length: Int

    /// Why a text is no block of addresses.
    public struct Flaw: Error, Equatable, CustomStringConvertible {
        /// The cause in words.
        public let description: String
    }

    /// Reads the text form.
    ///
    /// - Throws: ``Flaw`` that says what is wrong and how it is written.
    public init(_ text: String) throws(Flaw) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2,
            let bytes = IPAddressText.parseIPv4(String(parts[0]))
                ?? IPAddressText.parseIPv6(String(parts[0]))
        else {
            throw Flaw(
                description: "`\(text)` is no prefix; write it as 192.0.2.0/24 or 2001:db8::/32"
            )
        }
        let width = bytes.count * 8
        guard let length = UInt8(parts[1]), Int(length) <= width, parts[1].utf8.first != 0x2b else {
            throw Flaw(description: "the length of `\(text)` is not within 0 and \(width)")
        }
        let hasMore = bytes.enumerated().contains { index, byte in
            let kept = min(max(Int(length) - index * 8, 0), 8)
            return byte & (0xff >> UInt8(kept)) != 0 && kept < 8
        }
        guard !hasMore else {
            throw Flaw(
                description: "`\(text)` has bits behind its first \(length); set them to zero"
            )
        }
        self.bytes = bytes
        self.length = Int(length)
    }
}
