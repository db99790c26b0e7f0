public import Kernel

/// Every kind of fact that a node of this program writes into its log.
///
/// The log is read by later versions and by tools, so its vocabulary stands in one place, as that of the
/// wire does in ``MessageType``. Subsystems that are plugged in may record kinds of their own.
public enum FactKind: String, Sendable, CaseIterable {
    // Consensus.
    case decision
    case hour
    case governance
    case adoption
    case reopening

    // StorageMarket.
    case rentHeld = "rent_held"
    case rentSettled = "rent_settled"
    case rentMissed = "rent_missed"
    case transferFee = "transfer_fee"
    case challengeFailed = "challenge_failed"
    case copyAbandoned = "copy_abandoned"
    case copiesHeld = "copies_held"
    case storageOffer = "storage_offer"

    // Identity.
    case keyStartedOver = "key_started_over"
    case linksRepeated = "links_repeated"
    case keyUsedElsewhere = "key_used_elsewhere"
    case ownHistoryAccepted = "own_history_accepted"
    case restoredKeyCleared = "restored_key_cleared"

    // Reputation.
    case present
    case syncServed = "sync_served"
    case scoresReported = "scores_reported"

    // Peers.
    case anchors

    // Events.
    case ballotOpen = "ballot_open"
    case ballotClosing = "ballot_closing"
    case ownScore = "own_score"
    case ownRefused = "own_refused"

    /// In whose name facts of this kind are recorded.
    public var owner: SubsystemName {
        switch self {
        case .decision, .hour, .governance, .adoption, .reopening: .consensus
        case .rentHeld, .rentSettled, .rentMissed, .transferFee, .challengeFailed, .copyAbandoned,
            .copiesHeld, .storageOffer:
            .storageMarket
        case .keyStartedOver, .linksRepeated, .keyUsedElsewhere, .ownHistoryAccepted,
            .restoredKeyCleared:
            .identity
        case .present, .syncServed, .scoresReported: .reputation
        case .anchors: .peers
        case .ballotOpen, .ballotClosing, .ownScore, .ownRefused: .events
        }
    }

    /// What a fact is; nil for kinds of plugged-in subsystems.
    public init?(_ fact: LocalFact) {
        guard let kind = FactKind(rawValue: fact.kind), kind.owner == fact.owner else { return nil }
        self = kind
    }
}
