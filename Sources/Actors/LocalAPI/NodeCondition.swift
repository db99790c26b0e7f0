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
    private var signingStoppedBecause: String?
    /// Why nothing can be stored now; nil while the log writes.
    private(set) var logStoppedBecause: String?

    init(about: NodeAbout?) { self.about = about }

    // MARK: What happens

    mutating func assembled(of subsystems: Set<SubsystemName>) { self.present = subsystems }

    mutating func synced(to state: SyncState) { self.syncState = state }

    mutating func compared(_ comparison: ClockComparison) { self.clock = comparison }

    mutating func signingStopped(because reason: String) { self.signingStoppedBecause = reason }

    /// The log takes less than it should, or nothing.
    mutating func logStopped(_ event: LogStopped) {
        // Callers that wait for a commit go on waiting: the message was signed and applied and will be
        // written as soon as there is room, so that "refused" would not be true.
        self.logStoppedBecause = event.takes == .nothing ? event.reason : nil
    }

    mutating func logResumed() { self.logStoppedBecause = nil }

    // MARK: Questions

    /// Whether a subsystem is plugged in.
    func has(_ subsystem: SubsystemName) -> Bool { self.present.contains(subsystem) }

    /// A status report that waits for every subsystem that is plugged in.
    func report(now: Timestamp) -> StatusReport {
        let answerers = StatusQuestion.allCases.map(\.answerer)
        // A node without plug-ins lacks nothing.
        let absent = answerers.filter { !self.has($0) && SubsystemName.standard.contains($0) }
        return StatusReport(
            parts: answerers.count(where: self.has),
            absent: absent.map(\.rawValue),
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
        if call == .readiness, let clock, clock.standing != .right {
            let detail = "\(clock.description); set it, best by an NTP service"
            return APIResponse(status: 503, code: "clock_wrong", detail: detail)
        }
        if call == .readiness, let signingStoppedBecause {
            let refusal = Refusal(.keyUsedElsewhere, signingStoppedBecause)
            return APIResponse(status: 503, code: refusal.code.rawValue, detail: refusal.detail)
        }
        guard let reason = self.logStoppedBecause else { return nil }
        if call == .readiness { return .storageStopped(reason, status: 503) }
        return call.needsStorage ? .storageStopped(reason) : nil
    }
}
