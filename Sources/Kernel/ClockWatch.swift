import Synchronization

/// Tells jumps of a wall clock from the passing of time.
///
/// A clock may be set while it runs, the machine may sleep, and the process may be stopped. All three
/// look alike: two readings that should be close together are far apart. What a kernel gets
/// to see never goes backwards and never leaps; small steps are smoothed here, larger ones are told.
final class ClockWatch: Sendable {
    /// The latest moment read.
    private let latest: Atomic<Int64>
    private let hasBegun = Atomic(false)

    init(at now: Moment) { self.latest = Atomic(now.nanoseconds) }

    /// From now on readings come in short order, so that a gap between two of them is a jump.
    func begin(at now: Moment) {
        // A clock that was set back meanwhile is noticed by the next reading.
        self.latest.max(now.nanoseconds, ordering: .relaxed)
        self.hasBegun.store(true, ordering: .releasing)
    }

    /// Judges what the clock shows.
    func take(_ now: Moment) -> ClockReading {
        let latest = Moment(nanoseconds: self.latest.load(ordering: .relaxed))
        let distance = now.duration(since: latest)
        if distance < .zero {
            // Time stands still until the clock has come as far again.
            let isSmall = distance >= .zero - KernelLimits.setBackMax
            return isSmall ? .at(latest) : .jumped(by: distance)
        }
        if distance > KernelLimits.clockGapMax, self.hasBegun.load(ordering: .acquiring) {
            // Not taken over: whoever reads next must not take it for the passing of time either.
            return .jumped(by: distance)
        }
        self.latest.max(now.nanoseconds, ordering: .relaxed)
        return .at(now)
    }
}
