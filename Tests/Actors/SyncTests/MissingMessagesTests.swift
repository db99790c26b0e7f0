import Cryptography
import Messages
import Primitives
import Testing

@testable import Sync

private let start = Timestamp(milliseconds: 1_700_000_000_000)

private func node(_ number: UInt8) -> NodeID { NodeID(SHA256Digest.hash([number])) }

private func ids(_ range: Range<Int>) -> [MessageID] {
    range.map { MessageID(SHA256Digest.hash(Array("\($0)".utf8))) }
}

private func later(_ milliseconds: Int64) -> Timestamp {
    start.adding(milliseconds: milliseconds)
}

private func response(error: String? = nil, retryAfter: Int64? = nil) -> SyncResponse {
    SyncResponse(
        hasMore: false,
        nextTimestamp: Timestamp(milliseconds: 0),
        error: error,
        retryAfterMilliseconds: retryAfter
    )
}

@Suite("§14 Missing messages")
struct MissingMessagesTests {
    private var missing = MissingMessages()
    private var exchanges: UInt64 = 0

    /// Asks as the state machine does; returns how many ids each peer was asked for.
    private mutating func ask(_ connected: [NodeID], at now: Timestamp) -> [NodeID: Int] {
        var counts: [NodeID: Int] = [:]
        for (peer, ids) in self.missing.next(connected: connected, busy: nil, now: now) {
            self.exchanges += 1
            self.missing.sent(ids, exchange: self.exchanges, to: peer, now: now)
            counts[peer] = ids.count
        }
        return counts
    }

    @Test("D-88, R-14-005: likely holders are asked first, then others, each once in a round")
    mutating func order() {
        let (holder, other) = (node(1), node(2))
        self.missing.add(ids(0..<1), holders: [holder])
        #expect(self.missing.count == 1)
        let first = self.ask([other, holder], at: start)
        self.missing.failed(1, by: holder)
        let second = self.ask([other, holder], at: start)
        self.missing.failed(2, by: other)
        let third = self.ask([other, holder], at: later(60_000))
        #expect(first == [holder: 1])
        #expect(second == [other: 1])
        #expect(third.isEmpty)
        #expect(self.missing.count == 1, "it rests")
    }

    @Test(
        "R-14-005: an id that nobody has is asked for again, after pauses that double, nine times"
    )
    mutating func backOff() {
        self.missing.add(ids(0..<1), holders: [])
        var rounds: [Int64] = []
        // Every second for nine hours.
        for second in Int64(0)..<32_400 {
            let asked = self.ask([node(1)], at: later(second * 1_000))
            if !asked.isEmpty {
                rounds.append(second)
                self.missing.failed(self.exchanges, by: node(1))
            }
        }
        let pauses = zip(rounds, rounds.dropFirst()).map { $1 - $0 }
        #expect(rounds.first == 0)
        // A round is over when its last peer could be asked again, 15 seconds after it was.
        #expect(pauses == [75, 135, 255, 495, 975, 1_935, 3_855, 7_695])
        #expect(self.missing.count == 0, "given up")
    }

    @Test("R-14-005: a peer that comes later is asked in a later round; what is found ends it")
    mutating func newPeer() {
        self.missing.add(ids(0..<1), holders: [])
        let first = self.ask([node(1)], at: start)
        self.missing.failed(1, by: node(1))
        let nobodyLeft = self.ask([node(1)], at: later(20_000))
        let tooEarly = self.ask([node(2)], at: later(79_999))
        let second = self.ask([node(2)], at: later(80_000))
        for id in ids(0..<1) { self.missing.found(id) }
        self.missing.failed(2, by: node(2))
        let end = self.ask([node(1), node(2), node(3)], at: later(600_000))
        #expect(first == [node(1): 1] && nobodyLeft.isEmpty)
        #expect(tooEarly.isEmpty && second == [node(2): 1])
        #expect(end.isEmpty && self.missing.count == 0)
    }

    @Test("A found id is not asked for")
    mutating func found() {
        self.missing.add(ids(0..<1), holders: [])
        for id in ids(0..<1) { self.missing.found(id) }
        let asked = self.ask([node(1)], at: start)
        #expect(asked.isEmpty)
    }

