public import Kernel
public import Primitives

/// Which versions of the protocol are in force, by ratified changes (§13, D-87, ADR 0009).
///
/// The first ratified change of the protocol brings version 1, the second version 2, and so on. A
/// version is accepted from the time that its change takes effect until the end that a later change
/// sets for the one before it; between both two are accepted (R-13-004). The version of a message is
/// not signed, so it never decides what a stored message means: it only decides whether a message
/// is read at all.
public struct ProtocolVersions: Sendable, Equatable, Codable {
    /// One version and when it is accepted.
    public struct Entry: Sendable, Equatable, Codable {
        /// The number in the envelope.
        public let version: Int64
        /// The first moment; nil for version 0.
        public let since: Timestamp?
        /// The last moment; nil without an end.
        public let endOfLife: Timestamp?
    }

    /// Version 0 alone, without an end (R-13-003).
    public static let initial = ProtocolVersions(changes: [])

    /// All versions that ever were or will be in force, oldest first.
    public let entries: [Entry]

    /// The versions that follow from ratified changes, in whatever order they are given.
    public init(changes: [ProtocolChange]) {
        let ordered = changes.sorted {
            ($0.effectiveAt, $0.proposal) < ($1.effectiveAt, $1.proposal)
        }
        self.entries = (0...ordered.count).map { version in
            Entry(
                version: Int64(version),
                since: version == 0 ? nil : ordered[version - 1].effectiveAt,
                // No version outlives one that came after it.
                endOfLife: ordered[version...].map(\.endOfLife).min()
            )
        }
    }

    /// The versions that are accepted at a moment, ascending (R-13-006, R-13-007).
    public func accepted(at moment: Timestamp) -> [Int64] {
        self.entries.filter { entry in
            (entry.since.map { $0 <= moment } ?? true)
                && (entry.endOfLife.map { moment <= $0 } ?? true)
        }.map(\.version)
    }

    /// The newest version in force at a moment.
    public func current(at moment: Timestamp) -> Int64 {
        self.accepted(at: moment).max() ?? 0
    }
}

/// A change of the protocol was ratified: these versions are in force, now and later.
///
/// Consensus says so live and at replay, each time that a decision changes them.
public struct ProtocolVersionsChanged: Event {
    /// All versions with their times.
    public let versions: ProtocolVersions
    /// Announces the versions.
    public init(versions: ProtocolVersions) { self.versions = versions }
}
