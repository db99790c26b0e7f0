import Discovery
public import Multiformats
import NIOCore
import NIOPosix
import Relay
import Synchronization

extension Swarm {
    /// Dials an address; a `/p2p` at its end must be the peer that answers.
    ///
    /// Names are looked up by the system; the addresses behind a `/dnsaddr` are tried one after the
    /// other. An address that ends in `/p2p/<relay>/p2p-circuit/p2p/<peer>` leads through a relay, which
    /// is dialled first unless it is connected. There is one outcome: a connection, or
    /// ``SwarmDelegate/dialFailed(_:reason:)``.
    public func dial(_ address: Multiaddr) { self.dial(address, for: .connection) }

    func dial(
        _ address: Multiaddr,
        then rest: ArraySlice<Multiaddr> = [],
        for purpose: Dial.Purpose
    ) {
        var dial = Dial(
            id: 0,
            asked: address,
            target: address,
            rest: rest,
            deadline: .now() + SwarmLimits.dialSpan,
            purpose: purpose
        )
        if let reason = self.reasonNotToDial(address) { return self.failed(dial, reason) }
        let (kind, isOutbound) = (dial.kind, dial.isOutbound)
        let admission = self.state.withLock {
            $0.manager.dialled(kind, isOutbound: isOutbound, now: .now())
        }
        switch admission {
        case .refused(let reason): self.failed(dial, reason)
        case .admitted(let id, _):
            dial.id = id
            if case .dnsaddr? = address.components.first {
                self.resolve(dial)
            } else {
                self.attempt(dial)
            }
        }
    }

    /// Tells the callers that wait for a dial that it failed.
    private func failed(_ dial: Dial, _ reason: String) {
        switch dial.purpose {
        case .connection: self.delegate.dialFailed(dial.asked, reason: reason)
        case .relay:
            let waiting = self.state.withLock { state in
                dial.asked.peerID.flatMap { state.dialsThrough.removeValue(forKey: $0) } ?? []
            }
            for other in waiting {
                self.attemptNext(other, after: "its relay cannot be reached: \(reason)")
            }
        case .upgrade: self.upgradeFailed(dial)
        case .holePunch: break
        }
    }

    private func reasonNotToDial(_ address: Multiaddr) -> String? {
        if address.isRelayed, address.relay == nil {
            return "an address behind a relay names one relay and then one peer"
        }
        if self.state.withLock({ $0.isStopped }) { return "this node stops" }
        guard let peer = address.peerID else { return nil }
        if peer == self.configuration.localPeer { return "the address names this host" }
        // Otherwise every address that others report for a connected peer would be dialled.
        let isConnected = self.state.withLock {
            $0.manager.isConnected(peer, isLimited: address.isRelayed)
        }
        return isConnected ? Self.connectedAlready : nil
    }

    static let connectedAlready = "the peer is connected already"

    private func resolve(_ dial: Dial) {
        self.lookUp(DNSAddressLookup(dial.asked)).whenComplete { result in
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
            guard next.tcpEndpoint != nil || next.relay != nil,
                self.reasonNotToDial(next) == nil
            else { continue }
            guard dial.deadline > .now() else { break }
            dial.target = next
            return self.attempt(dial)
        }
        _ = self.state.withLock { $0.manager.ended(dial.id) }
        self.failed(dial, reason)
    }

    private func attempt(_ dial: Dial) {
        let target = dial.target
        if let relay = target.relay { return self.attempt(dial, through: relay) }
        guard let (host, port, families) = target.tcpEndpoint else {
            return self.attemptNext(dial, after: "only TCP addresses can be dialled")
        }
        let isOwn = self.state.withLock { $0.isOwn(target) }
        guard !isOwn else {
            return self.attemptNext(dial, after: "the address is this host's own")
        }
        let loop = self.group.next()
        var bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(SwarmLimits.dialTimeout)
            .resolver(HostResolver(families, on: loop))
            .channelOption(.socketOption(.so_keepalive), value: 1)
            // A hole is punched from the port from which the relay was dialled.
            .channelOption(.socketOption(.so_reuseaddr), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = ConnectionHandler(
                        swarm: self,
                        id: dial.id,
                        dial: dial,
                        securities: self.securityProtocols
                    )
                    try self.carry(channel, connection)
                }
            }
        if case .holePunch(let local?, _) = dial.purpose { bootstrap = bootstrap.bind(to: local) }
        bootstrap.connect(host: host, port: port)
            .whenFailure { self.attemptNext(dial, after: DialFailure.connecting($0)) }
    }

    // MARK: Through relays

    private func attempt(_ dial: Dial, through relay: (peer: PeerID, address: Multiaddr)) {
        let (connection, waiting) = self.state.withLock { state in
            if let id = state.manager.primary(of: relay.peer) {
                return (state.connections[id], 0)
            }
            let waiting = state.dialsThrough[relay.peer] ?? []
            if waiting.count < RelayLimits.waitingDialsMax {
                state.dialsThrough[relay.peer] = waiting + [dial]
            }
            return (Connection?.none, waiting.count + 1)
        }
        if let connection {
            guard !connection.isLimited else {
                return self.attemptNext(dial, after: "its relay is itself behind a relay")
            }
            return connection.tell { $0.ask(.circuit(dial)) }
        }
        if waiting == 1 { self.dial(relay.address, for: .relay) }
        if waiting > RelayLimits.waitingDialsMax {
            self.attemptNext(dial, after: "too many dials wait for its relay")
        }
    }

    /// A peer is connected: dials through it go on.
    func continueDials(through peer: PeerID) {
        let dials = self.state.withLock { $0.dialsThrough.removeValue(forKey: peer) } ?? []
        let isConnected = self.primary(of: peer) != nil
        for dial in dials {
            if isConnected {
                self.attempt(dial)
            } else {
                self.attemptNext(dial, after: "its relay has no room for another connection")
            }
        }
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