    @Test(
        "28,000 made-up ids cost little, stay within the bound, and are asked of their relay only"
    )
    mutating func flood() {
        let (relay, honest) = (node(1), node(2))
        let clock = ContinuousClock()
        let flood = ids(0..<28_000)
        let duration = clock.measure {
            for id in flood { self.missing.add([id], holders: [relay]) }
        }
        #expect(self.missing.count == SyncLimits.missingMax)
        #expect(duration < .seconds(2), "the quadratic scan took minutes")
        self.missing.add(ids(30_000..<30_001), holders: [honest])
        var requests: [NodeID: Int] = [:]
        for tick in Int64(0)..<120 {
            for (peer, count) in self.ask([relay, honest], at: later(tick * 500)) {
                requests[peer, default: 0] += 1
                #expect(count <= SyncLimits.idsPerRequestMax)
            }
        }
        #expect(requests[honest] == 1)
        #expect((requests[relay] ?? 0) <= 4, "no more than four requests a minute")
    }

    @Test("A round has a few attempts, whatever the number of peers")
    mutating func attempts() {
        let peers = (1...20).map { node($0) }
        self.missing.add(ids(0..<1), holders: [])
        var attempts = 0
        for tick in Int64(0)..<40 {
            for (peer, _) in self.ask(peers, at: later(tick * 500)) {
                attempts += 1
                self.missing.failed(self.exchanges, by: peer)
            }
        }
        #expect(attempts == SyncLimits.missingAttemptsMax)
        #expect(self.missing.count == 1)
    }

    @Test("D-22: a peer that throttles is asked again after the wait it named")
    mutating func throttled() {
        self.missing.add(ids(0..<1), holders: [node(1)])
        _ = self.ask([node(1)], at: start)
        self.missing.throttled(1, by: node(1), wait: 30_000, now: start)
        let early = self.ask([node(1)], at: later(29_999))
        let due = self.ask([node(1)], at: later(30_000))
        #expect(early.isEmpty)
        #expect(due == [node(1): 1])
    }
}

@Suite("§5 Throttled answers")
struct ThrottledAnswerTests {
    private func machine(with peers: NodeID...) -> SyncStateMachine {
        var sync = SyncStateMachine(
            configuration: SyncConfiguration(isSyncedAtStart: false, isLocalProfile: true)
        )
        for peer in peers { _ = sync.authenticated(peer, now: start, entropy: 0) }
        return sync
    }

    private func exchange(of actions: [SyncAction]) -> OutboundExchange? {
        for case .request(let exchange, _) in actions { return exchange }
        return nil
    }

    @Test("A session goes on after the wait that the peer named, with the same request")
    func session() throws {
        var sync = self.machine(with: node(1))
        _ = sync.started(now: start, entropy: 0)
        let first = sync.tick(now: start, entropy: 0)
        let exchange = try #require(self.exchange(of: first))
        let throttled = response(error: "rate_limited", retryAfter: 20_000)
        _ = sync.responded(throttled, to: exchange, now: start)
        let early = sync.tick(now: later(19_999), entropy: 0)
        #expect(early.isEmpty)
        guard case .request(_, let again) = sync.tick(now: later(20_000), entropy: 0).first,
            case .request(_, let before) = first.first
        else {
            Issue.record("no request")
            return
        }
        #expect(again == before)
    }

    @Test("A failed or throttled request for ids leaves the session alone, and asks nobody at once")
    func idRequests() throws {
        var sync = self.machine(with: node(1), node(2))
        sync.wanted(ids(0..<1), holders: [node(1)])
        let byID = try #require(self.exchange(of: sync.tick(now: start, entropy: 0)))
        #expect(byID.peer == node(1))
        _ = sync.started(now: start, entropy: 0)
        let inSession = try #require(self.exchange(of: sync.tick(now: start, entropy: 1)))
        #expect(inSession.peer == node(2))
        let throttled = response(error: "rate_limited", retryAfter: 1_000)
        let answered = sync.responded(throttled, to: byID, now: start)
        let failed = sync.exchangeFailed(byID, now: start)
        #expect(answered.isEmpty && failed.isEmpty)
        let next = sync.responded(response(), to: inSession, now: start)
        #expect(self.exchange(of: next) != nil, "sync goes on")
    }
}
