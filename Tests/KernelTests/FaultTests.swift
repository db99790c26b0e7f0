import Kernel
import Testing

@Suite("§3 Faults, wakes and the run")
struct FaultTests {
    @Test("a handler that throws stops the kernel; the fault shows envelope and cause")
    func handler() async throws {
        let bench = try Bench()
        guard case .faulted(let fault) = await bench.tell(.say("before"), .fail, .say("after"))
        else {
            Issue.record("no fault")
            return
        }
        #expect(fault.subsystem == "Speaker")
        #expect(fault.message == "Order")
        #expect(fault.reason == "told to fail")
        #expect(fault.causeChain.map(\.message) == ["Order"])
        #expect(fault.envelope == fault.causeChain.first?.id)
        #expect("\(fault)".hasPrefix("Speaker failed handling Order: told to fail"))
        #expect(bench.kernel.exit == .faulted(fault))
    }

    @Test("a handler that throws sends nothing, and nothing is delivered after it")
    func nothingSent() async throws {
        let bench = try Bench()
        await bench.tell(.fail)
        await bench.tell(.say("after"))
        #expect(bench.heard.lines.isEmpty)
    }

    @Test("the first reason of an end counts")
    func firstReason() async throws {
        let bench = try Bench()
        bench.kernel.stop()
        await bench.tell(.fail)
        #expect(bench.kernel.exit == .stopped)
    }

    @Test("a wake comes when it is due, once, and has no cause")
    func wake() async throws {
        let bench = try Bench()
        let due = Moment(milliseconds: 1_000)
        await bench.tell(.wake(at: due))
        #expect(bench.kernel.nextWake == due)
        bench.clock.set(to: Moment(milliseconds: 999))
        bench.kernel.fireWakes()
        await bench.kernel.settle()
        #expect(bench.spoken.lines.isEmpty)
        bench.clock.set(to: due)
        for _ in 0..<2 {
            bench.kernel.fireWakes()
            await bench.kernel.settle()
        }
        #expect(bench.spoken.lines == ["woke at \(due)"])
        #expect(bench.trace.lines.last?.message == "Said")
        #expect(bench.trace.lines.last?.cause == nil)
        #expect(bench.kernel.nextWake == nil)
    }

    @Test("of several wakes the earliest is kept")
    func earliestWake() async throws {
        let bench = try Bench()
        await bench.tell(
            .wake(at: Moment(milliseconds: 30)),
            .wake(at: Moment(milliseconds: 10)),
            .wake(at: Moment(milliseconds: 20))
        )
        #expect(bench.kernel.nextWake == Moment(milliseconds: 10))
        await bench.tell(.wake(at: Moment(milliseconds: 15)))
        #expect(bench.kernel.nextWake == Moment(milliseconds: 10))
    }

    @Test("a wake without a handler is a fault that says so")
    func undeclaredWake() async throws {
        let kernel = Kernel(clock: ManualClock(), entropy: SeededEntropy(seed: 1))
        let sleeper = kernel.add { boot in Sleeper(boot) }
        try kernel.boot(standard: [])
        sleeper.orders.put(Sleeper.Sleep())
        await kernel.settle()
        kernel.fireWakes()
        guard case .faulted(let fault) = await kernel.settle() else {
            Issue.record("no fault")
            return
        }
        #expect(fault.message == nil)
        #expect(fault.reason.contains("declares no wakes handler"))
    }

    @Test("now never goes back for a subsystem, even if the machine's clock does")
    func timeIsMonotonic() async throws {
        let bench = try Bench()
        bench.clock.set(to: Moment(milliseconds: 500))
        await bench.tell(.say("late"))
        bench.clock.set(to: Moment(milliseconds: 100))
        await bench.tell(.say("early"))
        let times = bench.trace.lines.filter { $0.message == "Said" }.map(\.sentAt)
        #expect(times == [Moment(milliseconds: 500), Moment(milliseconds: 500)])
    }

    @Test("run(workers:) delivers until stop and leaves nothing running", arguments: [1, 2, 4])
    func run(workers: Int) async throws {
        let bench = try Bench()
        let running = Task { await bench.kernel.run(workers: workers) }
        for number in 0..<100 {
            while !bench.speaker.orders.put(.note("\(number)")) { await Task.yield() }
        }
        while bench.heard.lines.count < 100 { try await Task.sleep(for: .milliseconds(1)) }
        bench.kernel.stop()
        let exit = await running.value
        #expect(exit == .stopped)
        #expect(bench.heard.lines == (0..<100).map { "\($0)" })
        #expect(!bench.speaker.orders.put(.note("late")))
    }

    @Test("run(workers:) ends with the fault of a subsystem")
    func runFaults() async throws {
        let bench = try Bench()
        bench.speaker.orders.put(.fail)
        guard case .faulted(let fault) = await bench.kernel.run(workers: 2) else {
            Issue.record("no fault")
            return
        }
        #expect(fault.reason == "told to fail")
    }

    @Test("cancelling the task of a run stops it")
    func cancelled() async throws {
        let bench = try Bench()
        let running = Task { await bench.kernel.run(workers: 2) }
        running.cancel()
        let exit = await running.value
        #expect(exit == .stopped)
    }

    @Test("run(workers:) fires wakes by itself")
    func runWakes() async throws {
        let bench = try Bench()
        bench.speaker.orders.put(.wake(at: Moment(nanoseconds: 0)))
        let running = Task { await bench.kernel.run(workers: 1) }
        while bench.spoken.lines.isEmpty { try await Task.sleep(for: .milliseconds(1)) }
        bench.kernel.stop()
        _ = await running.value
        #expect(bench.spoken.lines == ["woke at \(Moment(nanoseconds: 0))"])
    }
}

/// Asks for a wake that it cannot take.
private actor Sleeper: Subsystem {
    static let name: SubsystemName = "Sleeper"
    struct Sleep: Signal {}
    nonisolated let orders: Inlet<Sleep>

    init(_ boot: borrowing Boot) { self.orders = boot.inlet(Sleep.self) }

    static func wire(_ wiring: borrowing Wiring<Sleeper>) {
        wiring.receives(Sleep.self) { _, _, outbox in outbox.wake(at: outbox.now) }
    }
}
