import Identities
import Messages
import Primitives

// What a proposal needs that names an artefact without carrying it (D-72, D-75).
extension MarketBooks {
    /// Who kept the artefact of a proposal when it was made, and what else its author had replicated.
    ///
    /// Later messages that were signed in time change it; nothing that happens later does.
    func finding(on item: CheckArtefacts.Item) -> CheckArtefacts.Finding {
        CheckArtefacts.Finding(
            proposal: item.proposal,
            lack: self.lack(of: item),
            otherBytes: self.activeBytes(
                of: self.keys.identity(of: item.author),
                besides: item.content,
                at: item.proposedAt
            )
        )
    }

    /// Why an artefact was not replicated when it was proposed; nil when it was (R-06-010, R-06-043).
    private func lack(of item: CheckArtefacts.Item) -> String? {
        // Providers confirm by their own clocks, which may be ahead of the author's.
        let latest = self.calendar.moment(StorageMarketLimits.settling, after: item.proposedAt)
        let lives = self.lives(of: item.content, at: latest)
        guard !lives.contains(where: { $0.isConfirmed && !$0.ended(by: item.proposedAt) }) else {
            return nil
        }
        guard let contract = lives.last?.contract else {
            return "nobody is known to have asked for copies of its artefact before"
        }
        guard contract.confirmedAt == nil else {
            return "the copies of its artefact were given up before: \(contract.word)"
        }
        return "\(contract.holders.count) of \(contract.copyCount) copies of its artefact are "
            + "known to have been confirmed by then"
    }
}
