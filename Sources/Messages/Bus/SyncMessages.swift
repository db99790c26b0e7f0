public import Kernel
public import Primitives

/// How far a node has caught up (§5), as announced and as stated in votes.
public enum SyncState: String, Sendable, CaseIterable, Codable {
    /// Catching up: may not vote, propose or flag.
    case syncing
    /// Could not complete: votes weigh half.
    case degraded
    /// Complete.
    case synced
}

/// This node's sync state changed; also sent once at the start, unless the node begins synced.
public struct SyncStateChanged: Event {
    /// The new state.
    public let state: SyncState
    /// While degraded, the phases that were read to their end since the start; they decide what the node
    /// may say.
    public let finishedPhases: [Int]
    /// Announces the change.
    public init(state: SyncState, finishedPhases: [Int] = []) {
        self.state = state
        self.finishedPhases = finishedPhases
    }
}

/// The phases that this node has yet to read; live messages of these wait (R-05-016).
///
/// Sent at the start and whenever there are fewer; none are left once the node is synced or degraded.
public struct PhasesAwaited: Event {
    /// Ascending.
    public let phases: [Int]
    /// Announces them.
    public init(phases: [Int]) { self.phases = phases }
}

/// This node has fetched what it missed before it started, as far as its peers have it; sent once.
///
/// A founder may be synced before (D-27).
public struct CaughtUp: Event {
    /// True in a new network: neither this node nor any peer that it asked has a past.
    public let isBeginning: Bool
    /// Announces it.
    public init(isBeginning: Bool) { self.isBeginning = isBeginning }
}

/// This node answered a peer's sync request from its log (§5).
public struct SyncAnswered: Event {
    /// Who asked.
    public let peer: NodeID
    /// Messages in the answer; an empty answer counts for nothing (R-05-112).
    public let messages: Int
    /// Announces an answer.
    public init(peer: NodeID, messages: Int) {
        self.peer = peer
        self.messages = messages
    }
}

/// What a node that catches up has done, and what it waits for (ADR 0063).
public struct SyncProgress: Sendable, Equatable {
    /// The phase that is being read; nil when all of them were.
    public let phase: Int?
    /// The phases that have to be read, ascending.
    public let phases: [Int]
    /// Of how many peers the phase was read to its end.
    public let peersRead: Int
    /// How much of the time that the running session reads lies behind it, in percent; nil when none runs, or
    /// when it has read nothing yet.
    public let percent: Int?
    /// Peers that it syncs from.
    public let peers: Int
    /// How many it needs.
    public let peersWanted: Int
    /// How many of them hold the same proposals and identities, by their last answers.
    public let peersAgreeing: Int
    /// When it goes on; nil while a session runs.
    public let nextTry: Timestamp?
    /// States progress.
    public init(
        phase: Int?,
        phases: [Int],
        peersRead: Int,
        percent: Int?,
        peers: Int,
        peersWanted: Int,
        peersAgreeing: Int,
        nextTry: Timestamp?
    ) {
        self.phase = phase
        self.phases = phases
        self.peersRead = peersRead
        self.percent = percent
        self.peers = peers
        self.peersWanted = peersWanted
        self.peersAgreeing = peersAgreeing
        self.nextTry = nextTry
    }
}

/// This node's sync progress.
public struct SyncStatus: Query {
    /// Who answers it.
    public static var answerer: SubsystemName { .sync }
    /// Progress.
    public struct Reply: BusMessage {
        /// State now.
        public let state: SyncState
        /// Messages obtained by sync since the start.
        public let obtained: UInt64
        /// Requests of peers answered since the start.
        public let served: UInt64
        /// What is known of a partition of the network; nil when nothing points to one.
        public let partition: PartitionReport?
        /// How far the node is while it catches up; nil once it has caught up.
        public let progress: SyncProgress?
        /// Puts a reply together.
        public init(
            state: SyncState,
            obtained: UInt64,
            served: UInt64,
            partition: PartitionReport? = nil,
            progress: SyncProgress? = nil
        ) {
            self.partition = partition
            self.state = state
            self.obtained = obtained
            self.served = served
            self.progress = progress
        }
    }
    /// Asks.
    public init() {}
}

/// A judge misses messages that others refer to, such as the proposal of a vote (§14, D-88).
public struct FetchMissing: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .sync }
    /// The missing messages.
    public let ids: [MessageID]
    /// Who to ask first: the relaying peer, then the sender.
    public let likelyHolders: [NodeID]
    /// Asks for a fetch.
    public init(ids: [MessageID], likelyHolders: [NodeID]) {
        self.ids = ids
        self.likelyHolders = likelyHolders
    }
}

/// Messages of a phase that are older than what sync asks for are wanted: assessments of the voters of a
/// close vote (R-08-015), or live ones that had no room while they waited (R-05-021).
public struct FetchPhase: Command {
    /// Who receives it.
    public static var receiver: SubsystemName { .sync }
    /// Which phase of sync, 1 to 5.
    public let phase: Int
    /// The stamp of the earliest.
    public let since: Timestamp
    /// Asks for a fetch.
    public init(phase: Int, since: Timestamp) {
        self.phase = phase
        self.since = since
    }
}
