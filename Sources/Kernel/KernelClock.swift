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
    /// The present instant, or how far the clock has jumped since it was read last.
    func read() -> ClockReading
    /// Says that the kernel runs by itself from now on, and reads the clock once a second at least.
    func begin()
}

/// What a kernel learns when it reads its clock.
public enum ClockReading: Sendable, Equatable {
    /// Time went on as it should.
    case at(Moment)
    /// The clock was set, or the process did not run meanwhile; negative when it was set back.
    case jumped(by: Duration)
}

/// The wall clock of the machine, watched for jumps; one for each life of a kernel.
public final class SystemClock: KernelClock {
    private let wall: @Sendable () -> Moment
    private let watch: ClockWatch

    /// Makes the clock.
    public convenience init() { self.init(watching: { Self.reading(of: CLOCK_REALTIME) }) }

    /// Makes a clock that watches another one than the machine's.
    init(watching wall: @escaping @Sendable () -> Moment) {
        self.wall = wall
        self.watch = ClockWatch(at: wall())
    }

    /// The wall clock's reading; it may jump when the machine's time is corrected.
    public var now: Moment { self.wall() }

    /// Distinguishes a jump from the ordinary passing of time, see ``ClockWatch``.
    public func read() -> ClockReading { self.watch.take(self.wall) }

    /// From now on a long gap between two readings also counts as a jump.
    public func begin() { self.watch.begin(at: self.wall()) }

    /// Time since some fixed instant, whatever happens to the wall clock; sleep of the machine counts.
    public static var uptime: Moment {
        #if canImport(Darwin)
        Self.reading(of: CLOCK_MONOTONIC)
        #else
        Self.reading(of: CLOCK_BOOTTIME)
        #endif
    }

    private static func reading(of clock: clockid_t) -> Moment {
        var reading = timespec()
        clock_gettime(clock, &reading)
        let seconds = Int64(reading.tv_sec) &* 1_000_000_000
        return Moment(nanoseconds: seconds &+ Int64(reading.tv_nsec))
    }
}

/// A clock that stands still until it is moved: for the simulator and for tests.
///
/// It has two parts: the time that was lived through, which a script moves on, and how far the clock
/// is ahead of it, which only ``jump(by:)`` changes.
public final class ManualClock: KernelClock {
    private struct State {
        var steady: Moment
        var ahead = Duration.zero
        var pendingJump: Duration?
    }

    private let state: Mutex<State>

    /// Makes a clock that shows `start`.
    public init(_ start: Moment = Moment(nanoseconds: 0)) {
        self.state = Mutex(State(steady: start))
    }

    /// What the clock shows.
    public var now: Moment { self.state.withLock { $0.steady.advanced(by: $0.ahead) } }

    /// What it would show had it never jumped.
    public var steady: Moment { self.state.withLock { $0.steady } }

    /// Shows `moment` from now on, earlier or later; time went there and did not jump.
    public func set(to moment: Moment) {
        self.state.withLock { $0.steady = moment.advanced(by: .zero - $0.ahead) }
    }

    /// Moves on by `duration`; for one caller at a time.
    public func advance(by duration: Duration) {
        self.set(to: self.now.advanced(by: duration))
    }

    /// Moves on to the moment at which a clock that never jumped shows `steady`.
    public func set(steady: Moment) { self.state.withLock { $0.steady = steady } }

    /// Converts `moment` of this clock to the time of a clock that never jumped.
    public func steady(at moment: Moment) -> Moment {
        self.state.withLock { moment.advanced(by: .zero - $0.ahead) }
    }

    /// Sets the clock while it runs: the next reading reports the jump.
    public func jump(by distance: Duration) {
        self.state.withLock { state in
            state.ahead += distance
            state.pendingJump = (state.pendingJump ?? .zero) + distance
        }
    }

    /// Reports a jump once.
    public func read() -> ClockReading {
        self.state.withLock { state in
            defer { state.pendingJump = nil }
            if let jump = state.pendingJump { return .jumped(by: jump) }
            return .at(state.steady.advanced(by: state.ahead))
        }
    }

    /// Does nothing: the caller that moves this clock decides how often it is read.
    public func begin() {}
}
