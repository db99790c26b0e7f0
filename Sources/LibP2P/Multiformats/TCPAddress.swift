extension Multiaddr {
    /// The port of an address that is a host, an IP address or a name, and a TCP port, with or without
    /// the peer that answers there; nil when it asks for something else, such as a relay.
    package var tcpPort: Int? {
        guard self.components.count >= 2, case .tcp(let port) = self.components[1] else {
            return nil
        }
        switch self.components[0] {
        case .ip4, .ip6, .dns, .dns4, .dns6: break
        case .dnsaddr, .tcp, .p2p, .p2pCircuit: return nil
        }
        switch self.components.dropFirst(2).first {
        case nil: return Int(port)
        case .p2p? where self.components.count == 3: return Int(port)
        default: return nil
        }
    }
}
