import Kernel
import Messages
import Primitives

/// The condition of the node: what subsystems reported, and what prevents a request.
struct NodeCondition: Sendable {
    private let about: NodeAbout?
    /// The subsystems that are plugged in and that may be asked.
    private var present: Set<SubsystemName> = []
    /// How far this node is with what it missed.
    private(set) var syncState = SyncState.syncing
    /// How the clock of this node compares with those of peers; nil before any was heard.
    private(set) var clock: ClockComparison?
    /// Why the node signs nothing any more; nil while it does.
    private(set) var signingStop: Refusal?
    /// What the log lacks room for, and why; nil while it takes everything.
    private(set) var logStopped: LogStopped?
    /// The phases of sync that are still to be read; nil before Sync told.
    private(set) var awaitedPhases: [Int]?
    /// Peers to which there is a connection.
    private(set) var connectedPeers = 0

    init(about: NodeAbout?) { self.about = about }

    // MARK: What happens

    mutating func assembled(of subsystems: Set<SubsystemName>) { self.present = subsystems }

    mutating func synced(to state: SyncState) { self.syncState = state }

    mutating func compared(_ comparison: ClockComparison) { self.clock = comparison }

    mutating func signingStopped(because refusal: Refusal) { self.signingStop = refusal }

    mutating func signingResumed() { self.signingStop = nil }

    /// The log takes less than it should, or nothing.
    mutating func logStopped(_ event: LogStopped) {
        // Callers that wait for a commit go on waiting: the message was signed and applied and will be
        // written as soon as there is room, so that "refused" would not be true.
        self.logStopped = event
    }

    mutating func logResumed() { self.logStopped = nil }

    mutating func awaits(_ phases: [Int]) { self.awaitedPhases = phases }

    mutating func connected() { self.connectedPeers += 1 }

    mutating func disconnected() { self.connectedPeers = max(0, self.connectedPeers - 1) }

    // MARK: Questions

    /// Why nothing can be stored now; nil while the log writes.
    var logStoppedBecause: String? {
        self.logStopped.flatMap { $0.takes == .nothing ? $0.reason : nil }
    }

    /// How many peers a node must be connected to that is to serve.
    var peersWanted: Int { self.about?.peersWanted ?? 0 }

    /// Whether a subsystem is plugged in.
    func has(_ subsystem: SubsystemName) -> Bool { self.present.contains(subsystem) }

    /// A status report that waits for every subsystem that is plugged in; a brief one has no digests.
    func report(isBrief: Bool = false, now: Timestamp) -> StatusReport {
        let answerers = StatusQuestion.allCases.map(\.answerer)
        // A node without plug-ins lacks nothing.
        let absent = answerers.filter { !self.has($0) && SubsystemName.standard.contains($0) }
        return StatusReport(
            parts: answerers.count(where: self.has),
            absent: absent.map(\.rawValue),
            isBrief: isBrief,
            known: self.about?.members(now: now) ?? []
        )
    }

    /// What somebody who acts on a proposal is warned of; nil when the offset of the clocks makes no
    /// difference.
    func warning(about view: ProposalView, now: Timestamp) -> String? {
        view.decisionDue.flatMap { self.clock?.warning(until: $0, now: now) }
    }

    /// Why a request is refused; a message that cannot be stored is not signed in the first place.
    func refusal(of call: APICall) -> APIResponse? {
        guard call.needsStorage, let reason = self.logStoppedBecause else { return nil }
        return .storageStopped(reason)
    }
}
