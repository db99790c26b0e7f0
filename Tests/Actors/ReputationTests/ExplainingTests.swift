import Messages
import Primitives
import Testing

@testable import Reputation

@Suite("§9 Own view and explanation")
struct ExplainingTests {
    private func refusal(
        _ ledger: Bookkeeping,
        of message: AdmittedMessage? = nil
    ) throws -> Refusal? {
        let message = try message ?? Fixture.proposal(by: 0)
        return ledger.gateRefusal(
            RateSender(
                message: message.message,
                origin: .local(nil),
                receivedAt: message.receivedAt,
                sender: message.sender
            )
        )
    }

    @Test(
        "D-51, R-06-126: an own flag is held back by the gate of its severity",
        arguments: [
            (.illegal, 479_999, true), (.illegal, 480_000, false), (.dispute, 279_999, true),
            (.dispute, 280_000, false),
        ] as [(Flag.Severity, Int64, Bool)]
    )
    func ownFlag(severity: Flag.Severity, score: Int64, isRefused: Bool) throws {
        let ledger = try Fixture.ledger(founders: [0: score])
        let refusal = try self.refusal(ledger, of: try Fixture.flag(severity, by: 0))
        #expect((refusal?.code == .belowGate) == isRefused)
    }

    @Test("D-51: what three networks say of this node holds its messages back as well")
    func median() throws {
        var ledger = try Fixture.ledger(founders: [0: 500_000, 1: 400_000, 2: 400_000, 3: 400_000])
        for (person, word) in [(1, 270_000), (2, 279_999), (3, 900_000)] as [(Int, Int64)] {
            ledger.logged(try Fixture.announcement(by: person, at: 0, network: person))
            #expect(try self.refusal(ledger) == nil)
            ledger.logged(try Fixture.gossip(by: person, [(0, word)], at: 1))
        }
        #expect(try self.refusal(ledger)?.code == .belowGate)
        ledger.logged(try Fixture.gossip(by: 2, [(0, 280_000)], at: 2))
        #expect(try self.refusal(ledger) == nil)
    }

    @Test("the history names basis, next gate, earnings and warnings")
    func history() throws {
        var ledger = try Fixture.ledger()
        ledger.logged(try Fixture.announcement(by: 1, at: 0))
        let history = ledger.history(of: try Fixture.person(1))
        #expect(history.basis?.observations == 1)
        #expect(history.basis?.ownWeight.millionths == 100_000)
        #expect(history.nextGate?.score.millionths == 300_000)
        #expect(history.nextGate?.missing.millionths == 100_000)
        #expect(history.nextGate?.permits.contains("vote") == true)
        #expect(history.earns.contains { $0.hasSuffix("0.001000") })
        #expect(history.warnings.isEmpty)
    }

    @Test("D-36: a history says whether its start is a founder's or a newcomer's")
    func start() throws {
        var ledger = try Fixture.ledger(founders: [1: 290_000])
        let earned = ScoreHistory.Start(score: FixedPoint(millionths: 290_000), isFounder: true)
        ledger.earn(
            FixedPoint(millionths: 1_000),
            by: try Fixture.person(1),
            at: Fixture.at(0),
            cause: "test"
        )
        #expect(ledger.history(of: try Fixture.person(1)).start == earned)
        let stranger = ledger.history(of: try Fixture.person(2)).start
        #expect(stranger == ScoreHistory.Start(score: ReputationLimits.start, isFounder: false))
        ledger.logged(try Fixture.rotation(1, 3, at: 1))
        #expect(ledger.history(of: try Fixture.person(3)).start == earned, "it moves with the key")
    }

    @Test("D-51: just below a gate the explanation warns")
    func warning() throws {
        let ledger = try Fixture.ledger(founders: [1: 290_000])
        let warnings = ledger.history(of: try Fixture.person(1)).warnings
        #expect(warnings.count == 2)
        #expect(warnings.allSatisfy { $0.contains("just below 0.300000") })
    }

    @Test("R-08-024, D-60: what active identities earned above their start is summed")
    func earned() throws {
        var ledger = try Fixture.ledger(founders: [0: 500_000, 1: 400_000])
        for person in 0...2 {
            ledger.announced(try Fixture.announcement(by: person, at: 0))
            ledger.earn(
                FixedPoint(millionths: 1_000 * Int64(person + 1)),
                by: try Fixture.person(person),
                at: Fixture.at(0),
                cause: "test"
            )
        }
        ledger.charge(
            FixedPoint(millionths: 50_000),
            to: try Fixture.person(1),
            at: Fixture.at(0),
            cause: "test"
        )
        #expect(ledger.scores(nil, now: Fixture.at(0)).earnedDelta.millionths == 4_000)
    }

