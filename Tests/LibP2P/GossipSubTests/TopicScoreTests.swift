import Primitives
import Testing

@testable import GossipSub

@Suite("The score of one topic (P1 to P4)")
struct TopicScoreTests {
    private let parameters = TopicScoreParameters()

    private func standard(
        brought: Int64 = 0,
        isMeshLarge: Bool = true,
        now: Int64 = 0
    ) -> TopicScore.Standard {
        TopicScore.Standard(
            parameters: self.parameters,
            brought: .points(brought),
            isMeshLarge: isMeshLarge,
            now: now
        )
    }

    @Test("P1: time in the mesh counts by the minute, for an hour at most, and not outside")
    func timeInMesh() {
        var score = TopicScore()
        #expect(score.value(self.standard(now: 9_000_000)) == .zero)
        score.grafted(now: 0, brought: .zero)
        #expect(score.value(self.standard(now: 59_999)) == .zero)
        #expect(score.value(self.standard(now: 60_000)) == FixedPoint(millionths: 16_667))
        #expect(score.value(self.standard(now: 3_600_000)) == FixedPoint(millionths: 1_000_020))
        #expect(score.value(self.standard(now: .max)) == FixedPoint(millionths: 1_000_020))
        #expect(score.value(self.standard(now: .min)) == .zero)
        score.pruned(self.standard(now: 3_600_000))
        #expect(score.value(self.standard(now: 3_600_000)) == .zero)
    }

    @Test("P2: first deliveries count to a cap, and fade by half in ten minutes")
    func firstDeliveries() {
        var score = TopicScore()
        score.delivered(isFirst: false, self.parameters)
        #expect(score.value(self.standard()) == .zero)
        for _ in 0..<5 { score.delivered(isFirst: true, self.parameters) }
        #expect(score.value(self.standard()) == FixedPoint(millionths: 500_000))
        for _ in 0..<500 { score.delivered(isFirst: true, self.parameters) }
        #expect(score.value(self.standard()) == .points(2))
        for _ in 0..<600 { score.decay(self.parameters, toZero: .zero) }
        let half = score.value(self.standard()).millionths
        #expect((990_000...1_010_000).contains(half))
    }

    @Test("P3: a mesh peer that delivers nothing of what the topic brings owes its share")
    func deficit() {
        var score = TopicScore()
        score.grafted(now: 0, brought: .points(1_000))
        let early = self.standard(brought: 1_100, now: 29_999)
        #expect(score.value(early) == .zero)
        // 100 messages since the GRAFT, a twentieth of them owed: 5 × 5 / 4.
        let due = self.standard(brought: 1_100, now: 30_000)
        #expect(score.value(due) == FixedPoint(millionths: -6_250_000))
        for _ in 0..<3 { score.delivered(isFirst: false, self.parameters) }
        #expect(score.value(due) == .points(-1))
        for _ in 0..<2 { score.delivered(isFirst: false, self.parameters) }
        #expect(score.value(due) == .zero)
    }

    @Test("P3: nobody owes anything in a silent topic, in a small mesh or outside")
    func noDeficit() {
        var score = TopicScore()
        #expect(score.value(self.standard(brought: 10_000, now: 50_000)) == .zero)
        score.grafted(now: 0, brought: .zero)
        #expect(score.value(self.standard(brought: 49, now: 50_000)) == .zero)
        let small = self.standard(brought: 10_000, isMeshLarge: false, now: 50_000)
        #expect(score.value(small) == .zero)
    }

    @Test("P3: no flood of messages makes a peer owe more than eight")
    func boundedDeficit() {
        var score = TopicScore()
        score.grafted(now: 0, brought: .zero)
        #expect(score.value(self.standard(brought: 1_000_000, now: 50_000)) == .points(-16))
        for _ in 0..<8 { score.delivered(isFirst: false, self.parameters) }
        #expect(score.value(self.standard(brought: 1_000_000, now: 50_000)) == .zero)
    }

    @Test("P3: what was owed and what it is held against fade together")
    func fairFading() {
        var score = TopicScore()
        var brought = FixedPoint.points(400)
        score.grafted(now: 0, brought: brought)
        for _ in 0..<2_000 {
            brought.decay(by: self.parameters.meshDeliveriesDecay, toZero: .zero)
            score.decay(self.parameters, toZero: .zero)
        }
        let standard = TopicScore.Standard(
            parameters: self.parameters,
            brought: brought + .points(200),
            isMeshLarge: true,
            now: 50_000
        )
        // What came before the GRAFT is held against nobody, however long ago.
        #expect(score.value(standard) == .points(-16))
        for _ in 0..<8 { score.delivered(isFirst: false, self.parameters) }
        #expect(score.value(standard) == .zero)
    }

