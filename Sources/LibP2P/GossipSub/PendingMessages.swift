import DequeModule
import Multiformats
import OrderedCollections

/// Messages that were delivered and wait for their verdict.
///
/// Anybody can send rubbish under the id of a message that is still under way. Copies with other
/// content are therefore kept behind the first one and get their turn when it is rejected.
struct PendingMessages: Sendable {
    /// Another content under the same id, and who sent it.
    typealias Rival = (message: PubsubMessage, relay: PeerID)

    /// One id and what arrived under it.
    struct Entry: Sendable {
        let message: PubsubMessage
        /// Who sent exactly this message; the first one delivered it.
        var relays: OrderedSet<PeerID>
        /// Other contents under the same id.
        var rivals: Deque<Rival> = []
    }

    /// What waits, of all peers or of one.
    private struct Load {
        var count = 0
        var bytes = 0

        mutating func add(_ message: PubsubMessage) {
            self.count += 1
            self.bytes += message.byteCount
        }

        mutating func remove(_ message: PubsubMessage) {
            self.count -= 1
            self.bytes -= message.byteCount
        }
    }

    private let parameters: GossipSubParameters
    private var entries: [GossipMessageID: Entry] = [:]
    private var total = Load()
    /// By the peer that sent the message first; never iterated.
    private var loads: [PeerID: Load] = [:]

    init(parameters: GossipSubParameters) { self.parameters = parameters }

    var count: Int { self.entries.count }

    /// Bytes of everything that waits.
    var byteCount: Int { self.total.bytes }

    /// Whether any message can wait at all.
    var hasRoom: Bool {
        self.total.count < self.parameters.pendingMax
            && self.total.bytes < self.parameters.pendingBytesMax
    }

    /// Whether a message of this size can wait for a peer.
    func hasRoom(for bytes: Int, from peer: PeerID) -> Bool {
        let load = self.loads[peer] ?? Load()
        return self.total.count < self.parameters.pendingMax
            && self.total.bytes + bytes <= self.parameters.pendingBytesMax
            && load.count < self.parameters.pendingPerPeerMax
            && load.bytes + bytes <= self.parameters.pendingPerPeerBytesMax
    }

    /// Starts to wait for a verdict.
    mutating func open(
        _ id: GossipMessageID,
        _ message: PubsubMessage,
        from relay: PeerID,
        rivals: Deque<Rival> = []
    ) {
        var relays = OrderedSet<PeerID>()
        relays.append(relay)
        self.entries[id] = Entry(message: message, relays: relays, rivals: rivals)
        self.charge(message, to: relay)
        for rival in rivals { self.charge(rival.message, to: rival.relay) }
    }

    /// Notes a further copy, if the first one still waits.
    ///
    /// - Returns: whether it does.
    mutating func note(_ copy: PubsubMessageView, id: GossipMessageID, from relay: PeerID) -> Bool {
        guard let entry = self.entries[id] else { return false }
        if copy.matches(entry.message) {
            self.entries[id]?.relays.append(relay)
            return true
        }
        let isKnown = entry.rivals.contains { $0.relay == relay || copy.matches($0.message) }
        guard !isKnown, entry.rivals.count < self.parameters.rivalsMax,
            self.hasRoom(for: copy.byteCount, from: relay)
        else { return true }
        let rival = copy.message
        self.entries[id]?.rivals.append((rival, relay))
        self.charge(rival, to: relay)
        return true
    }

    /// Ends the wait.
    mutating func close(_ id: GossipMessageID) -> Entry? {
        guard let entry = self.entries.removeValue(forKey: id) else { return nil }
        if let first = entry.relays.first { self.release(entry.message, of: first) }
        for rival in entry.rivals { self.release(rival.message, of: rival.relay) }
        return entry
    }

    private mutating func charge(_ message: PubsubMessage, to relay: PeerID) {
        self.total.add(message)
        self.loads[relay, default: Load()].add(message)
    }

    private mutating func release(_ message: PubsubMessage, of relay: PeerID) {
        self.total.remove(message)
        self.loads[relay]?.remove(message)
        if self.loads[relay]?.count == 0 { self.loads[relay] = nil }
    }
}
