import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = Timestamp(milliseconds: 1_700_000_000_000)
private let minute: Int64 = 60_000

private func node() -> NodeID { NodeID(SigningKey.generate().publicKey) }

/// The answer of a peer, with so many messages and a cursor.
private func page(_ messages: Int, hasMore: Bool = true, next: Int64, id: MessageID? = nil)
    -> SyncResponse
{
    SyncResponse(
        messages: (0..<messages).map { Array("{\"n\":\($0)}".utf8) },
        hasMore: hasMore,
        nextTimestamp: Timestamp(milliseconds: next),
        nextID: id
    )
}

extension SyncRequest {
    /// Whether it is the first one of incremental sync, or one of the pages behind it.
    fileprivate var isOfCycle: Bool {
        self.comparison == nil && self.types == SyncPhases.types(of: 2).map(\.rawValue)
    }
}

@Suite("C3-1: a peer that serves without end")
struct EndlessSessionTests {
    private static func machine(with peers: [NodeID]) -> SyncStateMachine {
        var sync = SyncStateMachine(
            configuration: SyncConfiguration(isSyncedAtStart: false, isLocalProfile: true)
        )
        _ = sync.started(now: start, entropy: 0)
        for peer in peers { _ = sync.authenticated(peer, now: start, entropy: 0) }
        return sync
    }

    @Test(
        "C3-1: a peer whose cursor stands still, goes back or alternates ends the session, and the next is asked",
        arguments: [[0], [9, 5], [9, 12, 9, 12]] as [[Int64]]
    )
    func cursor(places: [Int64]) throws {
        let peers = [node(), node()]
        var sync = Self.machine(with: peers)
        var actions = sync.tick(now: start, entropy: 0)
        for place in places {
            guard let exchange = actions.first?.requested else { break }
            actions = sync.responded(page(0, next: place), to: exchange, now: start)
        }
        #expect(actions.isEmpty, "no further page is asked for")
        let later = start.adding(milliseconds: SyncLimits.backOffMilliseconds)
        #expect(sync.tick(now: later, entropy: 0).first?.requested?.peer == peers[1])
    }

    @Test("C3-1: within a millisecond the ids must rise")
    func ids() throws {
        let ids = try (0..<2).map { _ in try withdrawal(at: start).id }.sorted()
        for (first, second) in [(ids[0], ids[1]), (ids[1], ids[0])] {
            var sync = Self.machine(with: [node()])
            var actions = sync.tick(now: start, entropy: 0)
            for id in [first, second] {
                let exchange = try #require(actions.first?.requested)
                actions = sync.responded(page(0, next: 7, id: id), to: exchange, now: start)
            }
            #expect(actions.isEmpty == (first > second))
        }
    }

    @Test("C3-1: a peer that leads from empty page to empty page is left")
    func emptyPages() throws {
        let peers = [node(), node()]
        var sync = Self.machine(with: peers)
        var actions = sync.tick(now: start, entropy: 0)
        var pages: Int64 = 0
        while let exchange = actions.first?.requested, pages < 1_000 {
            pages += 1
            actions = sync.responded(page(0, next: pages), to: exchange, now: start)
        }
        #expect(pages == Int64(SyncLimits.emptyPagesMax) + 1)
        let later = start.adding(milliseconds: SyncLimits.backOffMilliseconds)
        #expect(sync.tick(now: later, entropy: 0).first?.requested?.peer == peers[1])
    }

    @Test(
        "C3-1: a creeping peer that serves nothing new loses its turn; one that serves news keeps it"
    )
    func creeping() throws {
        for brings in [false, true] {
            let peers = [node(), node()]
            var sync = Self.machine(with: peers)
            var actions = sync.tick(now: start, entropy: 0)
            var others = 0
            for second in 0..<1_200 as Range<Int64> {
                let now = start.adding(milliseconds: second * 1_000)
                if let exchange = actions.first?.requested {
                    if exchange.peer == peers[1] { others += 1 }
                    let next = second + 1
                    actions = sync.responded(page(1, next: next), to: exchange, now: now)
                    if brings {
                        let message = try withdrawal(at: start.adding(milliseconds: -second))
                        sync.logged(message, from: exchange.peer)
                    }
                    actions = sync.judged(from: exchange.peer, now: now)
                } else {
                    actions = []
                }
                actions += sync.tick(now: now, entropy: 0)
            }
            #expect((others > 0) == !brings)
        }
    }

    @Test(
        "C3-1: a comparison that a peer draws out ends, and the cycle of incremental sync begins in time"
    )
    func drawnOut() throws {
        let peer = node()
        var sync = Self.machine(with: [peer])
        for _ in 0..<2 { _ = sync.tickAmongEmpty(now: start) }
        var actions: [SyncAction] = []
        _ = sync.authenticated(peer, now: start.adding(milliseconds: minute), entropy: 0)
        var began: Timestamp?
        for second in 60..<2_400 as Range<Int64> where began == nil {
            let now = start.adding(milliseconds: second * 1_000)
            if actions.isEmpty { actions = sync.tick(now: now, entropy: 0) }
            if let action = actions.first, let exchange = action.requested {
                if action.payload?.isOfCycle ?? false { began = now }
                if action.payload?.comparison != nil {
                    let difference = SyncDifference(phase: 3, range: 0, digest: try digest(of: 3))
                    let answer = try Draft.comparison([difference]).response(at: now)
                    actions = sync.responded(answer, to: exchange, now: now)
                } else {
                    _ = sync.responded(page(1, next: second), to: exchange, now: now)
                    actions = sync.judged(from: peer, now: now)
                }
                let others = sync.tick(now: now, entropy: 0)
                if actions.isEmpty { actions = others }
            }
        }
        let delay = try #require(began).milliseconds(since: start)
        #expect(delay <= SyncLimits.incrementalMilliseconds + SyncLimits.comparisonMilliseconds)
    }
}

/// A message of phase 3 with an identifier of its own.
private func withdrawal(at time: Timestamp) throws -> Message {
    try EnvelopeCodec.sign(
        .withdraw,
        payload: .object([("proposal_id", .string(SHA256Digest.hash(node().array).hex))]),
        timestamp: time,
        key: .generate()
    )
}

private func digest(of messages: Int) throws -> RangeDigest {
    try (0..<messages).reduce(into: RangeDigest.empty) { digest, _ in
        digest.add(try withdrawal(at: start).id)
    }
}
