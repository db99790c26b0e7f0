import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Sync

private let start = Timestamp(milliseconds: 1_700_000_000_000)

private func node(_ name: String) throws -> NodeID { NodeID(try SigningKey.named(name).publicKey) }

private func entry(_ subject: NodeID, _ score: Int64) -> SyncResponse.CurrentReputation {
    .init(nodeID: subject, reputation: FixedPoint(millionths: score), lastAssessment: start)
}

@Suite("§5 REPUTATION_CURRENT: what reports agree on")
struct ScoreReportTests {
    private static func agreed(_ reports: [Int64]) -> Int64? {
        ScoreReports.agreed(among: reports.map { FixedPoint(millionths: $0) })?.millionths
    }

    @Test(
        "R-05-054, R-16-158: of five the outermost are dropped, and the lowest of the rest is used"
    )
    func five() {
        #expect(Self.agreed([500_000, 550_000, 600_000, 620_000, 650_000]) == 550_000)
        #expect(Self.agreed([900_000, 400_000, 600_000, 500_000, 550_000]) == 500_000)
        #expect(Self.agreed(Array(repeating: 500_000, count: 5)) == 500_000)
        let seven: [Int64] = [300_000, 480_000, 500_000, 520_000, 540_000, 560_000, 1_000_000]
        #expect(Self.agreed(seven) == 480_000)
    }

    @Test("R-05-055: of four the highest is dropped")
    func four() {
        #expect(Self.agreed([400_000, 450_000, 500_000, 900_000]) == 400_000)
    }

    @Test("R-05-056: of three the lowest is used, however far they are apart")
    func three() {
        #expect(Self.agreed([900_000, 100_000, 500_000]) == 100_000)
    }

    @Test("R-05-057: two or fewer say too little")
    func few() {
        #expect(Self.agreed([700_000, 500_000]) == nil)
        #expect(Self.agreed([600_000]) == nil)
        #expect(Self.agreed([]) == nil)
    }

    @Test("R-05-058: inner reports more than 0.1 apart say too little")
    func apart() {
        let edge: [Int64] = [400_000, 500_000, 550_000, 600_000, 900_000]
        #expect(Self.agreed(edge) == 500_000)
        let beyond: [Int64] = [400_000, 500_000, 550_000, 600_001, 900_000]
        #expect(Self.agreed(beyond) == nil)
        #expect(Self.agreed([400_000, 450_000, 550_001, 900_000]) == nil)
    }

    @Test("R-05-054: a peer has one report on each subject, and the first counts")
    func once() throws {
        var reports = ScoreReports()
        let subject = try node("subject")
        for name in ["a", "b"] {
            let twice = [entry(subject, 500_000), entry(subject, 100_000)]
            reports.take(twice, of: try node(name))
            reports.take([entry(subject, 0)], of: try node(name))
        }
        #expect(reports.agreed.isEmpty, "two peers are two reports")
        reports.take([entry(subject, 600_000)], of: try node("c"))
        #expect(reports.agreed.map(\.score.millionths) == [500_000])
    }
}

@Suite("§5 REPUTATION_CURRENT: asking peers")
struct ScorePollTests {
    private var sync = SyncStateMachine(
        configuration: SyncConfiguration(isSyncedAtStart: false, isLocalProfile: true)
    )
    private var now = start

    /// Ticks until the machine asks for scores; nil when it does not within a minute.
    ///
    /// Everything else that it asks is answered with nothing.
    private mutating func asked() throws -> (OutboundExchange, SyncRequest)? {
        for _ in 0..<120 {
            self.now = self.now.adding(milliseconds: 500)
            var found: (OutboundExchange, SyncRequest)?
            var others: [SyncAction] = []
            for action in self.sync.tick(now: self.now, entropy: 0) {
                self.told += Self.bounds(action)
                if case .request(let exchange, let payload) = action, payload.wantsScores {
                    found = (exchange, payload)
                } else {
                    others.append(action)
                }
            }
            _ = self.sync.carryOut(others, now: self.now) { _, _ in .nothing }
            if let found { return found }
        }
        return nil
    }

    private var told: [ScoresReported.Bound] = []

    private static func bounds(_ action: SyncAction) -> [ScoresReported.Bound] {
        if case .tellScores(let bounds) = action { bounds } else { [] }
    }

    private mutating func meet(_ names: [String]) throws {
        _ = self.sync.started(now: start, entropy: 0)
        for name in names {
            _ = self.sync.authenticated(try node(name), now: start, entropy: 0)
        }
    }

    private mutating func answer(_ exchange: OutboundExchange, _ scores: [(String, Int64)]) throws {
        let entries = try scores.map { entry(try node($0.0), $0.1) }
        let response = SyncResponse(hasMore: false, reputationCurrent: entries)
        _ = self.sync.responded(response, to: exchange, now: self.now)
    }

