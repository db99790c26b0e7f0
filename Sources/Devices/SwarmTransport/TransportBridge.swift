import Cryptography
import Gossip
import Kernel
import Logging
import Messages
import Multiformats
import NIOCore
import Primitives
import Relay
import Swarm
import Synchronization

/// Turns what the swarm reports into signals for Gossip: peer ids become node ids.
///
/// Peers with other key types than Ed25519 have no node id (D-11) and are disconnected. When
/// Gossip's mailbox is full, signals wait here in their order and nothing is read from sockets: a
/// lost end of a connection would leave a peer in all tables for ever.
final class TransportBridge: SwarmDelegate {
    private struct State {
        var swarm: Swarm?
        var inlet: Inlet<TransportSignal>?
        var onOutcome: (@Sendable (Result<[String], SwarmTransport.Failure>) -> Void)?
        /// Signals that found the mailbox full; no more than what was read before reading stopped.
        var waiting: [TransportSignal] = []
        /// What Gossip wants.
        var isPausedByGossip = false
        var isStopped = false
        private var isPaused = false

        /// Called with the lock held, so that two changes cannot overtake each other.
        mutating func reconsiderReading() {
            let shouldPause = self.isPausedByGossip || !self.waiting.isEmpty
            guard shouldPause != self.isPaused else { return }
            self.isPaused = shouldPause
            if shouldPause { self.swarm?.pauseReading() } else { self.swarm?.resumeReading() }
        }
    }

    private let state: Mutex<State>
    private let group: any EventLoopGroup
    private let logger: Logger
    private static let retryPause = TimeAmount.milliseconds(10)

    init(
        group: any EventLoopGroup,
        logger: Logger,
        onOutcome: @escaping @Sendable (Result<[String], SwarmTransport.Failure>) -> Void
    ) {
        self.group = group
        self.logger = logger
        var state = State()
        state.onOutcome = onOutcome
        self.state = Mutex(state)
    }

    func attach(_ swarm: Swarm, _ inlet: Inlet<TransportSignal>) {
        self.state.withLock {
            $0.swarm = swarm
            $0.inlet = inlet
        }
    }

    /// Tells the assembly once whether the swarm listens.
    func report(_ outcome: Result<[String], SwarmTransport.Failure>) {
        let onOutcome = self.state.withLock { state in
            defer { state.onOutcome = nil }
            return state.onOutcome
        }
        onOutcome?(outcome)
    }

    /// Gossip wants reading to stop or to go on.
    func setPaused(_ isPaused: Bool) {
        self.state.withLock { state in
            state.isPausedByGossip = isPaused
            state.reconsiderReading()
        }
    }

    /// Nothing is delivered any more.
    func stop() {
        self.state.withLock { state in
            state.isStopped = true
            state.waiting = []
        }
    }

    private func put(_ signal: TransportSignal) {
        let isFirstToWait = self.state.withLock { state in
            guard let inlet = state.inlet, !state.isStopped else { return false }
            if state.waiting.isEmpty, inlet.put(signal) { return false }
            state.waiting.append(signal)
            state.reconsiderReading()
            return state.waiting.count == 1
        }
        if isFirstToWait { self.retryLater() }
    }

    private func retryLater() {
        self.group.any().scheduleTask(in: Self.retryPause) { self.retry() }
    }

    private func retry() {
        let isDone = self.state.withLock { state in
            guard let inlet = state.inlet else { return true }
            let accepted = state.waiting.prefix { inlet.put($0) }.count
            state.waiting.removeFirst(accepted)
            state.reconsiderReading()
            return state.waiting.isEmpty
        }
        if !isDone { self.retryLater() }
    }

    private func node(_ peer: PeerID) -> NodeID? {
        guard let key = peer.ed25519Key else {
            let swarm = self.state.withLock { $0.swarm }
            swarm?.disconnect(peer, reason: "this network uses Ed25519 host keys")
            return nil
        }
        return NodeID(key)
    }

    // MARK: SwarmDelegate

    func listening(on addresses: [Multiaddr]) {
        self.tellWhereReached()
        self.report(.success(addresses.map(\.description)))
    }

    func relayAddressesChanged(to addresses: [Multiaddr]) { self.tellWhereReached() }

    func interfacesChanged() { self.tellWhereReached() }

