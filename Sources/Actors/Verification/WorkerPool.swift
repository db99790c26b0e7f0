import DequeModule
import Foundation
public import Kernel
import Synchronization

/// Threads that run jobs in the order of their submission, one thread a core.
///
/// Threads instead of tasks: a proof keeps its core busy for 0.06 to 0.3 seconds, and the
/// kernel's workers share the pool that tasks run on.
public final class WorkerPool: VerificationPool {
    private struct Work: Sendable {
        let job: VerificationJob
        let token: UInt64
        let inlet: Inlet<VerificationDone>
    }

    private struct Queue: Sendable {
        var waiting: Deque<Work> = []
        var isStopped = false
    }

    private final class Shared: Sendable {
        let queue = Mutex(Queue())
        let available = DispatchSemaphore(value: 0)
    }

    private let shared = Shared()
    private let threadCount: Int

    /// Starts the threads.
    ///
    /// - Parameter threads: how many run side by side; the number of cores by default.
    public init(threads: Int? = nil) {
        self.threadCount = max(1, threads ?? ProcessInfo.processInfo.activeProcessorCount)
        for index in 0..<self.threadCount {
            let thread = Thread { [shared] in Self.work(shared) }
            thread.name = "verification-\(index)"
            thread.start()
        }
    }

    deinit { self.stop() }

    /// Runs a job on a worker and reports to the inlet.
    public func submit(
        _ job: VerificationJob,
        token: UInt64,
        reportingTo inlet: Inlet<VerificationDone>
    ) {
        self.shared.queue.withLock {
            $0.waiting.append(Work(job: job, token: token, inlet: inlet))
        }
        self.shared.available.signal()
    }

    /// Ends the threads after the jobs they are running; waiting jobs are dropped.
    public func stop() {
        self.shared.queue.withLock {
            $0.isStopped = true
            $0.waiting.removeAll()
        }
        for _ in 0..<self.threadCount { self.shared.available.signal() }
    }

    private static func work(_ shared: Shared) {
        while true {
            shared.available.wait()
            let (work, isStopped) = shared.queue.withLock { ($0.waiting.popFirst(), $0.isStopped) }
            if isStopped { return }
            // A kernel that has stopped takes no outcome, and its successor asks anew.
            guard let work, work.inlet.isOpen else { continue }
            // An outcome that is dropped would leave its message pending, so a full mailbox is
            // waited for; the pool outlives the kernel that asked, and its stop ends the wait.
            let done = VerificationDone(token: work.token, outcome: work.job.run())
            _ = work.inlet.putWaiting(done)
        }
    }
}
