import DequeModule
import OrderedCollections
import Primitives

/// Counts relayed messages of unknown types per sending identity in a rolling hour (§14, D-86).
struct UnknownTypeBudget: Sendable {
    private var relayed: OrderedDictionary<NodeID, Deque<Timestamp>> = [:]
    private static let hourMilliseconds: Int64 = 3_600_000

    /// Takes one message of `sender` out of its budget; false when the budget is spent.
    mutating func spend(_ sender: NodeID, now: Timestamp) -> Bool {
        self.makeRoom(for: sender, now: now)
        guard self.relayed.count < GossipLimits.unknownSendersMax || self.relayed[sender] != nil
        else { return false }
        var times = Self.recent(self.relayed[sender] ?? [], now: now)
        guard times.count < GossipLimits.unknownTypesPerHourMax else {
            self.relayed[sender] = times
            return false
        }
        times.append(now)
        self.relayed[sender] = times
        return true
    }

    private static func recent(_ times: Deque<Timestamp>, now: Timestamp) -> Deque<Timestamp> {
        times.filter { now.milliseconds(since: $0) < Self.hourMilliseconds }
    }

    private mutating func makeRoom(for sender: NodeID, now: Timestamp) {
        guard self.relayed.count >= GossipLimits.unknownSendersMax, self.relayed[sender] == nil
        else { return }
        self.relayed.removeAll { Self.recent($0.value, now: now).isEmpty }
    }
}
