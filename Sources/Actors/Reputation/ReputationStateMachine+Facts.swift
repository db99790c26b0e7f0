import Identities
import Messages
import OrderedCollections
import Primitives

// What this node's own decisions on proposals mean for the ledger (§11, D-49, D-50, D-61).
extension ReputationStateMachine {
    /// Folds a logged fact; only decisions on proposals matter here.
    mutating func logged(_ fact: LocalFact) {
        guard let decision = DecisionFact(fact) else { return }
        self.ledger.advance(to: fact.recordedAt)
        let votes = self.counted(decision)
        for vote in votes { self.tenures.acted(vote.identity, at: vote.at) }
        switch decision.state {
        case .ratified: self.ratified(decision, at: fact.recordedAt)
        case .rejected, .expired: break
        case .open, .converging, .confirming, .withdrawn: return
        }
        guard self.configuration.detectsCollusion else { return }
        self.collusion.decided(decision.proposal, votes)
        self.judgeCollusion(at: fact.recordedAt)
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
        guard let resolution = decision.resolution,
            self.enacted.append(decision.proposal).inserted
        else { return }
        self.enact(resolution, of: decision.proposal, at: time)
    }

    private mutating func enact(
        _ resolution: Propose.Resolution,
        of proposal: MessageID,
        at time: Timestamp
    ) {
        guard let subject = resolution.subject else { return }
        switch resolution.kind {
        case .ban:
            guard self.configuration.enforcesBans else { return }
            self.banned(subject, by: proposal, at: time)
        case .flag:
            self.ledger.charge(
                EarningLimits.grave,
                to: subject,
                at: time,
                cause: "flag upheld by \(proposal)"
            )
        case .keyConflict:
            guard let successor = resolution.successor,
                let change = self.ledger.resolve(subject, successor: successor, at: time)
            else { return }
            self.follow(change)
        case .parameter: break
        }
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
        self.suspects = OrderedSet(groups.flatMap(\.members) + self.clusteredVoters)
    }

    /// Voters of a network that more than a quarter of the active voters share (R-11-004).
    var clusteredVoters: [NodeID] {
        let voters = self.collusion.voters
        var clusters: OrderedDictionary<NetworkBook.Network, [NodeID]> = [:]
        for voter in voters {
            clusters[self.networks.network(of: voter), default: []].append(voter)
        }
        return clusters.values.filter { Self.isCluster($0.count, of: voters.count) }.flatMap(\.self)
    }

    private static func isCluster(_ count: Int, of all: Int) -> Bool {
        count * GamingLimits.networkShare > all
    }
}
