import Messages
import Primitives

/// The tree over open proposals as peers are shown it, at a time rounded down to the minute (D-33).
///
/// Who is a leaf changes with the minute, with proposals and withdrawals, and with the keys of their
/// authors; between two such changes the same tree is served.
struct ProposalTree: Sendable {
    private var kept = KeptMerkleTree()
    /// The minute for which it was last looked through; nil when its members may have changed since.
    private var minute: Timestamp?

    /// Its members may have changed.
    mutating func changed() { self.minute = nil }

    /// Answers a question about it.
    mutating func view(
        _ question: TreeQuestion,
        minute: Timestamp,
        members: (Timestamp) -> Set<MessageID>
    ) -> TreeView {
        if self.minute != minute {
            self.kept.keep(members(minute))
            self.minute = minute
        }
        return TreeView(answering: question, about: &self.kept, members: members(minute))
    }
}

extension ProposalTree: Codable {
    /// No checkpoint holds it: it is built when a peer asks.
    init(from decoder: any Decoder) { self.init() }

    func encode(to encoder: any Encoder) {}
}

// What peers are told of proposals (§5, §12).
extension Governance {
    /// The tree over open proposals, at a time rounded down to the minute.
    mutating func treeView(_ question: TreeQuestion, now: Timestamp) -> TreeView {
        let minute = Timestamp(milliseconds: now.milliseconds - now.milliseconds % 60_000)
        let (proposals, signers) = (self.proposals, self.signers)
        return self.tree.view(question, minute: minute) { minute in
            Set(proposals.all.filter { $0.isLeaf(signers, minute: minute) }.map(\.id))
        }
    }

    /// Votes on proposals, those of revoked keys too, one page in the order of sync (R-05-074).
    func votes(_ query: ProposalVotes) -> ProposalVotes.Reply {
        let votes = query.proposals.compactMap { self.proposals[$0] }.flatMap(\.votes.items)
        let places = votes.map { MessagePlace($0.message) }
            .sorted { ($0.timestamp, $0.id) < ($1.timestamp, $1.id) }
        let rest = places.drop { place in
            query.after.map { (place.timestamp, place.id) <= ($0.timestamp, $0.id) } ?? false
        }
        let page = rest.prefix(max(query.limit, 0))
        return ProposalVotes.Reply(entries: Array(page), hasMore: page.count < rest.count)
    }
}
