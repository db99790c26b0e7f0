import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let minute: Int64 = 60_000
private let hour: Int64 = 60 * minute
private let day: Int64 = 24 * hour
/// The beginning of a month of thirty days, and so of every block.
private let start: Int64 = 600 * 30 * day

@Suite("ADR 0035: the digests of a log")
struct LogSummaryTests {
    /// A message of phase 3, so long after the beginning.
    private struct Entry {
        let id: MessageID
        let offset: Int64

        init(_ offset: Int64) {
            self.id = .named("\(offset)")
            self.offset = offset
        }
    }

    private static func summary(_ entries: [Entry]) -> LogSummary {
        entries.reduce(into: LogSummary()) { summary, entry in
            let time = Timestamp(milliseconds: start + entry.offset)
            summary.add(entry.id, at: time, phase: 3)
        }
    }

    private static func digest(_ summary: LogSummary, _ from: Int64, _ until: Int64)
        -> RangeDigest
    {
        summary.digest(
            of: 3,
            from: Timestamp(milliseconds: start + from),
            until: Timestamp(milliseconds: start + until)
        )
    }

    private static func sum(_ entries: [Entry]) -> RangeDigest {
        entries.reduce(into: RangeDigest.empty) { $0.add($1.id) }
    }

    /// Three days with a message every seven minutes.
    private let early = (0..<617).map { Entry(Int64($0) * 7 * minute + 1) }

    @Test("whole blocks have the digest of their messages, however old they become")
    func coarsening() {
        let lengths = [minute, 10 * minute, hour, day]
        // As old as the last one may become while blocks of its length are kept.
        for (length, age) in zip(lengths, [0, 26, 350, 5_000] as [Int64]) {
            let entries = self.early + [Entry((3 + age) * day - 1)]
            let later = Self.summary(entries)
            for from in stride(from: day, to: 3 * day, by: Int(length)) {
                let until = from + length
                let inside = entries.filter { (from..<until).contains($0.offset) }
                #expect(Self.digest(later, from, until) == Self.sum(inside), "\(age) \(from)")
            }
            let old = entries.filter { (0..<3 * day).contains($0.offset) }
            #expect(Self.digest(later, 0, 3 * day) == Self.sum(old))
        }
    }

    @Test(
        "a range inside of blocks is taken with all of them, so that no difference is hidden",
        arguments: [(3, 10 * minute), (40, hour), (400, day)] as [(Int64, Int64)]
    )
    func cover(age: Int64, shortest: Int64) {
        let summary = Self.summary(self.early + [Entry((3 + age) * day - 1)])
        let time = Timestamp(milliseconds: start + day)
        #expect(summary.shortestBlock(at: time) == shortest)
        for from in stride(from: day, to: day + 3 * hour, by: Int(13 * minute)) {
            let until = from + 5 * minute
            let first = from / shortest * shortest
            let end = (until + shortest - 1) / shortest * shortest
            let inside = self.early.filter { (first..<end).contains($0.offset) }
            #expect(Self.digest(summary, from, until) == Self.sum(inside), "\(from)")
        }
    }

    @Test(
        "equal logs have equal digests for every range, in whatever order they grew",
        arguments: [4, 32, 362] as [Int64]
    )
    func order(days: Int64) {
        let entries = self.early + [Entry(80 * hour), Entry(days * day)]
        let (one, other) = (Self.summary(entries), Self.summary(entries.reversed()))
        var mixed = SplitMix64(seed: 7)
        let third = Self.summary(entries.shuffled(using: &mixed))
        for _ in 0..<500 {
            let from = Int64(mixed.next() % UInt64(3 * day))
            let until = from + Int64(mixed.next() % UInt64(3 * day))
            let digest = Self.digest(one, from, until)
            #expect(digest == Self.digest(other, from, until))
            #expect(digest == Self.digest(third, from, until))
        }
    }

    @Test("however long a log grows, minutes and hours take up no more room")
    func bounded() throws {
        func blocks(_ days: Int64, every span: Int64) throws -> Int {
            let summary = Self.summary((0..<days * day / span).map { Entry($0 * span) })
            let kept = try #require(Mirror(reflecting: summary).descendant("blocks"))
            return Mirror(reflecting: kept).children.count
        }
        let week = try blocks(7, every: minute)
        #expect(week == 2_880 + 1_008 + 168 + 7 + 1)
        #expect(try blocks(400, every: hour) == 2_880 / 60 + 4_320 / 6 + 8_640 + 400 + 14)
        let more = try blocks(730, every: hour) - blocks(365, every: hour)
        #expect(more < 400, "days and months alone")
    }
}
