import Messages
import Primitives

/// Numbers of the log: sizes, groups and guards.
enum PersistenceLimits {
    /// Format of the data directory; raised whenever an older node could misread it.
    ///
    /// Source: own choice: the first format.
    static let formatVersion: UInt32 = 1

    /// File beside the log's folder that says that there is a log, its format and where it ended.
    ///
    /// Source: own choice: a name that tells what it belongs to and what it holds.
    static let markerName = "log.format"

    /// Bytes from one place of the mark to the next, in that file.
    ///
    /// Source: own choice: the largest sector of current disks, so that no write tears both places.
    static let markSpacing = 4_096

    /// Largest group that one commit holds, in records.
    ///
    /// Source: measured: 1,024 records a sync write 89,000/s, 256 write 55,000/s.
    static let groupRecordsMax = 1_024

    /// A commit starts at once when this many records wait.
    ///
    /// Source: measured: beyond 256 records a sync costs less than the records themselves.
    static let groupRecordsReady = 256

    /// Longest time that a record waits for others before its commit starts.
    ///
    /// Source: own choice: below one sync of a good disk, invisible next to a mesh hop.
    static let lingerMax = Duration.milliseconds(4)

    /// Records that may wait for the disk; more are dropped and counted.
    ///
    /// Source: own choice: a second of the best measured write rate.
    static let waitingRecordsMax = 65_536

    /// Bytes that may wait for the disk, in envelope bytes.
    ///
    /// Source: own choice: an eighth of the node's memory cap of 512 MiB.
    static let waitingBytesMax = 67_108_864

    /// Messages of others are refused while more than so many quarters of the bound wait for the disk.
    ///
    /// Source: own choice: what is between admission and the log (`GossipLimits.inFlightBytesHighWater`,
    /// a page of sync) still finds room in the other half.
    static let largeQuarters = 2

    /// Nothing more is signed either while more than so many quarters of the bound wait.
    ///
    /// Source: own choice: two own messages of the largest size that were just signed still find room.
    static let hugeQuarters = 3

    /// Everything is taken again when no more than so many quarters of the bound wait.
    ///
    /// Source: own choice: half of what refuses others, so that the switch does not flutter.
    static let caughtUpQuarters = 1

    /// Pause between two attempts to write while the log is stopped.
    ///
    /// Source: own choice: an operator who made room sees the node go on at once.
    static let retryPause = Duration.seconds(1)

    /// Map size of a new log, in bytes; the file itself grows with its content.
    ///
    /// Source: own choice: a million messages of 1 KiB.
    static let mapBytesInitial = 1_073_741_824

    /// Smallest map that LMDB can work with, in bytes.
    ///
    /// Source: own choice: four tables and their copies in pages of 4 KiB.
    static let mapBytesMin = 131_072

    /// The map is doubled when this share of it is used, in percent.
    ///
    /// Source: own choice: growth before the error, as the LMDB manual advises.
    static let mapFillPercentMax = 80

    /// Free bytes that the log leaves on the disk, at most.
    ///
    /// Source: own choice: 5 percent or 256 MiB, whichever is less.
    static let diskReserveBytes: UInt64 = 268_435_456

    /// Share of the disk that the log leaves free, in percent, at most.
    ///
    /// Source: own choice: 5 percent or 256 MiB, whichever is less.
    static let diskReservePercent: UInt64 = 5

    /// The reserve for own messages and governance is the machine's, divided by this.
    ///
    /// Source: own choice: 128 MiB hold a hundred thousand messages of a kilobyte.
    static let ownReserveDivisor: UInt64 = 2

    /// A log that lacked room goes on when there is this part of the reserve more than it needs.
    ///
    /// Source: own choice: it does not flutter at the edge.
    static let reserveMarginDivisor: UInt64 = 4

    /// Most messages in one page.
    ///
    /// Source: contract of `MessagesAfter` and `MessagesByID`.
    static let pageMessagesMax = 1_000

    /// Most bytes in an answer by identifiers; the first message always fits.
    ///
    /// Source: ADR 0037: what a response has room for.
    static let answerBytesMax = WireLimits.carriedBytesMax

    /// Records that are folded behind the last checkpoint before there is a new one.
    ///
    /// Source: own choice: a second of replay.
    static let recordsBetweenCheckpoints: UInt64 = 20_000

    /// Records of one replay step, at most.
    ///
    /// Source: own choice: bounds the mailboxes that one step fills.
    static let replayStepMax = 4_096

    /// A replay step ends with the record that reaches this many bytes of content.
    ///
    /// Source: own choice: the largest message, which must fit into a step anyway (8 MiB).
    static let replayStepBytesMax = 8_388_608

    /// Bytes of LMDB's table of readers.
    ///
    /// Source: LMDB 0.9: a line of the processor's cache for each reader and two for the table.
    static let lockFileBytes = 8_192

    /// Readers that LMDB may have at a time.
    ///
    /// Source: LMDB's default.
    static let readersMax: UInt32 = 126
}
