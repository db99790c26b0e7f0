import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Where the kernel reads the time; subsystems never do.
public protocol KernelClock: Sendable {
    /// The present instant.
    var now: Moment { get }
}

/// The wall clock of the machine.
public struct SystemClock: KernelClock {
    /// Makes the clock.
    public init() {}

    /// The wall clock's reading; it may jump when the machine's time is corrected.
    public var now: Moment {
        var reading = timespec()
        clock_gettime(CLOCK_REALTIME, &reading)
        let seconds = Int64(reading.tv_sec) &* 1_000_000_000
        return Moment(nanoseconds: seconds &+ Int64(reading.tv_nsec))
    }
}

/// A clock that stands still until it is moved: for the simulator and for tests.
public final class ManualClock: KernelClock {
    private let reading: Atomic<Int64>

    /// Makes a clock that shows `start`.
    public init(_ start: Moment = Moment(nanoseconds: 0)) {
        self.reading = Atomic(start.nanoseconds)
    }

    /// The instant last set.
    public var now: Moment { Moment(nanoseconds: self.reading.load(ordering: .acquiring)) }

    /// Shows `moment` from now on, earlier or later.
    public func set(to moment: Moment) {
        self.reading.store(moment.nanoseconds, ordering: .releasing)
    }

    /// Moves on by `duration`; for one caller at a time.
    public func advance(by duration: Duration) {
        self.set(to: self.now.advanced(by: duration))
    }
}
