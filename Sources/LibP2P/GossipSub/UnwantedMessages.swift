import DequeModule

/// The messages that a peer asked not to be sent, for a few heartbeats.
///
/// Source: gossipsub v1.2 spec, IDONTWANT Message.
struct UnwantedMessages: Sendable {
    /// Ids by heartbeat, the current one first; the sets are never iterated.
    private var windows: Deque<Set<GossipMessageID>> = []

    /// Ids that are remembered.
    var count: Int { self.windows.reduce(0) { $0 + $1.count } }

    func contains(_ id: GossipMessageID) -> Bool {
        !self.windows.isEmpty && self.windows.contains { $0.contains(id) }
    }

    /// Remembers an id, unless this heartbeat brought too many.
    mutating func insert(_ id: GossipMessageID, limit: Int) {
        if self.windows.isEmpty { self.windows.append([]) }
        guard self.windows[0].count < limit, id.bytes.count <= RPCLimits.messageIDBytesMax else {
            return
        }
        self.windows[0].insert(id)
    }

    /// Ends a heartbeat.
    mutating func shift(lifetime: Int) {
        guard !self.windows.isEmpty else { return }
        self.windows.prepend([])
        while self.windows.count > max(1, lifetime) { self.windows.removeLast() }
        if self.windows.allSatisfy(\.isEmpty) { self.windows = [] }
    }
}
