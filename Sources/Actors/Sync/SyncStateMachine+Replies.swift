import Messages
import Primitives

// What others told for peers that wait, and for own snapshots; nothing of it changes the state.
extension SyncStateMachine {
    /// The log handed out a page; nil when it did not answer.
    func heard(_ page: MessagesAfter.Reply?, for reading: Reading) -> [SyncAction] {
        [Serving.read(page, for: reading)]
    }

    /// Consensus told which proposals of a page are archived; nil when it did not answer.
    func heard(_ archived: Set<MessageID>?, for page: ReadPage) -> [SyncAction] {
        [Serving.read(archived, among: page)]
    }

    /// The log handed out messages; nil when it did not answer.
    func heard(_ reply: MessagesByID.Reply?, for reading: Reading) -> [SyncAction] {
        let page = reply.map { reply in
            if let chain = reading.chain {
                MessagesAfter.Reply(reply.messages, of: chain)
            } else {
                MessagesAfter.Reply(reply.messages, votes: reading.votes ?? Self.noVotes)
            }
        }
        return [Serving.read(page, for: reading)]
    }

    /// Reputation told what this node thinks of others; nil when it did not answer.
    func heard(_ scores: CurrentScores.Reply?, for reading: Reading) -> [SyncAction] {
        [Serving.read(scores, for: reading)]
    }

    private static let noVotes = ProposalVotes.Reply(entries: [], hasMore: false)

    /// Consensus told which votes there are; nil when it did not answer.
    func heard(_ votes: ProposalVotes.Reply?, for reading: Reading) -> [SyncAction] {
        [Serving.read(votes, for: reading)]
    }

    /// Identity told for whom this node acts; nil when it did not answer.
    func heard(_ keys: IdentityKeys.Reply?) -> [SyncAction] { SnapshotPublisher.heard(keys) }

    /// Reputation told what this node thinks of everybody; nil when it did not answer.
    func heard(_ scores: Scores.Reply?, for author: SnapshotAuthor) -> [SyncAction] {
        SnapshotPublisher.heard(scores, for: author)
    }
}
