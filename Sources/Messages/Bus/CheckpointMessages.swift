public import Kernel

/// What subsystems had made of the log up to a record is at hand: each takes its part over, and the replay begins
/// behind that record (ADR 0079).
public struct CheckpointFound: Event {
    /// The part of each subsystem, in a form that it alone reads.
    public let parts: [CheckpointPart]

    /// Announces it.
    public init(parts: [CheckpointPart]) { self.parts = parts }

    /// What a subsystem handed in; nil when it was not there.
    public func bytes(of subsystem: SubsystemName) -> [UInt8]? {
        self.parts.first { $0.subsystem == subsystem }?.bytes
    }
}

/// The replay is at the end of the log, and nothing is live yet: each subsystem that folds hands its state in.
public struct CheckpointDue: Event {
    /// Announces it.
    public init() {}
}

/// The folded state of one subsystem, which answers ``CheckpointDue``.
public struct CheckpointPart: Event {
    /// Whose state it is.
    public let subsystem: SubsystemName
    /// The state, in a form that the subsystem alone reads.
    public let bytes: [UInt8]

    /// Hands it in.
    public init(subsystem: SubsystemName, bytes: [UInt8]) {
        self.subsystem = subsystem
        self.bytes = bytes
    }
}
