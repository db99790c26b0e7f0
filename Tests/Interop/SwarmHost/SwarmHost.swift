import ArgumentParser
import Cryptography
import Dispatch
import GossipHost
import GossipSub
import Multiformats
import NIOCore
import NIOPosix
import Primitives
import Relay
import Swarm

/// `swarm-host`: the libp2p stack in a process of its own, commanded by JSON lines on standard input.
///
/// It speaks the same commands as `py_host.py`, so that tests drive both alike. With `--quiet` it
/// only forwards what it is sent.
@main
struct SwarmHost: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "swarm-host",
        abstract: "A libp2p host without a node, for tests against other implementations."
    )

    @Option(help: "Where to listen.") var listen = "/ip4/127.0.0.1/tcp/0"
    @Option(help: "The seed of the host key, 64 hex digits; a new key without it.")
    var seed: String?
    @Option(help: "A topic to follow.") var topic: [String] = []
    @Option(help: "Whether others can reach this host, when that is known.")
    private var reach = Reach.unknown
    @Option(help: "What others are told of where to dial this host; without it, where it listens.")
    var announce: String?
    @ArgumentParser.Flag(help: "Say nothing of messages that arrive.") var quiet = false

    func run() async throws {
        let key = try self.key
        let group = MultiThreadedEventLoopGroup(
            numberOfThreads: System.coreCount
        )
        let desk = Desk(isQuiet: self.quiet)
        var configuration = SwarmConfiguration(
            identity: key,
            listen: [try Multiaddr(self.listen)],
            agentVersion: "swarm-host",
            exchangeProtocols: [Desk.echoProtocol],
            longLivedProtocols: GossipSubProtocol.ids
        )
        configuration.exchangeBytesMax = Desk.echoBytesMax
        configuration.reachability = self.reach.reachability
        let host = GossipHost(
            configuration,
            // Larger than what the same key used before a restart.
            firstSequenceNumber: DispatchTime.now().uptimeNanoseconds,
            group: group
        ) { desk.happened($0) }
        desk.attach(host)
        for topic in self.topic { host.subscribe(topic) }
        guard let address = try await host.listen() else { return }
        group.next().scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            host.heartbeat()
        }
        if let address = self.announce { host.swarm?.advertise([try Multiaddr(address)]) }
        Speech.event("ready", ("address", .string("\(address)")))
        // Ends with the parent, who holds the other end.
        while let line = readLine() { desk.take(line) }
        await host.stop()
    }

    private var key: SigningKey {
        get throws {
            guard let seed = self.seed else { return .generate() }
            guard let bytes = Hex.decode(seed, count: 32) else {
                throw ValidationError("a seed has 64 hex digits")
            }
            return try SigningKey(seed: bytes)
        }
    }
}

/// What is known of a host without asking others.
private enum Reach: String, ExpressibleByArgument {
    case unknown, reachable, unreachable

    var reachability: Reachability {
        switch self {
        case .unknown: .unknown
        case .reachable: .reachable
        case .unreachable: .unreachable
        }
    }
}
