import Synchronization

/// The checkpoint of a simulated node; it survives a simulated crash.
public final class MemoryCheckpoint: CheckpointDevice {
    /// Records that are folded behind the last checkpoint before there is a new one.
    public let recordsBetween: UInt64

    private let kept = Mutex<Checkpoint?>(nil)

    /// Keeps none yet.
    public init(recordsBetween: UInt64 = 1) { self.recordsBetween = recordsBetween }

    /// The newest checkpoint.
    public func load() -> Checkpoint? { self.kept.withLock { $0 } }

    /// Keeps a checkpoint in the place of the last one.
    public func save(_ checkpoint: Checkpoint) { self.kept.withLock { $0 = checkpoint } }

    /// Throws the checkpoint away.
    public func discard() { self.kept.withLock { $0 = nil } }
}
