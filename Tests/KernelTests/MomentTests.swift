import Kernel
import Testing

@Suite("Moments")
struct MomentTests {
    @Test("arithmetic saturates instead of trapping")
    func saturation() {
        let last = Moment(nanoseconds: .max)
        #expect(last.advanced(by: .seconds(1)) == last)
        #expect(Moment(nanoseconds: .min).advanced(by: .seconds(-1)).nanoseconds == .min)
        #expect(Moment(milliseconds: .max) == last)
        #expect(Moment(milliseconds: .min).nanoseconds == .min)
        let span = last.duration(since: Moment(nanoseconds: -1))
        #expect(span == .nanoseconds(Int64.max))
        #expect(Moment(nanoseconds: -2).duration(since: last) == .nanoseconds(Int64.min))
        #expect(Moment(nanoseconds: 0).advanced(by: .seconds(Int64.max)) == last)
        #expect(Moment(nanoseconds: 0).advanced(by: .seconds(Int64.min)).nanoseconds == .min)
    }

    @Test(
        "milliseconds are rounded down",
        arguments: [(1_999_999, 1), (0, 0), (-1, -1), (-1_000_000, -1), (-1_000_001, -2)]
    )
    func milliseconds(nanoseconds: Int64, expected: Int64) {
        #expect(Moment(nanoseconds: nanoseconds).milliseconds == expected)
    }

    @Test("an instant prints as seconds with nine decimals")
    func text() {
        #expect(Moment(nanoseconds: 1_000_000_042).description == "1.000000042 s")
        #expect(Moment(nanoseconds: -5).description == "-0.000000005 s")
        #expect(Moment(nanoseconds: .min).description == "-9223372036.854775808 s")
    }
}
