import Multiformats
import OrderedCollections
import Primitives

/// What the router knows of a connected peer.
struct PeerState: Sendable {
    var speaks: PeerProtocol
    /// Whether this node dialled; an attacker cannot choose that.
    var isOutbound: Bool
    /// Whether the operators of both nodes agreed to serve each other whatever the score.
    var isDirect = false
    /// The peer's address as far as it tells peers apart.
    var group: AddressGroup?
    var score = PeerScore()
    /// Whether the peer's RPCs are ignored.
    var isGraylisted = false
    /// By topic, until when neither side may graft; never iterated for output.
    var backoff: [String: Backoff] = [:]
    /// Topics that the peer follows and this node does not.
    var otherTopics: OrderedSet<String> = []
    /// What the peer does not want to be sent.
    var unwanted = UnwantedMessages()
    /// The largest RPC that the peer is known to take.
    var frameBytesMax = Int.max
    /// Heartbeats for which it is still reminded of own publications.
    var reminders = 0
    /// What the peer used up since the last heartbeat.
    var budget = HeartbeatBudget()

    /// Whether the peer grafts and gossips; floodsub peers are sent everything instead.
    var hasMesh: Bool { self.speaks != .floodsub }

    /// Whether the peer may be in a mesh: the baseline threshold is zero, by the v1.1 spec.
    var isMeshWorthy: Bool { !self.isDirect && self.score.value >= .zero }

    /// Whether a threshold of the score lets the peer have something.
    func reaches(_ threshold: FixedPoint) -> Bool {
        self.isDirect || self.score.value >= threshold
    }

    /// Starts a back-off; a longer one that runs is kept.
    mutating func backOff(_ topic: String, until time: Int64, now: Int64) {
        let known = self.backoff[topic]?.until ?? time
        self.backoff[topic] = Backoff(until: max(time, known), prunedAt: now)
    }
}

/// The time after a PRUNE.
struct Backoff: Sendable, Equatable {
    let until: Int64
    /// When the last PRUNE came or went.
    let prunedAt: Int64
}

/// Counts against the limits of one heartbeat.
struct HeartbeatBudget: Sendable {
    var ihaveEntries = 0
    var ihaveIDs = 0
    var askedIDs = 0
    var foreignIDs = 0
    var iwantIDs = 0
    var iwantBytes = 0
}

/// A topic that this node subscribes to.
struct TopicState: Sendable {
    /// Connected peers that subscribe, those of the mesh among them.
    var subscribers: OrderedSet<PeerID> = []
    /// Peers that get each message in full.
    var mesh: OrderedSet<PeerID> = []
    /// Valid messages of others, fading; what mesh peers are held against (P3).
    var brought = FixedPoint.zero

    mutating func remove(_ peer: PeerID) {
        self.subscribers.remove(peer)
        self.mesh.remove(peer)
    }
}

/// A topic that this node publishes in without subscribing.
struct FanoutState: Sendable {
    /// Who gets the publications.
    var peers: OrderedSet<PeerID> = []
    var publishedAt: Int64
}

/// Adds without trapping: time stands still at the end of `Int64`.
extension Int64 {
    func advanced(byMilliseconds duration: Int64) -> Int64 {
        let (sum, overflow) = self.addingReportingOverflow(duration)
        guard overflow else { return sum }
        return duration < 0 ? .min : .max
    }
}
