import Cryptography
import HTTPServer
import Kernel
public import LocalAPI
public import Logging
public import Messages
import Multiformats
import Persistence
public import Primitives
import StorageMarket
import SwarmTransport
import Synchronization
import Verification

/// A running node: devices, kernel and subsystems, from the first replay to the last commit.
///
/// A fault of a subsystem is a bug. The node then says so, throws all subsystems away, replays
/// the log into fresh ones and goes on; nothing acknowledged is lost, because nothing is
/// acknowledged before its commit. The third fault within a minute ends it.
///
/// It does the same when the clock jumps: subsystems know time as something that goes on evenly, and
/// a node that slept must find out what it missed (ADR 0033). However often that is, it does not end;
/// but it waits before each rebuild while the clock jumps again and again.
public final class NodeRuntime: Sendable {
    /// What a caller must know to talk to the node.
    public struct Ready: Sendable {
        /// The node's own key.
        public let nodeID: NodeID
        /// The same key as a libp2p peer id.
        public let peerID: String
        /// Complete multiaddrs.
        public let listen: [String]
        /// TCP port of the local API on 127.0.0.1.
        public let apiPort: Int
        /// Subsystems that the topology lacks.
        public let absent: [String]
        /// Why the node was rebuilt; nil at the first start.
        public let rebuild: Rebuild?

        /// What programs that watch the node are told: only the first time it is `ready`.
        public var event: String { self.rebuild == nil ? "ready" : "rebuilt" }
    }

    /// Why all subsystems were thrown away and built again.
    public enum Rebuild: Sendable, Equatable, CustomStringConvertible {
        /// A subsystem failed.
        case fault(String)
        /// The process held more memory than its bound allows.
        case outOfMemory(MemoryUse)
        /// The clock was set, or the process did not run for a while.
        case clockJump(ClockJump)

        /// The cause in words.
        public var description: String {
            switch self {
            case .fault(let fault): "a subsystem failed: \(fault)"
            case .outOfMemory(let use):
                "the process held \(use.bytes) bytes, and --max-memory allows \(use.bytesMax ?? 0); raise it, or "
                    + "lower --max-connections"
            case .clockJump(let jump): jump.cause
            }
        }
    }

    private let configuration: NodeConfiguration
    private let settings: NodeSettings
    private let tokens: TokenDesk
    private let apiConnectionsMax: Int
    private let logger: Logger
    private let log: LogStore
    private let blobs: BlobDirectory
    private let checkpoints: CheckpointFile
    private let pool = WorkerPool()
    private let entropy = SystemEntropy()
    private let current = Mutex<Incarnation?>(nil)
    private let ports = Mutex<KeptPorts?>(nil)
    private let stopping = Atomic<Bool>(false)
    private let makeClock: @Sendable () -> SystemClock
    private let waiting = Mutex<Task<Void, Never>?>(nil)
    private let figures: Figures
    private let allowances: Allowances

    /// Opens the data directory; nothing runs yet.
    ///
    /// - Throws: ``NodeError`` with cause and next step.
    public convenience init(_ configuration: NodeConfiguration, logger: Logger) throws(NodeError) {
        try self.init(configuration, clock: { SystemClock() }, logger: logger)
    }

    /// Opens the data directory of a node whose lives each read the time from a clock of their own.
    init(
        _ configuration: NodeConfiguration,
        clock: @escaping @Sendable () -> SystemClock,
        logger: Logger
    ) throws(NodeError) {
        self.makeClock = clock
        self.figures = Figures(startedAt: clock().now)
        let descriptors = try Descriptors.prepare()
        self.apiConnectionsMax = Descriptors.apiConnections(of: descriptors)
        let directory = configuration.dataDirectory
        try directory.upgrade(logger: logger)
        let settings = try NodeSettings(configuration)
        self.tokens = TokenDesk(
            try directory.loadTokens(),
            chance: { SecureRandom.bytes(32) },
            save: { try directory.saveTokens($0) }
        )
        self.configuration = configuration
        self.logger = logger
        self.settings = settings
        configuration.chooseVerifier(logger: logger)
        let allowances = Allowances(configuration.caps, directory: directory.path)
        self.allowances = allowances
        let files = try NodeFiles(
            directory,
            of: settings.key,
            room: { allowances.disk.space(at: $0) },
            logger: logger
        )
        self.log = files.log
        self.blobs = files.blobs
        self.checkpoints = directory.checkpoints(settings, logger: logger)
        // Removes the port file that a node which was killed left behind.
        directory.removePort()
        // After the log, which refuses a directory of another version before anything is written.
        directory.removeLeftovers()
        do {
            try files.join(settings.description, directory, logger: logger)
        } catch {
            self.log.close()
            throw error
        }
    }

