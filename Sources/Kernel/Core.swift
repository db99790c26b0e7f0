import Logging
import Synchronization

/// What slots share: time, randomness, the ready queue, and the state of the run.
///
/// It knows neither slots nor subsystems, so an inlet that outlives its kernel keeps only this.
final class Core: Sendable {
    let clock: any KernelClock
    let entropy: any EntropySource
    let logger: Logger
    let journal: (@Sendable (EnvelopeRecord) -> Void)?
    let scheduler = Scheduler()
    let timers = Timers()
    private let stopFlag = Atomic(false)
    private let firstExit = Mutex<KernelExit?>(nil)

    init(
        clock: any KernelClock,
        entropy: any EntropySource,
        logger: Logger,
        journal: (@Sendable (EnvelopeRecord) -> Void)?
    ) {
        self.clock = clock
        self.entropy = entropy
        self.logger = logger
        self.journal = journal
    }

    /// Looked at before each envelope.
    var isStopping: Bool { self.stopFlag.load(ordering: .relaxed) }

    /// How the run ended, or nil while it may go on.
    var exit: KernelExit? { self.firstExit.withLock { $0 } }

    /// The time, or nil when the clock jumped: then the run ends before any handler sees it.
    func readClock() -> Moment? {
        switch self.clock.read() {
        case .at(let now): return now
        case .jumped(let distance):
            self.stop(because: .clockJumped(by: distance))
            return nil
        }
    }

    /// Ends the run; the first reason counts.
    func stop(because exit: KernelExit) {
        let isFirst = self.firstExit.withLock { first in
            guard first == nil else { return false }
            first = exit
            return true
        }
        guard isFirst else { return }
        self.stopFlag.store(true, ordering: .relaxed)
        self.scheduler.stop()
        self.timers.stop()
        if case .faulted(let fault) = exit {
            self.logger.critical(
                "a subsystem failed",
                metadata: ["event": "subsystem_failed", "fault": "\(fault)"]
            )
        }
    }
}
