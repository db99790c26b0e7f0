import Identities
import Messages
import OrderedCollections
import Primitives

// What the ledger and the words of others make of a score (§9).
extension ReputationStateMachine {
    /// All that went into a score.
    struct Evaluation: Sendable {
        /// Own opinion.
        let direct: FixedPoint
        /// Its weight in millionths.
        let alpha: Int64
        /// What others say, and how far they are trusted.
        let opinions: [ScoreFormula.Opinion]
        /// Distinct networks of these.
        let networks: Int
        /// Their weighted average.
        let peerAverage: FixedPoint?
        /// The score.
        let score: FixedPoint
    }

    /// The score of an identity, as this node sees it now.
    func score(of key: NodeID) -> FixedPoint {
        let identity = self.ledger.identity(of: key)
        if self.ledger.isBanned(identity) { return .zero }
        if self.ledger.isSuspended(identity) { return ReputationLimits.floor }
        return self.evaluation(of: identity).score
    }

    /// This node's opinion of itself (D-51).
    var ownScore: FixedPoint { self.score(of: self.ownIdentity) }

    /// The formula over what is known now, or over what was known at a moment (D-48).
    func evaluation(of identity: NodeID, at moment: Timestamp? = nil) -> Evaluation {
        let (direct, alpha) =
            self.ledger.read(identity) { account in
                (moment.map { account.direct(at: $0) } ?? account.direct, account.alpha(at: moment))
            } ?? (ReputationLimits.start, 0)
        let voices = self.voices(on: identity, before: moment)
        let opinions = voices.map(\.opinion)
        let average = ScoreFormula.peerAverage(opinions)
        let networks = self.networks.count(voices.map(\.assessor))
        return Evaluation(
            direct: direct,
            alpha: alpha,
            opinions: opinions,
            networks: networks,
            peerAverage: average,
            score: ScoreFormula.score(
                direct: direct,
                alpha: alpha,
                peerAverage: average,
                networks: networks
            )
        )
    }

    /// The usable words of others on a subject.
    private func voices(on subject: NodeID, before moment: Timestamp?)
        -> [(assessor: NodeID, opinion: ScoreFormula.Opinion)]
    {
        let own = self.ownIdentity
        return self.assessments.voices(on: subject).compactMap { assessor, held in
            // The own opinion is the ledger; it must not count twice.
            guard assessor != own, self.proven.contains(assessor) else { return nil }
            let overall = moment.map { held.overall(before: $0) } ?? held.overall
            let trust = self.trust(in: assessor, at: moment)
            guard let overall, trust > .zero else { return nil }
            return (assessor, ScoreFormula.Opinion(trust: trust, overall: overall))
        }
    }

    /// Trust goes one level deep: it is the own ledger's value (R-09-036), halved under suspicion.
    private func trust(in assessor: NodeID, at moment: Timestamp?) -> FixedPoint {
        let direct =
            moment.flatMap { moment in
                self.ledger.account(of: assessor).map { $0.direct(at: moment) }
            } ?? self.ledger.direct(of: assessor)
        guard self.isSuspect(assessor) else { return direct }
        return direct.scaled(numerator: 1, denominator: GamingLimits.distrustDivisor)
    }

    /// Whether an identity is under suspicion of acting as one with others (D-50).
    func isSuspect(_ identity: NodeID) -> Bool {
        self.configuration.detectsCollusion
            && (self.suspects.contains(identity) || self.registrations.isSuspect(identity))
    }

    // MARK: Peers

    /// What a connected peer is to this node.
    func standing(of node: NodeID, now: Timestamp) -> PeerStandings.Standing {
        let identity = self.ledger.identity(of: node)
        var condition = PeerStandings.Condition.good
        if self.ledger.isSuspended(identity) { condition = .suspended }
        if self.isBanned(identity, at: now) { condition = .banned }
        return PeerStandings.Standing(
            node: node,
            score: self.score(of: identity),
            condition: condition
        )
    }

    // MARK: Voters

    /// A voter's standing when it voted.
    func standing(of voter: VoterStandings.Voter) -> VoterStandings.Reply.Standing {
        let identity = self.ledger.identity(of: voter.identity)
        let isBanned = self.ledger.isBanned(identity)
        let evaluation = self.evaluation(of: identity, at: voter.at)
        return VoterStandings.Reply.Standing(
            identity: voter.identity,
            at: voter.at,
            reputation: isBanned ? .zero : evaluation.score,
            isSuspended: self.ledger.isSuspended(identity),
            tenureFactor: self.tenures.tenure(of: identity, at: voter.at).factor
        )
    }

    // MARK: Gates

    /// Why a message goes no further: its sender is banned (D-85), or it is an own message that
    /// others would not count (D-51).
    func gateRefusal(_ command: RateSender) -> Refusal? {
        let identity = self.ledger.identity(of: command.sender.identity)
        if self.isBanned(identity, at: command.receivedAt) {
            return Refusal(.keyNotValid, "the identity \(identity) is banned")
        }
        guard case .local = command.origin, let capability = command.message.capability
        else { return nil }
        return self.ownGateRefusal(command.message.typeName, capability, identity)
    }

    /// A ban holds from its moment on, also when nothing was logged since (D-61).
    private func isBanned(_ identity: NodeID, at time: Timestamp) -> Bool {
        self.ledger.isBanned(identity)
            || self.resolutions.pending.contains { ratified in
                ratified.resolution.kind == .ban && ratified.effectiveAt <= time
                    && ratified.resolution.subject.map { self.ledger.identity(of: $0) } == identity
                    && self.configuration.enforcesBans
            }
    }

    /// Both the own ledger and what others say must come near the gate (D-51).
    private func ownGateRefusal(_ type: String, _ capability: Capability, _ identity: NodeID)
        -> Refusal?
    {
        let reach = ReputationLimits.ownGateMargin
        let score = self.score(of: identity)
        if score + reach < capability.gate {
            return Refusal(
                .belowGate,
                "\(type) needs a score of \(capability.gate); this node has \(score). "
                    + "See `valence-node rep explain`."
            )
        }
        guard let median = self.receivedMedian(of: identity), median + reach < capability.gate
        else { return nil }
        return Refusal(
            .belowGate,
            "\(type) needs a score of \(capability.gate); others rate this node at \(median) and "
                + "would not count it. See `valence-node rep explain`."
        )
    }

    /// The trust-weighted median of what others say; nil while they are too few to speak for all.
    func receivedMedian(of identity: NodeID) -> FixedPoint? {
        let evaluation = self.evaluation(of: identity)
        guard evaluation.networks >= ReputationLimits.assessorNetworksMin else { return nil }
        return ScoreFormula.median(evaluation.opinions)
    }
}

extension Message {
    /// What the author must be permitted for the message to count.
    fileprivate var capability: Capability? {
        switch self.payload {
        case .propose: .propose
        case .vote: .vote
        case .comment: .comment
        case .replicateRequest: .replicate
        case .flag(let flag): flag.severity.capability
        default: nil
        }
    }
}
