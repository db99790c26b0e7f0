import Messages
import OrderedCollections
import Primitives

/// A connected peer that may be synced from.
struct Candidate: Sendable {
    let node: NodeID
    /// Who runs its network (D-25); those without a name share one.
    let network: String?
    /// The operator named it as one to start from.
    let isBootstrap: Bool
    /// How far the own clock was ahead of its clock, if it said.
    let clockOffset: Int64?
    /// What it last announced; nil before it announced anything.
    var state: SyncState?

    init(_ event: PeerAuthenticated) {
        self.node = event.peer
        self.network = event.network
        self.isBootstrap = event.isBootstrap
        self.clockOffset = event.clockOffsetMilliseconds
    }

    /// Nothing that it announced speaks against asking it (R-05-008).
    var isFit: Bool { self.state == .synced || self.state == nil }
}

/// The connected peers that may be synced from, and how far each says it is itself.
struct Candidates: Sendable {
    private var candidates: OrderedDictionary<NodeID, Candidate> = [:]

    var isEmpty: Bool { self.candidates.isEmpty }

    /// In the order in which they came.
    var all: [NodeID] { Array(self.candidates.keys) }

    func contains(_ peer: NodeID) -> Bool { self.candidates[peer] != nil }

    /// What is known of a connected peer; nil of any other node.
    func candidate(_ peer: NodeID) -> Candidate? { self.candidates[peer] }

    /// A peer proved its key; what it announced earlier on this connection stays.
    mutating func add(_ event: PeerAuthenticated) {
        var candidate = Candidate(event)
        candidate.state = self.candidates[event.peer]?.state
        self.candidates[event.peer] = candidate
    }

    /// The peer is gone.
    ///
    /// - Returns: whether it was one of them.
    mutating func remove(_ peer: NodeID) -> Bool {
        self.candidates.removeValue(forKey: peer) != nil
    }

    mutating func announced(_ peer: NodeID, _ state: SyncState?) {
        self.candidates[peer]?.state = state
    }

    // MARK: Whom to ask

    func isSyncing(_ peer: NodeID) -> Bool { self.candidates[peer]?.state == .syncing }

    /// Whether it says that it has caught up (R-05-009).
    func isSynced(_ peer: NodeID) -> Bool { self.candidates[peer]?.state == .synced }

    /// Those that may be asked at any time: they are synced, as far as they say, and their clocks are
    /// near those of the others.
    var fit: [Candidate] { self.reliable.filter(\.isFit) }

    /// Those whose clocks are near those of the others, however far they are themselves.
    var reliable: [Candidate] {
        let all = self.candidates.values
        guard let median = self.medianOffset else { return Array(all) }
        return all.filter { candidate in
            candidate.clockOffset.map { Self.isNear($0, median) } ?? true
        }
    }

    /// A peer is believed about its clock, however absurd: it only excludes itself (R-02-027).
    private static func isNear(_ offset: Int64, _ median: Int64) -> Bool {
        let (distance, overflows) = offset.subtractingReportingOverflow(median)
        return !overflows && distance.magnitude <= SyncLimits.unreliableClockMilliseconds
    }

    /// The lower median of how far the own clock is ahead; of few peers nobody can say who is wrong.
    private var medianOffset: Int64? {
        let offsets = self.candidates.values.compactMap(\.clockOffset).sorted()
        guard offsets.count >= SyncLimits.comparedClocksMin else { return nil }
        return offsets[(offsets.count - 1) / 2]
    }
}
