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
        let offer = self.rewards.offers[decision.proposal]
        for vote in decision.votes where vote.isCounted {
            self.tenures.acted(self.ledger.identity(of: vote.identity), at: vote.at)
        }
        guard decision.isFinal else { return }
        if decision.state == .ratified {
            self.ratified(decision, offer, at: fact.recordedAt)
        }
        guard self.configuration.detectsCollusion else { return }
        self.collusion.decided(decision.proposal, deadline: offer?.deadline)
        self.judgeCollusion(at: fact.recordedAt)
    }

    private mutating func ratified(
        _ decision: DecisionFact,
        _ offer: RewardBook.Offer?,
        at time: Timestamp
    ) {
        if let author = offer?.author ?? decision.author {
            // The deadline is the same on every node; the moment of looking is not.
            let identity = self.ledger.identity(of: author)
            self.tenures.acted(identity, at: offer?.deadline ?? time)
        }
        if let resolution = offer?.resolution {
            self.enact(resolution, of: decision.proposal, at: time)
        }
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
