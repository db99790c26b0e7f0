import Identities
import Messages
import OrderedCollections
import Primitives

/// The messages that the identity Merkle tree holds (§5).
///
/// Of all links of one pair it holds the one with the lowest (timestamp, id), so that re-signed
/// links do not make honest trees differ (D-15).
struct IdentityTree: Sendable {
    fileprivate struct Pair: Hashable, Sendable {
        let root: NodeID
        let child: NodeID
    }

    /// A link that is held.
    struct Link: Sendable {
        let timestamp: Timestamp
        let id: MessageID
        /// What its root calls the child, cut short.
        let label: String?

        /// Whether it stands in front of another one in the order of sync (R-05-005).
        static func < (one: Self, other: Self) -> Bool {
            (one.timestamp, one.id) < (other.timestamp, other.id)
        }
    }

    private var links: OrderedDictionary<Pair, Link> = [:]
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
        if let held = self.links[pair], !(new < held) { return }
        self.links[pair] = new
    }

    /// The links that are held of certain children, oldest first.
    func links(to children: Set<NodeID>) -> [Link] {
        self.links.filter { children.contains($0.key.child) }.map(\.value).sorted { $0 < $1 }
    }

    /// What its root calls a child.
    func label(of child: NodeID) -> String? { self.links(to: [child]).first?.label }

    /// Root over all that is held.
    var root: Bytes32 { MerkleTree(ids: self.others + self.links.values.map(\.id)).root }
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
