/// Rules that are not shown although tests touch on them, or although their subsystem is finished.
///
/// They wait for another part of the node; whatever tests name them shows a piece at most.
enum OpenRows {
    /// Rules that wait for the same thing.
    struct Group {
        /// What is missing.
        let reason: String
        let ids: [String]
    }

    static let groups: [Group] = [
        Group(
            reason: "snapshots are not built: nobody makes, asks for or takes any",
            ids: [
                "R-05-033", "R-05-047",
            ]
        ),
        Group(
            reason: """
                logs are compared by ranges of time (ADR 0035); nobody asks for a part \
                of a tree
                """,
            ids: [
                "R-05-038", "R-05-072",
            ]
        ),
        Group(
            reason: "the root goes out with every answer of sync, and nobody compares it",
            ids: [
                "R-12-001"
            ]
        ),
        Group(
            reason: "a node does not set its clock: one that is off is told to the operator",
            ids: [
                "R-02-026"
            ]
        ),
        Group(
            reason: """
                after three failures a node is degraded, but tries again after twenty \
                seconds already
                """,
            ids: [
                "R-05-094"
            ]
        ),
        Group(
            reason: """
                a clock that is off is told to the operator; peers whose clocks are \
                off are synced with all the same
                """,
            ids: [
                "R-02-027"
            ]
        ),
        Group(
            reason: """
                this software speaks version 0 alone; it chooses no version to send or \
                to answer in
                """,
            ids: [
                "R-13-003", "R-13-005",
            ]
        ),
    ]

    /// What each row waits for.
    static let reasons = Dictionary(
        groups.flatMap { group in group.ids.map { ($0, group.reason) } },
        uniquingKeysWith: { first, _ in first }
    )
}
