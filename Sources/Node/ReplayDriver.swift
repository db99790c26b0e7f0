public import Kernel
public import Persistence

/// Folds the log into the subsystems before the node goes live.
public enum ReplayDriver {
    /// Most records handed over between two settlements; far below every mailbox bound.
    ///
    /// Persistence takes fewer when they are large: it bounds the bytes of a step.
    private static let batch = 1_024

    /// Replays the whole log; the kernel's workers must not run yet.
    ///
    /// - Parameters:
    ///   - kernel: the kernel, booted.
    ///   - persistence: the subsystem that reads the log.
    ///   - onStep: called when all subsystems have taken in what a step handed over.
    /// - Returns: how the kernel ended; nil when everything was replayed and it can go on.
    public static func replay(
        _ kernel: Kernel,
        from persistence: Persistence,
        onStep: @Sendable () -> Void = {}
    ) async -> KernelExit? {
        while !persistence.isReplayed, persistence.replay.put(ReplayNext(count: Self.batch)) {
            await kernel.settle()
            onStep()
        }
        return kernel.exit
    }
}