    /// Runs until ``stop()``; calls `onReady` each time the node is up.
    ///
    /// - Throws: ``NodeError`` when the node cannot start or has too many faults.
    public func run(onReady: @Sendable (Ready) -> Void) async throws(NodeError) {
        var budget = FaultBudget()
        var jumps = JumpPauses()
        var last: Rebuild?
        defer { self.close() }
        while !self.stopping.load(ordering: .acquiring) {
            switch try await self.live(after: last, onReady) {
            case .stopped: return
            case .checkpointRefused(let reason):
                self.logger.warning(
                    "the checkpoint is of no use, so the whole log is folded: \(reason)",
                    metadata: ["event": "checkpoint_refused"]
                )
                self.checkpoints.discard()
            case .faulted(let fault):
                // Who stops a node is not told of what it would have done next.
                if self.stopping.load(ordering: .acquiring) { return }
                self.logger.critical(
                    "the node is rebuilt from its log: \(fault)",
                    metadata: ["event": "rebuilding_after_fault"]
                )
                guard budget.note(at: SystemClock.uptime) else {
                    throw .tooManyFaults(last: fault)
                }
                last = .fault(fault)
                self.configuration.manager?.tell(.status("Rebuilding after a fault"))
            case .outOfMemory(let use):
                if self.stopping.load(ordering: .acquiring) { return }
                last = try self.gaveUpMemory(use, &budget)
            case .clockJumped(let distance):
                let jump = ClockJump(distance, noticedAt: self.makeClock().now)
                self.logger.warning(
                    "\(jump.cause); rebuilding from the log, to sync again",
                    metadata: ["event": "rebuilding_after_clock_jump"]
                )
                last = .clockJump(jump)
                self.configuration.manager?.tell(.status("Rebuilding: \(jump.cause)"))
                if let pause = jumps.pause(afterJumpAt: SystemClock.uptime) {
                    await self.wait(pause)
                }
            }
        }
    }

    /// What the log can give back was given up; three times within a minute is too often, as for faults.
    private func gaveUpMemory(_ use: MemoryUse, _ budget: inout FaultBudget) throws(NodeError)
        -> Rebuild
    {
        let rebuild = Rebuild.outOfMemory(use)
        self.logger.error(
            "the node is rebuilt from its log: \(rebuild)",
            metadata: ["event": "rebuilding_after_memory_overrun"]
        )
        guard budget.note(at: SystemClock.uptime) else {
            throw .memoryTooSmall(cause: "\(rebuild)")
        }
        self.configuration.manager?.tell(.status("Rebuilding: it held too much memory"))
        return rebuild
    }

    /// Waits while the clock jumps again and again; returns at once when the node is stopped.
    private func wait(_ pause: Duration) async {
        let seconds = pause.components.seconds
        self.logger.error(
            """
            the clock jumps again and again; the node rests for \(seconds) s before it starts again. \
            Look whether two time services set the clock of this machine, and stop one
            """,
            metadata: ["event": "clock_jumps_again"]
        )
        let sleep = Task<Void, Never> { try? await Task.sleep(for: pause) }
        self.waiting.withLock { $0 = sleep }
        if self.stopping.load(ordering: .acquiring) { sleep.cancel() }
        await sleep.value
        self.waiting.withLock { $0 = nil }
    }

