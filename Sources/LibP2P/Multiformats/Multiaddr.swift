/// A libp2p address: a path of protocols, such as `/ip4/127.0.0.1/tcp/4001/p2p/12D3KooW…`.
public struct Multiaddr: Hashable, Sendable, CustomStringConvertible {
    /// One protocol with its value.
    public enum Component: Hashable, Sendable {
        /// Four bytes in network order.
        case ip4([UInt8])
        /// Sixteen bytes in network order.
        case ip6([UInt8])
        /// A name to look up for any address family.
        case dns(String)
        /// A name to look up for IPv4.
        case dns4(String)
        /// A name to look up for IPv6.
        case dns6(String)
        /// A name whose TXT records hold multiaddrs.
        case dnsaddr(String)
        /// A TCP port.
        case tcp(UInt16)
        /// A peer.
        case p2p(PeerID)
        /// Through the relay named before.
        case p2pCircuit
    }

    /// The protocols in order; never empty.
    public let components: [Component]

    static let textLengthMax = 1_024
    static let componentsMax = 16

    /// Joins components.
    public init(_ components: [Component]) throws(MultiaddrError) {
        guard !components.isEmpty else { throw .form("") }
        guard components.count <= Self.componentsMax else { throw .tooLong }
        for component in components { try Self.check(component) }
        self.components = components
    }

    /// Components need not come from a parser, so their form is checked here; everything below relies
    /// on it.
    private static func check(_ component: Component) throws(MultiaddrError) {
        switch component {
        case .ip4(let bytes) where bytes.count != 4:
            throw .value(protocol: "ip4", value: "\(bytes.count) bytes")
        case .ip6(let bytes) where bytes.count != 16:
            throw .value(protocol: "ip6", value: "\(bytes.count) bytes")
        case .dns(let name), .dns4(let name), .dns6(let name), .dnsaddr(let name):
            guard MultiaddrText.isHostName(name) else {
                throw .value(protocol: "dns", value: name)
            }
        case .ip4, .ip6, .tcp, .p2p, .p2pCircuit: break
        }
    }

    /// Reads the text form.
    public init(_ text: String) throws(MultiaddrError) {
        guard text.utf8.count <= Self.textLengthMax else { throw .tooLong }
        try self.init(try MultiaddrText.parse(text))
    }

    /// The cause in words.
    public var description: String {
        self.components.map(MultiaddrText.write).joined()
    }

    /// The last peer of the path.
    public var peerID: PeerID? {
        guard case .p2p(let peer) = self.components.last else { return nil }
        return peer
    }

    /// The address without a trailing `/p2p`.
    public var withoutPeer: Multiaddr {
        guard self.peerID != nil, self.components.count > 1,
            let shorter = try? Multiaddr(Array(self.components.dropLast()))
        else { return self }
        return shorter
    }

    /// The address with `/p2p/<peer>` at its end.
    public func with(peer: PeerID) -> Multiaddr {
        let joined = try? Multiaddr(self.withoutPeer.components + [.p2p(peer)])
        return joined ?? self
    }
}
