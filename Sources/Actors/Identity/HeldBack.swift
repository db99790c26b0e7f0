import Checkpoints
import Identities
import Messages
import OrderedCollections
import Primitives

/// Messages about keys that do not hold yet: another one may come that makes them hold.
///
/// A revocation waits for its link, a second rotation for the first, a refused one for the vote that
/// names it (ADR 0014). When there are too many, the oldest goes; sync may bring it again. Each signer
/// has a few places only, and a look-up takes no longer when many messages name one key.
struct HeldBack: Sendable, Codable {
    private struct Entry: Sendable {
        let command: IdentifySender
        /// When it was kept or tried last, in turns.
        var turn: UInt64

        var signer: NodeID { self.command.message.from }
    }

    /// In the order of coming.
    @LiveOnly private var waiting: OrderedDictionary<MessageID, Entry> = [:]
    private var turns: UInt64 = 0

    /// Keeps a message that was refused for the time being.
    mutating func keep(_ command: IdentifySender) {
        guard let peer = command.origin.peer, command.message.type?.isIdentityType == true,
            command.message.keyFlaw == nil,
            command.message.canonical.count <= WireLimits.wholeBytesMax
        else { return }
        // The relaying peer was told of the refusal already, so no verdict is sent again.
        let command = IdentifySender(
            message: command.message,
            origin: .sync(peer: peer),
            receivedAt: command.receivedAt
        )
        let entry = Entry(command: command, turn: self.nextTurn())
        self.waiting[command.message.id] = entry
        self.makeRoom(behind: command.message.from)
    }

    /// The oldest of a signer who has too many goes, else the oldest of all when there are too many.
    private mutating func makeRoom(behind signer: NodeID) {
        let own = self.waiting.elements.filter { $0.value.signer == signer }
        if own.count > IdentityLimits.heldBackPerSignerMax {
            self.waiting.removeValue(forKey: own[0].key)
        } else if self.waiting.count > IdentityLimits.heldBackMax {
            self.waiting.removeFirst()
        }
    }

    /// Takes out what names one of these keys and holds now, as far as it is looked at.
    ///
    /// Messages of the keys themselves come first, then those that were tried longest ago, so that many
    /// messages of others cannot keep one waiting for ever.
    mutating func take(naming keys: Set<NodeID>, where holds: (IdentifySender) -> Bool)
        -> [IdentifySender]
    {
        let named = self.waiting.elements.filter {
            $0.value.command.message.namedKeys.contains(where: keys.contains)
        }
        let due = named.sorted { one, other in
            let isOwn = (keys.contains(one.value.signer), keys.contains(other.value.signer))
            return isOwn.0 == isOwn.1 ? one.value.turn < other.value.turn : isOwn.0
        }
        var ready: [IdentifySender] = []
        for (id, entry) in due.prefix(IdentityLimits.triesMax) {
            if holds(entry.command) {
                self.waiting.removeValue(forKey: id)
                ready.append(entry.command)
            } else {
                let turn = self.nextTurn()
                self.waiting[id]?.turn = turn
            }
        }
        return ready
    }

    private mutating func nextTurn() -> UInt64 {
        self.turns += 1
        return self.turns
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
