import Cryptography
import Foundation
import GossipSub
import Multiformats
import NIOPosix
import Swarm
import Synchronization

/// One connection to the forwarder, without a router: it says hello and counts messages.
final class LoadPeer: SwarmDelegate {
    private struct State {
        var swarm: Swarm?
        var forwarder: PeerID?
    }

    let key = SigningKey.generate()
    private let state = Mutex(State())
    private let hello: [UInt8]?
    private let onMessages: @Sendable (Int) -> Void

    /// Takes what secures the connection, the first frame, nil for a peer that follows nothing, and
    /// who counts messages.
    init(
        _ group: MultiThreadedEventLoopGroup,
        _ security: SecurityProtocol,
        hello: [UInt8]?,
        onMessages: @escaping @Sendable (Int) -> Void
    ) throws {
        self.hello = hello
        self.onMessages = onMessages
        var configuration = SwarmConfiguration(
            identity: self.key,
            listen: [],
            agentVersion: "fan-out",
            exchangeProtocols: [],
            longLivedProtocols: ["/floodsub/1.0.0"]
        )
        configuration.securityProtocols = [security]
        let swarm = Swarm(configuration: configuration, delegate: self, group: group)
        self.state.withLock { $0.swarm = swarm }
    }

    var peer: PeerID { PeerID(ed25519: self.key.publicKey) }

    /// Whether frames can be sent.
    var isReady: Bool { self.state.withLock { $0.forwarder != nil } }

    func dial(_ address: Multiaddr) { self.state.withLock { $0.swarm }?.dial(address) }

    func send(_ frame: [UInt8]) {
        let (swarm, forwarder) = self.state.withLock { ($0.swarm, $0.forwarder) }
        if let forwarder { swarm?.send(frame: frame, to: forwarder) }
    }

    func stop() async {
        let swarm = self.state.withLock { state in
            defer { state.swarm = nil }
            return state.swarm
        }
        await swarm?.shutdown()
    }

    // MARK: SwarmDelegate

    func frameStreamReady(_ peer: PeerID, protocolID: String, isOutbound: Bool) {
        self.state.withLock { $0.forwarder = peer }
        if let hello { self.send(hello) }
    }

    func received(frame: [UInt8], from peer: PeerID) {
        // Field 2 of an RPC is a message; what it says is of no interest.
        var reader = ProtobufReader(frame[...])
        var count = 0
        while let field = try? reader.next() { if field.number == 2 { count += 1 } }
        if count > 0 { self.onMessages(count) }
    }

    func dialFailed(_ address: Multiaddr, reason: String) {
        try? FileHandle.standardError.write(contentsOf: Data("not connected: \(reason)\n".utf8))
    }

    func listening(on addresses: [Multiaddr]) {}
    func connected(_ peer: PeerID, address: Multiaddr, isOutbound: Bool) {}
    func disconnected(_ peer: PeerID, reason: String) {}
    func exchangeRequested(id: UInt64, peer: PeerID, protocolID: String, request: [UInt8]) {}
    func exchangeAnswered(token: UInt64, answer: [UInt8]) {}
    func exchangeFailed(token: UInt64, reason: String) {}
}
