import Messages
import Primitives

/// The identity tree as peers are shown it: built when they ask, and at most once a minute (R-05-063).
struct PublishedTree: Sendable {
    private var kept = KeptMerkleTree()
    private var builtAt: Timestamp?
    /// Whether its members may have changed since.
    private var isStale = true

    /// Something came into force.
    mutating func changed() { self.isStale = true }

    /// A message was folded; an announcement may begin a new life of a revoked key (D-13).
    mutating func changed(by message: Message) {
        if message.type?.isIdentityType == true || message.type == .peerAnnounce { self.changed() }
    }

    /// Answers a question about it.
    mutating func view(
        _ question: TreeQuestion,
        of members: @autoclosure () -> Set<MessageID>,
        now: Timestamp
    ) -> TreeView {
        if self.isStale, self.isOld(now: now) {
            self.kept.keep(members())
            self.builtAt = now
            self.isStale = false
        }
        return TreeView(answering: question, about: &self.kept, members: members())
    }

    private func isOld(now: Timestamp) -> Bool {
        guard let builtAt = self.builtAt else { return true }
        return now.milliseconds(since: builtAt) >= IdentityLimits.treeMilliseconds
    }
}

extension PublishedTree: Codable {
    /// No checkpoint holds it: it is built when a peer asks.
    init(from decoder: any Decoder) { self.init() }

    func encode(to encoder: any Encoder) {}
}
