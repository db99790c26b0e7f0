import Testing

@testable import SNTP

@Suite("ADR 0066: what answers a question to a time server")
struct TimeQuestionTests {
    /// 1 December 2026, in Unix milliseconds.
    private static let noon: Int64 = 1_796_126_400_000
    private static let question = TimeQuestion(nonce: 0x0102_0304_0506_0708, askedAt: noon)

    /// The answer of a server whose clock is ahead, on a way that takes as long in both directions.
    private static func answer(
        ahead: Int64 = 0,
        way: Int64 = 10,
        _ change: (inout [UInt8]) -> Void = { _ in }
    )
        -> TimeQuestion.Answer?
    {
        let received = Self.noon + way + ahead
        var packet = TimePacket.answer(
            to: Self.question.bytes,
            received: received,
            sent: received + 2
        )
        change(&packet)
        return Self.question.read(packet, receivedAt: Self.noon + 2 * way + 2)
    }

    @Test("R-02-023: a question is a client's, of version 4, and says nothing of the own time")
    func question() {
        let bytes = Self.question.bytes
        #expect(bytes.count == 48 && bytes[0] == 0x23)
        #expect(bytes[1..<40].allSatisfy { $0 == 0 })
        #expect(Array(bytes[40..<48]) == [1, 2, 3, 4, 5, 6, 7, 8])
    }

    @Test("R-02-023: the offset is that of the server's clock, however long the way is")
    func offset() {
        #expect(Self.answer() == .ahead(0))
        #expect(Self.answer(ahead: 5_000, way: 700) == .ahead(-5_000))
        #expect(Self.answer(ahead: -86_400_000, way: 1) == .ahead(86_400_000))
    }

    @Test("R-02-023: after 2036 the count of servers begins anew")
    func era() {
        let late: Int64 = 2_500_000_000_000
        let question = TimeQuestion(nonce: 1, askedAt: late)
        let packet = TimePacket.answer(to: question.bytes, received: late, sent: late)
        #expect(question.read(packet, receivedAt: late) == .ahead(0))
    }

    @Test("ADR 0066: what is not the answer to this question is not looked at")
    func foreign() {
        #expect(Self.answer { $0[24] ^= 1 } == nil, "another number")
        #expect(Self.answer { $0[0] = 4 << 3 | 3 } == nil, "a question")
        #expect(Self.answer { $0[0] = 4 << 3 | 5 } == nil, "a broadcast")
        #expect(Self.answer { $0[0] = 1 << 3 | 4 } == nil, "another version")
        #expect(Self.answer { $0.removeLast() } == nil, "too short")
        #expect(Self.question.read([], receivedAt: 0) == nil)
        let denied = Self.answer { packet in
            packet[1] = 0
            packet[30] ^= 1
        }
        #expect(denied == nil, "a refusal by somebody who did not see the question")
    }

    @Test("ADR 0066: servers that do not know the time, or whose times do not fit, are of no use")
    func useless() {
        func isUseless(_ answer: TimeQuestion.Answer?) -> Bool {
            if case .useless = answer { true } else { false }
        }
        #expect(isUseless(Self.answer { $0[1] = 16 }))
        #expect(isUseless(Self.answer { $0[1] = 255 }))
        #expect(isUseless(Self.answer { $0[0] |= 3 << 6 }))
        #expect(
            isUseless(Self.answer { $0.replaceSubrange(40..<48, with: repeatElement(0, count: 8)) })
        )
        #expect(isUseless(Self.answer { $0[40] = 0xff }), "sent years after it was received")
        #expect(isUseless(Self.answer(way: 100_000)), "longer under way than is waited for")
        #expect(Self.answer { $0[1] = 15 } == .ahead(0))
    }

    @Test("ADR 0066: a refusal names its reason")
    func refused() {
        let answer = Self.answer { packet in
            packet[1] = 0
            packet.replaceSubrange(12..<16, with: Array("RATE".utf8))
        }
        #expect(answer == .refused(code: "RATE"))
    }

    @Test("ADR 0066: a server is named with its port or without")
    func names() {
        #expect(ServerName("pool.ntp.org")?.port == 123)
        #expect(ServerName("127.0.0.1:4123").map { "\($0.host) \($0.port)" } == "127.0.0.1 4123")
        #expect(ServerName("[::1]:4123").map { "\($0.host) \($0.port)" } == "::1 4123")
        #expect(ServerName("::1").map { "\($0.host) \($0.port)" } == "::1 123")
        for text in ["", ":123", "host:", "host:0", "host:65536", "a b", "http://host", "[::1]x"] {
            #expect(ServerName(text) == nil, "\(text)")
        }
    }
}
