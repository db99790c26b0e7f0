public import Primitives

/// Deeds that only this node can observe and that count in its own ledger alone (D-51); Reputation
/// records them.
///
/// Own announcements and answers are not in the log (ADR 0007), so these facts stand for them there.
public enum OwnFact: Fact {
    /// The node announced itself within an hour in which it heard others.
    case present
    /// It answered a peer's sync request with messages.
    case served(peer: NodeID)

    package static var kinds: [FactKind] { [.present, .syncServed] }

    package var kind: FactKind {
        switch self {
        case .present: .present
        case .served: .syncServed
        }
    }

    package init(_ kind: FactKind, reading body: PayloadReader) throws(SchemaError) {
        self = kind == .present ? .present : .served(peer: try body.id("peer"))
    }

    package func write(to body: inout PayloadWriter) {
        if case .served(let peer) = self { body.set("peer", peer) }
    }
}
