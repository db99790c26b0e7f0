import Identities
import Messages
import OrderedCollections
import Primitives

/// Whom this node suspects of acting as one with others: their word has half its weight (§11, D-50).
struct Suspicion: Sendable, Codable {
    /// What an identity is suspected for.
    enum Ground: Sendable {
        /// It votes in step with others, or shares a network with many voters.
        case votes
        /// It proved its delay on the day that others did.
        case registration
    }

    /// A member of a group that votes in step, and how many others there are.
    struct Accomplice: Sendable, Equatable {
        let identity: NodeID
        let others: Int
    }

    private let isEnabled: Bool
    /// On one machine addresses tell nothing.
    private let comparesNetworks: Bool
    private(set) var collusion = CollusionWatch()
    private var registrations = RegistrationWatch()
    /// Those whose votes speak against them.
    private var suspects: OrderedSet<NodeID> = []

    init(_ configuration: ReputationConfiguration) {
        self.isEnabled = configuration.detectsCollusion
        self.comparesNetworks = !configuration.isLocalProfile
    }

    /// What speaks against an identity; nil while nothing does.
    func ground(against identity: NodeID) -> Ground? {
        guard self.isEnabled else { return nil }
        if self.suspects.contains(identity) { return .votes }
        return self.registrations.isSuspect(identity) ? .registration : nil
    }

    /// An identity proved its delay.
    mutating func proved(_ identity: NodeID, at time: Timestamp) {
        self.registrations.proved(identity, at: time)
    }

    /// A proposal is decided for good: its votes are compared with earlier ones.
    ///
    /// - Parameters:
    ///   - proposal: the proposal.
    ///   - votes: those that counted, by who the voters are now.
    ///   - time: the moment of the decision.
    ///   - keys: which keys act for a voter.
    ///   - networks: where voters come from.
    /// - Returns: whom it costs something, since the step is no accident.
    mutating func decided(
        _ proposal: MessageID,
        _ votes: [DecisionFact.Ballot],
        at time: Timestamp,
        _ keys: KeyRegistry,
        _ networks: NetworkBook
    ) -> [Accomplice] {
        guard self.isEnabled else { return [] }
        self.collusion.decided(proposal, votes)
        let groups = self.collusion.groups()
        var accomplices: [Accomplice] = []
        for group in groups where group.isHigh {
            let others = group.members.count - 1
            accomplices += self.collusion.penalise(group, at: time)
                .map { Accomplice(identity: $0, others: others) }
        }
        let clustered = self.clusteredVoters(at: time, keys, networks)
        self.suspects = OrderedSet(groups.flatMap(\.members) + clustered)
        return accomplices
    }

    /// Voters of a network that more than a quarter of the active voters share (R-11-004).
    private func clusteredVoters(
        at time: Timestamp,
        _ keys: KeyRegistry,
        _ networks: NetworkBook
    ) -> [NodeID] {
        guard self.comparesNetworks else { return [] }
        let voters = self.collusion.voters
        var clusters: OrderedDictionary<NetworkBook.Network, [NodeID]> = [:]
        for voter in voters {
            clusters[networks.network(of: voter, keys, at: time), default: []].append(voter)
        }
        return clusters.values.filter { Self.isCluster($0.count, of: voters.count) }.flatMap(\.self)
    }

    private static func isCluster(_ count: Int, of all: Int) -> Bool {
        count * GamingLimits.networkShare > all
    }
}

extension Suspicion: BookKeeper {
    /// All that is folded; what is looked at is given.
    mutating func present(to reader: inout some BookReader) {
        reader.book("collusion", &self.collusion)
        reader.book("registrations", &self.registrations)
        reader.book("suspects", &self.suspects)
    }
}
