import Primitives

/// Bounds and intervals of state snapshots.
enum SnapshotLimits {
    /// Oldest snapshot that is taken or served.
    ///
    /// Source: R-05-034, R-16-152.
    static let ageMilliseconds: Int64 = 86_400_000

    /// Time from one own snapshot to the next: least, and more at random.
    ///
    /// Source: R-05-032, R-16-159: six to twelve hours, less a margin for the looks in between.
    static let publishMilliseconds: (least: UInt64, spread: UInt64) = (21_600_000, 21_000_000)

    /// Publishers that must name the same roots.
    ///
    /// Source: R-05-035, R-16-153.
    static let publishersMin = 5

    /// Networks that they are in.
    ///
    /// Source: R-05-035, R-16-153.
    static let networksMin = 3

    /// Synced peers beside the publishers that must have said what they hold, too.
    ///
    /// Source: R-05-036, R-16-153.
    static let outsidersMin = 2

    /// How long before the time of a snapshot reading begins again.
    ///
    /// Source: R-16-154, SYNC-20.
    static let marginMilliseconds: Int64 = 3_600_000

    /// Snapshots that are kept, one of each publisher, and taken from one answer.
    ///
    /// Source: own choice: several times ``publishersMin``.
    static let keptMax = 32

    /// Longest message with a snapshot.
    ///
    /// Source: own choice: several times what the schema needs.
    static let messageBytesMax = 4_096

    /// Peers that are asked for snapshots, and answers of all of them together.
    ///
    /// Source: own choice: twice ``publishersMin``, and as many refusals.
    static let peersMax = 10

    /// See ``peersMax``.
    ///
    /// Source: own choice.
    static let requestsMax = 20
}
