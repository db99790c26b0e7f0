import Messages
import Primitives

/// What only this node knows of itself and its own ledger counts (D-51).
///
/// Own announcements and answers are not in the log (ADR 0007), so these stand for them there.
enum OwnFact: Equatable {
    /// The node announced itself within an hour in which it heard others.
    case present
    /// It answered a peer's sync request with messages.
    case served(peer: NodeID)

    /// The kinds of the facts; their owner is Reputation.
    private enum Kind: String {
        case present
        case served = "sync_served"
    }

    /// What `RecordFact` takes.
    func fact(recordedAt: Timestamp) -> LocalFact {
        let (kind, members): (Kind, [(String, JSONValue)]) =
            switch self {
            case .present: (.present, [])
            case .served(let peer): (.served, [("peer", .string(peer.hex))])
            }
        return LocalFact(
            owner: .reputation,
            kind: kind.rawValue,
            body: JSONValue.object(members).canonicalBytes(),
            recordedAt: recordedAt
        )
    }

    /// Reads a fact; nil when it is not one of these.
    init?(_ fact: LocalFact) {
        guard fact.owner == .reputation else { return nil }
        switch Kind(rawValue: fact.kind) {
        case .present: self = .present
        case .served:
            guard let root = try? JSONDocument(scanning: fact.body).root,
                let peer = root["peer"]?.string.flatMap({ NodeID(hex: $0) })
            else { return nil }
            self = .served(peer: peer)
        case nil: return nil
        }
    }
}
