import DequeModule
import Synchronization

/// The queue of slots that have mail, and the workers that wait for one.
///
/// A slot is in the queue at most once, so the queue is bounded by the number of subsystems.
final class Scheduler: Sendable {
    private struct State {
        var ready: Deque<SubsystemID> = []
        var parked: [CheckedContinuation<Void, Never>] = []
        var workers = 0
        var isStopped = false
    }

    /// What a worker does next.
    enum Turn {
        case drain(SubsystemID)
        case park
        case stop
    }

    private let state = Mutex(State())

    /// Puts a slot into the queue, and wakes a worker if that is worth its cost (1 to 5 us).
    ///
    /// - Parameters:
    ///   - id: the slot; it is not in the queue.
    ///   - isUrgent: the caller will not come to the queue soon. Otherwise the caller is a worker at
    ///     the end of a batch and takes the first slot itself.
    func schedule(_ id: SubsystemID, isUrgent: Bool) {
        let worker = self.state.withLock { state -> CheckedContinuation<Void, Never>? in
            state.ready.append(id)
            let isNeeded =
                isUrgent || state.ready.count > 1 || state.parked.count == state.workers
            return isNeeded ? state.parked.popLast() : nil
        }
        worker?.resume()
    }

    func next() -> Turn {
        self.state.withLock { state in
            guard !state.isStopped else { return .stop }
            return state.ready.popFirst().map(Turn.drain) ?? .park
        }
    }

    /// Waits until there may be something to do.
    func park() async {
        await withCheckedContinuation { continuation in
            let hasWork = self.state.withLock { state in
                if state.isStopped || !state.ready.isEmpty { return true }
                state.parked.append(continuation)
                return false
            }
            if hasWork { continuation.resume() }
        }
    }

    func setWorkers(_ count: Int) { self.state.withLock { $0.workers = count } }

    func stop() {
        let parked = self.state.withLock { state in
            state.isStopped = true
            defer { state.parked = [] }
            return state.parked
        }
        for worker in parked { worker.resume() }
    }
}
