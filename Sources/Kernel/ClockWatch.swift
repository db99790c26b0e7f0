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

    /// Reads the clock and judges what it shows.
    ///
    /// A thread may lose the processor between any two lines while others read the clock. So what was
    /// read last is looked at before the clock, and a jump is believed when a second look finds it, too.
    func take(_ wall: () -> Moment) -> ClockReading {
        let reading = self.judge(wall)
        guard case .jumped = reading else { return reading }
        return self.judge(wall)
    }

    private func judge(_ wall: () -> Moment) -> ClockReading {
        let latest = Moment(nanoseconds: self.latest.load(ordering: .acquiring))
        let now = wall()
        let distance = now.duration(since: latest)
        let isJump =
            distance < .zero - KernelLimits.setBackMax || distance > KernelLimits.clockGapMax
        if isJump, self.hasBegun.load(ordering: .acquiring) {
            // Not taken over: whoever reads next must not take it for the passing of time either.
            return .jumped(by: distance)
        }
        // Time stands still until the clock has come as far as it was.
        let (_, newest) = self.latest.max(now.nanoseconds, ordering: .acquiringAndReleasing)
        return .at(Moment(nanoseconds: newest))
    }
}
