public import Primitives

/// A key that was put back from a backup, or from its words, into an empty data directory (ADR 0072).
public struct RestoredKey: Sendable, Equatable {
    /// A name for this life of the key, drawn when it was put back.
    public let instance: Bytes32
    /// No message that the key signed before it was put back has a later stamp, as far as the backup knows.
    public let highWater: Timestamp

    /// Describes a key that was put back.
    public init(instance: Bytes32, highWater: Timestamp) {
        self.instance = instance
        self.highWater = highWater
    }
}
