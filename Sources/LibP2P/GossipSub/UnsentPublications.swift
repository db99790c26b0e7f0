import DequeModule

/// Own publications that no peer was there to take; the next subscriber gets them.
struct UnsentPublications: Sendable {
    /// One of them.
    struct Entry: Sendable {
        let id: GossipMessageID
        let topic: String
        let frame: [UInt8]
        let publishedAt: Int64
    }

    private let parameters: GossipSubParameters
    /// In the order of publishing.
    private var entries: Deque<Entry> = []
    private(set) var byteCount = 0

    init(parameters: GossipSubParameters) { self.parameters = parameters }

    var count: Int { self.entries.count }

    /// Keeps a publication.
    ///
    /// - Returns: how many older ones had to give way.
    mutating func add(_ entry: Entry) -> Int {
        self.entries.append(entry)
        self.byteCount += entry.frame.count
        var dropped = 0
        // The newest stays, whatever its size: it is what the application just asked for.
        while self.entries.count > 1,
            self.entries.count > self.parameters.unsentMax
                || self.byteCount > self.parameters.unsentBytesMax
        {
            self.removeOldest()
            dropped += 1
        }
        return dropped
    }

    /// Hands out the publications of a topic whose frames are not too large.
    mutating func take(_ topic: String, frameBytesMax: Int) -> [Entry] {
        guard !self.entries.isEmpty else { return [] }
        func fits(_ entry: Entry) -> Bool {
            entry.topic == topic && entry.frame.count <= frameBytesMax
        }
        let taken = self.entries.filter(fits)
        self.entries.removeAll(where: fits)
        self.byteCount -= taken.reduce(0) { $0 + $1.frame.count }
        return Array(taken)
    }

    /// Forgets what nobody would take any more.
    ///
    /// - Returns: how many there were.
    mutating func expire(now: Int64) -> Int {
        var expired = 0
        while let oldest = self.entries.first,
            oldest.publishedAt.advanced(byMilliseconds: self.parameters.unsentLifetime) <= now
        {
            self.removeOldest()
            expired += 1
        }
        return expired
    }

    private mutating func removeOldest() {
        guard let oldest = self.entries.popFirst() else { return }
        self.byteCount -= oldest.frame.count
    }
}
