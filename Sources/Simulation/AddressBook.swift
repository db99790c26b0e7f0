import Messages
import Multiformats
import Primitives

/// What the simulated network reads out of addresses and frames.
enum AddressBook {
    /// The node that an address names.
    static func node(in address: String) -> NodeID? {
        guard let multiaddr = try? Multiaddr(address), let key = multiaddr.peerID?.ed25519Key else {
            return nil
        }
        return NodeID(key)
    }

    /// The RPC inside a GossipSub frame.
    static func withoutLengthPrefix(_ frame: [UInt8]) -> [UInt8]? {
        guard let end = frame.firstIndex(where: { $0 < 0x80 }) else { return nil }
        return Array(frame[(end + 1)...])
    }
}
