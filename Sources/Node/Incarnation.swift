import ChildProcesses
import Cryptography
import Doors
import HTTPServer
import Kernel
import LocalAPI
import Logging
import Messages
import Persistence
import Primitives
import SNTP
import StorageMarket
import SwarmTransport
import Synchronization
import Verification

/// One life of a node's subsystems, between two replays.
final class Incarnation: Sendable {
    /// Why it ended.
    enum Ending: Sendable {
        case stopped
        case faulted(String)
        case outOfMemory(MemoryUse)
        case clockJumped(by: Duration)
        /// The state that a checkpoint holds, or what follows it in the log, could not be folded.
        case checkpointRefused(String)
    }

    private enum Start: Sendable {
        case listening([String])
        case failed(String)
    }

    let report: BootReport
    private let kernel: Kernel
    private let persistence: Persistence
    private let transport: SwarmTransport
    private let api: HTTPServer
    private let plugins: ChildProcesses?
    private let socket: SocketPlace
    private let listening = Promise<Start>()
    private let serving = Promise<HTTPServer.Outcome>()
    private let configuration: NodeConfiguration
    private let allowances: Allowances
    private let figures: Figures
    private let keeper: CheckpointKeeper
    private let hasOverrunMemory = Atomic<Bool>(false)
    private let logger: Logger

    init(
        configuration: NodeConfiguration,
        settings: NodeSettings,
        tokens: TokenDesk,
        apiConnectionsMax: Int,
        log: LogStore,
        checkpoints: CheckpointFile,
        blobs: BlobDirectory,
        pool: WorkerPool,
        entropy: SystemEntropy,
        clock: SystemClock,
        after jump: ClockJump?,
        figures: Figures,
        allowances: Allowances,
        logger: Logger
    ) throws(NodeError) {
        let listening = self.listening
        let serving = self.serving
        self.configuration = configuration
        self.allowances = allowances
        self.figures = figures
        self.logger = logger
        self.keeper = CheckpointKeeper(
            settings: settings,
            log: log,
            checkpoints: checkpoints,
            logger: logger
        )
        let kernel = Kernel(clock: clock, entropy: entropy, logger: logger)
        self.kernel = kernel
        do {
            self.transport = try SwarmTransport(
                key: settings.key,
                at: configuration.place,
                within: allowances.bounds,
                logger: logger,
                onOutcome: { outcome in
                    switch outcome {
                    case .success(let addresses): listening.keep(.listening(addresses))
                    case .failure(let reason): listening.keep(.failed("\(reason)"))
                    }
                }
            )
        } catch {
            throw .invalidAddress(error.address, cause: error.cause)
        }
        // A node that is rebuilt may still be short of memory.
        self.transport.setOpen(!allowances.memory.use.isScarce)
        self.socket = try configuration.dataDirectory.makeSocketPlace()
        let extensions = Topology.extensions(with: settings.plugins)
        let api = HTTPServer(
            doors: HTTPServer.Doors(
                port: configuration.apiPort,
                socket: self.socket.path,
                connectionsMax: apiConnectionsMax
            ),
            tokens: tokens,
            endpoints: Endpoints.all(with: extensions),
            version: NodeVersion.text,
            checksAnswers: configuration.checksAnswers,
            uploads: blobs,
            vitals: { [kernel, transport] in
                figures.vitals(of: kernel, transport, allowances.memory.use)
            },
            memory: { allowances.memory.use },
            figures: figures.recorder,
            topology: { [kernel] in kernel.graph },
            secret: entropy.next(),
            logger: logger,
            onOutcome: { serving.keep($0) }
        )
        self.api = api
        self.plugins = try configuration.dataDirectory.children(settings, api, logger)
        var devices = NodeDevices(
            transport: self.transport,
            pool: pool,
            log: log,
            blobs: blobs,
            api: self.api,
            chronicle: LogChronicle(logger: logger)
        )
        devices.plugins = self.plugins
        if settings.keepsCheckpoints { devices.checkpoints = checkpoints }
        let timeServers = configuration.askedTimeServers
        if !timeServers.isEmpty { devices.time = TimeClient(servers: timeServers) }
        self.persistence = Topology.plug(
            into: self.kernel,
            settings,
            devices,
            entropy: entropy,
            startedAt: clock.now,
            after: jump,
            extensions: extensions
        )
        do {
            self.report = try self.kernel.boot(standard: SubsystemName.standard)
        } catch {
            throw .topology(cause: "\(error)")
        }
    }

