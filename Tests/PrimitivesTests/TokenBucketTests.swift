import Primitives
import Testing

@Suite("A bucket of tokens")
struct TokenBucketTests {
    private static func at(_ milliseconds: Int64) -> Timestamp {
        Timestamp(milliseconds: 1_790_000_000_000 + milliseconds)
    }

    @Test("it holds its burst, and gives one token back in each interval")
    func burst() {
        var bucket = TokenBucket(burst: 2, oneInMilliseconds: 10)
        for _ in 0..<2 {
            #expect(bucket.hasRoom(now: Self.at(0)))
            bucket.spend(now: Self.at(0))
        }
        #expect(!bucket.hasRoom(now: Self.at(9)))
        #expect(bucket.hasRoom(now: Self.at(10)))
    }

    @Test("whoever takes more than there is leaves it empty, and not full")
    func overspent() {
        var bucket = TokenBucket(burst: 2, oneInMilliseconds: 10)
        for _ in 0..<5 { bucket.spend(now: Self.at(0)) }
        #expect(!bucket.hasRoom(now: Self.at(9)))
        #expect(bucket.hasRoom(now: Self.at(10)))
    }

    @Test("a clock that was set back does not keep it empty")
    func clock() {
        var bucket = TokenBucket(burst: 1, oneInMilliseconds: 10)
        bucket.spend(now: Self.at(1_000_000))
        #expect(bucket.hasRoom(now: Self.at(0)))
    }
}
