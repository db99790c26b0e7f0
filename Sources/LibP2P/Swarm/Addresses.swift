import Multiformats
import NIOCore

extension Multiaddr {
    /// The address of a socket.
    init?(_ address: SocketAddress?) {
        guard let address, let text = address.ipAddress, let port = address.port else { return nil }
        let family = address.protocol == .inet6 ? "ip6" : "ip4"
        // A link-local address comes with the name of its interface, which means nothing elsewhere.
        let host = text.prefix { $0 != "%" }
        guard let parsed = try? Multiaddr("/\(family)/\(host)/tcp/\(port)") else { return nil }
        self = parsed
    }

    /// Whether a relay is on the way.
    var isRelayed: Bool { self.components.contains(.p2pCircuit) }

    /// The relay, and where it can be reached, of an address that ends in `/p2p-circuit/p2p/<peer>`;
    /// nil for others, among them those with two relays.
    var relay: (peer: PeerID, address: Multiaddr)? {
        guard self.peerID != nil, self.components.dropLast().last == .p2pCircuit,
            let address = try? Multiaddr(Array(self.components.dropLast(2))),
            !address.isRelayed, let peer = address.peerID
        else { return nil }
        return (peer, address)
    }

    /// Host and port for a TCP connection, and the families its name is looked up in; nil when the
    /// address asks for something else, such as a relay.
    var tcpEndpoint: (host: String, port: Int, families: HostResolver.Families)? {
        guard self.components.count >= 2, case .tcp(let port) = self.components[1] else {
            return nil
        }
        switch self.components.dropFirst(2).first {
        case nil: break
        case .p2p? where self.components.count == 3: break
        default: return nil
        }
        switch self.components[0] {
        case .ip4, .ip6:
            let text = self.components[0].ipText
            return text.map { ($0, Int(port), .both) }
        case .dns(let name): return (name, Int(port), .both)
        case .dns4(let name): return (name, Int(port), .ipv4)
        case .dns6(let name): return (name, Int(port), .ipv6)
        case .dnsaddr, .tcp, .p2p, .p2pCircuit: return nil
        }
    }

    /// The addresses of the interfaces behind `0.0.0.0` or `::`; other addresses stand for themselves.
    func onInterfaces(_ interfaces: [SocketAddress]) -> [Multiaddr] {
        let family: NIOBSDSocket.ProtocolFamily
        switch self.components.first {
        case .ip4(let bytes)? where bytes.allSatisfy { $0 == 0 }: family = .inet
        case .ip6(let bytes)? where bytes.allSatisfy { $0 == 0 }: family = .inet6
        default: return [self]
        }
        return interfaces.compactMap { interface in
            guard interface.protocol == family,
                let host = Multiaddr(interface)?.components.first
            else { return nil }
            return try? Multiaddr([host] + self.components.dropFirst())
        }
    }
}

extension Multiaddr.Component {
    /// The address alone, such as `127.0.0.1`.
    fileprivate var ipText: String? {
        guard let text = try? Multiaddr([self]).description else { return nil }
        return text.split(separator: "/").last.map { String($0) }
    }
}
