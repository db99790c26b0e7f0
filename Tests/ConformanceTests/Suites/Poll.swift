import Messages
import OrderedCollections
import Primitives
import TestSupport

@testable import Consensus

/// A proposal and people with given weights who vote on it, up to its decision.
///
/// Governance asks for the standings of all voters, as it asks Reputation in a node.
struct Poll {
    /// What a proposal needs before it is ratified.
    enum Lack: String, CaseIterable {
        case voters = "voted, at least"
        case quorum = "the quorum is"
        case majority = "more than half of"
        case halfOfHeads = "made in cold start"
        case endorsement = "endorsed by less than"

        /// What a node names as missing; anything else speaks against the proposal itself.
        static func all(of view: ProposalView) throws -> Set<Lack> {
            Set(
                try view.missing.map { line in
                    guard let lack = self.allCases.first(where: { line.contains($0.rawValue) })
                    else { throw VectorFailure("the proposal cannot be ratified: \(line)") }
                    return lack
                }
            )
        }
    }

    private struct Power {
        let reputation: FixedPoint
        let tenureFactor: FixedPoint
    }

    private var assembly: Assembly
    private let network: NetworkSize
    private let id: MessageID
    private let opening: Timestamp
    private let deadline: Timestamp
    private var powers: OrderedDictionary<NodeID, Power> = [:]

    /// Opens the vote on a proposal.
    init(
        in assembly: Assembly,
        on message: Message,
        network: NetworkSize = NetworkSize(activeIdentities: 10, activeReputation: .one),
        authorScore: FixedPoint = .one
    ) throws {
        self.assembly = assembly
        self.network = network
        self.id = message.id
        self.opening = message.timestamp
        guard case .propose(let proposal) = message.payload else {
            throw VectorFailure("\(message.typeName) is no proposal")
        }
        self.deadline = proposal.votingDeadline
        self.powers[message.from] = Power(reputation: authorScore, tenureFactor: .one)
        if let refusal = self.assembly.hear(message, score: authorScore) {
            throw VectorFailure("the proposal is refused: \(refusal)")
        }
    }

    /// One more person votes, with this weight.
    ///
    /// Who weighs less than the score that voting needs has governed for so long that no more of the
    /// weight is left.
    mutating func vote(
        _ stance: String,
        weight: FixedPoint,
        status: SyncState = .synced
    ) throws {
        guard let stance = Vote.Stance(rawValue: stance) else {
            throw VectorFailure("no stance \(stance)")
        }
        let name = "voter \(self.powers.count)"
        let time = self.opening.adding(milliseconds: 1)
        let isFresh = Capability.vote.isPermitted(at: weight)
        self.powers[try Assembly.node(name)] = Power(
            reputation: isFresh ? weight : .one,
            tenureFactor: isFresh ? .one : weight
        )
        let vote = try Assembly.vote(stance, on: self.id, by: name, at: time, status: status)
        if let refusal = self.assembly.hear(vote) {
            throw VectorFailure("a vote is refused: \(refusal)")
        }
    }

    /// The author takes the proposal back.
    mutating func withdraw(at time: Timestamp) throws {
        let withdrawal = try Assembly.withdrawal(of: self.id, by: "author", at: time)
        if let refusal = self.assembly.hear(withdrawal) {
            throw VectorFailure("the withdrawal is refused: \(refusal)")
        }
    }

    /// The log says that the vote ended in this state.
    mutating func close(as state: ProposalState) throws {
        let decision = DecisionFact(
            on: self.id,
            state,
            author: try Assembly.node("author"),
            effectiveAt: self.deadline
        )
        self.assembly.log(decision.recorded(at: self.deadline))
    }

    // MARK: What comes of it

    private var standings: Standings {
        let standings = self.assembly.consensus.voters(on: [self.id]).compactMap { voter in
            self.powers[voter.identity].map { power in
                VoterStandings.Reply.Standing(
                    identity: voter.identity,
                    at: voter.at,
                    reputation: power.reputation,
                    isSuspended: false,
                    tenureFactor: power.tenureFactor
                )
            }
        }
        return Standings(VoterStandings.Reply(standings: standings))
    }

    /// The proposal as the node shows it, by default at the beginning.
    func view(at now: Timestamp? = nil) throws -> ProposalView {
        let view = self.assembly.view(
            of: self.id,
            at: now ?? self.opening,
            network: self.network,
            standings: self.standings
        )
        guard let view else { throw VectorFailure("the proposal is not there") }
        return view
    }

    /// The decision in force.
    func decision() throws -> DecisionFact {
        guard let decision = self.assembly.consensus.proposals[self.id]?.decision else {
            throw VectorFailure("nothing is decided")
        }
        return decision
    }

    /// Where the proposal stands just after its deadline.
    mutating func stateAtDeadline() throws -> ProposalState {
        try self.state(at: self.deadline.adding(milliseconds: 1))
    }

    /// Where it stands after the deadline and what would be a confirmation.
    mutating func stateAtLast() throws -> ProposalState {
        _ = try self.stateAtDeadline()
        let length = ConsensusLimits.confirmationMilliseconds
        return try self.state(at: self.deadline.adding(milliseconds: length + 1))
    }

    /// Decides what is due and writes it to the log.
    private mutating func state(at now: Timestamp) throws -> ProposalState {
        let decisions = self.assembly.consensus.decide(
            self.assembly.consensus.due(now: now),
            network: self.network,
            self.standings,
            now: now
        )
        for decision in decisions { self.assembly.log(decision.recorded(at: now)) }
        return try self.view().state
    }
}