    /// Replays, goes live, and returns what ended it.
    func run(onReady: (_ listen: [String], _ port: Int) -> Void) async throws(NodeError) -> Ending {
        do {
            let ending = try await self.live(onReady)
            await self.closeDevices()
            return ending
        } catch {
            await self.closeDevices()
            throw error
        }
    }

    private func live(_ onReady: (_ listen: [String], _ port: Int) -> Void)
        async throws(NodeError) -> Ending
    {
        let heartbeat = self.heartbeat
        let replay = await ReplayDriver.replay(self.kernel, from: self.persistence) {
            heartbeat?.replayed()
        }
        // A log that cannot be replayed does not heal by starting again.
        switch replay {
        case nil: break
        case .stopped: return .stopped
        case .faulted(let fault) where self.persistence.usedCheckpoint:
            return .checkpointRefused(fault.reason)
        case .faulted(let fault): throw .log(cause: fault.reason)
        case .clockJumped(let distance): return .clockJumped(by: distance)
        }
        let workers = self.configuration.workers ?? Self.coreCount
        let running = Task { await self.kernel.run(workers: workers) }
        do {
            let (listen, port) = try await self.started()
            onReady(listen, port)
        } catch {
            self.stop()
            _ = await running.value
            throw error
        }
        let beating = heartbeat.map { heartbeat in Task { await heartbeat.run() } }
        defer { beating?.cancel() }
        let watching = Task { await self.allowances.memory.run(self.meet) }
        let keeping = Task { await self.keeper.run { !self.allowances.memory.use.isScarce } }
        let ending = await running.value
        // The next life has a watch of its own, which must not miss a turn, and folds the log alone.
        watching.cancel()
        keeping.cancel()
        await watching.value
        await keeping.value
        switch ending {
        case .stopped:
            guard self.hasOverrunMemory.load(ordering: .acquiring) else { return .stopped }
            return .outOfMemory(self.allowances.memory.use)
        case .faulted(let fault): return .faulted("\(fault)")
        case .clockJumped(let distance): return .clockJumped(by: distance)
        }
    }

    /// Strangers are no longer taken when memory is scarce; when it is overrun, all that the log can give back goes.
    private func meet(_ turn: MemoryWatch.Turn) {
        let use = self.allowances.memory.use
        let figures = "\(use.bytes) of \(use.bytesMax ?? 0) bytes"
        self.transport.setOpen(turn == .enough)
        switch turn {
        case .scarce:
            self.logger.warning(
                "memory is scarce, \(figures): no connections of others are taken",
                metadata: ["event": "memory_scarce"]
            )
        case .enough:
            self.logger.notice(
                "there is memory again, \(figures): connections of others are taken",
                metadata: ["event": "memory_enough"]
            )
        case .overrun:
            self.hasOverrunMemory.store(true, ordering: .releasing)
            self.kernel.stop()
        }
    }

    /// Changes what the transport takes.
    func limit(to bounds: SwarmTransport.Bounds) { self.transport.limit(to: bounds) }

    /// What tells the service manager, if there is one, that this life goes on.
    private var heartbeat: Heartbeat? {
        let api = self.api
        return self.configuration.manager.map { manager in
            Heartbeat(
                manager,
                absent: self.report.absent.map(\.subsystem.rawValue),
                logger: self.logger
            ) { await api.pulse() }
        }
    }

    private func started() async throws(NodeError) -> ([String], Int) {
        let addresses: [String]
        switch await self.listening.value {
        case .listening(let listen): addresses = listen
        case .failed(let cause): throw .cannotListen(cause: cause)
        }
        switch await self.serving.value {
        case .listening(let port):
            try self.configuration.dataDirectory.closeSocketToOthers()
            self.leave(port)
            return (addresses, port)
        case .failed(let cause):
            throw .cannotServe(cause: cause)
        }
    }

    /// The command line does not need the port: a full disk is no reason not to start.
    private func leave(_ port: Int) {
        do {
            try self.configuration.dataDirectory.writePort(port)
        } catch {
            self.logger.warning(
                "the port of the local API could not be written to api.port: \(error)",
                metadata: ["event": "port_file_failed"]
            )
        }
    }

    /// Makes ``run(onReady:)`` close the devices and return.
    func stop() {
        self.api.leave()
        self.kernel.stop()
    }

    /// Gives back what devices hold, threads and sockets; they may not have been started.
    func closeDevices() async {
        self.configuration.dataDirectory.removePort()
        await self.plugins?.stop()
        await self.api.stop()
        await self.transport.stop()
        self.figures.closed(self.transport)
    }
}
