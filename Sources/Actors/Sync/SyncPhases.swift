import Messages

/// The phases of reconciliation in their order (spec §5, D-28).
enum SyncPhases {
    /// Phases that a node runs; phase 5 only with the `store` capability (D-29).
    static func numbers(storesContent: Bool) -> [Int] {
        storesContent ? [1, 2, 3, 4, 5] : [1, 2, 3, 4]
    }

    /// Types of a phase, in the order of the inventory.
    static func types(of phase: Int) -> [MessageType] {
        MessageType.allCases.filter { $0.syncPhase == phase }
    }
}