    @Test("P3b: what was owed at a PRUNE stays, and fades by half in five minutes")
    func meshFailures() {
        var score = TopicScore()
        score.grafted(now: 0, brought: .zero)
        score.pruned(self.standard(brought: 1_000, now: 40_000))
        #expect(score.value(self.standard(brought: 1_000, now: 40_000)) == .points(-16))
        score.grafted(now: 40_000, brought: .points(1_000))
        #expect(score.value(self.standard(brought: 1_000, now: 40_000)) == .points(-16))
        for _ in 0..<300 { score.decay(self.parameters, toZero: .zero) }
        let half = score.value(self.standard(now: 40_000)).millionths
        #expect((-8_100_000 ... -7_900_000).contains(half))
        #expect(!score.isClean)
    }

    @Test("P4: invalid messages count by their square, whatever else the peer does")
    func invalidMessages() {
        var score = TopicScore()
        for expected in [-1, -4, -9, -16] as [Int64] {
            score.sentInvalid()
            #expect(score.value(self.standard()) == .points(expected))
        }
        for _ in 0..<100_000 { score.sentInvalid() }
        #expect(score.value(self.standard()) < .points(-1_000_000_000))
    }

    @Test("What fades comes to nothing")
    func toZero() {
        var score = TopicScore()
        score.sentInvalid()
        score.grafted(now: 0, brought: .zero)
        score.delivered(isFirst: true, self.parameters)
        score.pruned(self.standard(brought: 1_000, now: 40_000))
        for _ in 0..<10_000 { score.decay(self.parameters, toZero: .init(millionths: 10_000)) }
        #expect(score == TopicScore())
    }
}

@Suite("The score of a peer (P5 to P7)")
struct PeerScoreTests {
    private let parameters = PeerScoreParameters()

    private func value(_ score: PeerScore, neighbours: Int = 1) -> FixedPoint {
        var score = score
        score.evaluate(self.parameters, neighbours: neighbours, [:])
        return score.value
    }

    @Test("P5: the application's points count as they are")
    func application() {
        var score = PeerScore()
        score.application = .points(-7)
        #expect(self.value(score) == .points(-7))
        score.application = FixedPoint(millionths: .min)
        #expect(self.value(score) == FixedPoint(millionths: .min))
    }

    @Test(
        "P6: four peers at one address are nobody's business, eight lose gossip, twelve all",
        arguments: [(1, 0), (4, 0), (5, -2), (8, -32), (11, -98), (12, -128)] as [(Int, Int64)]
    )
    func colocation(neighbours: Int, points: Int64) {
        #expect(self.value(PeerScore(), neighbours: neighbours) == .points(points))
    }

    @Test(
        "P7: four breaches are forgiven, ten at once are too many",
        arguments: [(4, 0), (5, -3), (7, -27), (9, -75), (10, -108)] as [(Int, Int64)]
    )
    func behaviour(breaches: Int, points: Int64) {
        var score = PeerScore()
        for _ in 0..<breaches { score.misbehaved() }
        #expect(self.value(score) == .points(points))
    }

    @Test("P7: breaches fade by half in 69 heartbeats")
    func fading() {
        var score = PeerScore()
        for _ in 0..<10 { score.misbehaved() }
        for _ in 0..<69 { score.decay(self.parameters) }
        #expect((4_950_000...5_050_000).contains(score.behaviour.millionths))
        for _ in 0..<1_000 { score.decay(self.parameters) }
        #expect(score == PeerScore())
    }

    @Test("All topics together bring eight points at most; what they cost has no bound")
    func topicCap() {
        var parameters = self.parameters
        parameters.standardTopic.firstDeliveriesMax = .points(1_000)
        var score = PeerScore()
        let topics = ["a", "b", "c"]
        for topic in topics {
            score.update(topic) { state in
                for _ in 0..<1_000 { state.delivered(isFirst: true, parameters.standardTopic) }
            }
        }
        let standard = TopicScore.Standard(
            parameters: parameters.standardTopic,
            brought: .zero,
            isMeshLarge: true,
            now: 0
        )
        var standards = ["a": standard, "b": standard, "c": standard]
        score.evaluate(parameters, neighbours: 1, standards)
        #expect(score.value == .points(8))
        standards["c"] = nil
        score.evaluate(parameters, neighbours: 1, standards)
        #expect(score.value == .points(8))
        score.update("a") { state in for _ in 0..<30 { state.sentInvalid() } }
        score.evaluate(parameters, neighbours: 1, standards)
        #expect(score.value == .points(200 - 900))
    }

