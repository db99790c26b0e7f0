import Logging
public import Multiformats
import NIOCore
import NIOPosix
import Relay
import Synchronization

// How others reach this host: whether they can, and through which relays when they cannot.
extension Swarm {
    // MARK: Addresses

    /// Where this host can be dialled without a relay, as far as it knows.
    var directAddresses: [Multiaddr] {
        self.state.withLock { $0.advertised } ?? self.listeningOnInterfaces
    }

    /// Where this host listens, with the addresses of its interfaces.
    var listeningOnInterfaces: [Multiaddr] {
        let interfaces = self.configuration.interfaces()
        return self.state.withLock { $0.listening }.flatMap { $0.onInterfaces(interfaces) }
    }

    /// Tells everybody where this host listens when its interfaces have other addresses than before.
    ///
    /// What others found about its reachability stays until they try again (ADR 0016).
    func lookAtInterfaces() {
        guard self.state.withLock({ $0.interfaces.isDue(at: .now()) }) else { return }
        let addresses = self.listeningOnInterfaces
        let isNews = self.state.withLock { state in
            state.interfaces.isNews(addresses) && state.advertised == nil
        }
        guard isNews else { return }
        self.pushIdentity()
        self.delegate.interfacesChanged()
    }

    /// Where this host can be reached, as identify tells it.
    public var advertised: [Multiaddr] {
        let now = self.configuration.wallClock()
        return self.directAddresses
            + self.state.withLock { $0.relay.client.addresses(now: now) }
    }

    /// Every protocol that inbound streams may select.
    var offeredProtocols: [String] {
        self.configuration.offeredProtocols + (self.isRelay ? [HopMessage.protocolID] : [])
    }

    /// Tells all peers that want to know what this host is now.
    func pushIdentity() {
        let connections = self.state.withLock { $0.primaries }
        for connection in connections { connection.tell { $0.pushIdentity() } }
    }

    // MARK: Upkeep

    /// Looks again and again at what is due.
    func startUpkeep() {
        let pause = self.configuration.upkeepPause
        let task = self.group.next().scheduleRepeatedTask(initialDelay: pause, delay: pause) {
            [weak self] _ in self?.upkeep()
        }
        self.state.withLock { state in
            // If the swarm was stopped meanwhile, it had no task to cancel, so the task is cancelled
            // here.
            if state.isStopped { task.cancel() } else { state.upkeep = task }
        }
    }

    /// Asks peers to dial this host, and relays for reservations, whatever is due now.
    func upkeep() {
        self.lookAtInterfaces()
        let now = self.configuration.wallClock()
        let (helpers, relays) = self.changeOfRelays { state in
            let connections = state.relay.dialBackPeers.compactMap { peer in
                state.manager.primary(of: peer).flatMap { state.connections[$0] }
            }
            let asked = state.reachability.due(
                among: connections.compactMap { connection in
                    guard self.configuration.isPublic(connection.address) else { return nil }
                    return self.network(of: connection).map { (connection.peer, $0) }
                },
                now: now
            )
            let isWanted = state.reachability.verdict == .unreachable
            return (asked, isWanted ? state.relay.client.due(now: now) : [])
        }
        for peer in helpers { self.askReachability(of: peer) }
        for peer in relays { self.askReservation(of: peer) }
    }

    private func askReservation(of peer: PeerID) {
        guard let connection = self.primary(of: peer), !connection.isLimited else {
            return self.reservationAnswered(by: peer, nil)
        }
        connection.tell { $0.ask(.reservation) }
    }

    /// A relay's answer, without private addresses: others would look for these in networks of their
    /// own.
    private func withoutLocalPromises(_ answer: HopMessage, by relay: PeerID) -> HopMessage {
        guard self.primary(of: relay).map({ $0.address.isLocal }) != true else { return answer }
        var answer = answer
        answer.reservation?.addresses.removeAll { !self.configuration.isPublic($0) }
        return answer
    }

