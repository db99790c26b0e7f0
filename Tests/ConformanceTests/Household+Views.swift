import Messages
import Primitives

@testable import Consensus
@testable import Reputation

// What came of all that people did.
extension Household {
    /// The stances that stand on a proposal, by the identity that they count for.
    func tally(of title: String) -> [NodeID: String] {
        let votes = self.proposals[title].flatMap {
            self.assembly.view(of: $0, at: self.now)?.votes
        }
        return Dictionary(
            (votes ?? []).filter { $0.notCountedBecause == nil }.map { ($0.identity, $0.stance) },
            uniquingKeysWith: { first, _ in first }
        )
    }

    /// A proposal as the node shows it: votes weigh what the ledger says of their moments.
    func view(of title: String) -> ProposalView? {
        self.proposals[title].flatMap { id in
            let voters = self.assembly.consensus.voters(on: [id])
            let standings = voters.map { self.reputation.standing(of: $0) }
            return self.assembly.view(
                of: id,
                at: self.now,
                standings: Standings(VoterStandings.Reply(standings: standings))
            )
        }
    }

    /// Identities whose votes count on any proposal.
    var voters: Int {
        Set(self.proposals.keys.sorted().flatMap { Array(self.tally(of: $0).keys) }).count
    }
}
