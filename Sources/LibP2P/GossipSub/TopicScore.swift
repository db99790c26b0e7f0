import Primitives

/// What a peer did in one topic, in counters that fade.
///
/// Source: gossipsub v1.1 spec, The Score Function, P1 to P4.
struct TopicScore: Sendable, Equatable {
    /// Since when the peer is in the mesh; nil outside.
    private(set) var graftedAt: Int64?
    /// P2: messages that it delivered first.
    private(set) var firstDeliveries = FixedPoint.zero
    /// P3: messages that it delivered, first or nearly so, since it is in the mesh.
    private(set) var meshDeliveries = FixedPoint.zero
    /// What the topic had brought before the peer came into the mesh.
    private var broughtBefore = FixedPoint.zero
    /// P3b: squares of what it owed when it left the mesh.
    private(set) var meshFailures = FixedPoint.zero
    /// P4: invalid messages.
    private(set) var invalidMessages = FixedPoint.zero

    /// What all peers of the topic are held against.
    struct Standard {
        let parameters: TopicScoreParameters
        /// Messages that the topic brought, fading like ``TopicScore/meshDeliveries``.
        let brought: FixedPoint
        /// Whether the mesh is large enough to hold deliveries against peers: a small mesh may be a
        /// line, and the peers at its ends have nothing new to deliver.
        let isMeshLarge: Bool
        let now: Int64
    }

    /// Whether nothing is held against the peer.
    var isClean: Bool { self.meshFailures == .zero && self.invalidMessages == .zero }

    // MARK: Events

    mutating func grafted(now: Int64, brought: FixedPoint) {
        self.graftedAt = now
        self.meshDeliveries = .zero
        self.broughtBefore = brought
    }

    mutating func pruned(_ standard: Standard) {
        self.meshFailures = self.meshFailures + self.deficit(standard).square
        self.graftedAt = nil
        self.meshDeliveries = .zero
    }

    /// Counts a valid message.
    mutating func delivered(isFirst: Bool, _ parameters: TopicScoreParameters) {
        if isFirst {
            self.firstDeliveries = min(self.firstDeliveries + .one, parameters.firstDeliveriesMax)
        }
        guard self.graftedAt != nil else { return }
        self.meshDeliveries = min(self.meshDeliveries + .one, parameters.meshDeliveriesMax)
    }

    mutating func sentInvalid() { self.invalidMessages = self.invalidMessages + .one }

    /// Ends a heartbeat.
    mutating func decay(_ parameters: TopicScoreParameters, toZero: FixedPoint) {
        self.firstDeliveries.decay(by: parameters.firstDeliveriesDecay, toZero: toZero)
        self.meshDeliveries.decay(by: parameters.meshDeliveriesDecay, toZero: toZero)
        self.broughtBefore.decay(by: parameters.meshDeliveriesDecay, toZero: toZero)
        self.meshFailures.decay(by: parameters.meshFailuresDecay, toZero: toZero)
        self.invalidMessages.decay(by: parameters.invalidMessagesDecay, toZero: toZero)
    }

    /// Drops what speaks for the peer; its place in the mesh is lost with the connection.
    mutating func forgetMerits() {
        self.firstDeliveries = .zero
        self.graftedAt = nil
        self.meshDeliveries = .zero
        self.broughtBefore = .zero
    }

    // MARK: The score

    /// The topic's part of the score.
    func value(_ standard: Standard) -> FixedPoint {
        let parameters = standard.parameters
        let sum =
            parameters.timeInMeshWeight.scaled(numerator: self.timeInMesh(standard), denominator: 1)
            + parameters.firstDeliveriesWeight.multiplied(by: self.firstDeliveries)
            + parameters.meshDeliveriesWeight.multiplied(by: self.deficit(standard).square)
            + parameters.meshFailuresWeight.multiplied(by: self.meshFailures)
            + parameters.invalidMessagesWeight.multiplied(by: self.invalidMessages.square)
        return parameters.weight.multiplied(by: sum)
    }

    /// P1 in quanta.
    private func timeInMesh(_ standard: Standard) -> Int64 {
        let quantum = max(1, standard.parameters.timeInMeshQuantum)
        return min(self.age(now: standard.now) / quantum, standard.parameters.timeInMeshMax)
    }

    private func age(now: Int64) -> Int64 {
        guard let graftedAt = self.graftedAt else { return 0 }
        let (age, overflow) = now.subtractingReportingOverflow(graftedAt)
        return overflow ? 0 : max(0, age)
    }

    /// P3 before it is squared: the messages that the peer owes.
    ///
    /// How many messages a topic brings is not known in advance, so a mesh peer is held against
    /// what the topic did bring since it was grafted.
    private func deficit(_ standard: Standard) -> FixedPoint {
        let parameters = standard.parameters
        let brought = standard.brought - self.broughtBefore
        guard standard.isMeshLarge, self.graftedAt != nil,
            self.age(now: standard.now) >= parameters.meshDeliveriesActivation,
            brought >= parameters.meshDeliveriesSample
        else { return .zero }
        let share = brought.multiplied(by: parameters.meshDeliveriesShare)
        let expected = min(share, parameters.meshDeliveriesThreshold)
        return max(.zero, expected - self.meshDeliveries)
    }
}
