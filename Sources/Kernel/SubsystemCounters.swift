/// What one subsystem's mailbox has seen since the boot.
public struct SubsystemCounters: Sendable, Equatable {
    /// Whose mailbox it is.
    public let subsystem: SubsystemName
    /// Envelopes handled without an error.
    public let delivered: Int
    /// Envelopes lost by the overflow policy.
    public let dropped: Int
    /// Signals that a device could not put in.
    public let refusedToDevices: Int
    /// Envelopes waiting now.
    public let waiting: Int
    /// Most envelopes that have waited at once.
    public let waitingMax: Int
    /// Most envelopes that may wait.
    public let capacity: Int
}
