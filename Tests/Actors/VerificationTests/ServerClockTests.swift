import Messages
import Primitives
import TestSupport
import Testing

@testable import Verification

@Suite("ADR 0066: when time servers are asked, and what follows")
struct ServerClockTests {
    private static let minute: Int64 = 60_000
    private static let hour: Int64 = 3_600_000

    private var machine = VerificationStateMachine(
        isLocalProfile: false,
        timeServers: ["a", "b", "c", "a"]
    )

    private static func moment(_ milliseconds: Int64) -> Timestamp {
        Sample.now.adding(milliseconds: milliseconds)
    }

    /// Who is asked, and for when a wake is asked for, in milliseconds.
    private static func read(_ actions: [VerificationAction]) -> (asked: [String], next: Int64?) {
        var (asked, next): ([String], Int64?) = ([], nil)
        for action in actions {
            if case .askTime(let servers) = action { asked += servers }
            if case .wake(let moment) = action { next = moment.milliseconds(since: Sample.now) }
        }
        return (asked, next)
    }

    private mutating func start() -> [String] {
        Self.read(self.machine.started(now: Sample.now)).asked
    }

    private mutating func wake(at time: Int64) -> [String] {
        Self.read(self.machine.woke(now: Self.moment(time))).asked
    }

    /// Servers answer, `a` first.
    private mutating func hear(
        _ outcomes: [TimeAnswer.Outcome],
        at time: Int64 = 0,
        entropy: UInt64 = 0
    ) -> [VerificationAction] {
        let answers = zip(["a", "b", "c"], outcomes).map { TimeAnswer(server: $0, outcome: $1) }
        let heard = TimeAnswered(answers: answers)
        return self.machine.heard(heard, now: Self.moment(time), entropy: entropy)
    }

    private static func warnings(_ actions: [VerificationAction]) -> [Bool] {
        actions.compactMap { action in
            if case .warnOfServers(let time) = action { time.isOff } else { nil }
        }
    }

    @Test("R-02-023: every server is asked at the start, and nobody where none is named")
    mutating func atStart() throws {
        #expect(self.start() == ["a", "b", "c"])
        var alone = VerificationStateMachine(isLocalProfile: false)
        #expect(alone.started(now: Sample.now).isEmpty)
    }

    @Test("R-02-024: they are asked again after six hours, less up to half an hour by chance")
    mutating func again() {
        _ = self.start()
        let plain = Self.read(self.hear([.ahead(1), .ahead(2), .ahead(3)])).next
        #expect(plain == 6 * Self.hour)
        let chance = Self.read(self.hear([.ahead(1)], entropy: .max)).next ?? 0
        #expect((6 * Self.hour - 30 * Self.minute..<6 * Self.hour).contains(chance))
        #expect(self.wake(at: chance - 1).isEmpty)
        #expect(self.wake(at: chance) == ["a", "b", "c"])
    }

    @Test("R-02-024: when none answers, they are asked after a minute, then two, and so on")
    mutating func retries() {
        _ = self.start()
        var (time, pauses): (Int64, [Int64]) = (0, [])
        for _ in 0..<12 {
            let next =
                Self.read(self.hear([.unanswered(because: "silence")], at: time)).next ?? time
            pauses.append((next - time) / Self.minute)
            #expect(self.wake(at: next) == ["a", "b", "c"])
            time = next
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360])
    }

    @Test("ADR 0066: should the answers be lost, they are asked again all the same")
    mutating func lost() {
        let started = self.machine.started(now: Sample.now)
        #expect(Self.read(started).next == Self.minute)
        #expect(self.wake(at: Self.minute) == ["a", "b", "c"])
    }

    @Test("T13, ADR 0066: the lower median counts, so that one liar of three changes nothing")
    mutating func median() throws {
        _ = self.start()
        #expect(self.machine.status.serverTime == nil)
        _ = self.hear([.ahead(-90_000_000), .ahead(20), .ahead(40)], at: 5)
        let time = try #require(self.machine.status.serverTime)
        #expect(time.offsetMilliseconds == 20 && time.servers == 3 && !time.isOff)
        #expect(time.askedAt == Self.moment(5))
        _ = self.hear([.ahead(-50), .unanswered(because: "silence"), .ahead(40)])
        #expect(self.machine.status.serverTime?.offsetMilliseconds == -50)
    }

    @Test(
        "R-02-023: a clock that is off by more than three seconds is told of, and when it is right again"
    )
    mutating func warning() {
        _ = self.start()
        #expect(Self.warnings(self.hear([.ahead(3_000)])).isEmpty)
        #expect(Self.warnings(self.hear([.ahead(3_001)])) == [true])
        #expect(Self.warnings(self.hear([.ahead(-3_001)])) == [true])
        #expect(Self.warnings(self.hear([.ahead(.min)])) == [true])
        #expect(Self.warnings(self.hear([.ahead(-3_000)])) == [false])
        #expect(Self.warnings(self.hear([.ahead(0)])).isEmpty)
    }

    @Test(
        "ADR 0066: a server that asks for less has twelve hours of rest, one that refuses is not asked again"
    )
    mutating func kisses() {
        _ = self.start()
        _ = self.hear([.tooOften, .denied, .ahead(1)])
        #expect(self.wake(at: 6 * Self.hour) == ["c"])
        _ = self.hear([.unanswered(because: ""), .denied, .ahead(1)], at: 6 * Self.hour)
        #expect(self.wake(at: 12 * Self.hour) == ["a", "c"])
    }
}
