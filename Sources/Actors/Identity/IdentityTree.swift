import Messages
import OrderedCollections
import Primitives

/// The messages that the identity Merkle tree holds (§5).
///
/// Of all links of one pair it holds the one with the lowest (timestamp, id), so that re-signed
/// links do not make honest trees differ (D-15).
struct IdentityTree: Sendable {
    private struct Pair: Hashable, Sendable {
        let root: NodeID
        let child: NodeID
    }

    private var links: OrderedDictionary<Pair, (timestamp: Timestamp, id: MessageID)> = [:]
    private var others: OrderedSet<MessageID> = []

    /// Takes an accepted identity message in.
    mutating func add(_ message: Message) {
        guard case .didLink(let link) = message.payload else {
            self.others.append(message.id)
            return
        }
        let pair = Pair(root: link.rootKey, child: link.childKey)
        if let held = self.links[pair], held <= (message.timestamp, message.id) { return }
        self.links[pair] = (message.timestamp, message.id)
    }

    /// The links that are held of certain children, oldest first.
    func links(to children: Set<NodeID>) -> [(timestamp: Timestamp, id: MessageID)] {
        self.links.filter { children.contains($0.key.child) }.map(\.value)
            .sorted { ($0.timestamp, $0.id) < ($1.timestamp, $1.id) }
    }

    /// Root over all that is held.
    var root: Bytes32 { MerkleTree(ids: self.others + self.links.values.map(\.id)).root }
}
