import Messages
import OrderedCollections
import Primitives

/// Where this node stands in catching up with the network: the one lifecycle of sync.
///
///     replaying ─┬▶ catchingUp(as: syncing) ──────┬▶ following
///                │            ▼                   │
///                │  catchingUp(as: degraded) ─────┤
///                └▶ catchingUp(as: synced) ───────┘
///
/// A founder that returns counts as synced while it asks for what it missed; a founder without a past goes
/// straight to `following`. A node whose passes broke again and again is degraded until one comes to its
/// end. Nothing leads back: a node that was cut off compares logs instead (ADR 0035).
struct CatchUp: Sendable {
    private enum Stage: Sendable, Equatable {
        /// The log is still being replayed; nothing is due.
        case replaying
        /// What was missed before the start is being asked for.
        case catchingUp(as: SyncState)
        /// It is here; peers are asked again once in a cycle.
        case following
    }

    private var stage = Stage.replaying
    /// When the next pass may begin; nil while replaying.
    private var nextPass: Timestamp?
    /// Passes that broke since one came to its end.
    private var failures = 0
    /// Looks in a row that found nobody to ask.
    private var lonelyAttempts = 0
    /// Peers whose pass in this cycle came to its end.
    private var completed: OrderedSet<NodeID> = []
    /// Peers whose pass in this cycle broke; others go first.
    private var failed: OrderedSet<NodeID> = []
    /// Phases that some peer served to their end since the start.
    private var finishedPhases: Set<Int> = []

    // MARK: Where it stands

    var isCatchingUp: Bool { self.stage != .following }

    /// What peers and people are told.
    var state: SyncState {
        switch self.stage {
        case .replaying: .syncing
        case .catchingUp(let state): state
        case .following: .synced
        }
    }

    /// The state with what a degraded node may still say (D-35).
    var report: SyncAction {
        let phases = self.state == .degraded ? self.finishedPhases.sorted() : []
        return .stateChanged(self.state, finishedPhases: phases)
    }

    func isDue(now: Timestamp) -> Bool { self.nextPass.map { $0 <= now } ?? false }

    // MARK: The way through

    mutating func begin(as state: SyncState, at time: Timestamp) {
        self.stage = .catchingUp(as: state)
        self.nextPass = time
    }

    /// Enough was read: from now on peers are asked once in a cycle.
    mutating func follow(from time: Timestamp) {
        self.stage = .following
        self.rest(until: time)
    }

    /// The next look comes at this time, and may go to any peer.
    mutating func rest(until time: Timestamp) {
        self.completed = []
        self.failed = []
        self.nextPass = time
    }

    mutating func ask(at time: Timestamp) { self.nextPass = time }

    /// Something is to be asked for before the cycle is over; before the start all is asked for anyway.
    mutating func hurry(now: Timestamp) {
        if self.nextPass != nil { self.nextPass = now }
    }

    // MARK: How passes end

    /// A phase was read to its end.
    ///
    /// - Returns: whether a degraded node may say more now.
    mutating func finished(_ phase: Int) -> Bool {
        self.finishedPhases.insert(phase).inserted && self.state == .degraded
    }

    mutating func passed(with peer: NodeID) {
        self.failures = 0
        self.completed.append(peer)
    }

    /// A pass broke; the next one comes after a pause that doubles (R-05-085).
    mutating func broke(with peer: NodeID, now: Timestamp) {
        self.fell(short: peer)
        let doublings = Int64(min(self.failures - 1, 10))
        let pause = min(
            SyncLimits.backOffMilliseconds << doublings,
            SyncLimits.backOffMaxMilliseconds
        )
        self.nextPass = now.adding(milliseconds: pause)
    }

    /// A pass does not count, and others are asked first.
    mutating func fell(short peer: NodeID) {
        self.failed.append(peer)
        self.failures += 1
    }

    mutating func degradeIfHopeless() {
        guard self.failures >= SyncLimits.failuresUntilDegraded,
            self.stage == .catchingUp(as: .syncing)
        else { return }
        self.stage = .catchingUp(as: .degraded)
    }

    // MARK: Whom to ask

    var hasCompletedAny: Bool { !self.completed.isEmpty }
    var hasCompletedEnough: Bool { self.completed.count >= SyncLimits.peersWanted }

    /// No suitable peer was there for long, or all passes broke: peers that are syncing are asked, too.
    var isDesperate: Bool {
        self.isPatienceOver || self.failures >= SyncLimits.failuresUntilDegraded
    }

    /// There was no peer to ask for long.
    var isPatienceOver: Bool { self.lonelyAttempts >= SyncLimits.lonelyAttempts }

    mutating func foundNobody(now: Timestamp) {
        self.lonelyAttempts += 1
        self.nextPass = now.adding(milliseconds: SyncLimits.lonelyMilliseconds)
    }

    mutating func foundSomebodyFit() { self.lonelyAttempts = 0 }

    func hasFailed(with peer: NodeID) -> Bool { self.failed.contains(peer) }

    /// Those that neither completed a pass nor broke one in this cycle.
    func fresh(among peers: [NodeID]) -> [NodeID] {
        peers.filter { !self.completed.contains($0) && !self.failed.contains($0) }
    }

    /// The peer is gone; when it comes back it is like any other.
    mutating func forget(_ peer: NodeID) {
        self.completed.remove(peer)
        self.failed.remove(peer)
    }
}
