public import ArgumentParser
import Foundation
import Multiformats
public import Swarm

/// `fan-out`: lets one process forward messages to many receivers and measures that process.
///
/// The receivers and the publisher live in this process and are the same for every forwarder: they
/// speak floodsub, so that a router forwards to all of them whatever its mesh.
@main
struct FanOut: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fan-out",
        abstract: "Measures a process that forwards GossipSub messages to many receivers.",
        discussion: """
            Prints one JSON object: deliveries a second, CPU microseconds of the forwarder per \
            message and per delivery, its resident MiB before and after.
            """
    )

    @Option(help: "Where the forwarder listens, /p2p included.") var address: String
    @Option(help: "The forwarder's process.") var pid: Int32
    @Option(help: "The topic; the forwarder follows it.") var topic = "bench"
    @Option(help: "Who is forwarded to.") var receivers = 8
    @Option(help: "What connections are secured by: /noise or /tls/1.0.0.")
    var security = SecurityProtocol.noise
    @Option(help: "Payload bytes of a message.") var bytes = 2_048
    @Option(help: "Measured messages.") var messages = 1_000
    @Option(help: "Messages before those that are measured.") var warmup = 100
    @Option(help: "Messages on their way at once; go-libp2p drops what is behind 32 others.")
    var window = 16

    func validate() throws {
        guard self.receivers > 0, self.messages > 0, self.warmup >= 0, self.window > 0 else {
            throw ValidationError("counts are positive")
        }
    }

    func run() async throws {
        let load = try Load(topic: self.topic, receivers: self.receivers, self.security)
        try await load.connect(to: try Multiaddr(self.address))
        let watch = ProcessWatch(pid: self.pid)
        // Signed beforehand: this is the publisher's work and not the forwarder's.
        let warmup = load.frames(count: self.warmup, bytes: self.bytes)
        let measured = load.frames(count: self.messages, bytes: self.bytes)
        try await load.send(warmup, window: self.window)
        let residentBefore = try watch.residentMiB
        let cpu = try watch.cpuSeconds
        let clock = ContinuousClock()
        let start = clock.now
        try await load.send(measured, window: self.window)
        let seconds = (clock.now - start) / .seconds(1)
        let spent = try watch.cpuSeconds - cpu
        let deliveries = Double(self.messages * self.receivers)
        let figures: [(String, Double)] = [
            ("receivers", Double(self.receivers)),
            ("bytes", Double(self.bytes)),
            ("messages", Double(self.messages)),
            ("deliveries_per_second", deliveries / seconds),
            ("cpu_us_per_message", spent / Double(self.messages) * 1_000_000),
            ("cpu_us_per_delivery", spent / deliveries * 1_000_000),
            ("resident_mib_before", residentBefore),
            ("resident_mib", try watch.residentMiB),
            ("resident_peak_mib", try watch.residentPeakMiB),
        ]
        let members = figures.map { "\"\($0.0)\":\(String(format: "%.3f", $0.1))" }
        print("{\(members.joined(separator: ","))}")
        await load.stop()
    }
}

extension SecurityProtocol: ExpressibleByArgument {}

/// A measurement that cannot be trusted.
struct FanOutError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}
