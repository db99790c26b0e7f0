import Messages
import OrderedCollections
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

    private var origins: OrderedDictionary<ContentHash, Origin> = [:]

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
        if let known = self.origins[content],
            (known.at, known.id) <= (message.timestamp, message.id)
        {
            return
        }
        self.origins[content] = Origin(identity: identity, at: message.timestamp, id: message.id)
        if self.origins.count > ReputationLimits.sharesMax { self.makeRoom(isFlagged) }
    }

    /// The oldest goes; flagged ones in front of it go to the end, so that each is met once a round.
    private mutating func makeRoom(_ isFlagged: (ContentHash) -> Bool) {
        for _ in 0...EarningLimits.flaggedMax {
            let (content, origin) = self.origins.removeFirst()
            guard isFlagged(content) else { return }
            self.origins[content] = origin
        }
    }

    /// The source of an artefact; nil when nobody named it.
    func source(of content: ContentHash) -> NodeID? { self.origins[content]?.identity }

    /// An identity's key became another one's.
    mutating func move(_ old: NodeID, to new: NodeID) {
        for index in self.origins.values.indices
        where self.origins.values[index].identity == old {
            self.origins.values[index].identity = new
        }
    }

    /// For the digest.
    var lines: String {
        self.origins.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value.identity)\n" }.joined()
    }
}
