import Foundation

/// What its owner decided: which proposals get which vote.
///
/// The first rule that fits decides, and none means no vote.
struct Policy: Codable, Equatable {
    /// One rule; what is left out does not matter.
    struct Rule: Codable, Equatable {
        /// At least one of these tags.
        var tags: [String]?
        /// One of these authors, by their keys.
        var authors: [String]?
        /// The author's score is at least this, in millionths.
        var reputation: Int?
        /// One of these tiers.
        var tiers: [String]?
        /// The title or the body has this text.
        var text: String?
        /// `endorse`, `reject` or `abstain`.
        var stance: String
        var reason: String?

        func fits(_ event: Conversation.Object) -> Bool {
            guard let proposal = event["payload"] as? Conversation.Object else { return false }
            let tags = Set(proposal["tags"] as? [String] ?? [])
            let words =
                "\(proposal["title"] as? String ?? "")\n\(proposal["body"] as? String ?? "")"
            return (self.tags.map { !tags.isDisjoint(with: $0) } ?? true)
                && (self.authors.map { $0.contains(event["identity"] as? String ?? "") } ?? true)
                && (self.reputation.map { $0 <= event["reputation"] as? Int ?? 0 } ?? true)
                && (self.tiers.map { $0.contains(proposal["tier"] as? String ?? "") } ?? true)
                && (self.text.map { words.localizedCaseInsensitiveContains($0) } ?? true)
        }
    }

    var rules: [Rule]
    /// Most votes in 24 hours.
    var votesADay: Int
    /// Nothing is sent; what would be is noted.
    var dryRun: Bool

    enum CodingKeys: String, CodingKey {
        case rules
        case votesADay = "votes_a_day"
        case dryRun = "dry_run"
    }

    /// Says nothing: no rule, and no vote.
    static let silent = Policy(rules: [], votesADay: 0, dryRun: true)
}

/// A proposal that a rule fitted.
struct Decision: Codable, Equatable {
    var proposal: String
    var stance: String
    /// Unix seconds.
    var at: Int
    /// `noted` in a dry run, `sent`, `voted`, `over the limit`, or why it was refused.
    var outcome: String

    /// Whether it counts for the limit of a day.
    var counts: Bool { ["sent", "voted"].contains(self.outcome) }
}
