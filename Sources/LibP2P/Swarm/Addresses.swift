package import Discovery
package import Multiformats
import NIOCore

extension Multiaddr {
    /// Host and port for a TCP connection, and the families its name is looked up in; nil when the
    /// address asks for something else, such as a relay.
    package var tcpEndpoint: (host: String, port: Int, families: HostResolver.Families)? {
        guard let port = self.tcpPort else { return nil }
        switch self.components[0] {
        case .ip4, .ip6:
            let text = self.components[0].ipText
            return text.map { ($0, port, .both) }
        case .dns(let name): return (name, port, .both)
        case .dns4(let name): return (name, port, .ipv4)
        case .dns6(let name): return (name, port, .ipv6)
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
