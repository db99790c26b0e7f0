public import Primitives

/// What a log holds of one sync phase in one range of time, so short that peers can compare it often.
///
/// The sum runs over the first half of each identifier, modulo 2^128; equal sets have equal digests,
/// whatever the order of arrival. It reveals differences that arose by chance or by partitions. A
/// sender that crafts many messages can hide its own from the comparison, but nobody else's (ADR 0035).
public struct RangeDigest: Sendable, Equatable, Codable {
    /// Messages.
    public private(set) var count: UInt64
    private var sum: UInt128

    /// Nothing.
    public static let empty = RangeDigest(count: 0, sum: 0)

    private init(count: UInt64, sum: UInt128) {
        self.count = count
        self.sum = sum
    }

    /// Adds one message.
    public mutating func add(_ id: MessageID) {
        self.count &+= 1
        self.sum &+= Self.summand(id)
    }

    /// Takes one message out; it may be added afterwards.
    public mutating func remove(_ id: MessageID) {
        self.count &-= 1
        self.sum &-= Self.summand(id)
    }

    private static func summand(_ id: MessageID) -> UInt128 {
        id.bytes.array.prefix(Self.sumBytes).reduce(0) { $0 << 8 | UInt128($1) }
    }

    /// Adds what another range holds.
    public mutating func add(_ other: RangeDigest) {
        self.count &+= other.count
        self.sum &+= other.sum
    }

    private static let sumBytes = 16
    private static let countDigits = 16
    private static let sumDigits = 32

    /// Count and sum as 48 hex digits; no text stands for nothing.
    public var text: String {
        guard self != .empty else { return "" }
        return Self.padded(String(self.count, radix: 16), Self.countDigits)
            + Self.padded(String(self.sum, radix: 16), Self.sumDigits)
    }

    private static func padded(_ digits: String, _ length: Int) -> String {
        String(repeating: "0", count: max(0, length - digits.utf8.count)) + digits
    }

    /// Reads ``text``; nil for anything else.
    public init?(text: String) {
        guard !text.isEmpty else {
            self = .empty
            return
        }
        let digits = Array(text.utf8)
        guard digits.count == Self.countDigits + Self.sumDigits,
            let count = UInt64(text.prefix(Self.countDigits), radix: 16),
            let sum = UInt128(text.suffix(Self.sumDigits), radix: 16)
        else { return nil }
        self.init(count: count, sum: sum)
    }
}

/// The extension member `compare` of SYNC_REQUEST: what the asking node's log holds, range by range (ADR 0035).
public struct SyncComparison: PayloadObject {
    /// Bounds of the ranges, rising; range `i` runs from edge `i` up to, and without, the next one, and the
    /// last has no end.
    public let edges: [Timestamp]
    /// The digests of each compared phase, one a range.
    public let digests: [Phase]

    /// One phase of reconciliation.
    public struct Phase: PayloadObject {
        /// Its number (spec §5).
        public let phase: Int
        /// One digest for each range.
        public let ranges: [RangeDigest]
        /// Puts a phase together.
        public init(phase: Int, ranges: [RangeDigest]) {
            self.phase = phase
            self.ranges = ranges
        }

        package func write(to entry: inout PayloadWriter) {
            entry.set("phase", self.phase)
            entry.set("digests", self.ranges.map(\.text))
        }
    }

    /// Puts a comparison together.
    public init(edges: [Timestamp], digests: [Phase]) {
        self.edges = edges
        self.digests = digests
    }

    /// Reads the member; nil when it is not there.
    init?(reading payload: PayloadReader) throws(SchemaError) {
        guard let member = try payload.optionalObject("compare") else { return nil }
        let edges = try member.list("edges").map { edge throws(SchemaError) in
            guard let time = edge.integer, time >= 0 else {
                throw member.error("edges", "must hold times")
            }
            return Timestamp(milliseconds: time)
        }
        guard !edges.isEmpty, edges.count <= WireLimits.comparedRangesMax,
            zip(edges, edges.dropFirst()).allSatisfy({ $0 < $1 })
        else {
            throw member.error(
                "edges",
                "must rise and be 1 to \(WireLimits.comparedRangesMax) in number"
            )
        }
        self.edges = edges
        self.digests = try member.objects("phases", processed: WireLimits.syncPhasesMax).map {
            entry throws(SchemaError) in
            let texts = try entry.texts("digests")
            let ranges = texts.compactMap { RangeDigest(text: $0) }
            guard ranges.count == edges.count, texts.count == edges.count else {
                throw entry.error("digests", "must be one digest a range")
            }
            return Phase(phase: Int(try entry.integer("phase", 1...5)), ranges: ranges)
        }
    }

    package func write(to member: inout PayloadWriter) {
        member.set("edges", self.edges)
        member.set("phases", self.digests)
    }
}

/// An entry of the extension member `differing` of SYNC_RESPONSE: a range of which the answering node holds
/// something else (ADR 0035).
public struct SyncDifference: PayloadObject {
    /// The phase's number.
    public let phase: Int
    /// The range's place in the request.
    public let range: Int
    /// What the answering node holds of it.
    public let digest: RangeDigest

    /// Names a difference.
    public init(phase: Int, range: Int, digest: RangeDigest) {
        self.phase = phase
        self.range = range
        self.digest = digest
    }

    init(reading entry: PayloadReader) throws(SchemaError) {
        guard let digest = RangeDigest(text: try entry.text("digest")) else {
            throw entry.error("digest", "must be 48 hex digits, or none")
        }
        let last = Int64(WireLimits.comparedRangesMax - 1)
        self.init(
            phase: Int(try entry.integer("phase", 1...5)),
            range: Int(try entry.integer("range", 0...last)),
            digest: digest
        )
    }

    package func write(to entry: inout PayloadWriter) {
        entry.set("phase", self.phase)
        entry.set("range", self.range)
        entry.set("digest", self.digest.text)
    }
}
