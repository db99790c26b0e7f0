/// Rows that a decision declares void, so that nothing can show them.
enum VoidRows {
    /// What became of a row.
    struct Decision {
        /// The decision.
        let id: String
        /// Why the row asks for nothing any more.
        let reason: String
    }

    /// The decision behind each row.
    static let all: [String: Decision] = [
        "R-07-034": Decision(
            id: "D-62",
            reason: "erasure coding was replaced by whole copies; nothing is refused for its coding"
        ),
        "R-16-081": Decision(
            id: "D-62",
            reason: "erasure coding was replaced by whole copies; nothing is refused for its coding"
        ),
    ]
}
