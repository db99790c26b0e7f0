import Messages
public import Multiformats
public import Primitives

/// Which autonomous system announces which addresses, as the members of a network agreed (D-25).
///
/// It stands in the network's description, prefix by prefix, or in a file beside it whose SHA-256
/// the description holds.
public struct OperatorTable: Sendable, Equatable {
    /// Where the prefixes stand.
    public enum Source: Sendable, Equatable {
        /// In a file, named relative to the description or in full.
        case file(String)
        /// In the description.
        case inline([Entry])
    }

    /// One prefix with its autonomous system.
    public struct Entry: Sendable, Equatable {
        /// In the notation `192.0.2.0/24`.
        public let prefix: String
        /// The autonomous system.
        public let number: UInt32
    }

    /// Where the prefixes stand.
    public let source: Source
    /// Covers every prefix; members whose tables differ have different networks (D-36).
    public let hash: Bytes32
    /// The prefixes.
    public let table: PrefixTable

    /// Prefixes held.
    public var count: Int { self.table.count }

    /// Why a table cannot be used.
    struct Flaw: Error, CustomStringConvertible {
        let description: String
    }

    /// Takes prefixes from a description.
    init(inline unsorted: [Entry]) throws(Flaw) {
        let entries = unsorted.sorted {
            $0.prefix.utf8.lexicographicallyPrecedes($1.prefix.utf8)
        }
        var table = PrefixTable()
        for entry in entries {
            try Self.add(entry, to: &table)
        }
        self.source = .inline(entries)
        self.hash = SHA256Digest.hash(Self.json(entries).canonicalBytes())
        self.table = table
    }

    /// Reads a file: one prefix and one number a line, `#` before remarks.
    ///
    /// - Parameters:
    ///   - file: its name in the description.
    ///   - bytes: its content.
    /// - Throws: ``Flaw`` that names the line.
    init(file: String, _ bytes: [UInt8]) throws(Flaw) {
        var table = PrefixTable()
        let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            do {
                if let entry = try Self.entry(line) { try Self.add(entry, to: &table) }
            } catch {
                throw Flaw(description: "line \(index + 1): \(error)")
            }
        }
        self.source = .file(file)
        self.hash = SHA256Digest.hash(bytes)
        self.table = table
    }

    private static func add(_ entry: Entry, to table: inout PrefixTable) throws(Flaw) {
        guard table.count < PrefixTable.prefixesMax else {
            throw Flaw(description: "more than \(PrefixTable.prefixesMax) prefixes; leave some out")
        }
        let prefix: IPPrefix
        do {
            prefix = try IPPrefix(entry.prefix)
        } catch {
            throw Flaw(description: "\(error)")
        }
        let former = table.add(prefix, autonomousSystem: entry.number)
        guard former == nil || former == entry.number else {
            throw Flaw(
                description: "`\(entry.prefix)` belongs to AS\(former ?? 0) already; "
                    + "keep one of both"
            )
        }
    }

    private static func entry(_ line: some Sequence<UInt8>) throws(Flaw) -> Entry? {
        let text = String(decoding: line.prefix { $0 != 0x23 }, as: UTF8.self)
        let words = text.split { $0 == " " || $0 == "\t" || $0 == "\r" || $0 == "\r\n" }
        if words.isEmpty { return nil }
        guard words.count == 2, let number = Self.number(words[1]) else {
            throw Flaw(
                description: "it must hold a prefix and the number of an autonomous system, as in "
                    + "`192.0.2.0/24 64500`"
            )
        }
        return Entry(prefix: String(words[0]), number: number)
    }

    /// `64500` or `AS64500`.
    static func number(_ text: some StringProtocol) -> UInt32? {
        let digits = text.hasPrefix("AS") ? text.dropFirst(2) : text[...]
        guard digits.utf8.first != 0x2b, let number = UInt32(digits), number > 0 else { return nil }
        return number
    }

    // MARK: In the description

    /// How the description names the table.
    var json: JSONValue {
        switch self.source {
        case .file(let file):
            .object([("file", .string(file)), ("sha256", .string(self.hash.hex))])
        case .inline(let entries): .object([("prefixes", Self.json(entries))])
        }
    }

    private static func json(_ entries: [Entry]) -> JSONValue {
        .object(entries.map { ($0.prefix, .integer(Int64($0.number))) })
    }

    /// Reads the member `asn_table` of a description.
    ///
    /// - Parameters:
    ///   - view: the member.
    ///   - read: gives the bytes of a file named relative to the description.
    /// - Throws: the cause, with file and line.
    init(_ view: JSONView, reading read: (String) throws -> [UInt8]) throws {
        let known = view.members?.allSatisfy { ["file", "sha256", "prefixes"].contains($0.key) }
        guard known == true else {
            throw Flaw(
                description: "`asn_table` must be an object of `file` and `sha256`, or of "
                    + "`prefixes`"
            )
        }
        switch (view["prefixes"]?.members, view["file"]?.string, view["sha256"]?.string) {
        case (let prefixes?, nil, nil):
            let entries = try prefixes.map { key, value in
                guard let number = value.integer.flatMap({ UInt32(exactly: $0) }), number > 0 else {
                    throw Flaw(description: "the autonomous system of `\(key)` is not a number")
                }
                return Entry(prefix: key, number: number)
            }
            try self.init(inline: entries)
        case (nil, let file?, let hash?):
            guard let hash = Bytes32(hex: hash) else {
                throw Flaw(description: "`sha256` is not 64 lower-case hex characters")
            }
            try self.init(file: file, hash, reading: read)
        default:
            throw Flaw(
                description: "`asn_table` must hold `file` with `sha256`, or `prefixes` alone"
            )
        }
    }

    private init(file: String, _ hash: Bytes32, reading read: (String) throws -> [UInt8]) throws {
        let bytes = try read(file)
        let found = SHA256Digest.hash(bytes)
        guard found == hash else {
            throw Flaw(
                description: "\(file) has the SHA-256 \(found.hex), not \(hash.hex); get the same "
                    + "file as the other nodes"
            )
        }
        do {
            try self.init(file: file, bytes)
        } catch {
            throw Flaw(description: "\(file), \(error)")
        }
    }
}
