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
    mutating func named(_ content: ContentHash, by identity: NodeID, in message: Message) {
        if let known = self.origins[content],
            (known.at, known.id) <= (message.timestamp, message.id)
        {
            return
        }
        self.origins[content] = Origin(identity: identity, at: message.timestamp, id: message.id)
        if self.origins.count > ReputationLimits.sharesMax { self.origins.removeFirst() }
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
