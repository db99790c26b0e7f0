import Cryptography
import Gossip
import Kernel
import Messages
import Primitives
import Synchronization

/// A connected peer without a kernel: it authenticates itself and relays the frames that it is given.
///
/// It dials nodes, answers their challenges with a real signature and a proof of delay, asks for
/// nothing and follows no topic. Nodes see a peer that publishes and never listens.
final class LightPeer: Sendable {
    private let key: SigningKey
    private let number: Int
    private let network: SimulatedNetwork
    /// Nodes that agreed on a GossipSub protocol, in the order in which they did.
    private let ready = Mutex<[NodeID]>([])

    init(key: SigningKey, number: Int, network: SimulatedNetwork) {
        self.key = key
        self.number = number
        self.network = network
    }

    /// Connects to a node.
    func dial(_ node: Int, at now: Moment) {
        self.want(.dial(self.network.address(of: node)), at: now)
    }

    private func want(_ deed: NetworkCall.Deed, at now: Moment) {
        self.network.perform(NetworkCall(at: now, deed: deed), of: self.number)
    }

    /// Sends frames to every node that it is connected to.
    func send(_ frames: [[UInt8]], at now: Moment) {
        for node in self.ready.withLock({ $0 }) {
            for frame in frames { self.want(.send(frame, to: node), at: now) }
        }
    }

    /// Something happened at this end of the network.
    func receive(_ signal: TransportSignal, at now: Moment) {
        switch signal {
        case .gossipReady(let peer, _, _):
            self.ready.withLock { if !$0.contains(peer) { $0.append(peer) } }
        case .disconnected(let peer, _):
            self.ready.withLock { $0.removeAll { $0 == peer } }
        case .exchangeRequested(let id, let peer, let protocolID, let frame):
            let isChallenge = protocolID == StreamProtocol.auth.rawValue
            let answer = isChallenge ? self.answer(to: frame, of: peer, now: now.timestamp) : nil
            self.want(.answer(id, answer), at: now)
        case .listening, .reachability, .heard, .connected, .addressChanged, .dialFailed,
            .ownKeyMet, .gossipStreamReset, .gossipFrame, .exchangeAnswered, .exchangeFailed:
            break
        }
    }

    private func answer(to frame: [UInt8], of peer: NodeID, now: Timestamp) -> [UInt8]? {
        guard let challenge = try? AuthChallenge(frame: frame),
            let signature = try? AuthResponder.sign(challenge, channelKey: peer, key: self.key)
        else { return nil }
        let own = NodeID(self.key.publicKey)
        let proof = SimulatedProof.make(own.bytes, computedAt: now)
        return AuthResponse(signature: signature, publicKey: own, vdfProof: proof).frameBytes
    }
}
