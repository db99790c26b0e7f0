import DequeModule
import Multiformats

/// Messages accepted a moment ago, so that copies that cross on the way still count (P3).
struct RecentDeliveries: Sendable {
    private struct Entry: Sendable {
        let message: PubsubMessage
        let acceptedAt: Int64
        /// Peers whose copy was counted; never iterated.
        var counted: Set<PeerID>
    }

    private let window: Int64
    private let capacity: Int
    private var entries: [GossipMessageID: Entry] = [:]
    /// In the order of acceptance.
    private var order: Deque<GossipMessageID> = []

    init(window: Int64, capacity: Int) {
        self.window = window
        self.capacity = max(1, capacity)
    }

    /// Messages that are remembered.
    var count: Int { self.entries.count }

    mutating func add(
        _ id: GossipMessageID,
        _ message: PubsubMessage,
        from relays: some Sequence<PeerID>,
        now: Int64
    ) {
        self.expire(now: now)
        guard self.entries[id] == nil else { return }
        if self.order.count >= self.capacity { self.removeOldest() }
        self.entries[id] = Entry(message: message, acceptedAt: now, counted: Set(relays))
        self.order.append(id)
    }

    /// The topic in which a copy counts as delivered; nil when it does not, or did already.
    mutating func credit(
        _ copy: PubsubMessageView,
        id: GossipMessageID,
        from peer: PeerID,
        now: Int64
    ) -> String? {
        guard let entry = self.entries[id], self.isRecent(entry, now: now),
            !entry.counted.contains(peer), copy.matches(entry.message)
        else { return nil }
        self.entries[id]?.counted.insert(peer)
        return entry.message.topic
    }

    /// Forgets what is older than the window.
    mutating func expire(now: Int64) {
        while let oldest = self.order.first, let entry = self.entries[oldest],
            !self.isRecent(entry, now: now)
        {
            self.removeOldest()
        }
    }

    private func isRecent(_ entry: Entry, now: Int64) -> Bool {
        now <= entry.acceptedAt.advanced(byMilliseconds: self.window)
    }

    private mutating func removeOldest() {
        if let id = self.order.popFirst() { self.entries[id] = nil }
    }
}
