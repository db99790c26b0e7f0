import ArgumentParser
import Foundation
import Glibc
import LocalAPI
import Logging
import Messages
import Node
import Primitives
import UnixSignals

/// The command `valence-node run`.
struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the node until Ctrl-C or SIGTERM.",
        discussion: """
            Settings come from flags, then variables, then config.toml; see `valence-node config --help`. On \
            SIGHUP it reads them again, unless it was started at a terminal, whose end is its own.

            With --json it prints one line `{"event":"ready",…}` when it is up, and a line \
            `{"event":"rebuilt",…}` with its new ports each time it is up again after a fault \
            or a jump of the clock.

            Example: valence-node run --genesis network.json --bootstrap <multiaddr>
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var options: SettingOptions
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

    func run() async throws {
        let settings = try self.settings()
        let volume = LogVolume(settings.level.level)
        settings.format.start(volume)
        let logger = Logger(label: "valence-node")
        let runtime: NodeRuntime
        do {
            runtime = try NodeRuntime(try self.configuration(settings), logger: logger)
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
        let live = LiveSettings(settings, runtime, volume, logger) { () throws(CommandFailure) in
            let settings = try self.settings()
            _ = try self.configuration(settings)
            return settings
        }
        try await self.run(runtime, live)
    }

    private func settings() throws(CommandFailure) -> Settings {
        do {
            return try self.options.settings(of: self.common.directory)
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }

    private func configuration(_ settings: Settings) throws(CommandFailure) -> NodeConfiguration {
        var configuration: NodeConfiguration
        do {
            configuration = try settings.configuration(of: self.common.directory)
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
        configuration.manager = ServiceManager(ProcessInfo.processInfo.environment)
        configuration.acceptsOwnHistory = self.onlyInstance
        configuration.checksAnswers = self.checkAnswers
        return configuration
    }

    /// Runs the node beside a watch for signals; the first one to end drains, a second one that comes later
    /// than it ends at once.
    private func run(_ runtime: NodeRuntime, _ live: LiveSettings) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let watch = Task {
            var stops = StopSignals()
            // The end of a terminal ends the node that was started at it; any other is asked to read its settings.
            let endsByHangUp = isatty(STDIN_FILENO) == 1
            for await signal in signals {
                let isHangUp = signal == .sighup
                if isHangUp && !endsByHangUp {
                    live.reload()
                    continue
                }
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
                    ("memory_bytes", ready.rebuild?.memory.map { .integer($0) } ?? .null),
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

    fileprivate var memory: Int64? {
        if case .outOfMemory(let use) = self { use.bytes } else { nil }
    }

    fileprivate var clockJump: Int64? {
        if case .clockJump(let jump) = self { jump.milliseconds } else { nil }
    }
}
