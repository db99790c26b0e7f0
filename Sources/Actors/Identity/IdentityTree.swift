import Identities
import Messages
import OrderedCollections
import Primitives

/// The messages that the identity Merkle tree holds (§5).
///
/// It holds what has an effect at its place in the order of deeds: whether anything else is accepted
/// depends on what a node heard before it, so that honest trees would differ (ADR 0014). Of all such
/// links of one pair it holds the one with the lowest (timestamp, id), because of links that are signed
/// again (D-15).
struct IdentityTree: Sendable, Codable {
    fileprivate struct Pair: Hashable, Sendable, Codable {
        let root: NodeID
        let child: NodeID
    }

    /// A link that was accepted.
    struct Link: Sendable, Codable {
        let timestamp: Timestamp
        let id: MessageID
        /// What its root calls the child, cut short.
        let label: String?

        /// Whether it stands in front of another one in the order of sync (R-05-005).
        static func < (one: Self, other: Self) -> Bool {
            (one.timestamp, one.id) < (other.timestamp, other.id)
        }
    }

    /// All links of a pair, lowest first.
    private var links: OrderedDictionary<Pair, [Link]> = [:]
    private var others: OrderedSet<MessageID> = []

    /// Takes an accepted identity message in; notices of conflicts stay outside (R-05-061).
    ///
    /// Anybody may sign a notice, so with them strangers would make honest trees differ.
    mutating func add(_ message: Message) {
        switch message.payload {
        case .didLink(let link): self.add(link, message)
        case .didRevoke, .keyRotate: self.others.append(message.id)
        default: break
        }
    }

    private mutating func add(_ link: DIDLink, _ message: Message) {
        let pair = Pair(root: link.rootKey, child: link.childKey)
        let scalars = link.label?.unicodeScalars.prefix(IdentityLimits.labelScalarsMax)
        let new = Link(
            timestamp: message.timestamp,
            id: message.id,
            label: scalars.map { String($0) }
        )
        var known = self.links[pair] ?? []
        guard !known.contains(where: { $0.id == new.id }) else { return }
        known.insert(new, at: known.firstIndex { new < $0 } ?? known.endIndex)
        self.links[pair] = known
    }

    /// The links that are held of certain children, oldest first.
    func links(to children: Set<NodeID>, _ registry: KeyRegistry) -> [Link] {
        self.links.filter { children.contains($0.key.child) }
            .compactMap { Self.held($0.value, registry) }
            .sorted { $0 < $1 }
    }

    /// What its root calls a child.
    func label(of child: NodeID, _ registry: KeyRegistry) -> String? {
        self.links(to: [child], registry).first?.label
    }

    /// All that is held.
    func members(_ registry: KeyRegistry) -> Set<MessageID> {
        let links = self.links.values.compactMap { Self.held($0, registry)?.id }
        return Set(self.others.filter { registry.hasEffect($0) }).union(links)
    }

    private static func held(_ links: [Link], _ registry: KeyRegistry) -> Link? {
        links.first { registry.hasEffect($0.id) }
    }
}

extension IdentityTree: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("links", self.links)
        writer.field("others", self.others)
    }
}

extension IdentityTree.Pair: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("root", self.root)
        writer.field("child", self.child)
    }
}

extension IdentityTree.Link: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("timestamp", self.timestamp)
        writer.field("id", self.id)
        writer.field("label", self.label)
    }
}
