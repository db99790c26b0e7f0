import Synchronization

/// Distinguishes jumps of a wall clock from the ordinary passing of time.
///
/// A clock may be set while it runs, the machine may sleep, and the process may be stopped. All three
/// look alike: two readings that should be close together are far apart. The time that a kernel sees
/// never goes backwards and never leaps; small steps are smoothed here, larger ones are reported.
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
    /// This thread may be suspended between any two lines while others read the clock. So the last
    /// reading is fetched before the clock is read, and a jump is reported only if a second reading
    /// confirms it.
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
            // The reading is not stored: otherwise the next reader would take the jump for ordinary
            // time.
            return .jumped(by: distance)
        }
        // After a small step back the last reading is repeated until the clock has reached it again.
        let (_, newest) = self.latest.max(now.nanoseconds, ordering: .acquiringAndReleasing)
        return .at(Moment(nanoseconds: newest))
    }
}
