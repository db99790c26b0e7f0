import Messages
import Multiformats
import Primitives

/// Node ids and the libp2p names that follow from them.
enum PeerIDVectors {
    static func run(_ vector: VectorCase) throws {
        let node = try vector.input.node("node_id")
        let peer = PeerID(ed25519: node.publicKey)
        let bytes = try vector.expect.bytes("peer_id_bytes")
        let text = try vector.expect.text("peer_id")
        try Check.same("bytes", peer.bytes, bytes)
        try Check.text("text", peer.description, text)
        for back in [try PeerID(bytes: bytes), try PeerID(text)] {
            try Check.same("key read back", back.ed25519Key, node.publicKey)
        }
    }
}
