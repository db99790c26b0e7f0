import Identities
import Primitives

/// What others see of this node and its own log does not show: in which hours it was there, and whom it
/// served (D-51).
struct OwnRecord: Sendable, Codable {
    private(set) var service = ServiceBook()
    /// The newest hour in which this node was present, counted from 1970.
    private var hour: Int64?
    /// The newest hour that was put down as such; the log may not have it yet.
    private var recordedHour: Int64?

    // MARK: The fold

    /// This node announced itself while it heard others.
    mutating func wasPresent(at time: Timestamp) {
        self.hour = max(self.hour ?? time.utcHour, time.utcHour)
    }

    /// This node answered a peer.
    ///
    /// - Returns: whether it served enough peers to count as present.
    mutating func served(_ peer: NodeID, at time: Timestamp) -> Bool {
        guard self.service.counts(1, to: peer, at: time) else { return false }
        self.service.serve(peer, at: time)
        return self.service.qualifies(at: time)
    }

    // MARK: What to record

    /// Whether an hour was not put down yet.
    func isNew(hourOf now: Timestamp) -> Bool {
        max(self.hour ?? .min, self.recordedHour ?? .min) < now.utcHour
    }

    /// This hour is put down.
    mutating func takeHour(at now: Timestamp) { self.recordedHour = now.utcHour }
}

extension OwnRecord: BookKeeper {
    /// All that is folded; what the log may not have yet is not.
    mutating func present(to reader: inout some BookReader) {
        reader.book("service", &self.service)
        reader.part("hour", self.hour)
    }
}
