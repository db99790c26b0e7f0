import Primitives
import Testing

@Suite("Days of the storage market")
struct MarketCalendarTests {
    @Test("the protocol's days are those of UTC, and its spans what they say")
    func standard() {
        let calendar = MarketCalendar.standard
        #expect(calendar.milliseconds(.days(7)) == 604_800_000)
        #expect(calendar.milliseconds(.hours(48)) == 172_800_000)
        #expect(calendar.milliseconds(.minutes(65)) == 3_900_000)
        for milliseconds in [0, -1, 86_399_999, 86_400_000, 1_767_225_600_001] as [Int64] {
            let moment = Timestamp(milliseconds: milliseconds)
            #expect(calendar.day(of: moment) == moment.utcDay)
        }
    }

    @Test("where a day lasts a minute, everything that is counted in days shrinks alike")
    func short() throws {
        let calendar = try #require(MarketCalendar(daySeconds: 60))
        #expect(calendar.milliseconds(.days(7)) == 420_000)
        #expect(calendar.milliseconds(.hours(24)) == 60_000)
        #expect(calendar.milliseconds(.hours(1)) == 2_500)
        #expect(calendar.milliseconds(.minutes(30)) == 1_250)
        let moment = Timestamp(milliseconds: 120_001)
        #expect(calendar.moment(.hours(1), after: moment).milliseconds == 122_501)
        #expect(calendar.moment(.days(1), before: moment).milliseconds == 60_001)
        #expect(calendar.day(of: moment) == 2)
        #expect(calendar.day(of: Timestamp(milliseconds: -1)) == -1)
    }

    @Test("no calendar has days too short to keep up with, or longer than a day")
    func bounds() {
        #expect(MarketCalendar(daySeconds: 9) == nil)
        #expect(MarketCalendar(daySeconds: 10) != nil)
        #expect(MarketCalendar(daySeconds: 86_400) == .standard)
        #expect(MarketCalendar(daySeconds: 86_401) == nil)
        #expect(MarketCalendar(daySeconds: -1) == nil)
    }
}
