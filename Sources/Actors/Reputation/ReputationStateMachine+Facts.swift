import Identities
import Messages
import OrderedCollections
import Primitives

// What this node's own decisions on proposals mean for the ledger (§11, D-49, D-50, D-61).
extension ReputationStateMachine {
    /// Folds a logged fact: a decision of Consensus, a finding of the storage market, or what this
    /// node knows of itself.
    mutating func logged(_ fact: LocalFact) {
        let time = fact.recordedAt
        self.resolveKeys(at: time)
        if let decision = DecisionFact(fact) {
            self.advance(to: time)
            self.decided(decision, at: time)
        } else if let finding = StorageFact(fact) {
            self.advance(to: time)
            self.found(finding, at: time)
        } else if let start = KeyStartedOver(fact) {
            for change in self.ledger.fold(start) { self.follow(change, at: time) }
        } else if let own = OwnFact(fact) {
            // A node that hears nobody does not see others fall silent: only arrivals are time.
            self.knows(own, fact)
        }
    }

    private mutating func decided(_ decision: DecisionFact, at time: Timestamp) {
        // Nobody's votes decided it: anybody can propose what cannot be ratified (D-52).
        guard decision.objection == nil else { return }
        let votes = self.counted(decision)
        for vote in votes { self.tenures.acted(vote.identity, at: vote.at) }
        switch decision.state {
        case .ratified: self.ratified(decision, at: time)
        case .rejected where decision.hasQuorum: self.rejected(decision, at: time)
        case .rejected, .expired: break
        case .open, .converging, .confirming, .withdrawn: return
        }
        guard self.configuration.detectsCollusion else { return }
        self.collusion.decided(decision.proposal, votes)
        self.judgeCollusion(at: time)
    }

    /// The votes that counted, by who the voters are now.
    private func counted(_ decision: DecisionFact) -> [DecisionFact.Ballot] {
        decision.votes.filter { $0.notCountedBecause == nil }.map { vote in
            DecisionFact.Ballot(
                identity: self.ledger.identity(of: vote.identity),
                voteID: vote.voteID,
                at: vote.at,
                stance: vote.stance,
                weight: vote.weight,
                isDegraded: vote.isDegraded,
                notCountedBecause: nil
            )
        }
    }

    private mutating func ratified(_ decision: DecisionFact, at time: Timestamp) {
        // The deadline is the same on every node; the moment of looking is not.
        let deadline = self.rewards.offers[decision.proposal]?.deadline ?? time
        self.tenures.acted(self.ledger.identity(of: decision.author), at: deadline)
        // A decision that is looked at again is not carried out again.
        guard let resolution = ResolutionRatified(decision),
            self.resolutions.add(resolution)
        else { return }
        self.ledger.ratified(resolution)
        self.resolveKeys(at: time)
        self.enactDue(at: time)
    }

    /// Contradictions of rotations end at the same entry of the log for all who fold it (D-61).
    mutating func resolveKeys(at time: Timestamp) {
        for change in self.ledger.enactResolutions(at: time) { self.follow(change, at: time) }
    }

    /// Carries out what is in force by now, in the order in which it came into force (D-61).
    mutating func enactDue(at time: Timestamp) {
        for ratified in self.resolutions.takeDue(at: time) {
            self.enact(ratified.resolution, of: ratified.proposal, at: ratified.effectiveAt)
        }
    }

    private mutating func enact(
        _ resolution: Propose.Resolution,
        of proposal: MessageID,
        at time: Timestamp
    ) {
        switch resolution.kind {
        case .flag: self.uphold(resolution, of: proposal, at: time)
        case .ban:
            if resolution.contentHash != nil { self.uphold(resolution, of: proposal, at: time) }
            guard let subject = resolution.subject, self.configuration.enforcesBans else { return }
            self.banned(subject, by: proposal, at: time)
        case .keyConflict, .parameter: break
        }
    }

    /// Flags were right: their stakes come back, and whoever brought the content pays (R-09-018).
    ///
    /// A ban upholds them as well: where bans are not enforced it would only free the source.
    private mutating func uphold(
        _ resolution: Propose.Resolution,
        of proposal: MessageID,
        at time: Timestamp
    ) {
        let charged = self.charged(by: resolution)
        if let content = resolution.contentHash {
            self.decideFlags(on: content, areUpheld: true, by: proposal, at: time)
            // Of several proposals on one artefact the first costs.
            guard self.upheld.append(content).inserted else { return }
        }
        guard let charged else { return }
        self.ledger.charge(
            EarningLimits.grave,
            to: charged,
            at: time,
            cause: "flag upheld by \(proposal)",
            isVoted: true
        )
    }

    /// Whom an upheld flag costs: the source of the content that is named, whatever else is.
    ///
    /// This node goes by what it saw itself: otherwise a proposer could choose who pays for content
    /// of somebody else. Nobody pays while the source is unknown.
    func charged(by resolution: Propose.Resolution) -> NodeID? {
        guard let content = resolution.contentHash else { return resolution.subject }
        return self.sources.source(of: content)
    }

    /// A ban was upheld: the identity forfeits everything and is silenced (R-06-136, D-85).
    mutating func banned(_ identity: NodeID, by proposal: MessageID, at time: Timestamp) {
        self.ledger.forfeit(identity, at: time, cause: "ban by \(proposal)")
    }

    // MARK: Collusion

    private mutating func judgeCollusion(at time: Timestamp) {
        let groups = self.collusion.groups()
        for group in groups where group.isHigh {
            for member in self.collusion.penalise(group, at: time) {
                self.ledger.charge(
                    EarningLimits.grave,
                    to: member,
                    at: time,
                    cause: "votes in step with \(group.members.count - 1) others"
                )
            }
        }
        self.suspects = OrderedSet(groups.flatMap(\.members) + self.clusteredVoters(at: time))
    }

    /// Voters of a network that more than a quarter of the active voters share (R-11-004).
    private func clusteredVoters(at time: Timestamp) -> [NodeID] {
        // On one machine addresses tell nothing.
        guard !self.configuration.isLocalProfile else { return [] }
        let voters = self.collusion.voters
        var clusters: OrderedDictionary<NetworkBook.Network, [NodeID]> = [:]
        for voter in voters {
            let children = self.ledger.keys.keys(of: voter).dropFirst()
            let network = self.networks.network(of: voter, children: children, at: time)
            clusters[network, default: []].append(voter)
        }
        return clusters.values.filter { Self.isCluster($0.count, of: voters.count) }.flatMap(\.self)
    }

    private static func isCluster(_ count: Int, of all: Int) -> Bool {
        count * GamingLimits.networkShare > all
    }
}
