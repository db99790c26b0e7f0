import Messages
import Primitives

// What senders may take of the network's room (ADR 0037).
extension ReputationStateMachine {
    /// Why there is no room for a message; when there is, its place is kept until it is in the log.
    mutating func budgetRefusal(of admitted: AdmittedMessage) -> Refusal? {
        guard let item = self.item(admitted) else { return nil }
        return self.budget.reserve(item, now: admitted.receivedAt, proven: self.proven.count)
    }

    /// A message is in the log, and what it cost is known for good.
    mutating func charge(_ admitted: AdmittedMessage) {
        guard let item = self.item(admitted) else { return }
        self.budget.logged(item, receivedAt: admitted.receivedAt)
    }

    /// A message ended before acceptance; the place that was kept for it is free again.
    ///
    /// A duplicate is another copy of a message whose place is still needed.
    mutating func refused(_ event: MessageRefused) {
        guard let id = event.id, event.refusal.code != .duplicate else { return }
        self.budget.refused(id, from: event.origin)
    }

    private func item(_ admitted: AdmittedMessage) -> SenderBudget.Item? {
        let message = admitted.message
        guard let kind = BudgetClass(message.type) else { return nil }
        let identity = self.ledger.identity(of: admitted.sender.identity)
        return SenderBudget.Item(
            kind: kind,
            id: message.id,
            origin: admitted.origin,
            key: message.from,
            identity: identity,
            signedAt: message.timestamp,
            bytes: message.canonical.count,
            isProven: self.proven.contains(identity),
            isNewcomer: !Capability.vote.isPermitted(at: admitted.reputation)
        )
    }
}
