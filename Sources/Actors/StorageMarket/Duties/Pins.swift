import Messages
import OrderedCollections
import Primitives

/// Artefacts that this node keeps on its own account, because it shares them or adopted them.
struct Pins: Sendable, Codable {
    private var pinned: OrderedSet<ContentHash> = []
    /// Which artefact a proposal is about, since an adoption names the proposal alone.
    ///
    /// The oldest give way.
    private var proposed: OrderedDictionary<MessageID, ContentHash> = [:]

    /// Whether an artefact is kept.
    func contains(_ content: ContentHash) -> Bool { self.pinned.contains(content) }

    /// A message of any type is in the log, or was accepted.
    mutating func heard(_ message: Message, isOwn: Bool) {
        switch message.payload {
        case .propose(let proposal):
            self.proposed[message.id] = proposal.contentHash
            if self.proposed.count > StorageMarketLimits.referencesMax {
                self.proposed.removeFirst()
            }
        case .share(let share) where isOwn:
            self.pinned.append(contentsOf: share.entries.map(\.contentHash))
        default: break
        }
    }

    /// This node adopted a proposal.
    mutating func adopted(_ proposal: MessageID) {
        if let content = self.proposed[proposal] { self.pinned.append(content) }
    }
}
