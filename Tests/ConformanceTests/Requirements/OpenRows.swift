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
            reason: "no state is taken from snapshots: they are a check alone (ADR 0069)",
            ids: [
                "R-05-038", "R-05-043",
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
