/// Rules about nothing but how something is written.
///
/// A reader and a writer show them; there is no behaviour of a node beyond that. All other rules need
/// a test of a state machine or of whole nodes.
enum SchemaRows {
    /// Rules of one sort, and why their form is all there is to show.
    struct Group {
        let reason: String
        let ids: [String]
    }

    static let groups: [Group] = [
        Group(
            reason: "the members of a message, and nothing about who sends it or when",
            ids: [
                "R-01-006", "R-04-007", "R-04-008", "R-04-010", "R-05-049", "R-06-016", "R-06-021",
                "R-06-105", "R-06-107", "R-06-111", "R-06-116", "R-06-120", "R-07-002", "R-07-016",
            ]
        ),
        Group(
            reason: "the form of an envelope, its identifier and its signature",
            ids: [
                "R-02-013", "R-02-016", "R-02-017", "R-02-018", "R-02-029",
            ]
        ),
        Group(
            reason: "how values, texts, keys and frames are written",
            ids: [
                "R-01-001", "R-02-001", "R-02-002", "R-02-003", "R-02-004", "R-02-005", "R-02-007",
                "R-02-010", "R-16-001", "R-16-003", "R-16-066",
            ]
        ),
        Group(
            reason: "a function of its arguments: the delay function, and trees of hashes",
            ids: [
                "R-10-002", "R-10-003", "R-10-004", "R-12-003", "R-12-004", "R-16-044", "R-16-082",
                "R-16-086",
            ]
        ),
        Group(
            reason: "a bound that the reader of a message holds it to",
            ids: [
                "R-16-078", "R-16-099", "R-16-132",
            ]
        ),
    ]

    static let all = Set(groups.flatMap(\.ids))
}
