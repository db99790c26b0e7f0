import DequeModule
import Multiformats
import OrderedCollections

/// Messages accepted a moment ago, so that copies that cross on the way still count (P3).
struct RecentDeliveries: Sendable {
    private struct Entry: Sendable {
        let message: PubsubMessage
        let acceptedAt: Int64
        /// Peers whose copy was counted.
        var counted: OrderedSet<PeerID>
    }

    private let window: Int64
    private let capacity: Int
    private var entries: [GossipMessageID: Entry] = [:]
    /// In the order of acceptance.
    private var order: Deque<(id: GossipMessageID, acceptedAt: Int64)> = []

    init(window: Int64, capacity: Int) {
        self.window = window
        self.capacity = max(1, capacity)
    }

    /// Messages that are remembered.
    var count: Int { self.entries.count }

    mutating func add(
        _ id: GossipMessageID,
        _ message: PubsubMessage,
        from relays: OrderedSet<PeerID>,
        now: Int64
    ) {
        self.expire(now: now)
        guard self.entries[id] == nil else { return }
        if self.order.count >= self.capacity { self.removeOldest() }
        self.entries[id] = Entry(message: message, acceptedAt: now, counted: relays)
        self.order.append((id, now))
    }

    /// The topic in which a copy counts as delivered; nil when it does not, or did already.
    mutating func credit(
        _ copy: PubsubMessageView,
        id: GossipMessageID,
        from peer: PeerID,
        now: Int64
    ) -> String? {
        guard let entry = self.entries[id], self.isRecent(entry.acceptedAt, now: now),
            !entry.counted.contains(peer), copy.matches(entry.message)
        else { return nil }
        self.entries[id]?.counted.append(peer)
        return entry.message.topic
    }

    /// Forgets what is older than the window.
    mutating func expire(now: Int64) {
        while let oldest = self.order.first, !self.isRecent(oldest.acceptedAt, now: now) {
            self.removeOldest()
        }
    }

    private func isRecent(_ acceptedAt: Int64, now: Int64) -> Bool {
        now <= acceptedAt.advanced(byMilliseconds: self.window)
    }

    private mutating func removeOldest() {
        if let oldest = self.order.popFirst() { self.entries[oldest.id] = nil }
    }
}
