import DequeModule
import Identities
import Messages
import Primitives

/// Who brought an artefact into the network first: the source that flags on it are about (§6).
///
/// The first one by the times that were signed, so the order of arrival does not matter.
struct ContentSources: Sendable, Codable {
    fileprivate struct Origin: Sendable, Codable {
        var identity: NodeID
        let at: Timestamp
        let id: MessageID
    }

    private var origins: [ContentHash: Origin] = [:]
    /// What is in ``origins``, the next one to be forgotten first: both ends cost the same.
    private var queue: Deque<ContentHash> = []
    /// The same of sources that are proven; they give way to each other alone.
    private var provenQueue: Deque<ContentHash> = []

    /// What is asked about an artefact and its source.
    struct Standing {
        /// Flags on the artefact count; its source is not forgotten, or whoever shares enough would end
        /// its own suspension.
        let isFlagged: (ContentHash) -> Bool
        /// The source proved its delay: keys that cost nothing do not push it out.
        let isProven: (NodeID) -> Bool
    }

    /// A SHARE, REPLICATE_REQUEST or PROPOSE names an artefact.
    ///
    /// - Parameters:
    ///   - content: the artefact.
    ///   - identity: who names it.
    ///   - message: where.
    ///   - standing: what keeps others from being forgotten for it.
    mutating func named(
        _ content: ContentHash,
        by identity: NodeID,
        in message: Message,
        _ standing: Standing
    ) {
        let origin = Origin(identity: identity, at: message.timestamp, id: message.id)
        if let known = self.origins[content] {
            if (origin.at, origin.id) < (known.at, known.id) { self.origins[content] = origin }
            return
        }
        self.origins[content] = origin
        self.queue.append(content)
        if self.origins.count > ReputationLimits.sharesMax { self.makeRoom(standing) }
    }

    /// The oldest one goes; of sources that proved nothing, while these have more than their share.
    private mutating func makeRoom(_ standing: Standing) {
        for _ in 0..<self.queue.count where self.queue.count > Self.unprovenShare {
            guard let content = self.queue.popFirst() else { break }
            if let origin = self.origins[content], standing.isProven(origin.identity) {
                self.provenQueue.append(content)
            } else if standing.isFlagged(content) {
                // It goes to the end, so that each is met once a round.
                self.queue.append(content)
            } else {
                self.origins.removeValue(forKey: content)
                return
            }
        }
        for _ in 0..<self.provenQueue.count {
            guard let content = self.provenQueue.popFirst() else { return }
            guard standing.isFlagged(content) else {
                self.origins.removeValue(forKey: content)
                return
            }
            self.provenQueue.append(content)
        }
    }

    /// A source may become proven soon, so there is always some room for those that are not.
    private static let unprovenShare = ReputationLimits.sharesMax / 10

    /// The source of an artefact; nil when nobody named it.
    func source(of content: ContentHash) -> NodeID? { self.origins[content]?.identity }

    /// What a source brought.
    func contents(from source: NodeID) -> [ContentHash] {
        [self.queue, self.provenQueue].flatMap { queue in
            queue.filter { self.origins[$0]?.identity == source }
        }
    }

    /// An identity's key became another one's.
    mutating func move(_ old: NodeID, to new: NodeID) {
        for queue in [self.queue, self.provenQueue] {
            for content in queue where self.origins[content]?.identity == old {
                self.origins[content]?.identity = new
            }
        }
    }
}

extension ContentSources: Book {
    func digest(into writer: inout some StateWriter) {
        writer.field("origins", self.origins)
        writer.field("queue", self.queue)
        writer.field("provenQueue", self.provenQueue)
    }
}

extension ContentSources.Origin: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("identity", self.identity)
        writer.field("at", self.at)
        writer.field("id", self.id)
    }
}
