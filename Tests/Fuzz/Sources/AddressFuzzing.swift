import Multiformats

/// Addresses and peer ids: what was read is written the same way.
enum AddressFuzzing {
    @Sendable static func multiaddr(_ input: [UInt8]) {
        if let address = try? Multiaddr(bytes: input) {
            precondition(address.bytes == input, "another binary form")
            precondition(
                (try? Multiaddr(address.description)) == address,
                "text does not lead back"
            )
        }
        if let address = try? Multiaddr(String(decoding: input, as: UTF8.self)) {
            precondition(
                (try? Multiaddr(bytes: address.bytes)) == address,
                "bytes do not lead back"
            )
        }
    }

    @Sendable static func peerID(_ input: [UInt8]) {
        if let peer = try? PeerID(bytes: input) {
            precondition((try? PeerID(peer.description)) == peer, "text does not lead back")
        }
        _ = try? PeerID(String(decoding: input, as: UTF8.self))
        _ = try? PublicKeyProtobuf.decode(input[...])
    }
}
