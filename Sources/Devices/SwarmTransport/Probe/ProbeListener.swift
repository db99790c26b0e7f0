import Multiformats
import Swarm

/// What happens while an address is tried.
enum ProbeEvent: Sendable {
    case connected(PeerID)
    /// There is no connection, or none any more.
    case failed(String)
    case identified(PeerIdentity)
    case asked(id: UInt64, protocolID: String, frame: [UInt8])
    case answered(token: UInt64, frame: [UInt8])
    case unanswered(token: UInt64, reason: String)
    /// As much time went by as an answer may take.
    case tick
}

/// Hears of one dial.
struct ProbeListener: SwarmDelegate {
    private let told: AsyncStream<ProbeEvent>.Continuation

    init(_ told: AsyncStream<ProbeEvent>.Continuation) { self.told = told }

    func connected(_ peer: PeerID, address: Multiaddr, isOutbound: Bool) {
        self.told.yield(.connected(peer))
    }

    func dialFailed(_ address: Multiaddr, reason: String) { self.told.yield(.failed(reason)) }

    func disconnected(_ peer: PeerID, reason: String) { self.told.yield(.failed(reason)) }

    func identified(_ peer: PeerID, _ identity: PeerIdentity) {
        self.told.yield(.identified(identity))
    }

    func exchangeRequested(id: UInt64, peer: PeerID, protocolID: String, request: [UInt8]) {
        self.told.yield(.asked(id: id, protocolID: protocolID, frame: request))
    }

    func exchangeAnswered(token: UInt64, answer: [UInt8]) {
        self.told.yield(.answered(token: token, frame: answer))
    }

    func exchangeFailed(token: UInt64, reason: String) {
        self.told.yield(.unanswered(token: token, reason: reason))
    }

    func listening(on addresses: [Multiaddr]) {}
    func frameStreamReady(_ peer: PeerID, protocolID: String, isOutbound: Bool) {}
    func received(frame: [UInt8], from peer: PeerID) {}
}
