import Cryptography
import Foundation
import Multiformats
import NIOCore
import NIOPosix
import Swarm
import Synchronization

/// What one TCP connection with encryption and yamux carries in one direction when nobody looks at it.
struct PlainStream {
    private static let protocolID = "/bench/plain/1.0.0"
    /// Bytes of one frame.
    static let frameBytes = 131_072
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
        let content = [UInt8](repeating: 7, count: Self.frameBytes)
        let whole = Self.frameBytes * Self.burst
        var left = (bytes + whole - 1) / whole * Self.burst
        return try await self.carry {
            left -= 1
            return left < 0 ? nil : content
        }
    }

    /// Carries frames until there are none, and empty ones that make up a whole number of bursts; how many
    /// bytes were in them.
    func carry(_ next: () throws -> [UInt8]?) async throws -> Int {
        var (bytes, sent, awaited) = (0, 0, 0)
        while let content = try next() {
            bytes += content.count
            self.send(content)
            sent += 1
            if sent >= (awaited + Self.ahead) * Self.burst {
                try await self.arrivals.nextStep()
                awaited += 1
            }
        }
        while !sent.isMultiple(of: Self.burst) {
            self.send([])
            sent += 1
        }
        while awaited * Self.burst < sent {
            try await self.arrivals.nextStep()
            awaited += 1
        }
        return bytes
    }

    private func send(_ content: [UInt8]) {
        var frame: [UInt8] = []
        frame.reserveCapacity(content.count + 4)
        Varint.append(UInt64(content.count), to: &frame)
        frame += content
        self.sender.send(frame: frame, to: self.receiver.localPeer)
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