    /// What person 1 earned by the thirtieth day, after gains and losses on some days.
    private func earned(start: Int64 = 500_000, _ changes: [(at: Int64, Int64)]) throws -> Int64 {
        var ledger = try Fixture.ledger(founders: [1: start])
        let (now, person) = (30 * Fixture.day, try Fixture.person(1))
        ledger.announced(try Fixture.announcement(by: 1, at: now))
        for (offset, change) in changes {
            let (amount, at) = (FixedPoint(millionths: abs(change)), Fixture.at(offset))
            if change > 0 {
                ledger.earn(amount, by: person, at: at, cause: "test")
            } else {
                ledger.charge(amount, to: person, at: at, cause: "test")
            }
        }
        return ledger.scores([], now: Fixture.at(now)).earnedDelta.millionths
    }

    @Test("D-60, R-08-024: only gains of the last seven days over the start are growth")
    func recent() throws {
        let weekAgo = 23 * Fixture.day
        #expect(try self.earned([(0, 20_000)]) == 0)
        #expect(try self.earned([(weekAgo, 20_000)]) == 0)
        #expect(try self.earned([(0, 20_000), (weekAgo + 1, 3_000)]) == 3_000)
        #expect(try self.earned([(weekAgo + 1, 3_000), (weekAgo + 2, -2_000)]) == 1_000)
        #expect(try self.earned([(0, -50_000), (weekAgo + 1, 3_000)]) == 0)
        #expect(try self.earned(start: 150_000, [(0, -50_000), (weekAgo + 1, 60_000)]) == 10_000)
    }

    @Test("D-60, D-12: what a link takes is no growth of anybody, and takes none from others")
    func linked() throws {
        var ledger = try Fixture.ledger(founders: [1: 500_000, 2: 400_000, 5: 300_000])
        for person in 1...2 { ledger.announced(try Fixture.announcement(by: person, at: 0)) }
        for person in [1, 2, 5] {
            ledger.earn(
                FixedPoint(millionths: 2_000),
                by: try Fixture.person(person),
                at: Fixture.at(0),
                cause: "test"
            )
        }
        ledger.logged(try Fixture.link(1, 5, at: 1))
        #expect(try ledger.direct(1) == 302_000)
        #expect(ledger.scores([], now: Fixture.at(1)).earnedDelta.millionths == 2_000)
    }
}

@Suite("§9 Own assessments")
struct GossipTests {
    @Test("R-09-043: ten subjects at a time, and all in turn")
    func rotation() throws {
        var rotation = GossipRotation()
        let people = try (1...25).map { try Fixture.person($0) }
        var told: [NodeID] = []
        for _ in 0..<3 {
            let chosen = rotation.next(of: people, entropy: 12)
            #expect(chosen.count == 10)
            told += chosen
        }
        #expect(Set(told).count == 25)
        let few = rotation.next(of: Array(people.prefix(3)), entropy: 0)
        #expect(few.count == 3)
    }

    @Test("R-09-038: the payload is one that others accept, about whom this node knows by itself")
    func payload() throws {
        var ledger = try Fixture.ledger(founders: [1: 400_000])
        ledger.logged(try Fixture.announcement(by: 2, at: 0))
        ledger.logged(try Fixture.gossip(by: 2, [(3, 700_000)], at: 1))
        var rotation = GossipRotation()
        let payload = rotation.gossip(of: ledger, now: Fixture.at(5), entropy: 0)
        let message = try EnvelopeCodec.sign(
            .reputationGossip,
            payload: try #require(payload).json,
            timestamp: Fixture.at(5),
            key: try Fixture.key(0)
        )
        guard case .reputationGossip(let gossip) = message.payload else {
            Issue.record("not read as REPUTATION_GOSSIP")
            return
        }
        let expected = try [1, 2].map { try Fixture.person($0) }.sorted()
        #expect(gossip.assessments.map(\.nodeID) == expected)
        #expect(gossip.assessments.allSatisfy { $0.assessmentTimestamp == Fixture.at(5) })
    }

    @Test("nobody known, nothing said")
    func silence() throws {
        let ledger = try Fixture.ledger(founders: [0: 500_000])
        var rotation = GossipRotation()
        let payload = rotation.gossip(of: ledger, now: Fixture.at(0), entropy: 0)
        #expect(payload == nil)
    }
}
