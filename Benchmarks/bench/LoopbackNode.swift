import Cryptography
import GossipHost
import GossipSub
import Multiformats
import NIOPosix
import Swarm

/// A host of the loopback measurement; it accepts every message.
struct LoopbackNode: Sendable {
    private static let topic = "bench"
    private let host: GossipHost

    init(
        _ group: MultiThreadedEventLoopGroup,
        _ onDelivery: @escaping @Sendable () -> Void
    ) throws {
        let configuration = SwarmConfiguration(
            identity: .generate(),
            listen: [try Multiaddr("/ip4/127.0.0.1/tcp/0")],
            agentVersion: "bench",
            exchangeProtocols: [],
            longLivedProtocols: GossipSubProtocol.ids
        )
        self.host = GossipHost(configuration, checksSignatures: false, group: group) { event in
            if case .message = event { onDelivery() }
        }
        self.host.subscribe(Self.topic)
    }

    /// Peers to which messages go.
    var meshSize: Int { self.host.meshSize(of: Self.topic) }

    /// Listens; the address to dial.
    func listen() async throws -> Multiaddr {
        guard let address = try await self.host.listen() else {
            throw BenchError("a loopback node does not listen")
        }
        return address
    }

    func dial(_ address: Multiaddr) { self.host.swarm?.dial(address) }

    func publish(_ payload: [UInt8]) { self.host.publish(payload, topic: Self.topic) }

    func heartbeat() { self.host.heartbeat() }

    func stop() async { await self.host.stop() }
}
