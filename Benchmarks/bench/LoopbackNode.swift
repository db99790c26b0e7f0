import Cryptography
import GossipSub
import Multiformats
import NIOPosix
import Swarm
import Synchronization

/// A swarm and a router that accepts every message: a node's libp2p stack without a node.
final class LoopbackNode: SwarmDelegate {
    private static let topic = "bench"

    private struct State {
        var router: GossipSubRouter
        var swarm: Swarm?
        var address: Multiaddr?
    }

    private let state: Mutex<State>
    private let onDelivery: @Sendable () -> Void
    private let start = ContinuousClock.now

    init(
        _ group: MultiThreadedEventLoopGroup,
        _ onDelivery: @escaping @Sendable () -> Void
    ) throws {
        let key = SigningKey.generate()
        var router = GossipSubRouter(
            localPeer: PeerID(ed25519: key.publicKey),
            signingKey: key,
            parameters: .standard,
            entropy: 1,
            firstSequenceNumber: 1
        )
        router.subscribe(Self.topic)
        self.state = Mutex(State(router: router))
        self.onDelivery = onDelivery
        let swarm = Swarm(
            configuration: SwarmConfiguration(
                identity: key,
                listen: [try Multiaddr("/ip4/127.0.0.1/tcp/0")],
                agentVersion: "bench",
                exchangeProtocols: [],
                longLivedProtocols: GossipSubProtocol.ids
            ),
            delegate: self,
            group: group
        )
        self.state.withLock { $0.swarm = swarm }
    }

    /// Peers to which messages go.
    var meshSize: Int { self.state.withLock { $0.router.meshSize(of: Self.topic) } }

    /// Listens; the address to dial.
    func listen() async throws -> Multiaddr {
        try await self.swarm?.start()
        guard let address = self.state.withLock({ $0.address }) else {
            throw BenchError("a loopback node does not listen")
        }
        return address
    }

    func dial(_ address: Multiaddr) { self.swarm?.dial(address) }

    func publish(_ payload: [UInt8]) {
        self.withRouter { $0.publish(payload, topic: Self.topic, now: $1).actions }
    }

    func heartbeat() { self.withRouter { $0.heartbeat(now: $1) } }

    func stop() async {
        await self.swarm?.shutdown()
        self.state.withLock { $0.swarm = nil }
    }

    private var swarm: Swarm? { self.state.withLock { $0.swarm } }

    /// Works on the router and does what it asks for.
    private func withRouter(_ work: (inout GossipSubRouter, Int64) -> [GossipSubAction]) {
        let now = Int64((ContinuousClock.now - self.start) / .milliseconds(1))
        let (actions, swarm) = self.state.withLock { (work(&$0.router, now), $0.swarm) }
        for action in actions {
            switch action {
            case .send(let peer, let frame): swarm?.send(frame: frame, to: peer)
            case .deliver(let message):
                self.onDelivery()
                self.withRouter { $0.validated(message.id, verdict: .accept, now: $1) }
            case .penalised: break
            }
        }
    }

    // MARK: SwarmDelegate

    func listening(on addresses: [Multiaddr]) {
        self.state.withLock { $0.address = addresses.first }
    }

    func frameStreamReady(_ peer: PeerID, protocolID: String, isOutbound: Bool) {
        self.withRouter {
            $0.addPeer(peer, protocolID: protocolID, isOutbound: isOutbound, now: $1)
        }
    }

    func received(frame: [UInt8], from peer: PeerID) {
        self.withRouter {
            $0.received(frame: frame, from: peer, acceptingMessages: true, now: $1)
        }
    }

    func connected(_ peer: PeerID, address: Multiaddr, isOutbound: Bool) {}
    func disconnected(_ peer: PeerID, reason: String) {}
    func dialFailed(_ address: Multiaddr, reason: String) {}
    func exchangeRequested(id: UInt64, peer: PeerID, protocolID: String, request: [UInt8]) {}
    func exchangeAnswered(token: UInt64, answer: [UInt8]) {}
    func exchangeFailed(token: UInt64, reason: String) {}
}
