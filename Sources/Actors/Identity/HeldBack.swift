import Identities
import Messages
import OrderedCollections
import Primitives

/// Messages about keys that do not hold yet: another one may come that makes them hold.
///
/// A revocation waits for its link, a second rotation for the first, a refused one for the vote
/// that names it (ADR 0014). When there are too many, the oldest goes; sync may bring it again.
struct HeldBack: Sendable {
    private var waiting: OrderedDictionary<MessageID, IdentifySender> = [:]

    /// Keeps a message that was refused for the time being.
    mutating func keep(_ command: IdentifySender) {
        guard let peer = command.origin.peer, command.message.type?.isIdentityType == true,
            command.message.keyFlaw == nil,
            command.message.canonical.count <= WireLimits.wholeBytesMax
        else { return }
        // The relay has its answer; nobody waits for another one.
        self.waiting[command.message.id] = IdentifySender(
            message: command.message,
            origin: .sync(peer: peer),
            receivedAt: command.receivedAt
        )
        if self.waiting.count > IdentityLimits.heldBackMax { self.waiting.removeFirst() }
    }

    /// Takes out what names one of these keys and holds now.
    mutating func take(naming keys: Set<NodeID>, where holds: (IdentifySender) -> Bool)
        -> [IdentifySender]
    {
        let ready = self.waiting.values.filter { command in
            command.message.namedKeys.contains(where: keys.contains) && holds(command)
        }
        for command in ready { self.waiting.removeValue(forKey: command.message.id) }
        return ready
    }
}

extension Message {
    /// The keys that a message of an identity type is about; none for others.
    var namedKeys: OrderedSet<NodeID> {
        switch self.payload {
        case .didLink(let link): [link.rootKey, link.childKey]
        case .didRevoke(let revocation): [revocation.rootKey, revocation.revokedKey]
        case .keyRotate(let rotation): [rotation.oldKey, rotation.newKey]
        case .keyConflict(let notice): [notice.oldKey, notice.newKey1, notice.newKey2]
        default: []
        }
    }
}
