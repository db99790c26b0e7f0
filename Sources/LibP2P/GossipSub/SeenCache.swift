import DequeModule

/// The ids of the messages that arrived lately; bounded by time and by number.
struct SeenCache: Sendable {
    private let lifetime: Int64
    private let capacity: Int
    /// When each id was seen; never iterated.
    private var seenAt: [GossipMessageID: Int64] = [:]
    /// Ids in the order of arrival; an entry whose time differs from `seenAt` is void.
    private var arrivals: Deque<(id: GossipMessageID, time: Int64)> = []

    init(lifetime: Int64, capacity: Int) {
        self.lifetime = lifetime
        self.capacity = max(1, capacity)
    }

    /// Ids that are remembered.
    var count: Int { self.seenAt.count }

    func contains(_ id: GossipMessageID) -> Bool { self.seenAt[id] != nil }

    /// Remembers an id that is not remembered yet.
    mutating func insert(_ id: GossipMessageID, now: Int64) {
        guard self.seenAt[id] == nil else { return }
        // Void entries count as well, or removing and inserting would grow the queue for ever.
        while self.arrivals.count >= self.capacity { self.removeOldest() }
        self.seenAt[id] = now
        self.arrivals.append((id, now))
    }

    /// Forgets one id, so that it can arrive again.
    mutating func remove(_ id: GossipMessageID) { self.seenAt[id] = nil }

    /// Forgets what is older than the lifetime.
    mutating func expire(now: Int64) {
        while let oldest = self.arrivals.first,
            oldest.time.advanced(byMilliseconds: self.lifetime) <= now
        {
            self.removeOldest()
        }
    }

    private mutating func removeOldest() {
        guard let oldest = self.arrivals.popFirst() else { return }
        if self.seenAt[oldest.id] == oldest.time { self.seenAt[oldest.id] = nil }
    }
}
