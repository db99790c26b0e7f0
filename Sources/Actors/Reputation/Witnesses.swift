import Cryptography
import Identities
import Messages
import Multiformats
import OrderedCollections
import Primitives

/// Who says what of whom, and how far this node believes it: what makes a score of the own opinion in
/// the ledger (§9).
///
/// A word weighs what the ledger thinks of its speaker, if that proved its delay, and half of it when it
/// is suspected. Many words of one network are no more than one.
struct Witnesses: Sendable, Codable {
    /// All that went into a score.
    struct Evaluation: Sendable {
        /// Own opinion.
        let direct: FixedPoint
        /// Its weight in millionths.
        let alpha: Int64
        /// What others say, and how far they are trusted.
        let opinions: [ScoreFormula.Opinion]
        /// Who says it.
        let assessors: [NodeID]
        /// Their weighted average.
        let peerAverage: FixedPoint?
        /// The score.
        let score: FixedPoint
    }

    /// This node's key at boot: its own word is in the ledger.
    private let own: NodeID
    private(set) var assessments = AssessmentBook()
    /// Identities of which this node holds a proof of delay (ADR 0025).
    private(set) var proven: Set<NodeID>
    private(set) var suspicion: Suspicion
    private var networks: NetworkBook
    /// What peers agreed on when this node started (R-05-059).
    private var bounds = ReportedBounds()

    /// Founders and this node need no proof.
    init(_ configuration: ReputationConfiguration) {
        self.own = configuration.ownIdentity
        self.proven = Set(configuration.genesis.map(\.identity) + [configuration.ownIdentity])
        self.suspicion = Suspicion(configuration)
        self.networks = NetworkBook(
            operators: configuration.operators,
            isLocalProfile: configuration.isLocalProfile
        )
    }

    /// Looks addresses up in this table from now on.
    mutating func use(_ operators: PrefixTable) { self.networks.use(operators) }

    // MARK: Scores

    /// The score of an identity, as this node sees it now.
    func score(of key: NodeID, _ ledger: Ledger) -> FixedPoint {
        let identity = ledger.identity(of: key)
        if ledger.isBanned(identity) { return .zero }
        if ledger.isSuspended(identity) { return ReputationLimits.floor }
        return self.evaluation(of: identity, ledger).score
    }

    /// The formula over what is known now, or over what was known at a moment (D-48).
    func evaluation(of identity: NodeID, at moment: Timestamp? = nil, _ ledger: Ledger)
        -> Evaluation
    {
        let (direct, alpha) =
            ledger.read(identity) { account in
                (
                    moment.map { account.pointee.direct(at: $0) } ?? account.pointee.direct,
                    account.pointee.alpha(at: moment)
                )
            } ?? (ReputationLimits.start, 0)
        let voices = self.voices(on: identity, before: moment, ledger)
        let opinions = voices.map(\.opinion)
        let assessors = voices.map(\.assessor)
        // Counted only when asked for; a copy, since asking would otherwise take one of everything here.
        let networks = self.networks
        let average = ScoreFormula.peerAverage(opinions)
        return Evaluation(
            direct: direct,
            alpha: alpha,
            opinions: opinions,
            assessors: assessors,
            peerAverage: average,
            score: self.bounds.applied(
                to: ScoreFormula.score(
                    direct: direct,
                    alpha: alpha,
                    peerAverage: average,
                    networks: networks.count(assessors)
                ),
                of: identity,
                alpha: alpha,
                at: moment
            )
        )
    }

    /// The usable words of others on a subject.
    private func voices(on subject: NodeID, before moment: Timestamp?, _ ledger: Ledger)
        -> [(assessor: NodeID, opinion: ScoreFormula.Opinion)]
    {
        let own = ledger.identity(of: self.own)
        return self.assessments.compactMapVoices(on: subject) { assessor, held in
            // The own opinion is the ledger; it must not count twice.
            guard assessor != own, self.proven.contains(assessor) else { return nil }
            let overall = moment.map { held.pointee.overall(before: $0) } ?? held.pointee.overall
            let trust = self.trust(in: assessor, at: moment, ledger)
            guard let overall, trust > .zero else { return nil }
            return (assessor, ScoreFormula.Opinion(trust: trust, overall: overall))
        }
    }

    /// Trust goes one level deep: it is the own ledger's value (R-09-036), halved under suspicion.
    private func trust(in assessor: NodeID, at moment: Timestamp?, _ ledger: Ledger) -> FixedPoint {
        let direct =
            moment.flatMap { moment in
                ledger.account(of: assessor).map { $0.direct(at: moment) }
            } ?? ledger.direct(of: assessor)
        guard self.suspicion.ground(against: assessor) != nil else { return direct }
        return direct.scaled(numerator: 1, denominator: GamingLimits.distrustDivisor)
    }