    /// Others are told the addresses of interfaces, or those that the operator names, and relays.
    private func tellWhereReached() {
        guard let swarm = self.state.withLock({ $0.swarm }) else { return }
        let reached = swarm.advertised.map { $0.with(peer: swarm.localPeer) }
        self.put(.listening(reached.map(\.description)))
    }

    func found(_ peer: PeerID, at addresses: [Multiaddr]) {
        self.heard(peer, addresses, .localNetwork)
    }

    /// A domain name was looked up; addresses that name no peer are left out, since anybody could
    /// answer there.
    func lookedUp(_ name: String, _ result: Result<[Multiaddr], any Error>) {
        switch result {
        case .success(let addresses):
            for address in addresses {
                if let peer = address.peerID { self.heard(peer, [address], .domainName) }
            }
        case .failure(let error):
            self.logger.notice(
                "no addresses of nodes under \(name): \(error)",
                metadata: ["event": "bootstrap_domain_failed"]
            )
        }
    }

    private func heard(
        _ peer: PeerID,
        _ addresses: [Multiaddr],
        _ source: AddressesHeard.Source
    ) {
        guard let node = peer.ed25519Key.map({ NodeID($0) }) else { return }
        let texts = addresses.map(\.description)
        self.put(.heard(AddressesHeard(peer: node, addresses: texts, source: source)))
    }

    func identified(_ peer: PeerID, _ identity: PeerIdentity) {
        guard self.node(peer) != nil, let addresses = identity.addresses else { return }
        self.heard(peer, addresses, .itself)
    }

    func reachabilityChanged(to reachability: Reachability) {
        switch reachability {
        case .reachable:
            self.put(.reachability(isReachable: true))
            self.logger.notice("other nodes can dial this node", metadata: ["event": "reachable"])
        case .unreachable:
            self.put(.reachability(isReachable: false))
            self.logger.notice(
                "other nodes cannot dial this node; it asks them to relay for it",
                metadata: ["event": "unreachable"]
            )
        case .unknown: break
        }
    }

    func connected(_ peer: PeerID, address: Multiaddr, isOutbound: Bool) {
        guard let node = self.node(peer) else { return }
        self.put(.connected(peer: node, address: address.description, isOutbound: isOutbound))
    }

    func addressChanged(_ peer: PeerID, to address: Multiaddr) {
        guard let node = self.node(peer) else { return }
        self.put(.addressChanged(peer: node, address: address.description))
    }

    func disconnected(_ peer: PeerID, reason: String) {
        guard let node = self.node(peer) else { return }
        self.put(.disconnected(peer: node, reason: reason))
    }

    func dialFailed(_ address: Multiaddr, reason: String) {
        self.dialFailed(address.description, reason: reason)
    }

    func dialFailed(_ address: String, reason: String) {
        self.put(.dialFailed(address: address, reason: reason))
    }

    func ownKeyMet(at address: Multiaddr?, isOutbound: Bool) {
        self.put(.ownKeyMet(address: address?.description, isOutbound: isOutbound))
    }

    func frameStreamReady(_ peer: PeerID, protocolID: String, isOutbound: Bool) {
        guard let node = self.node(peer) else { return }
        self.put(.gossipReady(peer: node, protocolID: protocolID, isOutbound: isOutbound))
    }

    func frameStreamReset(_ peer: PeerID, largestFrame: Int) {
        guard let node = self.node(peer) else { return }
        self.put(.gossipStreamReset(peer: node, largestFrame: largestFrame))
    }

    func frameDropped(_ peer: PeerID, byteCount: Int) {
        self.logger.warning(
            "a relay frame was dropped: its peer does not take in what is sent to it",
            metadata: ["event": "relay_frame_dropped", "peer": "\(peer)", "bytes": "\(byteCount)"]
        )
    }

    func received(frame: [UInt8], from peer: PeerID) {
        guard let node = self.node(peer) else { return }
        self.put(.gossipFrame(peer: node, frame: frame))
    }

    func exchangeRequested(id: UInt64, peer: PeerID, protocolID: String, request: [UInt8]) {
        guard let node = self.node(peer) else { return }
        self.put(.exchangeRequested(id: id, peer: node, protocolID: protocolID, frame: request))
    }

    func exchangeAnswered(token: UInt64, answer: [UInt8]) {
        self.put(.exchangeAnswered(token: token, frame: answer))
    }

    func exchangeFailed(token: UInt64, reason: String) {
        self.put(.exchangeFailed(token: token, reason: reason))
    }
}
