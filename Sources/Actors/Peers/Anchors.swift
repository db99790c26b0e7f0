import Messages
import Primitives

/// Peers to dial first after a restart: those that this node chose itself and that stayed longest.
///
/// Whoever fills a node's table while it runs does not find it without acquaintances after a restart
/// (threat T4, ADR 0018).
struct Anchors: Sendable, Equatable {
    struct Anchor: Sendable, Equatable {
        let node: NodeID
        /// Best first.
        let addresses: [String]
    }

    /// Sorted by node id.
    let list: [Anchor]

    init(_ anchors: [Anchor] = []) {
        self.list = anchors.sorted { $0.node < $1.node }
    }

    func contains(_ node: NodeID) -> Bool { self.list.contains { $0.node == node } }

    // MARK: In the log

    private static let kind = "anchors"

    /// What `RecordFact` takes.
    func fact(recordedAt: Timestamp) -> LocalFact {
        let entries = self.list.map { anchor in
            JSONValue.object([
                ("addresses", .array(anchor.addresses.map { .string($0) })),
                ("node_id", .string(anchor.node.hex)),
            ])
        }
        return LocalFact(
            owner: .peers,
            kind: Self.kind,
            body: JSONValue.object([("anchors", .array(entries))]).canonicalBytes(),
            recordedAt: recordedAt
        )
    }

    /// Reads a fact; nil when it is another one.
    init?(_ fact: LocalFact) {
        guard fact.owner == .peers, fact.kind == Self.kind,
            let root = try? JSONDocument(scanning: fact.body).root,
            let entries = root["anchors"]?.elements
        else { return nil }
        self.init(
            entries.prefix(PeersLimits.anchorsMax).compactMap { entry in
                guard let node = entry["node_id"]?.string.flatMap({ NodeID(hex: $0) }) else {
                    return nil
                }
                return Anchor(
                    node: node,
                    addresses: (entry["addresses"]?.elements ?? []).compactMap(\.string)
                )
            }
        )
    }
}
