public import Primitives

/// The numbers of the peer score; points are ``FixedPoint``, times are milliseconds.
///
/// The scale is fixed by one figure: a peer at −100 points is not heard any more. The weight of each
/// offence follows from how many of them it takes. Argued in `docs/adr/0013-gossipsub-scoring.md`.
public struct PeerScoreParameters: Sendable, Equatable {
    // MARK: Thresholds

    /// Below this score no gossip is sent to a peer, taken from it, or served to it.
    ///
    /// Source: gossipsub v1.1 spec, Score Thresholds (below 0); ADR 0013.
    public var gossipThreshold = FixedPoint.points(-20)

    /// Below this score a peer gets no publications of this node.
    ///
    /// Source: gossipsub v1.1 spec, Score Thresholds (at most the gossip threshold); ADR 0013.
    public var publishThreshold = FixedPoint.points(-50)

    /// Below this score the RPCs of a peer are not even decoded.
    ///
    /// Source: gossipsub v1.1 spec, Score Thresholds (below the publish threshold); ADR 0013.
    public var graylistThreshold = FixedPoint.points(-100)

    /// From this score on the peers that a PRUNE offers are taken, if they are taken at all.
    ///
    /// Source: gossipsub v1.1 spec, Score Thresholds: more than topics alone can bring; ADR 0013.
    public var acceptPXThreshold = FixedPoint.points(10)

    /// A mesh whose median score is below this gets better peers.
    ///
    /// Source: gossipsub v1.1 spec, Score Thresholds: small against what topics bring; ADR 0013.
    public var opportunisticGraftThreshold = FixedPoint.points(1)

    // MARK: The whole peer

    /// The most that all topics together can add to a score.
    ///
    /// Source: gossipsub v1.1 spec, TopicCap; ADR 0013: three invalid messages outweigh it.
    public var topicScoreCap = FixedPoint.points(8)

    /// Weight of the score that the application gives (P5).
    ///
    /// Source: own choice: the application speaks in points.
    public var applicationWeight = FixedPoint.one

    /// Weight of the square of the peers too many at one address (P6).
    ///
    /// Source: ADR 0013: eight peers lose gossip, twelve are graylisted.
    public var colocationWeight = FixedPoint.points(-2)

    /// Peers at one address that cost no points.
    ///
    /// Source: ADR 0013: a household or a small office behind one address.
    public var colocationThreshold = 4

    /// Weight of the square of the behaviour counter above its threshold (P7).
    ///
    /// Source: ADR 0013: ten breaches at once, or one each ten seconds, are graylisted.
    public var behaviourWeight = FixedPoint.points(-3)

    /// Breaches of the protocol that cost no points.
    ///
    /// Source: ADR 0013: an overloaded honest peer breaks some promises.
    public var behaviourThreshold = FixedPoint.points(4)

    /// What is left of the behaviour counter after a heartbeat.
    ///
    /// Source: ADR 0013: half after 69 s.
    public var behaviourDecay = FixedPoint(millionths: 990_000)

    /// A counter below this is nothing.
    ///
    /// Source: gossipsub v1.1 spec, Parameter Decay (close to 0).
    public var decayToZero = FixedPoint(millionths: 10_000)

    /// Time after acceptance in which a mesh peer's copy still counts as delivered.
    ///
    /// Source: ADR 0013: longer than paths differ, shorter than most echoes take.
    public var nearFirstWindow: Int64 = 50

    // MARK: Topics

    /// How topics are scored that ``topics`` does not name.
    public var standardTopic = TopicScoreParameters()

    /// How single topics are scored, by name.
    public var topics: [String: TopicScoreParameters] = [:]

    init() {}

    /// How a topic is scored.
    func parameters(of topic: String) -> TopicScoreParameters {
        self.topics.isEmpty ? self.standardTopic : self.topics[topic] ?? self.standardTopic
    }
}

/// How the behaviour of peers in one topic is scored.
public struct TopicScoreParameters: Sendable, Equatable {
    /// Weight of the topic among all.
    ///
    /// Source: own choice: the cap over all topics evens out what their rates differ by.
    public var weight = FixedPoint.one

