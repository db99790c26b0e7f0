package import Multiformats
package import NIOCore

extension Multiaddr {
    /// The address of a socket; nil when it has none, or another than an IP address.
    package init?(_ address: SocketAddress?) {
        guard let address, let text = address.ipAddress, let port = address.port else { return nil }
        let family = address.protocol == .inet6 ? "ip6" : "ip4"
        // A link-local address comes with the name of its interface, which means nothing elsewhere.
        let host = text.prefix { $0 != "%" }
        guard let parsed = try? Multiaddr("/\(family)/\(host)/tcp/\(port)") else { return nil }
        self = parsed
    }
}
