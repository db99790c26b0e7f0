import Logging
public import Multiformats
import NIOCore
import NIOPosix
import Synchronization

// Hosts that nobody named: those behind a domain name, and those of the local network.
extension Swarm {
    // MARK: Names

    /// Looks for multiaddrs in the TXT records of a domain name, each behind `dnsaddr=` or alone.
    ///
    /// - Parameters:
    ///   - name: the whole name.
    ///   - report: called once, with at least one address or with the reason.
    public func lookUp(
        _ name: String,
        then report: @escaping @Sendable (Result<[Multiaddr], any Error>) -> Void
    ) {
        guard let name = DNSName(name) else {
            return report(.failure(DNSFailure(description: "\(name) is no domain name")))
        }
        self.lookUp(DNSAddressLookup(name)).whenComplete(report)
    }

    func lookUp(_ lookup: DNSAddressLookup) -> EventLoopFuture<[Multiaddr]> {
        DNSAddressResolver(client: self.configuration.dns ?? .system())
            .resolve(lookup, on: self.group.next())
    }

    // MARK: The local network

    /// Looks for other hosts, and lets itself be found, until ``shutdown()``.
    func findLocalPeers() async {
        let discovery = MDNSDiscovery(
            ownPeer: self.configuration.localPeer,
            group: self.group,
            port: self.configuration.multicastPort,
            addresses: { [weak self] in self?.listeningOnInterfaces ?? [] },
            onFound: { [weak self] peer, addresses in
                self?.delegate.found(peer, at: addresses)
            }
        )
        do {
            let devices = try System.enumerateDevices()
            let listening = self.state.withLock { $0.listening }
            try await discovery.start(on: devices.filter { $0.isLocal(toHostAt: listening) })
        } catch {
            // Whoever has no local network has other ways to find peers.
            self.logger.info("no discovery on the local network: \(error)")
            return
        }
        let isStopped = self.state.withLock { state in
            state.discovery = discovery
            return state.isStopped
        }
        if isStopped { await discovery.stop() }
    }
}

extension NIONetworkDevice {
    /// Whether hosts beyond this interface are neighbours that can reach a host that listens here.
    ///
    /// An interface with a public address leads to the network of a provider, who does not want to
    /// see such questions; the loopback interface has neighbours only for who listens there alone.
    func isLocal(toHostAt listening: [Multiaddr]) -> Bool {
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
