import Messages
import OrderedCollections
import Primitives

/// The rules of reputation: a ledger folded over the log, and the gates of the capability ramp.
struct ReputationStateMachine: Sendable {
    private struct Author: Sendable {
        let identity: NodeID
        var rewarded: OrderedSet<NodeID> = []
    }

    private struct OrphanAdoption: Sendable {
        let proposal: MessageID
        let adopter: NodeID
        let timestamp: Timestamp
    }

    private let configuration: ReputationConfiguration
    private var accounts: OrderedDictionary<NodeID, Account> = [:]
    private var authors: OrderedDictionary<MessageID, Author> = [:]
    private var orphans: [OrphanAdoption] = []
    /// Arrival of the newest announcement; not part of the replayable state.
    private var announced: OrderedDictionary<NodeID, Timestamp> = [:]

    init(configuration: ReputationConfiguration) {
        self.configuration = configuration
        for founder in configuration.genesis {
            self.accounts[founder.identity] = Account(direct: founder.score, isFounder: true)
        }
    }

    // MARK: Scores

    /// The score of an identity, as this node sees it now.
    func score(of identity: NodeID) -> FixedPoint {
        self.accounts[identity]?.overall ?? ReputationLimits.start
    }

    /// Identities in the ledger.
    var knownIdentities: Int { self.accounts.count }

    /// This node's opinion of itself (D-51).
    var ownScore: FixedPoint { self.score(of: self.configuration.ownIdentity) }

    func scores(_ wanted: [NodeID]?, now: Timestamp) -> Scores.Reply {
        let active = self.activeIdentities(now: now)
        let identities = wanted ?? Array(self.accounts.keys)
        let entries = identities.sorted().map { identity in
            Scores.Entry(
                identity: identity,
                overall: self.score(of: identity),
                observations: self.accounts[identity]?.observations ?? 0,
                isActive: active.contains(identity)
            )
        }
        let weight = active.reduce(FixedPoint.zero) { $0 + self.score(of: $1) }
        return Scores.Reply(
            entries: entries,
            activeIdentities: active.count,
            activeReputation: weight
        )
    }

    /// A voter's standing when it voted.
    func standing(of voter: VoterStandings.Voter) -> VoterStandings.Reply.Standing {
        VoterStandings.Reply.Standing(
            identity: voter.identity,
            at: voter.at,
            reputation: self.score(of: voter.identity),
            isSuspended: false,
            tenureFactor: .one
        )
    }

    private func activeIdentities(now: Timestamp) -> OrderedSet<NodeID> {
        var active = OrderedSet(
            self.announced.filter {
                now.milliseconds(since: $0.value) <= ReputationLimits.activeMilliseconds
            }.keys
        )
        active.append(self.configuration.ownIdentity)
        return active
    }

    func history(of identity: NodeID) -> ScoreHistory.Reply {
        let account = self.accounts[identity] ?? Account()
        return ScoreHistory.Reply(
            overall: account.overall,
            direct: account.direct,
            entries: Array(account.history)
        )
    }

    // MARK: Admission

    /// Why a message goes no further: its sender is banned (D-85), or it is an own message that
    /// others would not count (D-51).
    func gateRefusal(_ command: RateSender) -> Refusal? {
        if self.accounts[command.sender.identity]?.isBanned == true {
            return Refusal(.keyNotValid, "the identity \(command.sender.identity) is banned")
        }
        guard case .local = command.origin, let capability = command.message.type?.capability
        else { return nil }
        let score = self.score(of: command.sender.identity)
        guard score + ReputationLimits.ownGateMargin < capability.gate else { return nil }
        return Refusal(
            .belowGate,
            "\(command.message.typeName) needs a score of \(capability.gate); "
                + "this node has \(score). See `valence-node rep explain`."
        )
    }

    // MARK: The fold

    /// Folds a logged message.
    mutating func logged(_ admitted: AdmittedMessage) {
        let message = admitted.message
        let identity = admitted.sender.identity
        if message.type?.isObserved == true {
            self.accounts[identity, default: Account()]
                .observe(message.typeName, at: message.timestamp)
        }
        switch message.payload {
        case .propose: self.proposed(message.id, by: identity)
        case .adopt(let adoption) where adoption.success:
            self.adopted(adoption.proposalID, by: identity, at: message.timestamp)
        default: break
        }
    }

    /// A ban was upheld: the identity forfeits everything and is silenced (R-06-136, D-85).
    mutating func banned(_ identity: NodeID, by proposal: MessageID, at time: Timestamp) {
        self.accounts[identity, default: Account()].forfeit(at: time, cause: "ban by \(proposal)")
    }

    /// Notes an announcement; it decides who is active, and is no part of the log.
    mutating func announced(_ admitted: AdmittedMessage) {
        self.announced[admitted.sender.identity] = admitted.receivedAt
    }

    private mutating func proposed(_ proposal: MessageID, by author: NodeID) {
        guard self.authors[proposal] == nil else { return }
        self.authors[proposal] = Author(identity: author)
        let waiting = self.orphans.filter { $0.proposal == proposal }
        self.orphans.removeAll { $0.proposal == proposal }
        for orphan in waiting {
            self.adopted(proposal, by: orphan.adopter, at: orphan.timestamp)
        }
    }

    /// Rewards an author: once per adopting identity, never by oneself, ten times at most (D-44).
    private mutating func adopted(_ proposal: MessageID, by adopter: NodeID, at time: Timestamp) {
        guard var author = self.authors[proposal] else {
            self.keepOrphan(proposal, adopter, time)
            return
        }
        guard adopter != author.identity,
            author.rewarded.count < ReputationLimits.rewardedAdoptionsMax,
            author.rewarded.append(adopter).inserted
        else { return }
        self.authors[proposal] = author
        self.accounts[author.identity, default: Account()].gain(
            ReputationLimits.adoptionReward,
            at: time,
            cause: "adoption of \(proposal) by \(adopter)"
        )
    }

    private mutating func keepOrphan(_ proposal: MessageID, _ adopter: NodeID, _ time: Timestamp) {
        if self.orphans.count >= ReputationLimits.orphansMax { self.orphans.removeFirst() }
        self.orphans.append(
            OrphanAdoption(proposal: proposal, adopter: adopter, timestamp: time)
        )
    }

    /// Digest of what the log alone determines.
    var digest: Bytes32 {
        let lines = self.accounts.keys.sorted().map { identity in
            let account = self.accounts[identity] ?? Account()
            return "\(identity) \(account.direct.millionths) \(account.observations)\n"
        }
        return SHA256Digest.hash(Array(lines.joined().utf8))
    }
}

extension MessageType {
    /// Messages that show their author at work (§9, α).
    fileprivate var isObserved: Bool {
        switch self {
        case .propose, .vote, .adopt, .storageProof, .peerAnnounce, .reputationGossip: true
        default: false
        }
    }

    /// What the author must be permitted for the message to count.
    fileprivate var capability: Capability? {
        switch self {
        case .propose: .propose
        case .vote: .vote
        case .comment: .comment
        case .replicateRequest: .replicate
        default: nil
        }
    }
}
