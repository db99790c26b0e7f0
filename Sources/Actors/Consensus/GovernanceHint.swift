import Primitives

/// The fact that peers agree on when governance began (D-59).
struct GovernanceHint: Sendable, Equatable {
    static let factKind = "governance"

    let since: Timestamp

    init(since: Timestamp) { self.since = since }

    var factBody: [UInt8] {
        JSONValue.object([("since", .integer(self.since.milliseconds))]).canonicalBytes()
    }

    /// Reads a fact; nil when its body is not one of ours.
    init?(factBody: [UInt8]) {
        guard let root = try? JSONDocument(scanning: factBody).root,
            let since = root["since"]?.integer
        else { return nil }
        self.since = Timestamp(milliseconds: since)
    }
}