    /// Trust-weighted averages of the fields that others name for an identity.
    func domains(of identity: NodeID, _ ledger: Ledger) -> [ScoreHistory.Domain] {
        var opinions: [String: [ScoreFormula.Opinion]] = [:]
        for (assessor, held) in self.assessments.voices(on: identity)
        where self.proven.contains(assessor) {
            let trust = ledger.direct(of: assessor)
            for domain in held.domains {
                opinions[domain.name, default: []]
                    .append(ScoreFormula.Opinion(trust: trust, overall: domain.score))
            }
        }
        return opinions.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
            .compactMap { name in
                ScoreFormula.peerAverage(opinions[name] ?? [])
                    .map { ScoreHistory.Domain(name: name, score: $0) }
            }
    }

    /// The network that the identity of a key contributes at a moment (D-25).
    func network(of key: NodeID, _ keys: KeyRegistry, at time: Timestamp) -> NetworkBook.Network {
        self.networks.network(of: key, keys, at: time)
    }

    /// How many networks some identities come from (D-25).
    func networkCount(_ identities: [NodeID]) -> Int { self.networks.count(identities) }

    // MARK: The fold

    /// An identity proved its delay, which admission checked.
    ///
    /// - Returns: whether it is the first time.
    mutating func proved(_ identity: NodeID) -> Bool { self.proven.insert(identity).inserted }

    /// An identity says where it is, and when it computed its proof.
    mutating func announced(
        _ announcement: PeerAnnounce,
        in message: Message,
        by identity: NodeID,
        isFounder: Bool
    ) {
        self.networks.announced(
            announcement,
            by: identity,
            key: message.from,
            at: message.timestamp
        )
        // Founders agreed beforehand, and begin on one day: that says nothing of them.
        guard !isFounder else { return }
        self.suspicion.proved(identity, at: announcement.vdfProof.computedAt)
    }

    /// An identity spoke: it is not invented.
    mutating func heard(_ identity: NodeID) { self.assessments.heard(identity) }

    /// What others say: newest for each assessor and subject, none of oneself (R-09-039, D-39).
    ///
    /// An opinion may have been formed long before it is said again (ADR 0038), but not after it.
    mutating func assessed(
        _ gossip: ReputationGossip,
        in message: Message,
        by assessor: NodeID,
        _ ledger: Ledger
    ) {
        let proven = self.proven
        let said = message.timestamp
        let latest = said.adding(milliseconds: ReputationLimits.freshMilliseconds)
        for assessment in gossip.assessments where assessment.assessmentTimestamp <= latest {
            let subject = ledger.identity(of: assessment.nodeID)
            _ = self.assessments.take(
                HeldOpinion(
                    assessment,
                    saidAt: said,
                    signer: message.from == assessor ? nil : message.from
                ),
                by: assessor,
                on: subject,
                isKnown: ledger.accounts[subject] != nil,
                // Who proved nothing takes no place from others.
                trust: { proven.contains($0) ? ledger.direct(of: $0) : .zero }
            )
        }
    }

    /// Peers agreed on scores while this node started.
    mutating func reported(_ scores: ReportedScores, at time: Timestamp, _ ledger: Ledger) {
        let bounds = scores.bounds.map { bound in
            ScoresReported.Bound(identity: ledger.identity(of: bound.identity), score: bound.score)
        }
        self.bounds.replace(by: bounds, at: time)
    }

    /// Keys of these identities may have lost their right to speak: what they said since is void
    /// (R-05-066, D-14).
    mutating func void(of identities: OrderedSet<NodeID>, _ keys: KeyRegistry) {
        self.assessments.void(of: identities) { keys.isVoid(signer: $0, at: $1) }
    }

    /// A proposal is decided for good.
    ///
    /// - Returns: who voted in step with others for too long.
    mutating func decided(
        _ proposal: MessageID,
        _ votes: [DecisionFact.Ballot],
        at time: Timestamp,
        _ keys: KeyRegistry
    ) -> [Suspicion.Accomplice] {
        self.suspicion.decided(proposal, votes, at: time, keys, self.networks)
    }
}

extension Witnesses: BookKeeper {
    /// All that is folded; the own key is given.
    mutating func present(to reader: inout some BookReader) {
        reader.book("assessments", &self.assessments)
        reader.book("proven", &self.proven)
        reader.book("suspicion", &self.suspicion)
        reader.book("networks", &self.networks)
        reader.book("bounds", &self.bounds)
    }
}
