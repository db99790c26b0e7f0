import Synchronization
import Testing

@testable import Kernel

@Suite("ADR 0033: what a kernel does when its clock jumps")
struct ClockJumpTests {
    /// A clock of the machine that somebody sets.
    private final class Wall: Sendable {
        private let reading = Atomic<Int64>(1_000_000_000_000)

        var now: Moment { Moment(nanoseconds: self.reading.load(ordering: .acquiring)) }

        func set(by distance: Duration) {
            self.reading.add(distance.saturatedNanoseconds, ordering: .releasing)
        }
    }

    private static func bench(_ wall: Wall) throws -> Bench {
        try Bench(clockedBy: SystemClock(watching: { wall.now }))
    }

    /// Lets a kernel run, sets its clock and waits for the end.
    private static func exit(after distance: Duration) async throws -> KernelExit {
        let wall = Wall()
        let bench = try Self.bench(wall)
        let running = Task { await bench.kernel.run(workers: 2) }
        bench.speaker.orders.put(.say("before"))
        while bench.heard.lines.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        wall.set(by: distance)
        while bench.speaker.orders.put(.say("after")), bench.kernel.exit == nil,
            !bench.heard.lines.contains("after")
        {
            try await Task.sleep(for: .milliseconds(10))
        }
        bench.kernel.stop()
        let exit = await running.value
        let wasHeard = bench.heard.lines.contains("after")
        #expect(wasHeard == (exit == .stopped), "no handler runs after a jump")
        return exit
    }

    @Test(
        "C3-6, C4-1: a clock set back by more than five seconds ends the run, and says by how much",
        arguments: [-6, -400, -3_600]
    )
    func setBack(seconds: Int) async throws {
        let exit = try await Self.exit(after: .seconds(seconds))
        #expect(exit == .clockJumped(by: .seconds(seconds)))
    }

    @Test(
        "C4-1: a clock set forward, a machine that slept and a process that was stopped end it, too",
        arguments: [61, 3_600, 86_400 * 30]
    )
    func setForward(seconds: Int) async throws {
        let exit = try await Self.exit(after: .seconds(seconds))
        #expect(exit == .clockJumped(by: .seconds(seconds)))
    }

    @Test("C4-1: small corrections are no jumps", arguments: [-5, -1, 1, 60])
    func corrected(seconds: Int) async throws {
        let exit = try await Self.exit(after: .seconds(seconds))
        #expect(exit == .stopped)
    }

    @Test("C4-1: an idle kernel notices within seconds, though nobody sends anything")
    func idle() async throws {
        let wall = Wall()
        let bench = try Self.bench(wall)
        let running = Task { await bench.kernel.run(workers: 1) }
        wall.set(by: .seconds(-3_600))
        let exit = await running.value
        #expect(exit == .clockJumped(by: .seconds(-3_600)))
    }

    @Test("time stands still after a small step back, and never goes backwards for anybody")
    func standsStill() async throws {
        let wall = Wall()
        let start = wall.now
        let bench = try Self.bench(wall)
        await bench.tell(.say("one"))
        wall.set(by: .seconds(-2))
        await bench.tell(.say("two"))
        wall.set(by: .seconds(3))
        await bench.tell(.say("three"))
        let times = bench.trace.lines.filter { $0.message == "Said" }.map(\.sentAt)
        #expect(times == [start, start, start.advanced(by: .seconds(1))])
    }

    @Test("what takes long before the run begins, such as a replay, is no jump")
    func beforeTheRun() async throws {
        let wall = Wall()
        let bench = try Self.bench(wall)
        await bench.tell(.say("one"))
        wall.set(by: .seconds(3_600))
        let exit = await bench.tell(.say("two"))
        #expect(exit == nil && bench.heard.lines.count == 2)
    }

    @Test("C4-1: a clock set back during a replay does not end it; the run that follows notices")
    func setBackBeforeTheRun() async throws {
        let wall = Wall()
        let bench = try Self.bench(wall)
        await bench.tell(.say("one"))
        wall.set(by: .seconds(-3_600))
        let exit = await bench.tell(.say("two"))
        #expect(exit == nil && bench.heard.lines.count == 2)
        let end = await bench.kernel.run(workers: 1)
        #expect(end == .clockJumped(by: .seconds(-3_600)))
    }

    /// A thread that reads the clock and loses the processor once, while others read it every 30 s.
    private final class Interrupted: Sendable {
        let wall = Wall()
        private let isAfterTheReading: Bool
        private let clock = Mutex<SystemClock?>(nil)

        init(afterTheReading: Bool) { self.isAfterTheReading = afterTheReading }

        func interruptNext(of clock: SystemClock) { self.clock.withLock { $0 = clock } }

        func read() -> Moment {
            let clock = self.clock.withLock { next in
                defer { next = nil }
                return next
            }
            let before = self.wall.now
            guard let clock else { return before }
            for _ in 0..<3 {
                self.wall.set(by: .seconds(30))
                #expect(clock.read() == .at(self.wall.now))
            }
            return self.isAfterTheReading ? before : self.wall.now
        }
    }

    @Test(
        "C4-1: a thread that loses the processor while it reads the clock reports no jump",
        arguments: [true, false]
    )
    func interrupted(afterTheReading: Bool) {
        let thread = Interrupted(afterTheReading: afterTheReading)
        let clock = SystemClock(watching: { thread.read() })
        clock.begin()
        thread.interruptNext(of: clock)
        #expect(clock.read() == .at(thread.wall.now), "never behind what others have seen")
    }

    @Test("a clock of the simulator that is set ends the kernel before a handler sees it")
    func manual() async throws {
        let clock = ManualClock(Moment(milliseconds: 1_000))
        let bench = try Bench(clockedBy: clock)
        await bench.tell(.say("one"))
        clock.jump(by: .seconds(-3_600))
        let exit = await bench.tell(.say("two"))
        #expect(exit == .clockJumped(by: .seconds(-3_600)))
        #expect(bench.heard.lines.count == 1)
        clock.advance(by: .seconds(1))
        #expect(clock.steady == Moment(milliseconds: 2_000))
        #expect(clock.now == clock.steady.advanced(by: .seconds(-3_600)))
        #expect(clock.read() == .at(clock.now))
    }
}
