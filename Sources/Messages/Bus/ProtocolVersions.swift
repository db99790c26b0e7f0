public import Primitives

/// Which versions of the protocol a node speaks, by configuration (§13, D-87).
///
/// The version of a message is not signed, so it never decides what a stored message means: it only
/// decides whether a message is read at all. A change of the protocol is adopted by giving the node
/// the next version and an end for the one before; between both it accepts the two (R-13-004).
public struct ProtocolVersions: Sendable, Equatable {
    /// One version and when it is no longer accepted.
    public struct Entry: Sendable, Equatable {
        /// The number in the envelope.
        public let version: Int64
        /// The last moment at which it is accepted; nil without an end.
        public let endOfLife: Timestamp?
        /// Describes a version.
        public init(version: Int64, endOfLife: Timestamp? = nil) {
            self.version = version
            self.endOfLife = endOfLife
        }
    }

    /// Version 0 alone, without an end (R-13-003).
    public static let initial = ProtocolVersions(current: 0)

    /// The version of own messages.
    public let current: Int64
    /// Older versions that are still accepted.
    public let older: [Entry]

    /// Speaks `current` and accepts `older` besides, each until its end.
    public init(current: Int64, older: [Entry] = []) {
        self.current = current
        self.older = older.filter { $0.version < current }
    }

    /// The versions that are accepted at a moment; others are refused unread (R-13-006, R-13-007).
    public func accepted(at moment: Timestamp) -> Set<Int64> {
        let alive = self.older.filter { entry in entry.endOfLife.map { moment <= $0 } ?? true }
        return Set(alive.map(\.version) + [self.current])
    }

    /// The version to answer a message in: the one that its sender used (R-13-005).
    ///
    /// - Parameters:
    ///   - version: the version of the message.
    ///   - moment: now.
    /// - Returns: nil when that version is not accepted and there is no answer.
    public func answer(to version: Int64, at moment: Timestamp) -> Int64? {
        self.accepted(at: moment).contains(version) ? version : nil
    }
}
