import Cryptography
import Gossip
import Kernel
import Multiformats
import Primitives
import Swarm
import Synchronization

/// Turns what the swarm reports into signals for Gossip: peer ids become node ids.
///
/// Peers with other key types than Ed25519 have no node id (D-11) and are disconnected.
final class TransportBridge: SwarmDelegate {
    private struct State {
        var swarm: Swarm?
        var inlet: Inlet<TransportSignal>?
        var onOutcome: (@Sendable (Result<[String], SwarmTransport.Failure>) -> Void)?
    }

    private let state: Mutex<State>

    init(onOutcome: @escaping @Sendable (Result<[String], SwarmTransport.Failure>) -> Void) {
        self.state = Mutex(State(onOutcome: onOutcome))
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

    private func put(_ signal: TransportSignal) {
        _ = self.state.withLock { $0.inlet }?.put(signal)
    }

    private func node(_ peer: PeerID) -> NodeID? {
        guard let key = peer.ed25519Key else {
            let swarm = self.state.withLock { $0.swarm }
            swarm?.disconnect(peer, reason: "this network uses Ed25519 host keys")
            return nil
        }
        return NodeID(key.rawBytes)
    }

    // MARK: SwarmDelegate

    func listening(on addresses: [Multiaddr]) {
        let texts = addresses.map(\.description)
        self.put(.listening(texts))
        self.report(.success(texts))
    }

    func connected(_ peer: PeerID, address: Multiaddr, isOutbound: Bool) {
        guard let node = self.node(peer) else { return }
        self.put(.connected(peer: node, address: address.description, isOutbound: isOutbound))
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

    func frameStreamReady(_ peer: PeerID, protocolID: String, isOutbound: Bool) {
        guard let node = self.node(peer) else { return }
        self.put(.gossipReady(peer: node, protocolID: protocolID, isOutbound: isOutbound))
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
