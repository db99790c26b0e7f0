import Messages
import Primitives

/// What this node may say before it knows what the network knows (R-05-013, R-05-098, D-35).
///
/// While it catches up it votes, proposes, comments and flags nothing. When catching up failed, the
/// phases that were finished decide: with the first two it may vote, with the third it may propose, too;
/// flags and decisions about storage wait until it is synced (R-05-101 to R-05-104). No time that passes
/// changes that. What plugged-in subsystems say waits for what proposals wait for: it may be about any of
/// them (ADR 0047).
struct SigningGate: Sendable {
    /// Nil until Sync has spoken; a node without Sync may say everything.
    private var state: SyncState?
    private var finishedPhases: Set<Int> = []

    /// Sync has got further, or fell back.
    mutating func changed(_ change: SyncStateChanged) {
        self.state = change.state
        self.finishedPhases = Set(change.finishedPhases)
    }

    /// Why this node may not sign a message of a type now; nil when it may.
    func obstacle(to typeName: String, now: Timestamp) -> Refusal? {
        guard let state, state != .synced else { return nil }
        switch Self.need(of: MessageType(rawValue: typeName)) {
        case .nothing: return nil
        case .phases(let phases):
            if state == .degraded, phases.isSubset(of: self.finishedPhases) { return nil }
        case .everything: break
        }
        let detail =
            "this node is \(state.rawValue), so it may not send \(typeName) yet; "
            + "try again when `valence-node status` says synced"
        let retryAt = now.adding(milliseconds: IdentityLimits.unsyncedRetryMilliseconds)
        return Refusal(.notSynced, detail, retryAt: retryAt)
    }

    /// What a message waits for.
    private enum Need {
        case nothing
        /// These phases, once catching up has failed.
        case phases(Set<Int>)
        case everything
    }

    private static func need(of type: MessageType?) -> Need {
        switch type {
        case .vote: .phases([1, 2])
        case .propose, .comment, nil: .phases([1, 2, 3])
        case .flag, .replicateRequest, .replicateAccept, .copyAssignment: .everything
        default: .nothing
        }
    }
}
