import Multiformats
import NIOCore

extension Multiaddr {
    /// The address of a socket.
    init?(_ address: SocketAddress?) {
        guard let address, let text = address.ipAddress, let port = address.port else { return nil }
        let family = address.protocol == .inet6 ? "ip6" : "ip4"
        guard let parsed = try? Multiaddr("/\(family)/\(text)/tcp/\(port)") else { return nil }
        self = parsed
    }

    /// Host and port for a TCP connection; nil when the address asks for something else.
    var tcpEndpoint: (host: String, port: Int)? {
        guard self.components.count >= 2, case .tcp(let port) = self.components[1] else {
            return nil
        }
        switch self.components[0] {
        case .ip4, .ip6:
            let text = self.components[0].ipText
            return text.map { ($0, Int(port)) }
        case .dns(let name), .dns4(let name), .dns6(let name): return (name, Int(port))
        case .dnsaddr, .tcp, .p2p, .p2pCircuit: return nil
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
