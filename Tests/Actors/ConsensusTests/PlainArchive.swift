// What becomes of old proposals (§12, ADR 0064), once more in the plainest way.
extension PlainAssembly {
    /// Takes out of use what has its age at the beginning of an hour.
    mutating func archive(at hour: Int64) {
        for (number, proposal) in self.proposals where proposal.archivedAs == nil {
            guard let end = self.end(of: proposal), end.at <= hour else { continue }
            self.proposals[number]?.archivedAs = end.state
        }
    }

    private func end(of proposal: Proposal) -> (state: String, at: Int64)? {
        guard !self.isKeptForEver(proposal) else { return nil }
        let days = { (count: Int64) in count * PlainClock.day }
        if let decision = proposal.decision, decision.state != "confirming" {
            let age =
                decision.state == "ratified" ? days(180) : decision.hasQuorum ? days(30) : days(7)
            return (decision.state, proposal.deadline + age)
        }
        let withdrawnAt = self.withdrawnAt(proposal)
        guard withdrawnAt != nil || self.author(of: proposal) == nil else { return nil }
        return ("withdrawn", (withdrawnAt ?? proposal.deadline) + days(7))
    }

    /// Those that change the protocol, other changes of rules that are in force, and those that only the
    /// phase spoke against.
    private func isKeptForEver(_ proposal: Proposal) -> Bool {
        switch proposal.remedy {
        case .threshold, .version: return true
        case .nothing, .flag, .successor:
            guard proposal.isGovernance, let decision = proposal.decision else { return false }
            return decision.state == "ratified"
                || decision.state != "confirming" && decision.restsOnPhase
        }
    }
}
