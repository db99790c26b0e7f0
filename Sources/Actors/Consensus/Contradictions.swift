import Messages
import OrderedCollections
import Primitives

/// Which of contradictory changes of the protocol stands, once both sides of a partition ratified one
/// (§12 Partition Merge, ADR 0064).
///
/// Only what their authors signed matters, so that all nodes find the same, whatever they heard first.
struct Contradictions {
    /// A ratified change.
    struct Change: Sendable {
        let id: MessageID
        let from: NodeID
        let timestamp: Timestamp
        let proposal: Propose
    }

    /// What lost, each with what it lost to.
    private(set) var losers: OrderedDictionary<MessageID, MessageID> = [:]

    /// Settles what stands among ratified changes.
    ///
    /// One that replaces another comes before it, else the one whose voting ended first, and of two that
    /// ended together the one of the lower key (R-12-019, R-12-020).
    init(among changes: [Change]) {
        var rest = changes.sorted {
            ($0.proposal.votingDeadline, $0.from, $0.id)
                < ($1.proposal.votingDeadline, $1.from, $1.id)
        }
        var standing: [Change] = []
        // What replaces another one is newer, so that there is always one that nobody replaces.
        while let next = rest.firstIndex(where: { Self.isFree($0, among: rest) }) {
            let change = rest.remove(at: next)
            if let winner = standing.first(where: { $0.contradicts(change) }) {
                self.losers[change.id] = winner.id
            } else {
                standing.append(change)
            }
        }
    }

    private static func isFree(_ change: Change, among rest: [Change]) -> Bool {
        !rest.contains { $0.proposal.supersedes == change.id && $0.contradicts(change) }
    }
}

extension Contradictions.Change {
    /// Whether both cannot hold: people voted on both at one time, and they give one parameter two values,
    /// or claim one place in the history of the protocol.
    ///
    /// A change that was proposed when the vote on another one was over knows it, and follows it.
    func contradicts(_ other: Self) -> Bool {
        guard self.id != other.id, self.timestamp <= other.proposal.votingDeadline,
            other.timestamp <= self.proposal.votingDeadline
        else { return false }
        if let one = self.proposal.assignment, let two = other.proposal.assignment,
            one.name.utf8.elementsEqual(two.name.utf8)
        {
            return one.value != two.value
        }
        let (mine, theirs) = (self.proposal.supersedes, other.proposal.supersedes)
        return mine == other.id || theirs == self.id || (mine != nil && mine == theirs)
    }
}

extension Propose {
    /// The parameter that it changes, and to what; nil when it changes none.
    fileprivate var assignment: (name: String, value: Int64)? {
        guard let resolution = self.resolution, resolution.kind == .parameter,
            let name = resolution.name, let value = resolution.value
        else { return nil }
        return (name, value)
    }
}
