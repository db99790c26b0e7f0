import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = Timestamp(milliseconds: 1_700_000_000_000)
private let minute: Int64 = 60_000

private func node() -> NodeID { NodeID(SigningKey.generate().publicKey) }

/// A message of phase 3 with an identifier of its own.
private func message(at time: Timestamp) throws -> Message {
    let id = SHA256Digest.hash(node().array)
    return try EnvelopeCodec.sign(
        .withdraw,
        payload: .object([("proposal_id", .string(id.hex))]),
        timestamp: time,
        key: .generate()
    )
}

@Suite("ADR 0035: comparing logs")
struct ComparisonTests {
    private static func log(of messages: [Message]) -> HeldLog {
        var log = HeldLog()
        for message in messages { log.add(message, isOwn: false) }
        return log
    }

    /// A machine that has caught up with a peer and compared its log with that of the peer.
    private static func settled(_ messages: [Message], with peer: NodeID) throws
        -> SyncStateMachine
    {
        var sync = SyncStateMachine(
            configuration: SyncConfiguration(isSyncedAtStart: false, isLocalProfile: true)
        )
        for message in messages { sync.logged(message) }
        _ = sync.started(now: start, entropy: 0)
        _ = sync.authenticated(peer, now: start, entropy: 0)
        for _ in 0..<2 { _ = sync.tickAmongEmpty(now: start) }
        return sync
    }

    private static let emptyPage = SyncResponse(hasMore: false)

    @Test("equal sets have equal digests in any order, and others do not")
    func digests() throws {
        let ids = try (0..<5).map { _ in try message(at: start).id }
        let one = ids.reduce(into: RangeDigest.empty) { $0.add($1) }
        let other = ids.reversed().reduce(into: RangeDigest.empty) { $0.add($1) }
        #expect(one == other && RangeDigest(text: one.text) == one)
        #expect(ids.dropFirst().reduce(into: RangeDigest.empty) { $0.add($1) } != one)
        #expect(RangeDigest(text: "") == .empty)
        #expect(RangeDigest(text: String(repeating: "g", count: 48)) == nil)
    }

    @Test("ranges are short lately and long in the past, few, and the same for whoever compares")
    func ranges() {
        for now in [0, 1, 59_999, 90_000_000, start.milliseconds, 4_000_000_000_000] as [Int64] {
            let edges = ComparedRanges.edges(now: Timestamp(milliseconds: now))
            #expect(edges.first?.milliseconds == 0 && edges.count <= WireLimits.comparedRangesMax)
            #expect(zip(edges, edges.dropFirst()).allSatisfy { $0 < $1 })
        }
        let now = ComparedRanges.edges(now: start)
        let later = ComparedRanges.edges(now: start.adding(milliseconds: 5 * minute))
        #expect(Set(now).intersection(later).count > now.count - 20)
    }

    @Test("every message is in exactly one range")
    func partition() throws {
        var summary = LogSummary()
        let ages: [Int64] = [
            -4 * minute, 0, 1, 9 * minute, 61 * minute, 1_500 * minute, 90_000 * minute,
            2_000_000 * minute,
        ]
        for age in ages {
            let time = start.adding(milliseconds: -age)
            summary.add(MessageID.named("\(age)"), at: time, phase: 3)
        }
        let edges = ComparedRanges.edges(now: start)
        let counts = edges.indices.map {
            let end = ComparedRanges.end(of: $0, in: edges)
            return summary.digest(of: 3, from: edges[$0], until: end).count
        }
        #expect(counts.reduce(0, +) == UInt64(ages.count))
        #expect(counts.max() == 3, "two of the newest minute, and what is stamped ahead")
    }

    @Test("C3-1: a peer that comes back is asked at once where its log differs, and from there")
    func reconnection() throws {
        let peer = node()
        var sync = try Self.settled([], with: peer)
        let lost = start.adding(milliseconds: 2 * minute)
        _ = sync.disconnected(peer, now: lost)
        let back = lost.adding(milliseconds: 240 * minute)
        #expect(sync.tick(now: back, entropy: 0).isEmpty, "nobody is there")
        _ = sync.authenticated(peer, now: back, entropy: 0)
        let action = sync.tick(now: back, entropy: 0).first
        let asked = try #require(action?.payload?.comparison)
        let missed = try message(at: lost.adding(milliseconds: 90 * minute))
        let theirs = Self.log(of: [missed])
        let differing = theirs.differences(from: asked)
        #expect(differing.count == 1)
        let next = sync.responded(
            try Draft.comparison(differing).response(at: back),
            to: try #require(action?.requested),
            now: back
        )
        let since = try #require(next.first?.payload?.sinceTimestamp.milliseconds)
        #expect(since < missed.timestamp.milliseconds)
        #expect(since > missed.timestamp.milliseconds - 61 * minute)
        let types = next.first?.payload?.types
        #expect(types == SyncPhases.types(of: 3).map(\.rawValue))
    }

