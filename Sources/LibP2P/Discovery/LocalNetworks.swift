package import Multiformats
package import NIOCore

extension NIONetworkDevice {
    /// Whether hosts behind this interface share a local network with this host and can reach it where
    /// it listens.
    ///
    /// An interface with a public address leads to a provider's network, which does not want multicast
    /// questions; the loopback interface matters only to a host that listens there alone.
    package func isLocal(toHostAt listening: [Multiaddr]) -> Bool {
        guard let own = Multiaddr(self.address), own.publicNetworkPrefix == nil,
            case .ip4(let bytes)? = own.components.first
        else { return false }
        return listening.contains { address in
            guard case .ip4(let host)? = address.components.first else { return false }
            let isEverywhere = host.allSatisfy { $0 == 0 }
            return isEverywhere ? self.multicastSupported && !own.isLoopback : host == bytes
        }
    }
}
