import Messages
import OrderedCollections
import Primitives

/// Who announced itself of late and so is active now; announcements are heard, and not in the log.
struct Attendance: Sendable, Codable {
    private var announced: OrderedDictionary<NodeID, Timestamp> = [:]
    /// When those that were silent for long were left out last.
    private var tidied: Timestamp?

    /// Notes an announcement.
    mutating func announced(_ identity: NodeID, at arrival: Timestamp) {
        self.announced[identity] = arrival
        if let tidied, Self.isRecent(tidied, now: arrival) { return }
        self.tidied = arrival
        self.announced.removeAll { !Self.isRecent($0.value, now: arrival) }
    }

    /// Those that announced themselves within 30 minutes, under the names that they had then.
    func recent(now: Timestamp) -> [NodeID] {
        self.announced.filter { Self.isRecent($0.value, now: now) }.keys.elements
    }

    private static func isRecent(_ time: Timestamp, now: Timestamp) -> Bool {
        now.milliseconds(since: time) <= ReputationLimits.activeMilliseconds
    }
}
