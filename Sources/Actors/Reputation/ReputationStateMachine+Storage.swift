import Messages
import Primitives

// What the storage market found out (§6, §9, D-64, D-66).
extension ReputationStateMachine {
    /// Folds a finding of the storage market.
    mutating func found(_ finding: StorageFact, at time: Timestamp) {
        switch finding {
        case .rentHeld(let cycle, let payer, let amount):
            self.holdRent(cycle, payer, amount, at: time)
        case .rentSettled(let cycle, let work): self.settleRent(cycle, work, at: time)
        case .challengeFailed(let provider, let content):
            let cause = "failed storage challenge on \(content)"
            self.ledger.failedStorage(provider, at: time, cause: cause)
        case .copyAbandoned(let provider, let content):
            self.ledger.charge(
                EarningLimits.abandoned,
                to: provider,
                at: time,
                cause: "took a copy of \(content) and did not keep it"
            )
        case .copiesHeld(let proposal, let providers):
            self.rewards.held(proposal, by: providers)
        }
    }

    private mutating func holdRent(
        _ cycle: RentCycle,
        _ payer: NodeID,
        _ amount: FixedPoint,
        at time: Timestamp
    ) {
        guard self.rents.hasRoom(for: cycle),
            self.ledger.hold(amount, from: payer, at: time, cause: "rent of \(cycle)")
        else { return }
        self.rents.hold(RentBook.Hold(payer: payer, amount: amount), for: cycle)
    }

    private mutating func settleRent(_ cycle: RentCycle, _ work: RentWork, at time: Timestamp) {
        guard let held = self.rents.release(cycle) else { return }
        self.ledger.deliver(
            work.shares(of: held.amount),
            of: held.amount,
            from: held.payer,
            at: time,
            cause: "rent of \(cycle)"
        )
    }
}
