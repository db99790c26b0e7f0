/// How much mail a subsystem may have waiting, and what happens beyond that.
///
/// The bound counts waiting envelopes; the batch under way has left the mailbox.
public struct Mailbox: Sendable, Hashable {
    /// What happens to an envelope that finds the mailbox full.
    public enum Overflow: Sendable, Hashable {
        /// The oldest waiting envelope is dropped and counted.
        case dropOldest
        /// The arriving envelope is dropped and counted.
        case dropNewest
        /// The kernel stops with a fault that names the mailbox.
        case halt
    }

    /// Most envelopes waiting, at least 1.
    public let capacity: Int
    /// What happens beyond that.
    public let overflow: Overflow

    /// Describes a mailbox.
    ///
    /// - Parameters:
    ///   - capacity: most envelopes waiting; values below 1 count as 1.
    ///   - overflow: what happens beyond that.
    public init(capacity: Int, overflow: Overflow) {
        self.capacity = max(1, capacity)
        self.overflow = overflow
    }

    /// 16,384 envelopes; beyond that the kernel halts, since losing mail silently is worse.
    public static let standard = Mailbox(
        capacity: KernelLimits.mailboxCapacity,
        overflow: .halt
    )

    /// Waiting envelopes up to which a device may put more: three quarters, so that a flood
    /// from outside never uses up the room of the other subsystems.
    public var deviceCapacity: Int {
        self.capacity - self.capacity / KernelLimits.reservedPlacesDivisor
    }
}
