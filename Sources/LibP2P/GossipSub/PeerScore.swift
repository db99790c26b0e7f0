import OrderedCollections
import Primitives

/// Why a peer was put on the graylist: the deed that crossed the limit.
public enum GossipPenalty: Sendable, Equatable {
    /// It relayed a message that was rejected, or one without the members StrictSign demands.
    case invalidMessage
    /// It sent bytes that are no RPC, or an RPC over a limit.
    case malformedRPC
    /// It advertised a message and did not send it when asked.
    case brokenPromise
    /// It grafted during the back-off that a PRUNE had set.
    case graftFlood
    /// No offence of its own: too little delivered, too many peers at its address, or the application's
    /// view.
    case lowScore
}

/// The score of one peer: seven counters and their weighted sum.
///
/// It only counts; the router decides by the thresholds of ``PeerScoreParameters`` what the sum means.
///
/// Source: gossipsub v1.1 spec, The Score Function.
struct PeerScore: Sendable, Equatable {
    /// P1 to P4 by topic; only topics that this node follows, so there are few.
    private(set) var topics: OrderedDictionary<String, TopicScore> = [:]
    /// P5, as the application said last.
    var application = FixedPoint.zero
    /// P7: breaches of the protocol.
    private(set) var behaviour = FixedPoint.zero
    /// The sum when it was last worked out.
    private(set) var value = FixedPoint.zero

    /// Whether nothing is held against the peer that outlives its connection.
    var isClean: Bool {
        self.behaviour == .zero && self.topics.values.allSatisfy(\.isClean)
    }

    // MARK: Events

    /// P7 grows.
    mutating func misbehaved(_ breaches: FixedPoint = .one) {
        self.behaviour = self.behaviour + breaches
    }

    /// Changes what the peer did in a topic.
    mutating func update(_ topic: String, _ change: (inout TopicScore) -> Void) {
        change(&self.topics[topic, default: TopicScore()])
    }

    /// Forgets a topic that this node left.
    mutating func forget(_ topic: String) { self.topics.removeValue(forKey: topic) }

    /// Ends a heartbeat.
    mutating func decay(_ parameters: PeerScoreParameters) {
        let toZero = parameters.decayToZero
        self.behaviour.decay(by: parameters.behaviourDecay, toZero: toZero)
        for index in self.topics.values.indices {
            let topic = parameters.parameters(of: self.topics.keys[index])
            self.topics.values[index].decay(topic, toZero: toZero)
        }
    }

    /// What is kept of a peer that left: its penalties, and nothing in its favour.
    func retained() -> PeerScore {
        var score = self
        score.application = .zero
        for index in score.topics.values.indices { score.topics.values[index].forgetMerits() }
        return score
    }

    // MARK: The sum

    /// Works the sum out.
    ///
    /// - Parameters:
    ///   - parameters: weights and thresholds.
    ///   - neighbours: connected peers at the same address, this one included.
    ///   - standards: what the peers of a topic are held against, for each topic that is followed.
    mutating func evaluate(
        _ parameters: PeerScoreParameters,
        neighbours: Int,
        _ standards: [String: TopicScore.Standard]
    ) {
        var sum = FixedPoint.zero
        for (topic, score) in self.topics {
            if let standard = standards[topic] { sum = sum + score.value(standard) }
        }
        sum = min(sum, parameters.topicScoreCap)
        let surplus = FixedPoint.points(Int64(max(0, neighbours - parameters.colocationThreshold)))
        let excess = self.behaviour - parameters.behaviourThreshold
        self.value =
            sum + parameters.applicationWeight.multiplied(by: self.application)
            + parameters.colocationWeight.multiplied(by: surplus.square)
            + parameters.behaviourWeight.multiplied(by: excess.square)
    }
}
