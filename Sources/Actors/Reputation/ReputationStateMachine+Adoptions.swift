import Messages
import OrderedCollections
import Primitives

// Who is rewarded for adoptions, and who may reward: nothing earns for free (§10, D-34, D-44).
extension ReputationStateMachine {
    mutating func proposed(_ proposal: Propose, _ message: Message, by author: NodeID) {
        self.rewards.proposed(proposal, message, by: author, heardAt: self.newestArrival)
        self.reconsiderAdoptions { $0.proposal == message.id }
        self.hearEarly(on: message.id)
    }

    /// Somebody offers content; a proposal that names it may have come before it.
    mutating func shared(_ share: Share, _ message: Message, by host: NodeID) {
        guard self.rewards.shared(share, message, by: host) else { return }
        let offers = self.rewards.offers
        self.reconsiderAdoptions { offers[$0.proposal]?.origin == message.id }
    }

    /// An identity announced itself with a proof of delay, which admission checked.
    mutating func proved(_ identity: NodeID) {
        guard self.proven.insert(identity).inserted else { return }
        self.reconsiderAdoptions { $0.adopter == identity }
    }

    mutating func adopted(_ adoption: RewardBook.Adoption) {
        guard self.counts(adoption, mayPropose: { self.mayPropose($0) }) else {
            return self.rewards.wait(adoption)
        }
        self.reward(adoption)
    }

    /// Adoptions that did not count are looked at again (D-20).
    mutating func reconsiderAdoptions(where isAffected: (RewardBook.Adoption) -> Bool) {
        var book = self.rewards
        // Many wait for one author, and a score costs a walk over all who speak of it.
        var known: [NodeID: Bool] = [:]
        let ready = book.takeReady { adoption in
            isAffected(adoption)
                && self.counts(adoption) { author in
                    let answer = known[author] ?? self.mayPropose(author)
                    known[author] = answer
                    return answer
                }
        }
        self.rewards = book
        for adoption in ready { self.reward(adoption) }
    }

    private func counts(_ adoption: RewardBook.Adoption, mayPropose: (NodeID) -> Bool) -> Bool {
        guard let offer = self.rewards.offers[adoption.proposal],
            !self.rewards.awaitsOrigin(offer, at: self.newestArrival)
        else { return false }
        return self.proven.contains(adoption.adopter) && mayPropose(offer.author)
    }

    private func mayPropose(_ author: NodeID) -> Bool {
        Capability.propose.isPermitted(at: self.score(of: author))
    }

    private mutating func reward(_ adoption: RewardBook.Adoption) {
        var book = Self.take(&self.rewards, leaving: RewardBook())
        let reward = book.adopted(adoption) { self.score(of: $0) }
        self.rewards = book
        guard let reward else { return }
        let time = adoption.timestamp
        let cause = "adoption of \(adoption.proposal) by \(adoption.adopter)"
        self.ledger.earn(reward.shares.author, by: reward.author, at: time, cause: cause)
        if let host = reward.host {
            self.ledger.earn(reward.shares.host, by: host, at: time, cause: "\(cause), as host")
        }
        for provider in reward.providers {
            self.ledger.earn(
                reward.shares.provider,
                by: provider,
                at: time,
                cause: "\(cause), as provider"
            )
        }
    }
}
