public import Messages
import Primitives

extension Message {
    /// Why a message about keys can never hold, whatever else arrives; nil when it may.
    public var keyFlaw: Refusal? {
        switch self.payload {
        case .didLink(let link): Self.flaw(of: link, by: self.from)
        case .didRevoke(let revocation): Self.flaw(of: revocation, by: self.from)
        case .keyRotate(let rotation): Self.flaw(of: rotation, by: self.from)
        default: nil
        }
    }

    private static func flaw(of link: DIDLink, by sender: NodeID) -> Refusal? {
        guard link.rootKey == sender else { return Refusal(.rule, "only a root takes in a key") }
        guard link.rootKey != link.childKey else {
            return Refusal(.rule, "a key cannot be its own child")
        }
        guard !link.isConsented else { return nil }
        return Refusal(
            .rule,
            "child_signature is not the child's over both keys; make it on the child with "
                + "`valence-node id consent`"
        )
    }

    private static func flaw(of revocation: DIDRevoke, by sender: NodeID) -> Refusal? {
        guard revocation.rootKey == sender else {
            return Refusal(.rule, "only the root revokes a key")
        }
        guard revocation.rootKey == revocation.revokedKey else { return nil }
        return Refusal(.rule, "a root cannot revoke itself; rotate it instead")
    }

    private static func flaw(of rotation: KeyRotate, by sender: NodeID) -> Refusal? {
        guard rotation.oldKey == sender else {
            return Refusal(.rule, "a key rotates itself alone")
        }
        guard rotation.newKey != rotation.oldKey else {
            return Refusal(.rule, "a key cannot succeed itself")
        }
        guard !rotation.isConsented else { return nil }
        return Refusal(.rule, "new_key_signature is not the new key's (D-06)")
    }
}