    @Test("C3-1: a peer that does not compare is asked from before the moment it was lost")
    func olderPeer() throws {
        let peer = node()
        var sync = try Self.settled([], with: peer)
        sync.logged(try message(at: start))
        let lost = start.adding(milliseconds: 2 * minute)
        _ = sync.disconnected(peer, now: lost)
        let back = lost.adding(milliseconds: 240 * minute)
        sync.logged(try message(at: back))
        #expect(sync.tick(now: back, entropy: 0).isEmpty, "nobody is there")
        _ = sync.authenticated(peer, now: back, entropy: 0)
        var actions = sync.tick(now: back, entropy: 0)
        var since: [Int64] = []
        while let exchange = actions.first?.requested {
            actions = sync.responded(Self.emptyPage, to: exchange, now: back)
            if let start = actions.first?.payload?.sinceTimestamp.milliseconds {
                since.append(start)
            }
        }
        #expect(since.count == 5)
        #expect(since.allSatisfy { $0 < lost.milliseconds })
    }

    @Test(
        "what a peer holds and this node refused is not fetched again, until the peer's log changes"
    )
    func permanentDifference() throws {
        let peer = node()
        var sync = try Self.settled([], with: peer)
        let refused = try message(at: start.adding(milliseconds: -90 * minute))
        var theirs = Self.log(of: [refused])
        func pages(at now: Timestamp) throws -> Int {
            _ = sync.authenticated(peer, now: now, entropy: 0)
            var actions = sync.tick(now: now, entropy: 0)
            let asked = try #require(actions.first?.payload?.comparison)
            actions = sync.responded(
                try Draft.comparison(theirs.differences(from: asked)).response(at: now),
                to: try #require(actions.first?.requested),
                now: now
            )
            var pages = 0
            while let exchange = actions.first?.requested {
                pages += 1
                actions = sync.responded(Self.emptyPage, to: exchange, now: now)
            }
            return pages
        }
        let later = (1...3).map { start.adding(milliseconds: Int64($0) * minute) }
        #expect(try pages(at: later[0]) == 1)
        #expect(try pages(at: later[1]) == 0)
        theirs.add(try message(at: start.adding(milliseconds: -91 * minute)), isOwn: false)
        #expect(try pages(at: later[2]) >= 1)
    }

    @Test("C3-1: what was too fresh for one comparison is fetched after the next")
    func fresh() throws {
        let peer = node()
        var sync = try Self.settled([], with: peer)
        let first = start.adding(milliseconds: 2 * minute)
        let theirs = Self.log(of: [try message(at: first)])
        func isFetched(at now: Timestamp) throws -> Bool {
            _ = sync.authenticated(peer, now: now, entropy: 0)
            let asked = sync.tick(now: now, entropy: 0)
            let own = try #require(asked.first?.payload?.comparison)
            let actions = sync.responded(
                try Draft.comparison(theirs.differences(from: own)).response(at: now),
                to: try #require(asked.first?.requested),
                now: now
            )
            return actions.first?.requested != nil
        }
        let early = try isFetched(at: first)
        let late = try isFetched(at: first.adding(milliseconds: 3 * minute))
        #expect(!early && late)
    }

    @Test("C3-1: a peer that asks shows what it holds itself, and is asked for it")
    func notice() throws {
        let peer = SigningKey.generate()
        let id = NodeID(peer.publicKey)
        var sync = try Self.settled([], with: id)
        let later = start.adding(milliseconds: 2 * minute)
        #expect(sync.tick(now: later, entropy: 0).ofSessions.isEmpty)
        let other = node()
        var theirs = try Self.settled(
            [try message(at: start.adding(milliseconds: -90 * minute))],
            with: other
        )
        _ = theirs.authenticated(other, now: later, entropy: 0)
        let question = try #require(theirs.tick(now: later, entropy: 0).first?.payload)
        let signed = try Draft(question).signed(by: peer, at: later)
        let exchange = InboundExchange(id: 1, peer: id, streamProtocol: .sync)
        _ = sync.judge(signed.admitted(from: .exchange(exchange)), now: later)
        let asked = sync.tick(now: later, entropy: 0).first
        #expect(asked?.requested?.peer == id)
        #expect(asked?.payload?.comparison != nil)
    }

    @Test("C3-1: own messages of a time alone do not pass for what others sent")
    func ownMessages() throws {
        let past = start.adding(milliseconds: -600 * minute)
        var log = Self.log(of: [try message(at: past)])
        log.add(try message(at: start), isOwn: true)
        #expect(log.start(of: 3, isCatchingUp: false, now: start) == past)
        log.markStart()
        #expect(log.start(of: 3, isCatchingUp: true, now: start) == past)
    }

    @Test("C1-15: R-05-030: a saved time in the future becomes 24 hours ago")
    func futureCursor() throws {
        let future = start.adding(milliseconds: 600 * minute)
        var log = Self.log(of: [try message(at: future)])
        log.markStart()
        let began = log.start(of: 3, isCatchingUp: true, now: start)
        #expect(began == start.adding(milliseconds: -1_440 * minute))
    }
}
