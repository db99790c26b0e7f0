import Cryptography
import Identities
import Messages
import Primitives

// What this node signs, and what others sign with its key (ADR 0039).
extension IdentityStateMachine {
    /// The node goes live; its operator may confirm that whatever the key signed is the operator's own.
    mutating func started(lastArrival: Timestamp? = nil, now: Timestamp) -> [IdentityAction] {
        self.ownHistory.began(at: now, lastArrival: lastArrival)
        guard let stranger = self.ownHistory.stranger else { return [] }
        guard self.acceptsOwnHistory else { return [.stopSigning(stranger)] }
        self.ownHistory.settle()
        return [.record(OwnHistory.settlement(at: now))]
    }

    /// Looks at a message of the own key: others may have signed it.
    mutating func examine(_ message: Message, _ origin: Origin, now: Timestamp)
        -> [IdentityAction]
    {
        guard message.from == self.ownNode else { return [] }
        if case (.peerAnnounce(let announcement), .local) = (message.payload, origin) {
            let computedAt = announcement.vdfProof.computedAt
            return self.proved(message.from, computedAt: computedAt, now: now)
        }
        guard let stranger = self.ownHistory.heard(message, origin) else { return [] }
        return [.record(self.ownHistory.fact(stranger, at: now)), .stopSigning(stranger)]
    }

    /// Whether the log lacked an own message that others had; true once a life.
    mutating func isRestored(_ message: Message, _ origin: Origin) -> Bool {
        message.from == self.ownNode && self.ownHistory.logged(message, origin)
    }

    /// A key proved its delay in a handshake, or by an own announcement, which the log does not keep: if it
    /// was revoked before the proof, it starts over (D-13).
    func proved(_ key: NodeID, computedAt: Timestamp, now: Timestamp) -> [IdentityAction] {
        let start = KeyStartedOver(key: key, computedAt: computedAt)
        guard self.registry.startsOver(start) else { return [] }
        return [.record(start.fact(recordedAt: now))]
    }

    /// Why nothing is broadcast in this node's name; nil when it may.
    ///
    /// Rotations, revocations and notices are still sent: with them a stolen key can be retired and
    /// devices can be taken out, and a notice is proved by the rotations that it names. Requests and
    /// answers on streams go on as well: they count nowhere, and without them the node could not sync.
    func silence(_ type: MessageType?) -> Refusal? {
        guard let stranger = self.ownHistory.stranger else { return nil }
        switch type {
        case .keyRotate, .keyConflict, .didRevoke: return nil
        default: return Refusal(.keyUsedElsewhere, stranger.text)
        }
    }
}
