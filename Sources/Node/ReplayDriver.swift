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
    /// - Returns: how the kernel ended; nil when everything was replayed and it can go on.
    public static func replay(_ kernel: Kernel, from persistence: Persistence) async
        -> KernelExit?
    {
        while !persistence.isReplayed, persistence.replay.put(ReplayNext(count: Self.batch)) {
            await kernel.settle()
        }
        return kernel.exit
    }
}
