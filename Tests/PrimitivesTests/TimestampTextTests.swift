import Foundation
import Primitives
import Testing

@Suite("Instants for people")
struct TimestampTextTests {
    @Test(
        "C2-13: an instant is written as ISO 8601 writes its minute",
        arguments: [
            0, -1, 951_782_400_000, 951_868_799_999, 1_767_225_600_000, 1_796_119_200_000,
            4_107_542_399_999, -12_000_000_000_000, 253_402_300_799_999,
        ]
    )
    func text(milliseconds: Int64) {
        let minute = (Double(milliseconds) / 60_000).rounded(.down) * 60
        let expected = Date(timeIntervalSince1970: minute).formatted(.iso8601)
            .replacingOccurrences(of: ":00Z", with: "Z", options: .backwards)
        #expect(Timestamp(milliseconds: milliseconds).text == expected)
    }

    @Test("C2-13: no instant is too far to be written")
    func extremes() {
        for milliseconds in [Int64.min, .max] {
            #expect(Timestamp(milliseconds: milliseconds).text.hasSuffix("Z"))
        }
    }
}
