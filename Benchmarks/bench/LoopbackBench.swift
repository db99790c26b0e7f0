import Cryptography
import Foundation
import GossipSub
import Multiformats
import NIOCore
import NIOPosix

/// One publisher and its subscribers over loopback sockets: the whole libp2p stack.
///
/// All nodes share this process and one thread a core, so CPU time covers both ends of each
/// delivery: signing, framing, yamux, Noise and the socket twice, and the router. Signature checks
/// of the receivers have a figure of their own.
struct LoopbackBench {
    let effort: Effort
    static let payloadBytes = 1_024
    /// Messages on their way to all receivers together; a node's credits bound it likewise.
    private static let window = 256
    /// Messages that are published at once.
    private static let burst = 32

    func run(into report: inout Report) async throws {
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let group = MultiThreadedEventLoopGroup(numberOfThreads: cores)
        for receivers in [4, 8] {
            try await self.measure(receivers, group, into: &report)
        }
        try await group.shutdownGracefully()
    }

    private func measure(
        _ receivers: Int,
        _ group: MultiThreadedEventLoopGroup,
        into report: inout Report
    ) async throws {
        let bursts = self.effort.scaled(32_000) / receivers / Self.burst
        let deliveries = Double(bursts * Self.burst * receivers)
        let progress = DeliveryCounter(step: Self.burst * receivers)
        let network = try await LoopbackNetwork(receivers: receivers, group, progress)
        var rates: [Double] = []
        var costs: [Double] = []
        for _ in 0..<self.effort.runs {
            let cpu = Stopwatch.cpuSeconds
            let clock = ContinuousClock()
            let start = clock.now
            try await self.publish(bursts: bursts, to: network, progress)
            rates.append(deliveries / ((clock.now - start) / .seconds(1)))
            costs.append((Stopwatch.cpuSeconds - cpu) / deliveries * 1_000_000)
        }
        await network.stop()
        let name = "gossip_loopback_\(receivers)_receivers"
        report.add(name, Sample(rates), unit: "deliveries/s")
        report.add("\(name)_cpu", Sample(costs), unit: "us/delivery")
    }

    /// What each delivery to so many receivers takes: calls of the system that read and write, and bytes on the wire.
    static func traffic(receivers: Int, bursts: Int) async throws -> ProcessTraffic {
        let bench = LoopbackBench(effort: Effort(runs: 1, isQuick: true))
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let progress = DeliveryCounter(step: Self.burst * receivers)
        let network = try await LoopbackNetwork(receivers: receivers, group, progress)
        try await bench.publish(bursts: bursts, to: network, progress)
        let before = try ProcessTraffic.now()
        try await bench.publish(bursts: bursts, to: network, progress)
        let traffic = try ProcessTraffic.now().since(before)
        await network.stop()
        try await group.shutdownGracefully()
        return traffic.each(of: bursts * Self.burst * receivers)
    }

    /// Publishes bursts, as many ahead of the receivers as the window allows.
    private func publish(
        bursts: Int,
        to network: LoopbackNetwork,
        _ progress: DeliveryCounter
    ) async throws {
        let payload = [UInt8](repeating: 0x78, count: Self.payloadBytes)
        var underWay = 0
        for number in 0..<bursts {
            // Bounds the histories of so many nodes in one process.
            if number.isMultiple(of: 8) { network.heartbeat() }
            if underWay == Self.window / Self.burst {
                try await progress.nextStep()
                underWay -= 1
            }
            for _ in 0..<Self.burst { network.publish(payload) }
            underWay += 1
        }
        for _ in 0..<underWay { try await progress.nextStep() }
    }
}

/// Connected nodes; the first one publishes.
private struct LoopbackNetwork {
    private let publisher: LoopbackNode
    private let receivers: [LoopbackNode]

    init(
        receivers: Int,
        _ group: MultiThreadedEventLoopGroup,
        _ progress: DeliveryCounter
    ) async throws {
        self.publisher = try LoopbackNode(group) {}
        self.receivers = try (0..<receivers).map { _ in try LoopbackNode(group, progress.count) }
        for receiver in self.receivers {
            let address = try await receiver.listen()
            self.publisher.dial(address)
        }
        // Receivers graft the publisher once they know that it subscribes.
        let deadline = ContinuousClock.now + .seconds(10)
        while self.publisher.meshSize < receivers {
            guard ContinuousClock.now < deadline else {
                throw BenchError("the loopback nodes did not find each other")
            }
            try await Task.sleep(for: .milliseconds(10))
            for receiver in self.receivers { receiver.heartbeat() }
        }
    }

    func publish(_ payload: [UInt8]) { self.publisher.publish(payload) }

    func heartbeat() {
        for node in [self.publisher] + self.receivers { node.heartbeat() }
    }

    func stop() async {
        for node in [self.publisher] + self.receivers { await node.stop() }
    }
}
