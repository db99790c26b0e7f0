import Synchronization

/// The pending wakes, at most one a subsystem, and the one task that sleeps until the earliest.
final class Timers: Sendable {
    private struct State {
        /// By seat.
        var wakes: [Moment?] = []
        var sleepsUntil: Moment?
        var sleeper: Task<Void, Never>?
        var isStopped = false

        var earliest: Moment? { self.wakes.lazy.compactMap(\.self).min() }
    }

    private let state = Mutex(State())

    func reserve(_ count: Int) {
        self.state.withLock { $0.wakes = Array(repeating: nil, count: count) }
    }

    /// The earliest pending wake.
    var earliest: Moment? { self.state.withLock { $0.earliest } }

    /// Sets when a subsystem is to be looked at next, in place of what was set before.
    func set(_ id: SubsystemID, at moment: Moment?) {
        let sleeper = self.state.withLock { state -> Task<Void, Never>? in
            state.wakes[id.index] = moment
            guard let moment, let until = state.sleepsUntil, moment < until else { return nil }
            return state.sleeper
        }
        sleeper?.cancel()
    }

    /// Forgets and returns the wakes that are due, earliest first.
    func takeDue(_ now: Moment) -> [SubsystemID] {
        self.state.withLock { state in
            var due: [(moment: Moment, seat: Int)] = []
            for (seat, wake) in state.wakes.enumerated() {
                guard let wake, wake <= now else { continue }
                due.append((wake, seat))
                state.wakes[seat] = nil
            }
            due.sort { ($0.moment, $0.seat) < ($1.moment, $1.seat) }
            return due.map { SubsystemID(rawValue: UInt16($0.seat)) }
        }
    }

    /// Sleeps until the earliest wake, an earlier one being asked for, or the stop.
    ///
    /// The sleep is bounded, because the wall clock can be set meanwhile.
    func sleep(_ clock: any KernelClock) async -> Bool {
        let now = clock.now
        let sleeper = self.state.withLock { state -> Task<Void, Never>? in
            guard !state.isStopped else { return nil }
            let latest = now.advanced(by: KernelLimits.timerSleepMax)
            let until = min(state.earliest ?? latest, latest)
            let duration = max(until.duration(since: now), .zero)
            let sleeper = Task<Void, Never> { try? await Task.sleep(for: duration) }
            state.sleepsUntil = until
            state.sleeper = sleeper
            return sleeper
        }
        await sleeper?.value
        return sleeper != nil
    }

    func stop() {
        let sleeper = self.state.withLock { state in
            state.isStopped = true
            return state.sleeper
        }
        sleeper?.cancel()
    }
}
