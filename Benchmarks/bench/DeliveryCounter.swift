import Synchronization

/// Counts deliveries on any thread and tells one task of every so many of them.
final class DeliveryCounter: Sendable {
    private let step: Int
    private let delivered = Atomic(0)
    private let steps: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init(step: Int) {
        self.step = step
        (self.steps, self.continuation) = AsyncStream.makeStream()
    }

    /// One more delivery.
    @Sendable func count() {
        let count = self.delivered.add(1, ordering: .relaxed).newValue
        if count.isMultiple(of: self.step) { self.continuation.yield() }
    }

    /// Waits until the next `step` deliveries are complete.
    ///
    /// - Throws: ``BenchError`` when nothing comes for long: frames were dropped.
    func nextStep() async throws {
        let watchdog = Task { [continuation] in
            try await Task.sleep(for: .seconds(30))
            continuation.finish()
        }
        defer { watchdog.cancel() }
        for await _ in self.steps { return }
        throw BenchError("deliveries over loopback stalled")
    }
}
