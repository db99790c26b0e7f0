import Primitives

// What moves reputation or sets it aside, and creates none (§6, D-42, D-66).
extension Ledger {
    /// What somebody is due of a payment.
    struct Payment: Sendable, Equatable {
        let receiver: NodeID
        let amount: FixedPoint
    }

    /// Takes an amount to be delivered later; all or nothing, and the payer must keep the floor.
    ///
    /// - Returns: whether the payer could pay.
    mutating func hold(
        _ amount: FixedPoint,
        from payer: NodeID,
        at time: Timestamp,
        cause: String
    ) -> Bool {
        guard amount > .zero, self.direct(of: payer) - amount >= ReputationLimits.floor else {
            return false
        }
        return self.charge(amount, to: payer, at: time, cause: cause) == amount
    }

    /// Delivers what was held: the payer gets back what the receivers are not due or cannot take.
    ///
    /// Receivers' gains are dampened and limited like any other (D-40). Nobody pays oneself.
    ///
    /// - Returns: what arrived.
    @discardableResult
    mutating func deliver(
        _ payments: [Payment],
        of held: FixedPoint,
        from payer: NodeID,
        at time: Timestamp,
        cause: String
    ) -> FixedPoint {
        var left = held
        for payment in payments
        where self.identity(of: payment.receiver) != self.identity(of: payer) {
            let due = min(payment.amount, left)
            left = left - self.earn(due, by: payment.receiver, at: time, cause: cause)
        }
        self.note(self.identity(of: payer)) {
            $0.restore(left, at: time, cause: "\(cause), returned")
        }
        return held - left
    }

    /// Takes the stake of a flag.
    ///
    /// - Returns: what was taken; less than asked near the floor, nothing while it is frozen.
    mutating func stake(
        _ amount: FixedPoint,
        of key: NodeID,
        at time: Timestamp,
        cause: String
    ) -> FixedPoint {
        let identity = self.identity(of: key)
        guard !self.isSuspended(identity) else { return .zero }
        var taken = FixedPoint.zero
        self.note(identity) {
            taken = $0.stake(amount, at: time, cause: cause)
        }
        return taken
    }

    /// Gives a stake back, or lets it go (D-42).
    mutating func settle(
        _ stake: FixedPoint,
        of key: NodeID,
        isReturned: Bool,
        at time: Timestamp,
        cause: String
    ) {
        self.note(self.identity(of: key)) {
            $0.settle(stake, isReturned: isReturned, at: time, cause: cause)
        }
    }
}