    @Test("Topics differ where they are told to")
    func ownTopicParameters() {
        var parameters = self.parameters
        parameters.topics["b"] = TopicScoreParameters()
        parameters.topics["b"]?.invalidMessagesWeight = .points(-50)
        #expect(parameters.parameters(of: "a").invalidMessagesWeight == .points(-1))
        #expect(parameters.parameters(of: "b").invalidMessagesWeight == .points(-50))
    }

    @Test("What is kept of a peer that left is what speaks against it")
    func retention() {
        var score = PeerScore()
        score.application = .points(50)
        score.update("a") { state in
            state.grafted(now: 0, brought: .zero)
            for _ in 0..<9 { state.delivered(isFirst: true, TopicScoreParameters()) }
        }
        #expect(score.isClean)
        score.update("a") { $0.sentInvalid() }
        score.misbehaved()
        var kept = score.retained()
        #expect(!kept.isClean)
        #expect(kept.application == .zero)
        #expect(kept.behaviour == .one)
        var topicScore = TopicScore()
        kept.update("a") { topicScore = $0 }
        #expect(topicScore.firstDeliveries == .zero)
        #expect(topicScore.graftedAt == nil)
        #expect(topicScore.invalidMessages == .one)
    }
}

@Suite("How the parameters relate")
struct ParameterTests {
    @Test("The sizes of the mesh are in order (R-03-013, R-16-008)")
    func sizes() {
        let parameters = GossipSubParameters.standard
        #expect(parameters.meshSizeLow < parameters.meshSize)
        #expect(parameters.meshSize < parameters.meshSizeHigh)
        #expect(parameters.outboundSize < parameters.meshSizeLow)
        #expect(parameters.outboundSize <= parameters.meshSize / 2)
        #expect(parameters.bestScoresKept <= parameters.meshSize)
        #expect(parameters.historyGossip <= parameters.historyLength)
        #expect(
            [parameters.meshSize, parameters.meshSizeLow, parameters.meshSizeHigh] == [6, 4, 12]
        )
        #expect(parameters.fanoutSize == 6)
        #expect(parameters.heartbeatInterval == 1_000)
        #expect(parameters.historyLength == 3)
    }

    @Test("The thresholds are in the order that v1.1 demands")
    func thresholds() {
        let scoring = PeerScoreParameters()
        #expect(scoring.gossipThreshold < .zero)
        #expect(scoring.publishThreshold <= scoring.gossipThreshold)
        #expect(scoring.graylistThreshold < scoring.publishThreshold)
        #expect(scoring.acceptPXThreshold > scoring.topicScoreCap)
        #expect(scoring.opportunisticGraftThreshold > .zero)
        #expect(scoring.opportunisticGraftThreshold < scoring.topicScoreCap)
        let topic = scoring.standardTopic
        #expect(topic.meshDeliveriesMax >= topic.meshDeliveriesThreshold)
        #expect(topic.meshDeliveriesSample.multiplied(by: topic.meshDeliveriesShare) > .one)
    }

    @Test("A forger of invalid messages falls out of the mesh by the third, however well it served")
    func invalidOutweighsMerit() {
        let scoring = PeerScoreParameters()
        let third = scoring.standardTopic.invalidMessagesWeight.multiplied(by: .points(9))
        #expect(scoring.topicScoreCap + third < .zero)
    }

    @Test("One peer can use up a part of the room only")
    func shares() {
        let parameters = GossipSubParameters.standard
        #expect(parameters.pendingPerPeerMax * 4 <= parameters.pendingMax * 3)
        #expect(parameters.pendingPerPeerBytesMax * 2 <= parameters.pendingBytesMax)
        #expect(parameters.pendingPerPeerBytesMax >= 2 * RPCLimits.incomingBytesMax)
        #expect(parameters.iwantBytesMax >= RPCLimits.incomingBytesMax)
        #expect(parameters.ownBytesMax >= RPCLimits.incomingBytesMax)
    }
}
