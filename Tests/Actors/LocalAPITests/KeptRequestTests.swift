import Messages
import Primitives
import Testing

@testable import LocalAPI

@Suite("ADR 0060: how much is remembered of requests with a key")
struct KeptRequestTests {
    private static let now = Timestamp(milliseconds: 1_790_000_000_000)

    private static func key(_ number: Int) -> RequestKey {
        RequestKey("\(number)", of: "somebody", askingFor: [])
    }

    private static func id(_ number: Int) -> RequestID { RequestID(rawValue: UInt64(number)) }

    /// So many requests that were answered with a text of so many bytes.
    private static func answered(_ count: Int, bytes: Int) -> KeptRequests {
        let answer = APIResponse(.object([("text", .string(String(repeating: "x", count: bytes)))]))
        var kept = KeptRequests()
        for number in 0..<count {
            kept.begin(Self.key(number), Self.id(number), now: Self.now)
            kept.answered(Self.id(number), answer)
        }
        return kept
    }

    @Test("answers have so many bytes together, and the oldest give way")
    func bytes() {
        let kept = Self.answered(80, bytes: 1_048_576)
        #expect(kept.count < 64)
        #expect(kept.find(Self.key(0), now: Self.now) == .nothing)
        guard case .answered = kept.find(Self.key(79), now: Self.now) else {
            Issue.record("the newest answer is gone")
            return
        }
    }

    @Test("what the log holds of requests outlives a start behind a checkpoint, and that alone")
    func checkpoint() {
        var before = Self.answered(2, bytes: 8)
        let message = MessageID(SHA256Digest.hash([1]))
        before.logged(Self.key(7), .message(message), at: Self.now)
        before.logged(Self.key(8), .fact, at: Self.now)
        before.begin(Self.key(9), Self.id(9), now: Self.now)
        var after = KeptRequests()
        after.restore(before.traces)
        #expect(after.find(Self.key(7), now: Self.now) == .logged(.message(message)))
        #expect(after.find(Self.key(8), now: Self.now) == .logged(.fact))
        let tomorrow = Self.now.adding(milliseconds: APILimits.keptMilliseconds)
        #expect(after.find(Self.key(7), now: tomorrow) == .nothing)
        for number in [0, 1, 9] {
            #expect(after.find(Self.key(number), now: Self.now) == .nothing)
        }
    }

    @Test("what is under way is not forgotten, however many come after it")
    func underWay() {
        var kept = KeptRequests()
        kept.begin(Self.key(-1), Self.id(1_000_000), now: Self.now)
        for number in 0..<(APILimits.keptMax + 10) {
            kept.begin(Self.key(number), Self.id(number), now: Self.now)
            kept.answered(Self.id(number), APIResponse(.emptyObject))
        }
        #expect(kept.count <= APILimits.keptMax)
        #expect(kept.find(Self.key(-1), now: Self.now) == .running)
        #expect(kept.find(Self.key(0), now: Self.now) == .nothing)
    }
}
