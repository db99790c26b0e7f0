import Discovery
import Logging
public import Multiformats
import NIOCore
import NIOPosix
import Synchronization

// Finds hosts that were not configured: those behind a domain name, and those of the local network.
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
        DNSAddressResolver(
            client: self.configuration.dns ?? .system(),
            timeout: SwarmLimits.dialTimeout
        ).resolve(lookup, on: self.group.next())
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
            // Not an error: a host without a local network has other ways to find peers.
            self.logger.info(
                "no discovery on the local network: \(error)",
                metadata: ["event": "mdns_unavailable"]
            )
            return
        }
        let isStopped = self.state.withLock { state in
            state.discovery = discovery
            return state.isStopped
        }
        if isStopped { await discovery.stop() }
    }
}
