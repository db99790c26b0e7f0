public import GossipSub
public import Multiformats
import NIOCore
public import NIOPosix
public import Relay
public import Swarm
import Synchronization

/// A swarm with a router that takes every well-signed message: a node's libp2p stack without a node.
///
/// Measurements and the peers of foreign-language tests are built from it; the node is not.
public final class GossipHost: SwarmDelegate {
    /// What happens at a host.
    public enum Event: Sendable {
        /// A peer is seen at this address, by a first connection or by one that took over.
        case seen(PeerID, at: Multiaddr)
        /// Messages can be sent to a peer.
        case ready(PeerID)
        /// The last connection to a peer ended.
        case disconnected(PeerID, reason: String)
        /// Peers agree whether this host can be reached.
        case reachability(Reachability)
        /// Peers reach this host through relays at these addresses, and at no other relayed ones.
        case relayed([Multiaddr])
        /// A dial failed.
        case dialFailed(Multiaddr, reason: String)
        /// A message for a peer that takes in too little was dropped.
        case dropped(PeerID)
        /// A message arrived for the first time, and its signature holds.
        case message(GossipMessage)
        /// A peer asks; answer it through the swarm.
        case requested(id: UInt64, request: [UInt8])
        /// An exchange of this host's was answered.
        case answered(token: UInt64, answer: [UInt8])
        /// An exchange of this host's failed.
        case failed(token: UInt64, reason: String)
    }

    private struct State {
        var router: GossipSubRouter
        var swarm: Swarm?
        var address: Multiaddr?
    }

    private let state: Mutex<State>
    private let checksSignatures: Bool
    private let onEvent: @Sendable (Event) -> Void
    private let start = ContinuousClock.now

    /// Prepares a host; ``listen()`` makes it reachable.
    ///
    /// - Parameters:
    ///   - configuration: of the swarm; the long-lived protocols are GossipSub's.
    ///   - firstSequenceNumber: larger than any that this key used before.
    ///   - checksSignatures: whether messages are judged at all; StrictSign asks for it.
    ///   - group: the event loops.
    ///   - onEvent: called from event loops; must not block.
    public init(
        _ configuration: SwarmConfiguration,
        firstSequenceNumber: UInt64 = 1,
        checksSignatures: Bool = true,
        group: MultiThreadedEventLoopGroup,
        onEvent: @escaping @Sendable (Event) -> Void
    ) {
        let router = GossipSubRouter(
            localPeer: configuration.localPeer,
            signingKey: configuration.identity,
            parameters: .standard,
            entropy: 1,
            firstSequenceNumber: firstSequenceNumber
        )
        self.state = Mutex(State(router: router))
        self.checksSignatures = checksSignatures
        self.onEvent = onEvent
        var talkative = configuration
        // There is nothing else that a host without a node could say to a peer behind a relay.
        talkative.framesThroughRelays = true
        let swarm = Swarm(configuration: talkative, delegate: self, group: group)
        self.state.withLock { $0.swarm = swarm }
    }

    // MARK: Life

    /// Listens; the address to dial, nil when the configuration names none.
    public func listen() async throws -> Multiaddr? {
        try await self.swarm?.start()
        return self.state.withLock { $0.address }
    }

    /// Tends the meshes; to be called once a second.
    public func heartbeat() { self.withRouter { $0.heartbeat(now: $1) } }

    /// Ends all connections.
    public func stop() async {
        await self.swarm?.shutdown()
        self.state.withLock { $0.swarm = nil }
    }

    /// The swarm, until the host stops.
    public var swarm: Swarm? { self.state.withLock { $0.swarm } }

    // MARK: Gossip

    /// Follows a topic.
    public func subscribe(_ topic: String) {
        self.withRouter { router, _ in router.subscribe(topic) }
    }

    /// Publishes in a topic.
    public func publish(_ data: [UInt8], topic: String) {
        self.withRouter { $0.publish(data, topic: topic, now: $1).actions }
    }

    /// Peers to which the messages of a topic go.
    public func meshSize(of topic: String) -> Int {
        self.state.withLock { $0.router.meshSize(of: topic) }
    }

    /// Works on the router and does what it asks for.
    private func withRouter(_ work: (inout GossipSubRouter, Int64) -> [GossipSubAction]) {
        let now = Int64((ContinuousClock.now - self.start) / .milliseconds(1))
        let (actions, swarm) = self.state.withLock { (work(&$0.router, now), $0.swarm) }
        for action in actions {
            switch action {
            case .send(let peer, let frame): swarm?.send(frame: frame, to: peer)
            case .deliver(let message): self.judge(message)
            case .penalised: break
            }
        }
    }

    private func judge(_ message: GossipMessage) {
        let isValid = !self.checksSignatures || message.signature.isValid
        if isValid { self.onEvent(.message(message)) }
        self.withRouter {
            $0.validated(message.id, verdict: isValid ? .accept : .reject, now: $1)
        }
    }

    // MARK: SwarmDelegate

    /// Notes where the host can be dialled.
    public func listening(on addresses: [Multiaddr]) {
        self.state.withLock { $0.address = addresses.first }
    }

    /// Passes it on.
    public func connected(_ peer: PeerID, address: Multiaddr, isOutbound: Bool) {
        self.onEvent(.seen(peer, at: address))
    }

    /// Passes it on.
    public func addressChanged(_ peer: PeerID, to address: Multiaddr) {
        self.onEvent(.seen(peer, at: address))
    }

    /// Passes it on.
    public func reachabilityChanged(to reachability: Reachability) {
        self.onEvent(.reachability(reachability))
    }

    /// Passes it on.
    public func relayAddressesChanged(to addresses: [Multiaddr]) {
        self.onEvent(.relayed(addresses))
    }

    /// Takes the peer out of the router, and passes it on.
    public func disconnected(_ peer: PeerID, reason: String) {
        self.withRouter { $0.removePeer(peer, now: $1) }
        self.onEvent(.disconnected(peer, reason: reason))
    }

    /// Passes it on.
    public func dialFailed(_ address: Multiaddr, reason: String) {
        self.onEvent(.dialFailed(address, reason: reason))
    }

    /// Takes the peer into the router, and passes it on.
    public func frameStreamReady(_ peer: PeerID, protocolID: String, isOutbound: Bool) {
        self.withRouter {
            $0.addPeer(peer, protocolID: protocolID, isOutbound: isOutbound, now: $1)
        }
        self.onEvent(.ready(peer))
    }

    /// Passes it on.
    public func frameDropped(_ peer: PeerID, byteCount: Int) { self.onEvent(.dropped(peer)) }

    /// Gives the frame to the router.
    public func received(frame: [UInt8], from peer: PeerID) {
        self.withRouter {
            $0.received(frame: frame, from: peer, acceptingMessages: true, now: $1)
        }
    }

    /// Passes it on.
    public func exchangeRequested(
        id: UInt64,
        peer: PeerID,
        protocolID: String,
        request: [UInt8]
    ) {
        self.onEvent(.requested(id: id, request: request))
    }

    /// Passes it on.
    public func exchangeAnswered(token: UInt64, answer: [UInt8]) {
        self.onEvent(.answered(token: token, answer: answer))
    }

    /// Passes it on.
    public func exchangeFailed(token: UInt64, reason: String) {
        self.onEvent(.failed(token: token, reason: reason))
    }
}
