/// Why the kernel stopped delivering: a handler threw, or a mailbox that must not overflow did.
public struct Fault: Error, Sendable, Equatable {
    /// Whose handler threw, or whose mailbox overflowed.
    public let subsystem: SubsystemName
    /// The type of the envelope it happened with; nil in a wake handler.
    public let message: String?
    /// The envelope it happened with; nil in a wake handler.
    public let envelope: EnvelopeID?
    /// That envelope and what led to it, newest first, as far back as is remembered.
    public let causeChain: [EnvelopeHeader]
    /// The error in words.
    public let reason: String
}

extension Fault: CustomStringConvertible {
    /// The fault with its cause chain, one line each.
    public var description: String {
        let where_ = self.message.map { " handling \($0)" } ?? " in its wake handler"
        let first = "\(self.subsystem) failed\(where_): \(self.reason)"
        return ([first] + self.causeChain.map { "  \($0)" }).joined(separator: "\n")
    }
}

/// How a run ended.
public enum KernelExit: Sendable, Equatable {
    /// ``Kernel/stop()`` was called, or the task of the run was cancelled.
    case stopped
    /// A subsystem failed; rebuild all of them and run again.
    case faulted(Fault)
    /// The clock was set, or the process did not run for a while; rebuild all subsystems and run
    /// again. Negative when the clock was set back.
    case clockJumped(by: Duration)
}

extension Fault {
    init(in slot: Slot, handling parcel: Parcel?, _ error: any Error, _ directory: Directory) {
        self.subsystem = slot.name
        self.message = parcel.map { directory.messageNames[$0.topic] }
        self.envelope = parcel?.id
        self.causeChain = directory.causeChain(of: parcel?.id)
        self.reason = String(describing: error)
    }

    init(overflowOf slot: Slot, by parcel: Parcel, _ directory: Directory) {
        self.subsystem = slot.name
        self.message = directory.messageNames[parcel.topic]
        self.envelope = parcel.id
        self.causeChain =
            [directory.header(of: parcel, receiver: slot)]
            + directory.causeChain(of: parcel.cause)
        self.reason = """
            its mailbox of \(slot.policy.capacity) envelopes is full; find out why it is slow, \
            or give it a larger mailbox or another overflow policy in the topology
            """
    }
}
