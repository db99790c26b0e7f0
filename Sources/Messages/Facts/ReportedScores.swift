import Primitives

/// What peers agreed on about scores, while this node caught up (R-05-054, ADR 0067).
///
/// It stands in the log, as scores must be the same after a restart.
public struct ReportedScores: SingleFact {
    package static var kind: FactKind { .scoresReported }

    /// Sorted by identity.
    public let bounds: [ScoresReported.Bound]

    /// Lists bounds.
    public init(_ bounds: [ScoresReported.Bound]) { self.bounds = bounds }

    package init(reading body: PayloadReader) throws(SchemaError) {
        self.bounds = try body.objects("scores").map { entry throws(SchemaError) in
            ScoresReported.Bound(
                identity: try entry.id("node_id"),
                score: try entry.fraction("reputation")
            )
        }
    }

    package func write(to body: inout PayloadWriter) {
        body.set("scores", self.bounds)
    }
}

extension ScoresReported.Bound: PayloadObject {
    package func write(to entry: inout PayloadWriter) {
        entry.set("node_id", self.identity)
        entry.set("reputation", self.score)
    }
}
