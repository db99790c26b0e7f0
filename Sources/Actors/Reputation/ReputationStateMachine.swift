import Messages
import Primitives

/// Decides which messages reach their judges, and when this node speaks: of others in turn, of itself into
/// the log, and of artefacts that are flagged to whoever keeps them.
///
/// The rules, that is what the log makes of everybody's score, are in ``Bookkeeping``.
struct ReputationStateMachine: Sendable {
    private var books: Bookkeeping
    private var rotation = GossipRotation()
    /// Time between two own broadcasts.
    private let pause: Duration
    /// The log has been read.
    private var isLive = false

    init(configuration: ReputationConfiguration) {
        self.books = Bookkeeping(configuration: configuration)
        self.pause = .milliseconds(configuration.gossipMilliseconds)
    }

    // MARK: Admission

    /// Adds the sender's score, and lets a message through to the owner of its type.
    ///
    /// REPUTATION_GOSSIP is its own: every well-formed one is accepted, and what its assessments
    /// are worth is decided when the log has them (D-20).
    mutating func rate(_ command: RateSender) -> [ReputationAction] {
        let message = command.message
        let admitted = AdmittedMessage(
            message: message,
            origin: command.origin,
            receivedAt: command.receivedAt,
            sender: command.sender,
            reputation: self.books.score(of: command.sender.identity)
        )
        let refusal = self.books.gateRefusal(command) ?? self.books.budgetRefusal(of: admitted)
        if let refusal { return [.refuse(command.origin, message.id, refusal)] }
        return [message.type == .reputationGossip ? .accept(admitted) : .judge(admitted)]
    }

    /// What would become of a message of this node (ADR 0059).
    func rating(of query: DraftRating, now: Timestamp) -> DraftRating.Reply {
        let command = RateSender(
            message: query.message,
            origin: .local(nil),
            receivedAt: now,
            sender: query.sender
        )
        var copy = self
        switch copy.rate(command).first {
        case .judge(let admitted)?, .accept(let admitted)?:
            return DraftRating.Reply(
                outcome: .success(admitted),
                cost: self.books.cost(of: admitted),
                doubt: self.books.doubt(about: command)
            )
        case .refuse(_, _, let refusal)?:
            return DraftRating.Reply(outcome: .failure(refusal), cost: nil, doubt: nil)
        case let other:
            preconditionFailure("a message is let through or refused, not \(other as Any)")
        }
    }

    /// A message was accepted: others who announce themselves hear this node, too.
    mutating func accepted(_ event: MessageAccepted, now: Timestamp) -> [ReputationAction] {
        let admitted = event.admitted
        if !event.isLogged { self.books.relayed(admitted.message.id) }
        guard admitted.message.type == .peerAnnounce else { return [] }
        self.books.announced(admitted)
        return self.books.presenceFact(now: now).map { [.record($0)] } ?? []
    }

    /// A message ended before acceptance.
    mutating func refused(_ event: MessageRefused) { self.books.refused(event) }

    /// This node answered a peer.
    func answered(_ event: SyncAnswered, now: Timestamp) -> [ReputationAction] {
        self.books.serviceFact(event, now: now).map { [.record($0)] } ?? []
    }

    /// Peers agree on scores; of too many the lowest are kept, as they say the most.
    func reported(_ event: ScoresReported, now: Timestamp) -> [ReputationAction] {
        var bounds = event.bounds
        if bounds.count > ReputationLimits.reportedBoundsMax {
            let lowest = bounds.sorted { ($0.score, $0.identity) < ($1.score, $1.identity) }
            bounds = lowest.prefix(ReputationLimits.reportedBoundsMax)
                .sorted { $0.identity < $1.identity }
        }
        return [.record(ReportedScores(bounds).fact(recordedAt: now))]
    }

    // MARK: The log

    /// A message is in the log.
    mutating func logged(_ admitted: AdmittedMessage) -> [ReputationAction] {
        self.books.logged(admitted)
        return self.news()
    }

    /// A fact is in the log.
    mutating func logged(_ fact: LocalFact) -> [ReputationAction] {
        self.books.logged(fact)
        return self.news()
    }

    /// Artefacts lie on this node's disk.
    mutating func held(_ event: ContentHeld) -> [ReputationAction] {
        self.books.held(event.contents)
        return self.news()
    }

    /// What became of artefacts; of the past it is told when all of it was read.
    private mutating func news() -> [ReputationAction] {
        let weighed = self.books.takeWeighed()
        guard self.isLive else { return [] }
        let flag = self.books.nextMatch().map { [ReputationAction.flag($0)] } ?? []
        return weighed.map { .tell($0) } + flag
    }

    // MARK: Time

    /// The replay is over.
    mutating func replayFinished() -> [ReputationAction] {
        self.isLive = true
        let weighed = self.books.flags.weighed
        return weighed.map { .tell($0) } + self.news() + [.wake(after: self.pause)]
    }

    /// It is time to tell others what this node thinks (R-09-042).
    mutating func woke(now: Timestamp, entropy: UInt64) -> [ReputationAction] {
        var actions: [ReputationAction] = []
        if let gossip = self.rotation.gossip(of: self.books, now: now, entropy: entropy) {
            actions.append(.publish(gossip))
        }
        self.books.retryMatch()
        return actions + self.news() + [.wake(after: self.pause)]
    }

    // MARK: Questions of others

    /// Scores, and the size of the active network.
    func scores(_ query: Scores, now: Timestamp) -> Scores.Reply {
        self.books.scores(query.identities, now: now)
    }

    /// What this node thinks now of those that it assessed in public (R-05-052).
    func currentScores(_ query: CurrentScores) -> CurrentScores.Reply {
        self.books.currentScores(after: query.after, limit: query.limit)
    }

    /// What voters weighed when they voted.
    func standings(_ query: VoterStandings) -> VoterStandings.Reply {
        VoterStandings.Reply(standings: query.voters.map { self.books.standing(of: $0) })
    }

    /// What connected peers are worth.
    func standings(_ query: PeerStandings, now: Timestamp) -> PeerStandings.Reply {
        PeerStandings.Reply(standings: query.nodes.map { self.books.standing(of: $0, now: now) })
    }

    /// Where a score comes from.
    func history(_ query: ScoreHistory) -> ScoreHistory.Reply {
        self.books.history(of: query.identity)
    }

    /// The ledger part of the state digest.
    func status(isBrief: Bool = false) -> ReputationStatus.Reply {
        self.books.status(isBrief: isBrief)
    }
}

extension ReputationStateMachine {
    /// What a checkpoint keeps.
    var kept: ReputationState { ReputationState(books: self.books) }

    /// Takes over what a checkpoint kept.
    mutating func restore(_ kept: ReputationState) { self.books.restore(kept.books) }
}
