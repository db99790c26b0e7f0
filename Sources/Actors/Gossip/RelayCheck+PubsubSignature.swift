import GossipSub
import Messages

extension RelayCheck {
    /// Wraps the check of a publisher's signature, to be run later.
    init(_ signature: PubsubSignature) {
        self.init(digest: { signature.digest }, check: { signature.isValid })
    }
}
