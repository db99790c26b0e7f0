import Messages
import OrderedCollections
import Primitives

/// Withdrawals by others than the author, refused so far: a link may come that allows them.
struct ParkedWithdrawals: Sendable, Codable {
    private var parked: OrderedDictionary<MessageID, AdmittedMessage> = [:]

    /// What waits, oldest first.
    var all: OrderedDictionary<MessageID, AdmittedMessage>.Values { self.parked.values }

    /// Keeps a message that was refused, if it is a short withdrawal that a peer brought; the oldest
    /// gives way.
    mutating func park(_ admitted: AdmittedMessage) {
        guard case .withdraw = admitted.message.payload, admitted.origin.peer != nil,
            admitted.message.canonical.count <= WireLimits.wholeBytesMax
        else { return }
        self.parked[admitted.message.id] = admitted
        if self.parked.count > ConsensusLimits.parkedMax { self.parked.removeFirst() }
    }

    /// Forgets one that holds by now.
    mutating func remove(_ id: MessageID) { self.parked.removeValue(forKey: id) }
}
