import Messages
import Primitives

/// Where this node stands in catching up with the network: the one lifecycle of sync.
///
///     replaying ─┬▶ catchingUp(as: syncing) ──────┬▶ following
///                │            ▼                   │
///                │  catchingUp(as: degraded) ─────┤
///                └▶ catchingUp(as: synced) ───────┘
///
/// A founder that returns counts as synced while it asks for what it missed; a founder without a past goes
/// straight to `following`. A node that cannot complete is degraded until it can. Nothing leads back: a node
/// that was cut off compares logs instead (ADR 0035).
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
    /// When the next session may begin; nil while replaying.
    private(set) var nextTry: Timestamp?
    /// Sessions that broke since one came to its end.
    private var failures = 0
    /// Looks in a row that found too few peers to ask.
    private var lonelyAttempts = 0
    /// There were too few suitable peers for long, or sessions broke again and again: peers that are not
    /// synced themselves are asked, too, until there are enough others.
    private(set) var isDesperate = false
    /// Phases that were finished since the start.
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

    /// Whether the replay is over.
    var hasBegun: Bool { self.stage != .replaying }

    /// Whether a phase was finished since the start.
    func hasFinished(_ phase: Int) -> Bool { self.finishedPhases.contains(phase) }

    func isDue(now: Timestamp) -> Bool { self.nextTry.map { $0 <= now } ?? false }

    // MARK: The way through

    mutating func begin(as state: SyncState, at time: Timestamp) {
        self.stage = .catchingUp(as: state)
        self.nextTry = time
    }

    /// Enough was read: from now on peers are asked once in a cycle.
    mutating func follow(from time: Timestamp) {
        self.stage = .following
        self.failures = 0
        self.nextTry = time
    }

    mutating func ask(at time: Timestamp) { self.nextTry = time }

    /// Something is to be asked for before the cycle is over; before the start all is asked for anyway.
    mutating func hurry(now: Timestamp) {
        if self.nextTry != nil { self.nextTry = now }
    }

    // MARK: How sessions end

    /// A phase is finished.
    ///
    /// - Returns: whether a degraded node may say more now.
    mutating func finished(_ phase: Int) -> Bool {
        self.finishedPhases.insert(phase).inserted && self.state == .degraded
    }

    /// A session came to its end.
    mutating func passed() { self.failures = 0 }

    /// A session broke; the next one comes after a pause that doubles (R-05-085), or a long one when none
    /// came to its end in between (R-05-094).
    mutating func broke(now: Timestamp) {
        self.failures += 1
        let doublings = Int64(min(self.failures - 1, 10))
        let pause = min(
            SyncLimits.backOffMilliseconds << doublings,
            SyncLimits.backOffMaxMilliseconds
        )
        self.nextTry = now.adding(milliseconds: pause)
        self.pauseIfHopeless(now: now)
    }

    /// A session does not count, and the next one comes at this time, unless too many were in vain.
    mutating func fellShort(until again: Timestamp, now: Timestamp) {
        self.failures += 1
        self.nextTry = again
        self.pauseIfHopeless(now: now)
    }

    /// All was read, and still this node does not hold what its peers hold.
    mutating func gaveUp(now: Timestamp) {
        self.failures = max(self.failures, SyncLimits.failuresUntilDegraded)
        self.pauseIfHopeless(now: now)
    }

    /// Too many failures in a row: degraded, and a long pause.
    private mutating func pauseIfHopeless(now: Timestamp) {
        guard self.failures >= SyncLimits.failuresUntilDegraded, self.isCatchingUp else { return }
        let pause = now.adding(milliseconds: SyncLimits.degradedPauseMilliseconds)
        self.nextTry = max(self.nextTry ?? pause, pause)
        self.isDesperate = true
        self.degrade()
    }

    private mutating func degrade() {
        if self.stage == .catchingUp(as: .syncing) { self.stage = .catchingUp(as: .degraded) }
    }

    // MARK: Too few to ask

    /// There are too few peers to ask; when even the unsuitable ones do not help, the node says so.
    ///
    /// - Parameters:
    ///   - isAlone: whether there is no peer at all.
    ///   - now: the time.
    mutating func foundTooFew(isAlone: Bool, now: Timestamp) {
        self.lonelyAttempts += 1
        let isLastLook = self.lonelyAttempts == SyncLimits.lonelyAttempts
        let pause = isLastLook ? 0 : SyncLimits.lonelyMilliseconds
        self.nextTry = now.adding(milliseconds: pause)
        if isLastLook { self.isDesperate = true }
        if self.lonelyAttempts > SyncLimits.lonelyAttempts, !isAlone { self.degrade() }
    }

    /// There are enough suitable peers.
    mutating func foundEnough() {
        self.lonelyAttempts = 0
        self.isDesperate = false
    }
}
