import Cryptography
import GossipSub
import Multiformats
import NIOCore
import NIOPosix
import Swarm
import Synchronization

/// A publisher and receivers, each with a connection of its own to the forwarder.
final class Load: Sendable {
    private let topic: String
    private let publisher: LoadPeer
    private let receivers: [LoadPeer]
    private let group: MultiThreadedEventLoopGroup
    private let progress = Progress()
    private let nextSequenceNumber = Atomic<UInt64>(1)

    init(topic: String, receivers: Int, _ security: SecurityProtocol) throws {
        // One thread: the forwarder is what gets the machine.
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let progress = self.progress
        self.topic = topic
        self.group = group
        self.publisher = try LoadPeer(group, security, hello: nil) { _ in }
        let hello = Self.subscription(to: topic)
        self.receivers = try (0..<receivers).map { receiver in
            try LoadPeer(group, security, hello: hello) { progress.delivered($0, to: receiver) }
        }
    }

    /// The RPC of a peer that follows one topic, with its length.
    private static func subscription(to topic: String) -> [UInt8] {
        var entry = ProtobufWriter()
        entry.append(bool: true, field: 1)
        entry.append(string: topic, field: 2)
        var rpc = ProtobufWriter()
        rpc.append(bytes: entry.bytes, field: 1)
        return Varint.encode(UInt64(rpc.bytes.count)) + rpc.bytes
    }

    /// Connects one after the other and waits until all receive.
    func connect(to address: Multiaddr) async throws {
        for peer in [self.publisher] + self.receivers {
            peer.dial(address)
            try await Self.wait(until: "a receiver is connected") { peer.isReady }
        }
        // A forwarder may take in subscriptions later than connections.
        for _ in 0..<100 {
            let before = self.progress.total
            for frame in self.frames(count: 1, bytes: 64) { self.publisher.send(frame) }
            try await Task.sleep(for: .milliseconds(100))
            if self.progress.total - before == self.receivers.count { return }
        }
        throw FanOutError("the forwarder does not reach all receivers")
    }

    /// Signed messages of the publisher, each in a frame of its own.
    func frames(count: Int, bytes: Int) -> [[UInt8]] {
        let payload = [UInt8](repeating: 0x78, count: bytes)
        return (0..<count).map { _ in
            Publication.frame(
                of: payload,
                topic: self.topic,
                from: self.publisher.peer,
                sequenceNumber: self.nextSequenceNumber.add(1, ordering: .relaxed).newValue,
                by: self.publisher.key
            )
        }
    }

    /// Publishes all frames, each once the one `window` before it has reached all receivers, and
    /// waits for the last delivery.
    func send(_ frames: [[UInt8]], window: Int) async throws {
        guard !frames.isEmpty else { return }
        let publisher = self.publisher
        let deliveries = self.progress.begin(
            frames,
            receivers: self.receivers.count,
            window: window
        ) { publisher.send($0) }
        let watchdog = Task { [progress] in
            var seen = -1
            while seen != progress.total {
                seen = progress.total
                try await Task.sleep(for: .seconds(20))
            }
            progress.giveUp()
        }
        defer { watchdog.cancel() }
        for try await _ in deliveries {}
    }

    func stop() async {
        for peer in [self.publisher] + self.receivers { await peer.stop() }
        try? await self.group.shutdownGracefully()
    }

    private static func wait(until what: String, _ condition: () -> Bool) async throws {
        for _ in 0..<2_000 {
            if condition() { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw FanOutError("not within ten seconds: \(what)")
    }
}
