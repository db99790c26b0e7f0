import Multiformats
import OrderedCollections

/// What the router knows of a connected peer.
struct PeerState: Sendable {
    /// Whether the peer grafts and gossips; floodsub peers are sent everything instead.
    var hasMesh: Bool
    /// Whether this node dialled; an attacker cannot choose that.
    var isOutbound: Bool
    var score = PeerScore()
    /// By topic, until when neither side may graft; never iterated for output.
    var backoff: [String: Int64] = [:]
    /// What the peer used up since the last heartbeat.
    var budget = HeartbeatBudget()

    /// Whether a back-off with this peer runs.
    func isBackedOff(_ topic: String, now: Int64) -> Bool {
        self.backoff[topic].map { now < $0 } ?? false
    }

    /// Starts a back-off; a longer one that runs is kept.
    mutating func backOff(_ topic: String, until time: Int64) {
        self.backoff[topic] = max(time, self.backoff[topic] ?? time)
    }
}

/// Counts against the limits of one heartbeat.
struct HeartbeatBudget: Sendable {
    var ihaveEntries = 0
    var ihaveIDs = 0
    var iwantBytes = 0
}

/// A topic that this node subscribes to.
struct TopicState: Sendable {
    /// Connected peers that subscribe, those of the mesh among them.
    var subscribers: OrderedSet<PeerID> = []
    /// Peers that get each message in full.
    var mesh: OrderedSet<PeerID> = []

    mutating func remove(_ peer: PeerID) {
        self.subscribers.remove(peer)
        self.mesh.remove(peer)
    }
}

/// What is held against peers that left, so that leaving washes nothing off.
struct DepartedPeers: Sendable {
    private struct Record: Sendable {
        var score: PeerScore
        let backoff: [String: Int64]
        let leftAt: Int64
    }

    private let parameters: GossipSubParameters
    /// In the order of leaving.
    private var records: OrderedDictionary<PeerID, Record> = [:]

    init(parameters: GossipSubParameters) { self.parameters = parameters }

    var count: Int { self.records.count }

    /// Remembers a peer, unless there is nothing to remember.
    mutating func add(_ peer: PeerID, _ state: PeerState, now: Int64) {
        self.records.removeValue(forKey: peer)
        guard !state.score.isClean || !state.backoff.isEmpty else { return }
        if self.records.count >= self.parameters.departedMax { self.records.removeFirst() }
        self.records[peer] = Record(score: state.score, backoff: state.backoff, leftAt: now)
    }

    /// Gives a peer that came back what is left of its record.
    mutating func restore(_ peer: PeerID, into state: inout PeerState, now: Int64) {
        guard let record = self.records.removeValue(forKey: peer) else { return }
        state.score = record.score
        let absence = max(0, now &- record.leftAt)
        // After 4,000 heartbeats nothing is left of any score.
        let heartbeats = min(absence / max(1, self.parameters.heartbeatInterval), 4_000)
        state.score.decay(heartbeats: Int(heartbeats))
        state.backoff = record.backoff
    }

    /// Counts a deed that came to light after the peer had left.
    mutating func punish(_ peer: PeerID, _ deed: GossipPenalty, now: Int64) {
        var score = PeerScore()
        guard self.records[peer] == nil else {
            _ = self.records[peer]?.score.punish(deed)
            return
        }
        _ = score.punish(deed)
        var state = PeerState(hasMesh: false, isOutbound: false)
        state.score = score
        self.add(peer, state, now: now)
    }

    /// Forgets records whose time is over.
    mutating func expire(now: Int64) {
        while let oldest = self.records.values.first,
            oldest.leftAt.advanced(byMilliseconds: self.parameters.departedLifetime) <= now
        {
            self.records.removeFirst()
        }
    }
}

/// Adds without trapping: time stands still at the end of `Int64`.
extension Int64 {
    func advanced(byMilliseconds duration: Int64) -> Int64 {
        let (sum, overflow) = self.addingReportingOverflow(duration)
        guard overflow else { return sum }
        return duration < 0 ? .min : .max
    }
}
