import OrderedCollections

/// How much a router remembers at the moment; each figure has its limit in
/// ``GossipSubParameters``.
public struct GossipSubOccupancy: Sendable, Equatable {
    /// Connected peers.
    public var peers = 0
    /// Disconnected peers that are remembered.
    public var departedPeers = 0
    /// Back-offs that run, of all connected peers.
    public var backoffs = 0
    /// Followed topics of all connected peers that this node does not follow.
    public var otherTopics = 0
    /// Ids that connected peers do not want to be sent.
    public var unwantedIDs = 0
    /// Public addresses of connected peers.
    public var addresses = 0
    /// Ids of messages that arrived lately.
    public var seenIDs = 0
    /// Messages that can be fetched.
    public var cachedMessages = 0
    /// Bytes of them.
    public var cachedBytes = 0
    /// Messages that wait for a verdict.
    public var pendingMessages = 0
    /// Bytes of them, rivals under the same id included.
    public var pendingBytes = 0
    /// Messages whose late copies still count.
    public var recentDeliveries = 0
    /// Ids that peers promised to send.
    public var promises = 0
    /// Ids asked for since the last heartbeat.
    public var askedIDs = 0
    /// Own publications that wait for a subscriber.
    public var unsentPublications = 0
    /// Topics with a fanout.
    public var fanoutTopics = 0
    /// Peers that others offered.
    public var offeredPeers = 0
}

extension GossipSubRouter {
    /// What the router remembers at the moment.
    public var occupancy: GossipSubOccupancy {
        var occupancy = GossipSubOccupancy()
        for state in self.peers.values {
            occupancy.peers += 1
            occupancy.backoffs += state.backoff.count
            occupancy.otherTopics += state.otherTopics.count
            occupancy.unwantedIDs += state.unwanted.count
        }
        occupancy.departedPeers = self.departed.count
        occupancy.addresses = self.colocation.count
        occupancy.seenIDs = self.seen.count
        occupancy.cachedMessages = self.cache.count
        occupancy.cachedBytes = self.cache.byteCount
        occupancy.pendingMessages = self.pending.count
        occupancy.pendingBytes = self.pending.byteCount
        occupancy.recentDeliveries = self.recent.count
        occupancy.promises = self.promises.count
        occupancy.askedIDs = self.promises.askedCount
        occupancy.unsentPublications = self.own.unsentCount
        occupancy.fanoutTopics = self.fanout.count
        occupancy.offeredPeers = self.offeredPeers.count
        return occupancy
    }
}