    /// A relay answered, or did not.
    func reservationAnswered(by peer: PeerID, _ promised: HopMessage?) {
        let now = self.configuration.wallClock()
        let answer = promised.map { self.withoutLocalPromises($0, by: peer) }
        let outcome = self.changeOfRelays { $0.relay.client.answered(peer, answer, now: now) }
        let level = outcome.isRefused ? Logger.Level.info : .debug
        self.logger.log(
            level: level,
            "asked for a reservation",
            metadata: ["event": "reservation_asked", "relay": "\(peer)", "outcome": "\(outcome)"]
        )
    }

    /// Works on the state, and tells everybody when this host can be reached through other relays
    /// afterwards.
    @discardableResult
    func changeOfRelays<R: Sendable>(_ work: @Sendable (inout State) -> R) -> R {
        let now = self.configuration.wallClock()
        let (result, addresses) = self.state.withLock { state in
            let result = work(&state)
            let after = state.relay.client.addresses(now: now)
            let isNew = after != state.relay.addresses
            state.relay.addresses = after
            return (result, isNew ? after : nil)
        }
        if let addresses {
            self.pushIdentity()
            self.delegate.relayAddressesChanged(to: addresses)
        }
        return result
    }

    // MARK: Peers

    /// A connected peer said what it speaks.
    func learned(_ protocols: [String], of connection: Connection) {
        guard !connection.isLimited else { return }
        let peer = connection.peer
        func speaks(_ name: String) -> Bool {
            protocols.contains { $0.utf8.elementsEqual(name.utf8) }
        }
        let (isRelay, dialsBack) = (
            speaks(HopMessage.protocolID), speaks(AutoNATClient.protocolID)
        )
        self.changeOfRelays { state in
            if isRelay {
                state.relay.client.offered(peer)
            } else {
                state.relay.client.withdrawn(peer)
            }
            state.relay.dialBackPeers.removeAll { $0 == peer }
            if dialsBack { state.relay.dialBackPeers.append(peer) }
        }
        self.upkeep()
    }

    /// A peer tried to reach this host, or did not.
    func reachabilityAnswered(from network: NetworkKey, _ answer: AutoNATClient.Answer) {
        let now = self.configuration.wallClock()
        let change = self.state.withLock { state in
            let before = state.reachability.verdict
            state.reachability.answered(from: network, answer, now: now)
            let after = state.reachability.verdict
            return before == after ? nil : after
        }
        guard let change else { return }
        self.delegate.reachabilityChanged(to: change)
        // It may have become a relay, or be one no longer.
        self.pushIdentity()
        self.upkeep()
    }

    // MARK: Calls

    /// What to do about a call that a relay passes on.
    enum Incoming {
        case accept(PeerID, StopMessage, ConnectionManager.ID)
        case refuse(StopMessage)
    }

    func called(
        through relay: Connection,
        _ message: StopMessage,
        close: @escaping @Sendable () -> Void
    ) -> Incoming {
        let now = self.configuration.wallClock()
        let network = self.network(of: relay)
        let (incoming, evicted) = self.state.withLock { state -> (Incoming, Closing?) in
            let peer: PeerID
            let answer: StopMessage
            switch state.relay.client.called(by: relay.peer, message, now: now) {
            case .refuse(let refusal): return (.refuse(refusal), nil)
            case .accept(let caller, let consent): (peer, answer) = (caller, consent)
            }
            guard !relay.isLimited, !state.isStopped,
                case .admitted(let id, let oldest) = state.manager.accepted(
                    from: network,
                    through: relay.peer,
                    now: .now()
                )
            else {
                let full = StopMessage(kind: .status, status: .resourceLimitExceeded)
                return (.refuse(full), nil)
            }
            state.sockets[id] = close
            let evicted = oldest.flatMap { state.sockets.removeValue(forKey: $0) }
            return (.accept(peer, answer, id), evicted)
        }
        evicted?()
        return incoming
    }
}

extension Multiaddr {
    /// Whether the address is of this machine or a private network, where others cannot reach a relay.
    fileprivate var isLocal: Bool {
        switch self.components.first {
        case .ip4, .ip6: self.publicNetworkPrefix == nil
        default: false
        }
    }
}
