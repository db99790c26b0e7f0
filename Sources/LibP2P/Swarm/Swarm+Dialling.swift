public import Multiformats
import NIOCore
import NIOPosix
import Synchronization

extension Swarm {
    /// Dials an address; a `/p2p` at its end must be the peer that answers.
    ///
    /// Names are looked up by the system; the addresses behind a `/dnsaddr` are tried one after the
    /// other. There is one outcome: a connection, or ``SwarmDelegate/dialFailed(_:reason:)``.
    public func dial(_ address: Multiaddr) {
        if let reason = self.reasonNotToDial(address) {
            return self.delegate.dialFailed(address, reason: reason)
        }
        let admission = self.state.withLock { $0.manager.dialled(now: .now()) }
        switch admission {
        case .refused(let reason): self.delegate.dialFailed(address, reason: reason)
        case .admitted(let id, _):
            let dial = Dial(
                id: id,
                asked: address,
                target: address,
                deadline: .now() + SwarmLimits.dialSpan
            )
            if case .dnsaddr? = address.components.first {
                self.resolve(dial)
            } else {
                self.attempt(dial)
            }
        }
    }

    private func reasonNotToDial(_ address: Multiaddr) -> String? {
        if address.components.contains(.p2pCircuit) {
            return "addresses behind a relay cannot be dialled; dial the peer directly"
        }
        if self.state.withLock({ $0.isStopped }) { return "this node stops" }
        guard let peer = address.peerID else { return nil }
        if peer == self.configuration.localPeer { return "the address names this host" }
        // Without this, addresses that others spread for a peer would be dialled one and all.
        let isConnected = self.state.withLock { $0.manager.primary(of: peer) != nil }
        return isConnected ? Self.connectedAlready : nil
    }

    static let connectedAlready = "the peer is connected already"

    private func resolve(_ dial: Dial) {
        let loop = self.group.next()
        let addresses = DNSAddressResolver(client: self.configuration.dns ?? .system())
            .resolve(dial.asked, on: loop)
        let promise = loop.makePromise(of: [Multiaddr].self)
        let timeout = SwarmLimits.dialTimeout
        let late = loop.scheduleTask(in: timeout) {
            promise.fail(DNSFailure(description: "the look-up took longer than \(timeout)"))
        }
        addresses.cascade(to: promise)
        promise.futureResult.whenComplete { result in
            late.cancel()
            var dial = dial
            switch result {
            case .success(let found):
                dial.rest = found[...]
                self.attemptNext(dial, after: "no address of it can be dialled")
            case .failure(let error): self.attemptNext(dial, after: "\(error)")
            }
        }
    }

    /// Tries the next address of a dial, or reports why the last one failed.
    private func attemptNext(_ dial: Dial, after reason: String) {
        var dial = dial
        while let next = dial.rest.popFirst() {
            guard next.tcpEndpoint != nil, self.reasonNotToDial(next) == nil else { continue }
            guard dial.deadline > .now() else { break }
            dial.target = next
            return self.attempt(dial)
        }
        _ = self.state.withLock { $0.manager.ended(dial.id) }
        self.delegate.dialFailed(dial.asked, reason: reason)
    }

    private func attempt(_ dial: Dial) {
        let target = dial.target
        guard let (host, port, families) = target.tcpEndpoint else {
            return self.attemptNext(dial, after: "only TCP addresses can be dialled")
        }
        let isOwn = self.state.withLock { $0.isOwn(target) }
        guard !isOwn else {
            return self.attemptNext(dial, after: "the address is this host's own")
        }
        let loop = self.group.next()
        ClientBootstrap(group: loop)
            .connectTimeout(SwarmLimits.dialTimeout)
            .resolver(HostResolver(families, on: loop))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        ConnectionHandler(swarm: self, id: dial.id, dial: dial)
                    )
                }
            }
            .connect(host: host, port: port)
            .whenFailure { self.attemptNext(dial, after: "\($0)") }
    }

    /// An attempt led to a socket, but to no connection.
    func attemptFailed(_ dial: Dial, reason: String, isOwnKey: Bool) {
        if isOwnKey {
            self.state.withLock { state in
                guard state.ownAddresses.count < SwarmLimits.ownAddressesMax else { return }
                state.ownAddresses.append(dial.target.withoutPeer)
            }
        }
        self.attemptNext(dial, after: reason)
    }
}

extension Swarm.State {
    /// Whether a dial would find this host itself.
    fileprivate func isOwn(_ address: Multiaddr) -> Bool {
        let bare = address.withoutPeer
        return self.ownAddresses.contains(bare)
    }
}
