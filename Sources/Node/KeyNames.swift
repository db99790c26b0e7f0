import Cryptography
import Messages
import Multiformats
public import Primitives

// The forms in which people meet a key.
extension NodeID {
    /// The key as libp2p writes it, at the end of addresses; nil for bytes that are no key.
    public var peerID: String? {
        PublicKey(self.array).map { PeerID(ed25519: $0).description }
    }

    /// Reads a key in any form that the node prints: 64 hex characters, `did:valence:…`, or the peer id
    /// `12D3Koo…`; nil for anything else.
    public init?(anyForm text: String) {
        if let node = NodeID(naming: text) {
            self = node
        } else if let key = (try? PeerID(text))?.ed25519Key {
            self.init(key)
        } else {
            return nil
        }
    }
}
