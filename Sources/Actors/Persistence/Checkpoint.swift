public import Messages
public import Primitives

/// What all subsystems had made of the log up to a record (ADR 0079).
///
/// It saves time and holds nothing that the log does not say: without it, or with one that turns out to be of no use,
/// a start folds the whole log.
public struct Checkpoint: Sendable {
    /// The last record that is folded.
    public let sequence: UInt64
    /// The digest of the log up to that record.
    public let digest: Bytes32
    /// The state of each subsystem.
    public let parts: [CheckpointPart]

    /// Puts one together.
    public init(sequence: UInt64, digest: Bytes32, parts: [CheckpointPart]) {
        self.sequence = sequence
        self.digest = digest
        self.parts = parts
    }
}

/// Where checkpoints are kept beside a log: one, the newest.
public protocol CheckpointDevice: Sendable {
    /// Records that are folded behind the last checkpoint before there is a new one.
    var recordsBetween: UInt64 { get }

    /// The checkpoint, as far as it is whole and was written by this program with these settings.
    func load() -> Checkpoint?

    /// Keeps a checkpoint in the place of the last one, some time later.
    func save(_ checkpoint: Checkpoint)

    /// Throws the checkpoint away.
    func discard()
}
