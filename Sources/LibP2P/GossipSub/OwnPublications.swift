import DequeModule
import Multiformats

/// Own publications of the last minutes: peers that come now have not heard them, and peers that came
/// a moment ago may have been unable to take them.
struct OwnPublications: Sendable {
    /// One of them.
    struct Entry: Sendable {
        let id: GossipMessageID
        let topic: String
        let frame: [UInt8]
        let publishedAt: Int64
        /// No peer was there to take it.
        var isUnsent: Bool
        /// How often each peer fetched it; never iterated.
        var fetched: [PeerID: Int] = [:]
    }

    private let parameters: GossipSubParameters
    /// In the order of publishing.
    private var entries: Deque<Entry> = []
    private var byteCount = 0

    init(parameters: GossipSubParameters) { self.parameters = parameters }

    /// How many nobody has got.
    var unsentCount: Int { self.entries.count(where: \.isUnsent) }

    /// Keeps a publication.
    ///
    /// - Returns: how many older ones had to give way that nobody had got.
    mutating func add(_ entry: Entry) -> Int {
        self.entries.append(entry)
        self.byteCount += entry.frame.count
        var dropped = 0
        // The newest stays, whatever its size: it is what the application just asked for.
        while self.entries.count > 1,
            self.entries.count > self.parameters.ownMax
                || self.byteCount > self.parameters.ownBytesMax
        {
            dropped += self.removeOldest()
        }
        return dropped
    }

    /// The publications of some topics whose frames are not too large; somebody gets them now.
    mutating func take(
        frameBytesMax: Int,
        onlyUnsent: Bool = false,
        where follows: (String) -> Bool
    ) -> [Entry] {
        var taken: [Entry] = []
        for place in self.entries.indices {
            let entry = self.entries[place]
            guard entry.frame.count <= frameBytesMax, entry.isUnsent || !onlyUnsent,
                follows(entry.topic)
            else { continue }
            self.entries[place].isUnsent = false
            taken.append(entry)
        }
        return taken
    }

    /// The ids of a topic.
    func ids(of topic: String) -> [GossipMessageID] {
        self.entries.filter { $0.topic == topic }.map(\.id)
    }

    /// The frame of a publication for one peer; nil when it is gone or was fetched often enough.
    mutating func frame(of id: GossipMessageID, for peer: PeerID, limit: Int) -> [UInt8]? {
        guard let place = self.entries.firstIndex(where: { $0.id == id }),
            self.entries[place].fetched[peer, default: 0] < limit
        else { return nil }
        self.entries[place].fetched[peer, default: 0] += 1
        return self.entries[place].frame
    }

    /// Forgets what nobody would take any more.
    ///
    /// - Returns: how many there were that nobody had got.
    mutating func expire(now: Int64) -> Int {
        var dropped = 0
        while let oldest = self.entries.first,
            oldest.publishedAt.advanced(byMilliseconds: self.parameters.ownLifetime) <= now
        {
            dropped += self.removeOldest()
        }
        return dropped
    }

    private mutating func removeOldest() -> Int {
        guard let oldest = self.entries.popFirst() else { return 0 }
        self.byteCount -= oldest.frame.count
        return oldest.isUnsent ? 1 : 0
    }
}
