import Messages

/// The phases of reconciliation in their order (spec §5, D-28).
enum SyncPhases {
    /// All of them, as they are read where none keeps a node from being synced.
    static let all = [1, 2, 3, 4, 5]

    /// The phase that says which keys are valid.
    static let identities = 1

    /// The phase of the assessments.
    static let assessments = 2

    /// The phase of proposals and votes.
    static let proposals = 3

    /// The phases that decide what becomes of a proposal: whose keys are valid, and what was voted.
    static let ofOutcomes = [identities, proposals]

    /// The phase of what is known of contents.
    static let contents = 4

    /// What every sync peer is asked for, whenever it comes to be one (R-05-079, R-05-095).
    static let ofEveryPeer = [identities, assessments]

    /// Phases that a node has to finish: phase 5 only with the `store` capability (R-05-027, D-29).
    static func required(storesContent: Bool) -> [Int] {
        storesContent ? Self.all : Self.all.dropLast()
    }

    /// Types of a phase, in the order of the inventory.
    static func types(of phase: Int) -> [MessageType] {
        MessageType.allCases.filter { $0.syncPhase == phase }
    }
}
