import ArgumentParser
import Foundation
import Glibc
import Logging
import Messages
import Node
import Primitives
import SNTP
import Sync
import UnixSignals

/// The command `valence-node run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the node until Ctrl-C or SIGTERM.",
        discussion: """
            With --json it prints one line `{"event":"ready",…}` when it is up, and a line \
            `{"event":"rebuilt",…}` with its new ports each time it is up again after a fault \
            or a jump of the clock.

            Example: valence-node run --genesis network.json --bootstrap <multiaddr>
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "A multiaddr to listen on; may be repeated. Port 0 takes a free one.")
    var listen: [String] = []
    @Option(
        help: ArgumentHelp(
            "A multiaddr at which others reach this node, such as the one of a router that forwards "
                + "to it; announced instead of where it listens. May be repeated.",
            valueName: "multiaddr"
        )
    )
    var externalAddress: [String] = []
    @ArgumentParser.Flag(
        inversion: .prefixedNo,
        help: ArgumentHelp(
            "Find nodes of the local network by multicast DNS, and be found.",
            discussion: "By default, unless the node listens on loopback addresses alone."
        )
    )
    var mdns: Bool?
    @Option(help: "Whether others can dial this node; with auto, peers find out by trying.")
    var reach = NodeConfiguration.Reach.auto
    @ArgumentParser.Flag(
        help: "Do not relay for nodes that cannot be dialled, even if this node can be dialled."
    )
    var noRelay = false
    @Option(help: "TCP port of the local API on 127.0.0.1; 0 takes a free one.")
    var apiPort = 0
    @Option(help: "A well-known node to start from, best with /p2p/…; may be repeated.")
    var bootstrap: [String] = []
    @Option(
        help: ArgumentHelp(
            "A domain whose TXT records below _valence-bootstrap._tcp name nodes to start from, when no "
                + "other address leads to one; by default that of the network's description, if any.",
            valueName: "domain"
        )
    )
    var bootstrapDomain: String?
    @Option(
        help: ArgumentHelp(
            "A node with which this one exchanges every message, whatever its score; an address with "
                + "/p2p. That node must name this one as well. May be repeated.",
            valueName: "multiaddr"
        )
    )
    var directPeer: [String] = []
    @Option(help: "standard; or local, for devnets and tests, which lifts quotas and waits.")
    var profile = NodeSettings.Profile.standard
    @Option(
        help: ArgumentHelp(
            "Seconds of a day of the storage market, 10 to 86400; hours, weeks and what is counted in them "
                + "shrink alike. For trials: only with --profile local, and the same on all nodes.",
            valueName: "seconds"
        )
    )
    var marketDaySeconds = MarketCalendar.standard
    @Option(
        help: ArgumentHelp(
            "A time server, as host or host:port, with which the node compares its clock at the start and "
                + "every six hours; it warns when they differ and sets nothing. May be repeated. Default: "
                + "\(NodeConfiguration.defaultTimeServers.joined(separator: ", ")), and none with "
                + "--profile local.",
            valueName: "host"
        )
    )
    var ntpServer: [String] = []
    @ArgumentParser.Flag(help: "Ask no time server.")
    var noNtp = false
    @Option(
        help: ArgumentHelp(
            "What the line brings, in bytes a second; syncing takes half of it at most.",
            valueName: "bytes"
        )
    )
    var bandwidth = SyncConfiguration.defaultBandwidth
    @Option(help: "The description of the network, from `valence-node genesis new`.")
    var genesis: String?
    @ArgumentParser.Flag(help: "This node founds the network: it is synced from the start.")
    var genesisNode = false
    @ArgumentParser.Flag(
        help: "Let comments that verify claims move reputation, once three identities agree."
    )
    var believeClaims = false
    @ArgumentParser.Flag(help: "Do not lower the scores of identities that always vote alike.")
    var ignoreCollusion = false
    @ArgumentParser.Flag(help: "Accept messages of identities that the network banned.")
    var ignoreBans = false
    @ArgumentParser.Flag(
        help: "Accept nodes that do not say which network they belong to, such as other software."
    )
    var admitUndescribed = false
    @ArgumentParser.Flag(
        name: [.long, .customLong("accept-own-history")],
        help: ArgumentHelp(
            "No other process has this node's key: sign at once after the key was put back from a backup, and "
                + "again after the node said that its key is used elsewhere.",
            discussion: "Stop the other node or copy first."
        )
    )
    var onlyInstance = false
    @ArgumentParser.Flag(
        help: "End when standard input ends, as it does with the program that started the node."
    )
    var untilInputEnds = false
    @ArgumentParser.Flag(
        help: ArgumentHelp(
            "Fail where an answer is not of the form that the local API describes; for tests.",
            visibility: .hidden
        )
    )
    var checkAnswers = false
    @Option(help: "How much the node logs.")
    var logLevel = LogLevel.notice
    @Option(help: "text, for people; or json, an object a line with stable names of events.")
    var logFormat = LogFormat.text

    func validate() throws {
        guard UInt16(exactly: self.apiPort) != nil else {
            throw ValidationError("--api-port is a number up to 65535; 0 takes a free port")
        }
        guard SyncConfiguration.bandwidths.contains(self.bandwidth) else {
            let (least, most) = (
                SyncConfiguration.bandwidths.lowerBound, SyncConfiguration.bandwidths.upperBound
            )
            throw ValidationError("--bandwidth is \(least) to \(most) bytes a second")
        }
        guard self.ntpServer.isEmpty || !self.noNtp else {
            throw ValidationError("--no-ntp asks no server; leave it out, or --ntp-server")
        }
        for server in self.ntpServer where ServerName(server) == nil {
            throw ValidationError("`\(server)` is no time server; write host or host:port")
        }
    }

    func run() async throws {
        self.logFormat.start()
        var logger = Logger(label: "valence-node")
        logger.logLevel = self.logLevel.level
        let runtime: NodeRuntime
        do {
            runtime = try NodeRuntime(self.configuration, logger: logger)
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        try await self.run(runtime)
    }

    private var configuration: NodeConfiguration {
        var configuration = NodeConfiguration(
            dataDirectory: self.common.directory,
            listen: self.listen.isEmpty ? NodeConfiguration.defaultListen : self.listen,
            external: self.externalAddress,
            findsLocalPeers: self.mdns,
            reach: self.reach,
            servesAsRelay: !self.noRelay,
            apiPort: self.apiPort,
            profile: self.profile,
            bootstrap: self.bootstrap,
            bootstrapDomain: self.bootstrapDomain,
            direct: self.directPeer,
            genesisPath: self.genesis.map(CommonOptions.absolute),
            isGenesisNode: self.genesisNode,
            policy: LocalPolicy(
                believesClaims: self.believeClaims,
                detectsCollusion: !self.ignoreCollusion,
                enforcesBans: !self.ignoreBans,
                admitsUndescribed: self.admitUndescribed
            )
        )
        configuration.manager = ServiceManager(ProcessInfo.processInfo.environment)
        configuration.acceptsOwnHistory = self.onlyInstance
        configuration.checksAnswers = self.checkAnswers
        configuration.calendar = self.marketDaySeconds
        configuration.bandwidth = self.bandwidth
        configuration.timeServers =
            self.noNtp ? [] : (self.ntpServer.isEmpty ? nil : self.ntpServer)
        return configuration
    }

    /// Runs the node beside a watch for signals; the first signal drains, a second one that comes later
    /// than it ends at once.
    private func run(_ runtime: NodeRuntime) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let watch = Task {
            var stops = StopSignals()
            for await signal in signals {
                let isHangUp = signal == .sighup
                guard stops.drains(isHangUp: isHangUp, at: .now) else {
                    Glibc.exit(ExitStatus.interrupted.rawValue)
                }
                runtime.stop()
            }
        }
        defer { watch.cancel() }
        if self.untilInputEnds { StandardInput.whenEnded { runtime.stop() } }
        do {
            try await runtime.run { ready in
                self.announce(ready)
                if ready.rebuild == nil { Task { await self.warnOfRotation() } }
            }
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        self.common.say("Stopped; everything accepted is on disk.")
    }

    /// The operator of a node with a retired key must act, so that this is more than talk.
    private func warnOfRotation() async {
        if let warning = await RotatedKey.warning(self.common.directory) { Console.say(warning) }
    }

    private func announce(_ ready: NodeRuntime.Ready) {
        let api = "http://127.0.0.1:\(ready.apiPort)"
        if self.common.json {
            return Console.json(
                .object([
                    ("event", .string(ready.event)),
                    ("node_id", .string(ready.nodeID.hex)),
                    ("peer_id", .string(ready.peerID)),
                    ("listen", .array(ready.listen.map { .string($0) })),
                    ("api", .string(api)),
                    ("data_dir", .string(self.common.directory.path)),
                    ("fault", ready.rebuild?.fault.map { .string($0) } ?? .null),
                    ("clock_jump_ms", ready.rebuild?.clockJump.map { .integer($0) } ?? .null),
                ])
            )
        }
        self.common.say(
            ready.rebuild.map { rebuild in
                let cause = rebuild.fault == nil ? "\(rebuild)" : "there was a fault"
                return
                    "Node \(ready.nodeID.hex) is up again, since \(cause)."
            } ?? "Node \(ready.nodeID.hex) is up."
        )
        for address in ready.listen { self.common.say("  listens on  \(address)") }
        self.common.say("  local API   \(api)")
        for absent in ready.absent { self.common.say("  runs without its \(absent) subsystem") }
        let directory = self.common.directory.path
        self.common.say("Talk to it:  valence-node status --data-dir \(directory)")
    }
}

extension NodeRuntime.Rebuild {
    fileprivate var fault: String? {
        if case .fault(let fault) = self { fault } else { nil }
    }

    fileprivate var clockJump: Int64? {
        if case .clockJump(let jump) = self { jump.milliseconds } else { nil }
    }
}