    /// Points for each ``timeInMeshQuantum`` in the mesh (P1).
    ///
    /// Source: ADR 0013: one point after an hour.
    public var timeInMeshWeight = FixedPoint(millionths: 16_667)

    /// One unit of time in the mesh.
    ///
    /// Source: own choice: a minute.
    public var timeInMeshQuantum: Int64 = 60_000

    /// Units of time in the mesh that count.
    ///
    /// Source: ADR 0013: an hour.
    public var timeInMeshMax: Int64 = 60

    /// Points for each message that the peer was the first to deliver (P2).
    ///
    /// Source: ADR 0013: two points at the cap.
    public var firstDeliveriesWeight = FixedPoint(millionths: 100_000)

    /// First deliveries that count.
    ///
    /// Source: ADR 0013: reached by mesh peers of a network of 50 nodes.
    public var firstDeliveriesMax = FixedPoint.points(20)

    /// What is left of the first deliveries after a heartbeat.
    ///
    /// Source: ADR 0013: half after 10 minutes.
    public var firstDeliveriesDecay = FixedPoint(millionths: 998_845)

    /// Weight of the square of the deliveries that a mesh peer owes (P3).
    ///
    /// Source: ADR 0013: −16 points for a peer that delivers nothing in a busy topic.
    public var meshDeliveriesWeight = FixedPoint(millionths: -250_000)

    /// The share of a topic's messages that a mesh peer is to deliver, first or nearly so.
    ///
    /// Source: ADR 0013: a third of an even share among twelve.
    public var meshDeliveriesShare = FixedPoint(millionths: 50_000)

    /// Deliveries that suffice, however many messages there are.
    ///
    /// Source: ADR 0013: no flood of messages makes honest peers owe more.
    public var meshDeliveriesThreshold = FixedPoint.points(8)

    /// Deliveries that count at most.
    ///
    /// Source: gossipsub v1.1 spec: at least the threshold; ADR 0013.
    public var meshDeliveriesMax = FixedPoint.points(32)

    /// Messages that a topic brought while the peer was in the mesh before it can owe any.
    ///
    /// Source: ADR 0013: fewer say nothing; a silent topic asks for nothing.
    public var meshDeliveriesSample = FixedPoint.points(50)

    /// Time in the mesh before a peer can owe any.
    ///
    /// Source: ADR 0013: half a minute to settle in.
    public var meshDeliveriesActivation: Int64 = 30_000

    /// What is left of the mesh deliveries, and of the messages they are held against, after a
    /// heartbeat.
    ///
    /// Source: ADR 0013: half after 5 minutes.
    public var meshDeliveriesDecay = FixedPoint(millionths: 997_692)

    /// Weight of the squares that were owed at times of leaving the mesh (P3b).
    ///
    /// Source: own choice: what was owed weighs the same after the PRUNE.
    public var meshFailuresWeight = FixedPoint(millionths: -250_000)

    /// What is left of them after a heartbeat.
    ///
    /// Source: ADR 0013: half after 5 minutes.
    public var meshFailuresDecay = FixedPoint(millionths: 997_692)

    /// Weight of the square of invalid messages (P4).
    ///
    /// Source: ADR 0013: three cost the mesh, eleven at once the graylist.
    public var invalidMessagesWeight = FixedPoint.points(-1)

    /// What is left of the invalid messages after a heartbeat.
    ///
    /// Source: ADR 0013: half after 5 minutes.
    public var invalidMessagesDecay = FixedPoint(millionths: 997_692)

    /// The numbers that hold where nothing else is said.
    public init() {}
}

extension FixedPoint {
    /// A whole number of points.
    static func points(_ count: Int64) -> FixedPoint { FixedPoint(millionths: count * 1_000_000) }

    /// The square; zero for what is not above zero.
    var square: FixedPoint { self > .zero ? self.multiplied(by: self) : .zero }

    /// What is left after one period, nothing when it is next to nothing.
    mutating func decay(by factor: FixedPoint, toZero: FixedPoint) {
        guard self != .zero else { return }
        self = self.multiplied(by: factor)
        if self < toZero { self = .zero }
    }
}
