import Kernel
import Logging
import Messages
import Persistence
import StorageMarket

/// Sees to it that the next start is short however long this node runs (ADR 0079).
///
/// Whenever the log has grown by enough, a second kernel without devices begins with the last checkpoint, folds what
/// came since, hands a new checkpoint over and is thrown away. What is live has no part in it.
struct CheckpointKeeper: Sendable {
    /// Between two looks at the log.
    ///
    /// Source: own choice: a busy node takes in a few thousand records in that time.
    private static let pause = Duration.seconds(30)

    let settings: NodeSettings
    let log: LogStore
    let checkpoints: CheckpointFile
    let logger: Logger

    /// Looks again and again until the task is cancelled, or until it could not be done: a fault would come again.
    ///
    /// - Parameter hasRoom: tells whether there is memory for a second state.
    func run(_ hasRoom: () -> Bool) async {
        guard self.settings.keepsCheckpoints else { return }
        while !Task.isCancelled {
            try? await Task.sleep(for: Self.pause)
            guard !Task.isCancelled, self.isDue, hasRoom() else { continue }
            guard await self.fold() else { return }
        }
    }

    /// Whether the log has grown by enough since the last checkpoint.
    var isDue: Bool {
        let last = self.checkpoints.lastSequence
        let held = self.log.status.lastSequence
        return held >= last && held - last >= self.checkpoints.recordsBetween
    }

    /// Folds what came since the last checkpoint; the end of it hands a new one over.
    ///
    /// - Returns: whether it could be done.
    @discardableResult
    func fold() async -> Bool {
        let clock = ManualClock(SystemClock().now)
        let entropy = SystemEntropy()
        let kernel = Kernel(clock: clock, entropy: entropy, logger: self.logger)
        var devices = NodeDevices(
            transport: NoDevice(),
            pool: NoDevice(),
            log: PastLog(of: self.log),
            blobs: MemoryBlobs(),
            api: NoDevice()
        )
        devices.checkpoints = self.checkpoints
        let persistence = Topology.plug(
            into: kernel,
            self.settings,
            devices,
            entropy: entropy,
            startedAt: clock.now,
            extensions: Topology.extensions(with: self.settings.plugins)
        )
        do {
            try kernel.boot(standard: SubsystemName.standard)
        } catch {
            self.failed("\(error)")
            return false
        }
        defer { kernel.stop() }
        guard ReplayDriver.unkept(in: kernel.graph).isEmpty else { return false }
        if case .faulted(let fault)? = await ReplayDriver.replay(kernel, from: persistence) {
            // It may be the checkpoint's fault; without it the next start folds the whole log.
            self.checkpoints.discard()
            self.failed(fault.reason)
            return false
        }
        return true
    }

    private func failed(_ cause: String) {
        self.logger.warning(
            "no checkpoint could be made, so the next start takes longer: \(cause)",
            metadata: ["event": "checkpoint_failed"]
        )
    }
}
