import Testing

@testable import Kernel

@Suite("Timers: at most one pending moment a subsystem")
struct TimersTests {
    private static func seat(_ number: UInt16) -> SubsystemID { SubsystemID(rawValue: number) }

    private static func timers(_ wakes: [(UInt16, Int64)], seats: Int = 4) -> Timers {
        let timers = Timers()
        timers.reserve(seats)
        for (seat, nanoseconds) in wakes {
            timers.set(Self.seat(seat), at: Moment(nanoseconds: nanoseconds))
        }
        return timers
    }

    @Test("without a wake there is no earliest one, and none is due")
    func empty() {
        let timers = Self.timers([])
        #expect(timers.earliest == nil)
        #expect(timers.takeDue(Moment(nanoseconds: .max)).isEmpty)
    }

    @Test("of one subsystem the moment that was set last counts, also when it is later or none")
    func setAnew() {
        let timers = Self.timers([(1, 30), (1, 10), (1, 20), (2, 25)])
        #expect(timers.earliest == Moment(nanoseconds: 20))
        timers.set(Self.seat(1), at: nil)
        #expect(timers.earliest == Moment(nanoseconds: 25))
        #expect(timers.takeDue(Moment(nanoseconds: 25)).map(\.rawValue) == [2])
    }

    @Test("due are those at or before now, earliest first, and of one moment by seat")
    func order() {
        let timers = Self.timers([(3, 5), (0, 10), (2, 5), (1, 11)])
        #expect(timers.takeDue(Moment(nanoseconds: 10)).map(\.rawValue) == [2, 3, 0])
        #expect(timers.earliest == Moment(nanoseconds: 11))
    }

    @Test("what was taken is forgotten; a later wake may be asked for then")
    func forgotten() {
        let timers = Self.timers([(0, 5)])
        #expect(timers.takeDue(Moment(nanoseconds: 4)).isEmpty)
        #expect(timers.takeDue(Moment(nanoseconds: 5)).count == 1)
        #expect(timers.takeDue(Moment(nanoseconds: 5)).isEmpty)
        timers.set(Self.seat(0), at: Moment(nanoseconds: 50))
        #expect(timers.earliest == Moment(nanoseconds: 50))
    }

    @Test("a wake in the past is due at once; the end of time never comes")
    func extremes() {
        let timers = Self.timers([(0, .min), (1, .max)])
        #expect(timers.takeDue(Moment(nanoseconds: 0)).map(\.rawValue) == [0])
        #expect(timers.earliest == Moment(nanoseconds: .max))
    }

    @Test("after the stop nobody sleeps any more")
    func stopped() async {
        let timers = Self.timers([])
        timers.stop()
        #expect(await timers.sleep(ManualClock()) == false)
    }
}

@Suite("The queue of slots that have mail")
struct SchedulerTests {
    private static func drained(_ scheduler: Scheduler) -> [UInt16] {
        var seats: [UInt16] = []
        while case .drain(let id) = scheduler.next() { seats.append(id.rawValue) }
        return seats
    }

    @Test("slots are drained in the order in which they got mail")
    func order() {
        let scheduler = Scheduler()
        for seat in [2, 0, 1] as [UInt16] {
            scheduler.schedule(SubsystemID(rawValue: seat), isUrgent: seat == 0)
        }
        #expect(Self.drained(scheduler) == [2, 0, 1])
        #expect(Self.drained(scheduler).isEmpty)
    }

    @Test("after the stop nothing is drained, not even what has mail")
    func stopped() {
        let scheduler = Scheduler()
        scheduler.schedule(SubsystemID(rawValue: 0), isUrgent: true)
        scheduler.stop()
        guard case .stop = scheduler.next() else {
            Issue.record("a stopped queue goes on")
            return
        }
    }

    @Test("a worker does not park beside work, and a parked one is woken by work and by the stop")
    func parking() async {
        let scheduler = Scheduler()
        scheduler.setWorkers(1)
        scheduler.schedule(SubsystemID(rawValue: 4), isUrgent: false)
        await scheduler.park()
        #expect(Self.drained(scheduler) == [4])
        let worker = Task {
            await scheduler.park()
            return Self.drained(scheduler)
        }
        await Task.yield()
        scheduler.schedule(SubsystemID(rawValue: 5), isUrgent: false)
        #expect(await worker.value == [5])
        let last = Task { await scheduler.park() }
        await Task.yield()
        scheduler.stop()
        await last.value
    }
}
