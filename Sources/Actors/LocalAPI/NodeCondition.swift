import Kernel
import Messages
import Primitives

/// The condition of the node: what subsystems reported, and what prevents a request.
struct NodeCondition: Sendable {
    private let about: NodeAbout?
    var syncState = SyncState.syncing
    /// How the clock of this node compares with those of peers; nil before any was heard.
    var clock: ClockComparison?
    /// Why the node signs nothing any more; nil while it does.
    var signingStoppedBecause: String?
    /// Why nothing can be stored now; nil while the log writes.
    var logStoppedBecause: String?

    init(about: NodeAbout?) { self.about = about }

    /// Members of a status report that belong to no subsystem.
    func members(now: Moment) -> [(String, JSONValue)] { self.about?.members(now: now) ?? [] }

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
        if call == .readiness { return LocalAPIStateMachine.storageStopped(reason, status: 503) }
        return call.needsStorage ? LocalAPIStateMachine.storageStopped(reason) : nil
    }
}
