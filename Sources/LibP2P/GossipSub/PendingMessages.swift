import DequeModule
import Multiformats
import OrderedCollections

/// Messages that were delivered and wait for their verdict.
///
/// Anybody can send rubbish under the id of a message that is still under way. Copies with other
/// content are therefore kept behind the first one and get their turn when it is rejected.
struct PendingMessages: Sendable {
    /// One id and what arrived under it.
    struct Entry: Sendable {
        let message: PubsubMessage
        /// Who sent exactly this message; the first one delivered it.
        var relays: OrderedSet<PeerID>
        /// Other contents under the same id.
        var rivals: Deque<(message: PubsubMessage, relay: PeerID)> = []
    }

    private let parameters: GossipSubParameters
    private var entries: [GossipMessageID: Entry] = [:]
    private var byteCount = 0

    init(parameters: GossipSubParameters) { self.parameters = parameters }

    var count: Int { self.entries.count }

    /// Whether a message of this size can wait.
    func hasRoom(for bytes: Int) -> Bool {
        self.entries.count < self.parameters.pendingMax
            && self.byteCount + bytes <= self.parameters.pendingBytesMax
    }

    /// Starts to wait for a verdict.
    mutating func open(
        _ id: GossipMessageID,
        _ message: PubsubMessage,
        from relay: PeerID,
        rivals: Deque<(message: PubsubMessage, relay: PeerID)> = []
    ) {
        self.entries[id] = Entry(message: message, relays: [relay], rivals: rivals)
        let rivalBytes = rivals.reduce(0) { $0 + $1.message.byteCount }
        self.byteCount += message.byteCount + rivalBytes
    }

    /// Notes a further copy, if the first one still waits.
    mutating func note(_ copy: PubsubMessageView, id: GossipMessageID, from relay: PeerID) {
        guard let entry = self.entries[id] else { return }
        if copy.matches(entry.message) {
            self.entries[id]?.relays.append(relay)
            return
        }
        let isKnown = entry.rivals.contains { $0.relay == relay || copy.matches($0.message) }
        guard !isKnown, entry.rivals.count < self.parameters.rivalsMax,
            self.byteCount + copy.byteCount <= self.parameters.pendingBytesMax
        else { return }
        self.entries[id]?.rivals.append((copy.message, relay))
        self.byteCount += copy.byteCount
    }

    /// Ends the wait.
    mutating func close(_ id: GossipMessageID) -> Entry? {
        guard let entry = self.entries.removeValue(forKey: id) else { return nil }
        let rivalBytes = entry.rivals.reduce(0) { $0 + $1.message.byteCount }
        self.byteCount -= entry.message.byteCount + rivalBytes
        return entry
    }
}
