import GossipSub
import Messages

extension RelayCheck {
    /// Puts the check of a publisher's signature off.
    init(_ signature: PubsubSignature) {
        self.init(digest: { signature.digest }, check: { signature.isValid })
    }
}