    @Test(
        "R-05-051, R-05-054: five peers are asked, once each, and what they agree on is told once"
    )
    mutating func five() throws {
        try self.meet(["a", "b", "c", "d", "e", "f"])
        var peers: Set<NodeID> = []
        for score in [500_000, 550_000, 600_000, 620_000, 650_000] as [Int64] {
            let (exchange, request) = try #require(try self.asked())
            #expect(request.sinceID == nil && request.limit == 1_000)
            peers.insert(exchange.peer)
            try self.answer(exchange, [("subject", score), ("peer \(score)", score)])
        }
        #expect(peers.count == 5)
        #expect(try self.asked() == nil)
        let expected = ScoresReported.Bound(
            identity: try node("subject"),
            score: FixedPoint(millionths: 550_000)
        )
        #expect(self.told == [expected])
    }

    @Test("R-05-056: with fewer peers it goes by those there are, once it has caught up")
    mutating func three() throws {
        try self.meet(["a", "b", "c"])
        for score in [300_000, 500_000, 900_000] as [Int64] {
            let (exchange, _) = try #require(try self.asked())
            try self.answer(exchange, [("subject", score)])
        }
        #expect(try self.asked() == nil)
        #expect(self.told.map(\.score.millionths) == [300_000])
    }

    @Test("D-22: a peer with more than a page is asked on behind its last entry, within bounds")
    mutating func pages() throws {
        try self.meet(["a"])
        var last: NodeID?
        for number in 0..<SyncLimits.scorePagesMax {
            let (exchange, request) = try #require(try self.asked())
            #expect(request.sinceID.map { NodeID($0.bytes) } == last)
            let bytes = [UInt8(number + 1)] + [UInt8](repeating: 0, count: 31)
            last = NodeID(try #require(Bytes32(bytes)))
            let entries = [entry(try #require(last), 1)]
            let response = SyncResponse(hasMore: true, reputationCurrent: entries)
            _ = self.sync.responded(response, to: exchange, now: self.now)
        }
        #expect(try self.asked() == nil)
    }

    @Test(
        "D-22: a peer that throttles is asked again when it says, one that goes round in circles is not"
    )
    mutating func difficult() throws {
        try self.meet(["a"])
        let (exchange, _) = try #require(try self.asked())
        let before = self.now
        let wait = SyncResponse(
            hasMore: true,
            error: "rate_limited",
            retryAfterMilliseconds: 20_000
        )
        _ = self.sync.responded(wait, to: exchange, now: self.now)
        let (again, _) = try #require(try self.asked())
        #expect(self.now.milliseconds(since: before) >= 20_000)
        let circle = SyncResponse(hasMore: true, reputationCurrent: [])
        _ = self.sync.responded(circle, to: again, now: self.now)
        #expect(try self.asked() == nil)
    }

    @Test("R-05-054: a peer that fails or leaves is passed over")
    mutating func failing() throws {
        try self.meet(["a", "b"])
        let (first, _) = try #require(try self.asked())
        _ = self.sync.exchangeFailed(first, now: self.now)
        let (second, _) = try #require(try self.asked())
        #expect(second.peer != first.peer)
        _ = self.sync.disconnected(second.peer, now: self.now)
        #expect(try self.asked() == nil)
    }
}

@Suite("§5 REPUTATION_CURRENT: serving")
struct ScoreServingTests {
    @Test("R-05-052, D-22: a request for scores alone is answered with them, page by page")
    func serves() throws {
        var sync = SyncStateMachine(
            configuration: SyncConfiguration(isSyncedAtStart: true, isLocalProfile: true)
        )
        let exchange = InboundExchange(id: 1, peer: try node("a peer"), streamProtocol: .sync)
        let behind = try node("behind")
        let request = SyncRequest(
            sinceTimestamp: Timestamp(milliseconds: 0),
            sinceID: MessageID(behind.bytes),
            types: ["REPUTATION_CURRENT"],
            limit: 7
        )
        let message = try Draft(request).signed(by: .named("a peer"), at: start)
        let asked = sync.judge(message.admitted(from: .exchange(exchange)), now: start)
        guard case .ask(.scores(let query, let reading))? = asked.first else {
            Issue.record("scores are not asked for: \(asked)")
            return
        }
        #expect(query == CurrentScores(after: behind, limit: 7))

        let entries = [entry(try node("x"), 1), entry(try node("y"), 2)]
        let reply = CurrentScores.Reply(entries: entries, hasMore: true)
        let answers = sync.carryOut(sync.heard(reply, for: reading), now: start) { _, _ in nil }
        guard case .answer(exchange, let response)? = answers.first else {
            Issue.record("no answer: \(answers)")
            return
        }
        #expect(response.checkpoint == .emptyRoot, "like every answer it has the roots")
        #expect(response.reputationCurrent == entries && response.messages.isEmpty)
        #expect(response.hasMore && response.nextID?.bytes == entries[1].nodeID.bytes)
        #expect(sync.status.served == 1)
        let nothing: CurrentScores.Reply? = nil
        #expect(sync.heard(nothing, for: reading) == [.hangUp(exchange)])
    }
}
