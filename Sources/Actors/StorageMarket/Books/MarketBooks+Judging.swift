import Identities
import Messages
import Primitives

// What is refused: what was signed forbids it, or it speaks for somebody else's contract as far as is known
// (ADR 0048).
extension MarketBooks {
    /// Why a message of the market does not hold; nil when it may be applied.
    func refusal(of admitted: AdmittedMessage) -> Refusal? {
        let message = admitted.message
        let sender =
            self.keys.owner(of: message.from, at: message.timestamp) ?? admitted.sender.identity
        return switch message.payload {
        case .challengeResult(let result): self.refusal(of: result, message, by: sender)
        case .rentPayment(let payment): self.refusal(of: payment, message, by: sender)
        case .copyAssignment(let assignment):
            self.ownerRefusal(
                assignment.contentHash,
                by: sender,
                "only the identity that asked for copies assigns them"
            )
        case .contentWithdraw(let withdrawal): self.refusal(of: withdrawal, admitted, by: sender)
        default: nil
        }
    }

    private func refusal(of result: ChallengeResult, _ message: Message, by validator: NodeID)
        -> Refusal?
    {
        if self.keys.identity(of: result.challengedNode) == validator {
            return Refusal(.rule, "nobody judges the copy of its own identity")
        }
        let isKnown = self.challenges.isKnown(
            result.challengeID,
            of: validator,
            on: result.contentHash,
            self.keys,
            besides: message.id
        )
        guard isKnown else { return nil }
        return Refusal(.rule, "this identity gave the result of that challenge already")
    }

    private func refusal(of payment: RentPayment, _ message: Message, by uploader: NodeID)
        -> Refusal?
    {
        let cycle = RentCycle(content: payment.contentHash, number: payment.billingCycle)
        if self.isKnown(cycle, message, by: uploader) {
            return Refusal(.rule, "the notice of cycle \(cycle.number) was given already")
        }
        return self.ownerRefusal(
            payment.contentHash,
            by: uploader,
            "only the identity that asked for copies pays for them"
        )
    }

    /// Whether an identity gave the notice of a cycle in another message (R-06-081).
    ///
    /// Each contract of an identity on an artefact has a cycle of that number: the other notice has to be
    /// in time wherever this one is.
    private func isKnown(_ cycle: RentCycle, _ message: Message, by uploader: NodeID) -> Bool {
        let stamps = self.notices.stamps(cycle, by: uploader, self.keys, besides: message.id)
        guard !stamps.isEmpty else { return false }
        return self.calendars(of: uploader, on: cycle.content)
            .filter { $0.isTimely(message.timestamp, for: cycle.number) }
            .allSatisfy { calendar in
                stamps.contains { calendar.isTimely($0, for: cycle.number) }
            }
    }

    /// Refuses what only an uploader may say, where requests are known and all are of others.
    private func ownerRefusal(_ content: ContentHash, by sender: NodeID, _ reason: String)
        -> Refusal?
    {
        let requests = self.contracts[content]?[.request] ?? []
        // Where there are very many, some are not kept any more.
        guard requests.count < StorageMarketLimits.wordsOfStrangersMax else { return nil }
        let owners = requests.compactMap { self.keys.owner(of: $0) }
        return owners.isEmpty || owners.contains(sender) ? nil : Refusal(.rule, reason)
    }

    private func refusal(
        of withdrawal: ContentWithdraw,
        _ admitted: AdmittedMessage,
        by sender: NodeID
    ) -> Refusal? {
        let delay = withdrawal.effectiveAfter.milliseconds(since: admitted.message.timestamp)
        if delay < self.calendar.milliseconds(StorageMarketLimits.withdrawalDelay) {
            return Refusal(
                .schema,
                "effective_after is less than 24 hours after the message: others must hear of it first"
            )
        }
        let stranger = self.ownerRefusal(
            withdrawal.contentHash,
            by: sender,
            "only the identity that asked for copies can take the artefact back"
        )
        if let stranger { return stranger }
        let statement = Statement<ContractBook.Word>(
            admitted,
            .withdrawal(effectiveAfter: withdrawal.effectiveAfter)
        )
        // Whether a proposal stands against it is this node's opinion. What others say is kept, and has no
        // effect here (D-20, D-74).
        guard case .local = admitted.origin,
            self.references.block(statement, on: withdrawal.contentHash, self.keys)
        else { return nil }
        return Refusal(
            .rule,
            "a proposal on the artefact is still open; it can be taken back after its deadline"
        )
    }
}
