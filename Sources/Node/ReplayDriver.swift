public import Kernel
public import Persistence

/// Folds the log into the subsystems before the node goes live.
public enum ReplayDriver {
    /// Most records handed over between two settlements; far below every mailbox bound.
    ///
    /// Persistence takes fewer when they are large: it bounds the bytes of a step.
    private static let batch = 1_024

    /// Subsystems that fold the log and are not kept in checkpoints: while there is one, there are none.
    public static func unkept(in graph: TopologyGraph) -> [SubsystemName] {
        let folding = graph.receivers(of: "MessageLogged") + graph.receivers(of: "FactLogged")
        let kept = Set(graph.receivers(of: "CheckpointFound"))
        return Set(folding).subtracting(kept).sorted()
    }

    /// Replays the log, as much of it as no checkpoint holds; the kernel's workers must not run yet.
    ///
    /// - Parameters:
    ///   - kernel: the kernel, booted.
    ///   - persistence: the subsystem that reads the log.
    ///   - onStep: called when all subsystems have taken in what a step handed over.
    /// - Returns: how the kernel ended; nil when everything was replayed and it can go on, or when the task was
    ///   cancelled.
    public static func replay(
        _ kernel: Kernel,
        from persistence: Persistence,
        onStep: @Sendable () -> Void = {}
    ) async -> KernelExit? {
        let next = ReplayNext(
            count: Self.batch,
            usesCheckpoints: Self.unkept(in: kernel.graph).isEmpty
        )
        while !persistence.isReplayed, !Task.isCancelled, persistence.replay.put(next) {
            await kernel.settle()
            onStep()
        }
        return kernel.exit
    }
}

extension TopologyGraph {
    fileprivate func receivers(of message: String) -> [SubsystemName] {
        self.routes.filter { $0.message == message }.flatMap(\.receivers)
    }
}
