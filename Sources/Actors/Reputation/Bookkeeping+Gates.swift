import Messages
import Primitives

// Whose messages go no further (§9, D-51, D-85).
extension Bookkeeping {
    /// Why a message goes no further: its sender is banned (D-85), or it is an own message that
    /// others would not count (D-51).
    func gateRefusal(_ command: RateSender) -> Refusal? {
        let identity = self.ledger.identity(of: command.sender.identity)
        if self.verdicts.isBanned(identity, at: command.receivedAt, self.ledger) {
            return Refusal(.keyNotValid, "the identity \(identity) is banned")
        }
        guard case .local = command.origin, let capability = command.message.capability
        else { return nil }
        return self.ownGateRefusal(command.message.typeName, capability, identity)
    }

    /// Both the own ledger and what others say must come near the gate (D-51).
    private func ownGateRefusal(_ type: String, _ capability: Capability, _ identity: NodeID)
        -> Refusal?
    {
        let reach = ReputationLimits.ownGateMargin
        let score = self.score(of: identity)
        if score + reach < capability.gate {
            return Refusal(
                .belowGate,
                "\(type) needs a score of \(capability.gate); this node has \(score). "
                    + "See `valence-node rep explain`."
            )
        }
        guard let median = self.receivedMedian(of: identity), median + reach < capability.gate
        else { return nil }
        return Refusal(
            .belowGate,
            "\(type) needs a score of \(capability.gate); others rate this node at \(median) and "
                + "would not count it. See `valence-node rep explain`."
        )
    }

    /// Why others may not count an own message that they are sent all the same, since scores differ a
    /// little from node to node; nil when there is no reason.
    func doubt(about command: RateSender) -> String? {
        let score = self.score(of: command.sender.identity)
        guard let capability = command.message.capability, !capability.isPermitted(at: score)
        else { return nil }
        return
            "\(command.message.typeName) needs a score of \(capability.gate); this node has \(score), so "
            + "that it counts only where it is rated higher"
    }

    /// The trust-weighted median of what others say; nil while they are too few to speak for all.
    func receivedMedian(of identity: NodeID) -> FixedPoint? {
        let evaluation = self.evaluation(of: identity)
        let networks = self.witnesses.networkCount(evaluation.assessors)
        guard networks >= ReputationLimits.assessorNetworksMin else { return nil }
        return ScoreFormula.median(evaluation.opinions)
    }
}

extension Message {
    /// What the author must be permitted for the message to count.
    fileprivate var capability: Capability? {
        switch self.payload {
        case .propose: .propose
        case .vote: .vote
        case .comment: .comment
        case .replicateRequest: .replicate
        case .flag(let flag): flag.severity.capability
        default: nil
        }
    }
}
