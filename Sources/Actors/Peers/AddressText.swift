import Cryptography
import Messages
import Multiformats
import Primitives

/// What the peer table reads out of multiaddrs in text form.
enum AddressText {
    /// The node named by the last `/p2p/…` component; nil without one or for other key types.
    static func node(in address: String) -> NodeID? {
        guard let multiaddr = try? Multiaddr(address), let key = multiaddr.peerID?.ed25519Key else {
            return nil
        }
        return NodeID(key)
    }

    /// The address with its `/p2p/…` component, so that a dial proves whom it reaches.
    static func complete(_ address: String, node: NodeID) -> String {
        let peer = PeerID(ed25519: node.publicKey)
        guard let multiaddr = try? Multiaddr(address) else { return "\(address)/p2p/\(peer)" }
        return multiaddr.with(peer: peer).description
    }

    /// The one spelling of an address, in which outcomes of dials are reported; what cannot be read
    /// stays as it is.
    static func normal(_ address: String) -> String {
        (try? Multiaddr(address))?.description ?? address
    }

    /// The transport part, without `/p2p/…`.
    static func host(of address: String) -> String {
        guard let multiaddr = try? Multiaddr(address) else { return address }
        return multiaddr.withoutPeer.description
    }

    /// Whether the address can be one of the peer that names it: it must lead to a host other than this
    /// machine, and must not name another peer.
    ///
    /// What cannot be read is left to those who can. Link-local addresses mean something on their link
    /// alone.
    static func isUsable(
        _ address: String,
        of node: NodeID,
        isOnLink: Bool,
        isLocalProfile: Bool
    ) -> Bool {
        guard let multiaddr = try? Multiaddr(address) else { return true }
        switch multiaddr.reach {
        case .nowhere: return false
        case .machine where !isLocalProfile: return false
        case .link where !isOnLink: return false
        case .machine, .link, .site, .world, nil:
            return multiaddr.peerID.map { $0 == PeerID(ed25519: node.publicKey) } ?? true
        }
    }

    /// Whether an address leads through a relay; cheap, since it is asked of the whole table.
    static func isRelayed(_ address: String) -> Bool {
        address.utf8.split(separator: UInt8(ascii: "/"))
            .contains { $0.elementsEqual("p2p-circuit".utf8) }
    }

    /// Whether an address can be one of the local network.
    static func isOfLocalNetwork(_ address: String) -> Bool {
        guard let multiaddr = try? Multiaddr(address), !Self.isRelayed(address) else {
            return false
        }
        switch multiaddr.reach {
        case .machine, .link, .site: return true
        case .nowhere, .world, nil: return false
        }
    }

    /// Whether an address leads to a host elsewhere: a public one, a name, or one behind a relay there.
    static func isElsewhere(_ address: String) -> Bool {
        guard let multiaddr = try? Multiaddr(address) else { return false }
        return multiaddr.reach == nil || multiaddr.reach == .world
    }

    /// Who runs the network of an address (D-25); nil is the unrouted class.
    static func network(of address: String, _ operators: PrefixTable) -> NetworkOperator? {
        (try? Multiaddr(address)).flatMap { operators.network(of: $0) }
    }
}
