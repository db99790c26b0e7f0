import GossipSub

/// Messages that were handed to admission and are not judged yet; while there are too many of them,
/// nothing is read from sockets.
struct MessagesInFlight: Sendable {
    private struct Entry: Sendable {
        let id: GossipMessageID
        let bytes: Int
    }

    private var pending: [UInt64: Entry] = [:]
    private var bytes = 0
    private var nextTicket: UInt64 = 1
    private var isPaused = false

    var count: Int { self.pending.count }

    /// A message goes to admission.
    ///
    /// - Returns: the ticket under which its fate comes back.
    mutating func add(_ id: GossipMessageID, bytes: Int) -> UInt64 {
        let ticket = self.nextTicket
        self.nextTicket += 1
        self.pending[ticket] = Entry(id: id, bytes: bytes)
        self.bytes += bytes
        return ticket
    }

    /// A message was judged.
    ///
    /// - Returns: which one; nil when it was before.
    mutating func settle(_ ticket: UInt64) -> GossipMessageID? {
        guard let settled = self.pending.removeValue(forKey: ticket) else { return nil }
        self.bytes -= settled.bytes
        return settled.id
    }

    /// Stops or resumes reading, if it is time to.
    mutating func reconsiderReading() -> [GossipAction] {
        let isTooMuch =
            self.count >= GossipLimits.inFlightHighWater
            || self.bytes >= GossipLimits.inFlightBytesHighWater
        if !self.isPaused, isTooMuch {
            self.isPaused = true
            return [.setReading(paused: true)]
        }
        let isLittle =
            self.count <= GossipLimits.inFlightLowWater
            && self.bytes <= GossipLimits.inFlightBytesLowWater
        if self.isPaused, isLittle {
            self.isPaused = false
            return [.setReading(paused: false)]
        }
        return []
    }
}
