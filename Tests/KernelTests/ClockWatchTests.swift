import Testing

@testable import Kernel

@Suite("ADR 0033: jumps of a clock are told from the passing of time")
struct ClockWatchTests {
    private static let start = Moment(milliseconds: 1_000_000)

    private static func at(_ seconds: Int) -> Moment {
        Self.start.advanced(by: .seconds(seconds))
    }

    /// A watch that has begun at the start.
    private static func watch() -> ClockWatch {
        let watch = ClockWatch(at: Self.start)
        watch.begin(at: Self.start)
        return watch
    }

    @Test("a minute of silence is the passing of time, a nanosecond more is a jump")
    func forth() {
        #expect(Self.watch().take { Self.at(60) } == .at(Self.at(60)))
        let beyond = Self.at(60).advanced(by: .nanoseconds(1))
        #expect(
            Self.watch().take { beyond } == .jumped(by: .seconds(60) + .nanoseconds(1))
        )
    }

    @Test("five seconds back are smoothed, a nanosecond more is a jump")
    func back() {
        #expect(Self.watch().take { Self.at(-5) } == .at(Self.start))
        let beyond = Self.at(-5).advanced(by: .nanoseconds(-1))
        #expect(
            Self.watch().take { beyond } == .jumped(by: .seconds(-5) - .nanoseconds(1))
        )
    }

    @Test("many small steps back add up to a jump, as none of them moves what was reached")
    func creeping() {
        let watch = Self.watch()
        for step in 1...5 { #expect(watch.take { Self.at(-step) } == .at(Self.start)) }
        #expect(watch.take { Self.at(-6) } == .jumped(by: .seconds(-6)))
    }

    @Test("time goes on where it stood still once the clock has come as far again")
    func onwards() {
        let watch = Self.watch()
        #expect(watch.take { Self.at(-3) } == .at(Self.start))
        #expect(watch.take { Self.at(-1) } == .at(Self.start))
        #expect(watch.take { Self.at(2) } == .at(Self.at(2)))
    }

    @Test("a jump is not taken over: every reader hears of it, until the clock is right again")
    func everybodyHears() {
        let watch = Self.watch()
        for _ in 0..<3 { #expect(watch.take { Self.at(100) } == .jumped(by: .seconds(100))) }
        #expect(watch.take { Self.at(1) } == .at(Self.at(1)))
    }

    @Test("before the run begins no silence and no setting is a jump, but time never goes back")
    func beforeTheRun() {
        let watch = ClockWatch(at: Self.start)
        #expect(watch.take { Self.at(10_000) } == .at(Self.at(10_000)))
        #expect(watch.take { Self.at(-10_000) } == .at(Self.at(10_000)))
        watch.begin(at: Self.at(-10_000))
        #expect(watch.take { Self.at(-10_000) } == .jumped(by: .seconds(-20_000)))
    }

    @Test("one wrong look alone is no jump: the second decides")
    func secondLook() {
        let watch = Self.watch()
        var looks = [Self.at(500), Self.at(3)]
        let reading = watch.take { looks.removeFirst() }
        #expect(reading == .at(Self.at(3)))
        #expect(looks.isEmpty)
    }
}

@Suite("The clock of scripts")
struct ManualClockTests {
    @Test("it stands still until it is moved, and may be set to an earlier moment")
    func moved() {
        let clock = ManualClock()
        #expect(clock.now == Moment(nanoseconds: 0) && clock.now == clock.now)
        clock.advance(by: .seconds(3))
        #expect(clock.now == Moment(milliseconds: 3_000))
        clock.set(to: Moment(milliseconds: 1_000))
        #expect(clock.read() == .at(Moment(milliseconds: 1_000)))
    }

    @Test("jumps add up until somebody reads, and are told once")
    func jumps() {
        let clock = ManualClock(Moment(milliseconds: 10_000))
        clock.jump(by: .seconds(5))
        clock.jump(by: .seconds(-7))
        #expect(clock.read() == .jumped(by: .seconds(-2)))
        #expect(clock.read() == .at(Moment(milliseconds: 8_000)))
    }

    @Test("moving it leaves its error alone: steady time and shown time keep their distance")
    func distance() {
        let clock = ManualClock(Moment(milliseconds: 10_000))
        clock.jump(by: .seconds(4))
        clock.advance(by: .seconds(1))
        #expect(clock.steady == Moment(milliseconds: 11_000))
        #expect(clock.now == Moment(milliseconds: 15_000))
        clock.set(steady: Moment(milliseconds: 20_000))
        #expect(clock.now == Moment(milliseconds: 24_000))
        #expect(clock.steady(at: clock.now) == clock.steady)
        clock.set(to: Moment(milliseconds: 4_000))
        #expect(clock.steady == Moment(milliseconds: 0))
    }
}

@Suite("The machine's clock")
struct SystemClockTests {
    @Test("it shows the time of the day, and uptime never goes back")
    func reading() {
        let clock = SystemClock()
        // The first day of 2024; no machine that builds this shows less.
        #expect(clock.now > Moment(milliseconds: 1_704_067_200_000))
        let first = SystemClock.uptime
        #expect(first > Moment(nanoseconds: 0))
        #expect(SystemClock.uptime >= first)
    }
}
