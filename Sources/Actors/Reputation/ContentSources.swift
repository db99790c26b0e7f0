import DequeModule
import Messages
import Primitives

/// Who brought an artefact into the network first: the source that flags on it are about (§6).
///
/// The first one by the times that were signed, so the order of arrival does not matter.
struct ContentSources: Sendable {
    private struct Origin: Sendable {
        var identity: NodeID
        let at: Timestamp
        let id: MessageID
    }

    private var origins: [ContentHash: Origin] = [:]
    /// What is in ``origins``, the next one to be forgotten first: both ends cost the same.
    private var queue: Deque<ContentHash> = []

    /// A SHARE, REPLICATE_REQUEST or PROPOSE names an artefact.
    ///
    /// - Parameters:
    ///   - content: the artefact.
    ///   - identity: who names it.
    ///   - message: where.
    ///   - isFlagged: whether flags on an artefact count; its source is not forgotten, or whoever
    ///     shares enough would end its own suspension.
    mutating func named(
        _ content: ContentHash,
        by identity: NodeID,
        in message: Message,
        isFlagged: (ContentHash) -> Bool
    ) {
        let origin = Origin(identity: identity, at: message.timestamp, id: message.id)
        if let known = self.origins[content] {
            if (origin.at, origin.id) < (known.at, known.id) { self.origins[content] = origin }
            return
        }
        self.origins[content] = origin
        self.queue.append(content)
        if self.queue.count > ReputationLimits.sharesMax { self.makeRoom(isFlagged) }
    }

    /// The oldest goes; flagged ones in front of it go to the end, so that each is met once a round.
    private mutating func makeRoom(_ isFlagged: (ContentHash) -> Bool) {
        for _ in 0...EarningLimits.flaggedMax {
            guard let content = self.queue.popFirst() else { return }
            guard isFlagged(content) else {
                self.origins.removeValue(forKey: content)
                return
            }
            self.queue.append(content)
        }
    }

    /// The source of an artefact; nil when nobody named it.
    func source(of content: ContentHash) -> NodeID? { self.origins[content]?.identity }

    /// An identity's key became another one's.
    mutating func move(_ old: NodeID, to new: NodeID) {
        for content in self.queue where self.origins[content]?.identity == old {
            self.origins[content]?.identity = new
        }
    }

    /// For the digest.
    var lines: String {
        self.origins.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.identity)\n" }.joined()
    }
}
