public import Primitives

/// Peers to dial first after a restart: those that this node chose itself and that stayed longest.
///
/// Thanks to them an attacker who fills a running node's peer table cannot isolate the node after a
/// restart (threat T4, ADR 0018).
public struct Anchors: SingleFact, Codable {
    package static var kind: FactKind { .anchors }

    /// One anchor.
    public struct Anchor: PayloadObject, Codable {
        /// Its node id.
        public let node: NodeID
        /// Best first.
        public let addresses: [String]

        /// Names an anchor.
        public init(node: NodeID, addresses: [String]) {
            self.node = node
            self.addresses = addresses
        }

        init(reading anchor: PayloadReader) throws(SchemaError) {
            self.node = try anchor.id("node_id")
            self.addresses = try anchor.optionalTexts("addresses") ?? []
        }

        package func write(to anchor: inout PayloadWriter) {
            anchor.set("node_id", self.node)
            anchor.set("addresses", self.addresses)
        }
    }

    /// Sorted by node id.
    public let list: [Anchor]

    /// Lists anchors.
    public init(_ anchors: [Anchor] = []) {
        self.list = anchors.sorted { $0.node < $1.node }
    }

    /// Whether a node is one of them.
    public func contains(_ node: NodeID) -> Bool { self.list.contains { $0.node == node } }

    package init(reading body: PayloadReader) throws(SchemaError) {
        self.init(
            try body.objects("anchors").map { anchor throws(SchemaError) in
                try Anchor(reading: anchor)
            }
        )
    }

    package func write(to body: inout PayloadWriter) {
        body.set("anchors", self.list)
    }
}
