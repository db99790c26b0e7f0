import Identities
import Messages
import OrderedCollections
import Primitives

/// Rent that was taken from payers and is not earned yet (D-66).
struct RentBook: Sendable, Codable {
    /// What one cycle holds.
    struct Hold: Sendable, Equatable, Codable {
        let payer: NodeID
        let amount: FixedPoint
    }

    private var holds: OrderedDictionary<RentCycle, Hold> = [:]

    /// Whether a cycle can be held: once, and while there is room.
    func hasRoom(for cycle: RentCycle) -> Bool {
        self.holds[cycle] == nil && self.holds.count < EarningLimits.rentHoldsMax
    }

    /// Keeps what was taken.
    mutating func hold(_ hold: Hold, for cycle: RentCycle) { self.holds[cycle] = hold }

    /// Ends a cycle.
    ///
    /// - Returns: what was held; nil when nothing was.
    mutating func release(_ cycle: RentCycle) -> Hold? { self.holds.removeValue(forKey: cycle) }

    /// An identity's key became another one's; what is not earned comes back to that.
    mutating func move(_ old: NodeID, to new: NodeID) {
        for (cycle, hold) in self.holds where hold.payer == old {
            self.holds[cycle] = Hold(payer: new, amount: hold.amount)
        }
    }

    /// All that is held now.
    var total: FixedPoint { self.holds.values.reduce(.zero) { $0 + $1.amount } }
}

extension RentWork {
    /// What everybody is due of a cycle's rent: 80 percent by passed challenges, the rest by weight.
    ///
    /// Every division rounds down; what nobody is due goes back to the payer (D-66).
    func shares(of rent: FixedPoint) -> [Ledger.Payment] {
        let whole = FixedPoint.one.millionths
        let pool = rent.scaled(numerator: StorageTerms.providerShare, denominator: whole)
        let part = pool.scaled(numerator: 1, denominator: Int64(self.providers.count))
        let required = max(1, self.required)
        let providers = self.providers.map { share in
            let passed = min(max(0, share.count), required)
            return Ledger.Payment(
                receiver: share.identity,
                amount: part.scaled(numerator: passed, denominator: required)
            )
        }
        let weights = self.validators.reduce(Int64(0)) {
            $0.saturatingAdding(max(0, $1.count))
        }
        let validators = self.validators.map { share in
            Ledger.Payment(
                receiver: share.identity,
                amount: (rent - pool).scaled(
                    numerator: max(0, share.count),
                    denominator: weights
                )
            )
        }
        return providers + validators
    }
}

extension RentBook: Book {
    func digest(into writer: inout some StateWriter) {
        writer.field("holds", self.holds)
    }
}

extension RentBook.Hold: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("payer", self.payer)
        writer.field("amount", self.amount)
    }
}
