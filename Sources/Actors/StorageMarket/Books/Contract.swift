import Messages
import Primitives

/// Who keeps copies of one artefact for whom, as it stands at a moment (ADR 0048).
///
/// It is worked out from what ``ContractBook`` keeps whenever somebody asks, and stored nowhere.
/// All parties are identities, not keys.
struct Contract: Sendable, Equatable {
    /// How far it is; the times say when the state ends or began.
    enum State: Sendable, Equatable, Codable {
        /// Providers may still accept.
        case gathering(until: Timestamp)
        /// Providers were chosen and fetch their copies.
        case delivering(until: Timestamp)
        /// Enough copies are confirmed, and the rent is paid.
        case active
        /// A cycle was missed; copies are kept, but nobody is paid (R-06-056).
        case grace(until: Timestamp)
        /// Too few accepted or confirmed in time (R-06-023, R-06-033).
        case failed
        /// The grace period is over (R-06-059).
        case decayed(at: Timestamp)
        /// The uploader takes it back (R-06-094).
        case withdrawn(at: Timestamp)
    }

    /// A confirmed copy.
    struct Holder: Sendable, Equatable {
        let identity: NodeID
        /// When the COPY_RECEIVED or the acknowledgement of a transfer was stamped.
        let since: Timestamp
        /// Who signed it last: the node of the identity that has the bytes.
        let key: NodeID
    }

    /// A hand-over that is announced and not complete (R-06-091).
    struct Transfer: Sendable, Equatable, Codable {
        let id: MessageID
        let from: NodeID
        let to: NodeID
        /// The node that took over; nil while none has.
        let acknowledgedBy: NodeID?

        /// Whether a node took over.
        var isAcknowledged: Bool { self.acknowledgedBy != nil }
    }

    /// The artefact.
    let content: ContentDescription
    /// The REPLICATE_REQUEST.
    let request: MessageID
    /// Who asked, and pays.
    let uploader: NodeID
    /// The timestamp of the request, from which cycles are counted.
    let requestedAt: Timestamp
    /// The uploader's score when the request arrived.
    let reputation: FixedPoint
    /// Copies wanted.
    let copyCount: Int
    /// What the uploader declared to be able to pay (D-73).
    let declaredStake: FixedPoint
    /// Who accepted in time, in the order of acceptance.
    let accepted: [NodeID]
    /// Who is to hold a copy by the newest assignment, in its order.
    let assigned: [NodeID]
    /// Who holds a confirmed copy, sorted by identity.
    let holders: [Holder]
    /// Hand-overs under way, by their ids.
    let transfers: [Transfer]
    /// When the last copy that was needed was confirmed; nil before.
    let confirmedAt: Timestamp?
    /// When a withdrawal takes effect that no proposal stands against; nil without one.
    let withdrawsAt: Timestamp?
    /// How far it is.
    let state: State
}
