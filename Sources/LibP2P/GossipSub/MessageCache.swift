import DequeModule
import Multiformats

/// The messages of the last heartbeats: what IHAVE advertises and IWANT fetches.
///
/// Source: gossipsub v1.0 spec, Message Cache.
struct MessageCache: Sendable {
    private struct Entry: Sendable {
        let topic: String
        let frame: [UInt8]
        /// How often each peer fetched it; never iterated.
        var sent: [PeerID: Int] = [:]
    }

    private let gossipWindows: Int
    private let bytesMax: Int
    private var entries: [GossipMessageID: Entry] = [:]
    /// Ids by heartbeat, the current one first.
    private var windows: Deque<Deque<GossipMessageID>>
    private(set) var byteCount = 0

    init(historyLength: Int, gossipWindows: Int, bytesMax: Int) {
        self.gossipWindows = gossipWindows
        self.bytesMax = bytesMax
        // One window more than the history: it answers the IWANTs that the last IHAVE invites. A
        // message gone right after it was advertised would be a broken promise of ours.
        self.windows = Deque(repeating: [], count: max(1, historyLength) + 1)
    }

    var count: Int { self.entries.count }

    /// Whether a message of the last heartbeats is still there.
    func holds(_ id: GossipMessageID) -> Bool { self.entries[id] != nil }

    /// Keeps a message with the frame that carries it.
    mutating func put(_ id: GossipMessageID, topic: String, frame: [UInt8]) {
        guard self.entries[id] == nil, frame.count <= self.bytesMax else { return }
        while self.byteCount + frame.count > self.bytesMax { self.removeOldest() }
        self.entries[id] = Entry(topic: topic, frame: frame)
        self.byteCount += frame.count
        self.windows[0].append(id)
    }

    /// The frame of a message for one peer; nil when it is gone or was sent often enough.
    mutating func frame(of id: GossipMessageID, for peer: PeerID, limit: Int) -> [UInt8]? {
        guard let entry = self.entries[id], entry.sent[peer, default: 0] < limit else {
            return nil
        }
        self.entries[id]?.sent[peer, default: 0] += 1
        return entry.frame
    }

    /// The ids to advertise in a topic, newest window first.
    func gossipIDs(of topic: String) -> [GossipMessageID] {
        self.windows.prefix(self.gossipWindows).flatMap { window in
            window.filter { self.entries[$0]?.topic == topic }
        }
    }

    /// Ends a heartbeat: starts a new window and drops the oldest.
    mutating func shift() {
        for id in self.windows.removeLast() { self.drop(id) }
        self.windows.prepend([])
    }

    private mutating func removeOldest() {
        guard let last = self.windows.lastIndex(where: { !$0.isEmpty }) else { return }
        self.drop(self.windows[last].removeFirst())
    }

    private mutating func drop(_ id: GossipMessageID) {
        guard let entry = self.entries.removeValue(forKey: id) else { return }
        self.byteCount -= entry.frame.count
    }
}
