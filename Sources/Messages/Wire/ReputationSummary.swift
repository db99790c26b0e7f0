package import Primitives

/// All scores in one hash, as STATE_SNAPSHOT names it (R-05-050).
package enum ReputationSummary {
    /// One identity, by its root key, and what a node thinks of it.
    package struct Entry: Sendable, Equatable {
        package let identity: NodeID
        package let score: FixedPoint

        /// Puts one together.
        package init(identity: NodeID, score: FixedPoint) {
            self.identity = identity
            self.score = score
        }
    }

    /// SHA-256 over the RFC 8785 form of the pairs, ordered by identity (D-82).
    package static func hash(of entries: [Entry]) -> Bytes32 {
        let pairs = entries.sorted { $0.identity < $1.identity }.map { entry in
            JSONValue.array([.string(entry.identity.hex), .integer(entry.score.millionths)])
        }
        return SHA256Digest.hash(JSONValue.array(pairs).canonicalBytes())
    }
}
