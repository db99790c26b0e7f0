import Cryptography
import Messages
import Primitives
import Testing

@testable import Sync

@Suite("R-05-086: sync takes half of what the line brings")
struct ReceivingBudgetTests {
    private static let start = Timestamp(milliseconds: 1_700_000_000_000)

    private static func after(_ milliseconds: Int64) -> Timestamp {
        Self.start.adding(milliseconds: milliseconds)
    }

    @Test("R-05-086, R-16-143: over an hour of large answers no more than half comes in")
    func half() {
        let bandwidth: Int64 = 1_000_000
        var budget = ReceivingBudget(bandwidth: bandwidth)
        var (received, now) = (Int64(0), Self.start)
        while now < Self.after(3_600_000) {
            if budget.allowsMore(now: now) {
                budget.received(SyncLimits.pageBytesMax, now: now)
                received += Int64(SyncLimits.pageBytesMax)
            }
            now = now.adding(milliseconds: SyncLimits.tickMilliseconds)
        }
        let most = bandwidth / 2 * 3_600
        #expect(received <= most + bandwidth / 2 + Int64(SyncLimits.pageBytesMax))
        #expect(received > most / 10 * 9)
    }

    @Test(
        "R-05-086: an answer of the largest size is paid off on the slowest line within half an hour"
    )
    func slowest() {
        var budget = ReceivingBudget(bandwidth: 0)
        budget.received(SyncLimits.pageBytesMax, now: Self.start)
        #expect(!budget.allowsMore(now: Self.after(790_000)))
        #expect(budget.allowsMore(now: Self.after(800_000)))
    }

    @Test("R-05-086: the next page, and what others refer to, wait until the last one is paid off")
    func waits() throws {
        var configuration = SyncConfiguration(isSyncedAtStart: false, isLocalProfile: true)
        configuration.bandwidth = 20_000
        var sync = SyncStateMachine(configuration: configuration)
        let peer = NodeID(SigningKey.generate().publicKey)
        _ = sync.started(now: Self.start, entropy: 0)
        _ = sync.authenticated(.alone(peer), now: Self.start, entropy: 0)
        let first = try #require(sync.tick(now: Self.start, entropy: 0).first?.requested)
        let page = SyncResponse(
            messages: [[UInt8](repeating: 0x20, count: 40_000)],
            hasMore: true,
            nextTimestamp: Timestamp(milliseconds: 55),
            checkpoint: .emptyRoot
        )
        _ = sync.responded(page, to: first, now: Self.start)
        sync.wanted([MessageID(Bytes32.zero)], holders: [peer])
        #expect(sync.judged(from: peer, now: Self.start).isEmpty)
        let early = sync.tick(now: Self.after(2_900), entropy: 0)
        let missing = early.compactMap(\.payload).flatMap(\.ids)
        #expect(missing.isEmpty)
        #expect(!early.contains { $0.payload?.sinceTimestamp.milliseconds == 55 })
        let later = sync.tick(now: Self.after(3_000), entropy: 0)
        #expect(later.contains { $0.payload?.sinceTimestamp.milliseconds == 55 })
    }
}
