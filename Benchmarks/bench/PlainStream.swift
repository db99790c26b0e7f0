import Cryptography
import Foundation
import Multiformats
import NIOCore
import NIOPosix
import Swarm
import Synchronization

/// What one TCP connection with Noise and yamux carries in one direction when nobody looks at it.
struct PlainStream {
    private static let protocolID = "/bench/plain/1.0.0"
    private static let frameBytes = 131_072
    /// Frames that are sent at once, and batches that are ahead of the receiver.
    private static let (burst, ahead) = (8, 4)

    private let sender: Swarm
    private let receiver: Swarm
    private let groups: [MultiThreadedEventLoopGroup]
    private let arrivals: FrameArrivals

    /// Connects two hosts over loopback.
    init() async throws {
        let arrivals = FrameArrivals(step: Self.burst)
        self.arrivals = arrivals
        // Each host has its own threads, as each node has.
        let cores = ProcessInfo.processInfo.activeProcessorCount
        self.groups = (0..<2).map { _ in MultiThreadedEventLoopGroup(numberOfThreads: cores) }
        self.receiver = Swarm(
            configuration: try Self.configuration(),
            delegate: arrivals,
            group: self.groups[0]
        )
        self.sender = Swarm(
            configuration: try Self.configuration(),
            delegate: arrivals,
            group: self.groups[1]
        )
        try await self.receiver.start()
        guard let address = arrivals.address else { throw BenchError("a host does not listen") }
        self.sender.dial(address)
        try await arrivals.waitUntilReady(self.receiver.localPeer)
    }

    private static func configuration() throws -> SwarmConfiguration {
        SwarmConfiguration(
            identity: .generate(),
            listen: [try Multiaddr("/ip4/127.0.0.1/tcp/0")],
            agentVersion: "bench",
            exchangeProtocols: [],
            longLivedProtocols: [Self.protocolID]
        )
    }

    /// Carries at least so many bytes; how many it were.
    func carry(bytes: Int) async throws -> Int {
        var frame: [UInt8] = []
        Varint.append(UInt64(Self.frameBytes), to: &frame)
        frame += [UInt8](repeating: 7, count: Self.frameBytes)
        let bursts = (bytes + Self.frameBytes * Self.burst - 1) / (Self.frameBytes * Self.burst)
        for number in 0..<bursts {
            if number >= Self.ahead { try await self.arrivals.nextStep() }
            for _ in 0..<Self.burst { self.sender.send(frame: frame, to: self.receiver.localPeer) }
        }
        for _ in 0..<min(bursts, Self.ahead) { try await self.arrivals.nextStep() }
        return bursts * Self.burst * Self.frameBytes
    }

    func stop() async {
        await self.sender.shutdown()
        await self.receiver.shutdown()
        for group in self.groups { try? await group.shutdownGracefully() }
    }
}

/// Counts frames, and knows whom they can be sent to.
private final class FrameArrivals: SwarmDelegate {
    private struct State {
        var address: Multiaddr?
        var ready: Set<PeerID> = []
    }

    private let counter: DeliveryCounter
    private let state = Mutex(State())

    init(step: Int) { self.counter = DeliveryCounter(step: step) }

    var address: Multiaddr? { self.state.withLock { $0.address } }

    func nextStep() async throws { try await self.counter.nextStep() }

    func waitUntilReady(_ peer: PeerID) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while !self.state.withLock({ $0.ready.contains(peer) }) {
            guard ContinuousClock.now < deadline else {
                throw BenchError("two hosts did not connect over loopback")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    func listening(on addresses: [Multiaddr]) {
        self.state.withLock { $0.address = $0.address ?? addresses.first }
    }

    func frameStreamReady(_ peer: PeerID, protocolID: String, isOutbound: Bool) {
        self.state.withLock { _ = $0.ready.insert(peer) }
    }

    func received(frame: [UInt8], from peer: PeerID) { self.counter.count() }

    func connected(_ peer: PeerID, address: Multiaddr, isOutbound: Bool) {}
    func disconnected(_ peer: PeerID, reason: String) {}
    func dialFailed(_ address: Multiaddr, reason: String) {}
    func exchangeRequested(id: UInt64, peer: PeerID, protocolID: String, request: [UInt8]) {}
    func exchangeAnswered(token: UInt64, answer: [UInt8]) {}
    func exchangeFailed(token: UInt64, reason: String) {}
}
