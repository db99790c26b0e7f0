package import Multiformats
package import NIOCore

extension NIONetworkDevice {
    /// Whether hosts beyond this interface are neighbours that can reach a host that listens here.
    ///
    /// An interface with a public address leads to the network of a provider, who does not want to
    /// see such questions; the loopback interface has neighbours only for who listens there alone.
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