    /// Ends the node: no more input, what was accepted is committed, then the devices close.
    public func stop() {
        self.stopping.store(true, ordering: .releasing)
        self.configuration.manager?.tell(
            .stopping,
            .status("Stopping; what was accepted is written to the log")
        )
        self.current.withLock { $0 }?.stop()
        self.waiting.withLock { $0 }?.cancel()
    }

    /// Changes what the node takes of its machine at most; sync goes on counting on the line of the start.
    public func limit(to caps: Caps) {
        self.allowances.limit(to: caps)
        self.current.withLock { $0 }?.limit(to: self.allowances.bounds)
    }

    private func close() {
        self.pool.stop()
        self.checkpoints.finish()
        self.log.close()
    }

    /// One life of the subsystems; returns what ended it.
    private func live(after rebuild: Rebuild?, _ onReady: @Sendable (Ready) -> Void)
        async throws(NodeError) -> Incarnation.Ending
    {
        guard let ports = self.ports.withLock({ $0 }) else {
            return try await self.live(self.configuration, after: rebuild, onReady)
        }
        let kept = ports.applied(to: self.configuration)
        do {
            return try await self.live(kept, after: rebuild, onReady)
        } catch {
            switch error {
            case .cannotListen, .cannotServe:
                self.logger.warning(
                    "the previous ports are taken, so free ones are used: \(error)",
                    metadata: ["event": "ports_taken"]
                )
                return try await self.live(self.configuration, after: rebuild, onReady)
            default: throw error
            }
        }
    }

    private func live(
        _ configuration: NodeConfiguration,
        after rebuild: Rebuild?,
        _ onReady: @Sendable (Ready) -> Void
    ) async throws(NodeError) -> Incarnation.Ending {
        if rebuild != nil { self.figures.rebuilt() }
        var settings = self.settings
        // The operator vouches for what the log holds at the start of the node, so this applies once
        // and not again after a rebuild.
        settings.acceptsOwnHistory = configuration.acceptsOwnHistory && rebuild == nil
        let life = try Incarnation(
            configuration: configuration,
            settings: settings,
            tokens: self.tokens,
            apiConnectionsMax: self.apiConnectionsMax,
            log: self.log,
            checkpoints: self.checkpoints,
            blobs: self.blobs,
            pool: self.pool,
            entropy: self.entropy,
            clock: self.makeClock(),
            after: rebuild?.jump,
            figures: self.figures,
            allowances: self.allowances,
            logger: self.logger
        )
        self.current.withLock { $0 = life }
        // New caps may have come in between.
        life.limit(to: self.allowances.bounds)
        guard !self.stopping.load(ordering: .acquiring) else {
            await life.closeDevices()
            return .stopped
        }
        return try await life.run { listen, port in
            self.ports.withLock { $0 = KeptPorts(listen: listen, api: port) }
            configuration.manager?.tell(.ready, .status("Up"))
            if rebuild == nil {
                configuration.dataDirectory.removeOldVersions(logger: self.logger)
            }
            onReady(
                Ready(
                    nodeID: NodeID(self.settings.key.publicKey),
                    peerID: PeerID(ed25519: self.settings.key.publicKey).description,
                    listen: listen,
                    apiPort: port,
                    absent: life.report.absent.map(\.subsystem.rawValue),
                    rebuild: rebuild
                )
            )
        }
    }
}

extension NodeRuntime.Rebuild {
    fileprivate var jump: ClockJump? {
        if case .clockJump(let jump) = self { jump } else { nil }
    }
}

extension ClockJump {
    fileprivate init(_ distance: Duration, noticedAt now: Moment) {
        self.init(
            milliseconds: Int64(distance / .milliseconds(1)),
            noticedAt: now.timestamp
        )
    }

    /// What happened, in words.
    var cause: String {
        let seconds = (self.milliseconds.magnitude + 500) / 1_000
        return self.milliseconds < 0
            ? "the clock was set back by \(seconds) s"
            : "\(seconds) s went by unseen: the clock was set forward, or machine or process slept"
    }
}
