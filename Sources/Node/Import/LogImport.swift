import Cryptography
public import Importer
import Kernel
public import Logging
import Messages
import Persistence
import Primitives
import Verification

/// A node that says nothing and hears nothing, into which a file is read (ADR 0065).
///
/// It has the judges of a running node and its log, and no network, no local API and no sync. Its clock
/// stands: what is in the file arrives at one moment, and no timer decides, repeats or signs anything.
public final class LogImport: Sendable {
    /// What a running node has and this one has not: what would act by itself, and what nobody asks.
    private static let absent: Set<SubsystemName> = [.sync, .localAPI, .events]

    private let network: String
    private let files: NodeFiles
    private let pool: WorkerPool
    private let kernel: Kernel
    private let importer: Importer
    private let desk = ImportDesk()
    private let running: Task<Void, Never>

    /// Opens a data directory, and replays its log.
    ///
    /// - Throws: ``NodeError`` with cause and next step.
    public init(_ configuration: NodeConfiguration, logger: Logger) async throws(NodeError) {
        try configuration.dataDirectory.upgrade(logger: logger)
        let settings = try NodeSettings(configuration)
        configuration.chooseVerifier(logger: logger)
        let directory = configuration.dataDirectory
        let files = try NodeFiles(directory, of: settings.key, logger: logger)
        let pool = WorkerPool()
        let entropy = SystemEntropy()
        let clock = ManualClock(SystemClock().now)
        let kernel = Kernel(clock: clock, entropy: entropy, logger: logger)
        let persistence = Topology.plug(
            into: kernel,
            settings,
            NodeDevices(
                transport: NoDevice(),
                pool: pool,
                log: files.log,
                blobs: files.blobs,
                api: NoDevice()
            ),
            entropy: entropy,
            startedAt: clock.now,
            omitting: Self.absent
        )
        let desk = self.desk
        self.importer = kernel.add { boot in
            Importer(boot, own: NodeID(settings.key.publicKey), desk: desk)
        }
        self.network = settings.description.hash?.hex ?? DataDirectory.noNetwork
        self.files = files
        self.pool = pool
        self.kernel = kernel
        do throws(NodeError) {
            try files.join(settings.description, directory, logger: logger)
            try await Self.boot(kernel, replaying: persistence)
        } catch {
            pool.stop()
            files.log.close()
            throw error
        }
        self.running = Task { [kernel, desk] in
            let exit = await kernel.run(workers: Incarnation.coreCount)
            desk.stopped(because: "the node ended: \(exit)")
        }
    }

    private static func boot(_ kernel: Kernel, replaying persistence: Persistence?)
        async throws(NodeError)
    {
        do {
            try kernel.boot(standard: SubsystemName.standard)
        } catch {
            throw .topology(cause: "\(error)")
        }
        guard let persistence else { return }
        if case .faulted(let fault)? = await ReplayDriver.replay(kernel, from: persistence) {
            throw .log(cause: fault.reason)
        }
    }

    /// Reads the first line of the file.
    ///
    /// Messages do not say to which network they belong: peers say so before they say anything else, and
    /// so does a file.
    ///
    /// - Throws: ``NodeError`` when the file is of another network, or is none at all.
    public func begin(_ heading: [UInt8]) throws(NodeError) {
        let network = try LogFile.network(heading: heading)
        guard network == self.network else {
            throw .foreignLog(named: network, described: self.network)
        }
    }

    /// Takes the next lines; the page after it may come when this has returned.
    ///
    /// - Throws: ``NodeError/log(cause:)`` when the log takes no more.
    public func take(_ lines: [[UInt8]]) async throws(NodeError) -> ImportOutcome {
        let answer = self.desk.expect()
        if !self.importer.pages.put(ImportPage(lines: lines)) {
            self.desk.stopped(because: "the node ended")
        }
        switch await answer.value {
        case .ended(let outcome): return outcome
        case .stopped(let reason): throw .log(cause: reason)
        }
    }

    /// Ends the node and gives the data directory free; all that was accepted is on the disk.
    public func close() async {
        self.kernel.stop()
        await self.running.value
        self.pool.stop()
        self.files.log.close()
    }
}
