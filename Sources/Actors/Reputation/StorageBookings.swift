import Identities
import Messages
import Primitives

/// What the storage market found out: rent that is held and delivered, and what it costs to fail (§6, §9,
/// D-64, D-66).
struct StorageBookings: Sendable, Codable {
    private(set) var rents = RentBook()
    private var failures: FailureBook

    /// - Parameter calendar: how long days are.
    init(_ calendar: MarketCalendar) { self.failures = FailureBook(calendar) }

    // MARK: Rent

    /// A cycle of rent begins: the payer is charged, all or nothing.
    mutating func hold(
        _ amount: FixedPoint,
        of payer: NodeID,
        for cycle: RentCycle,
        at time: Timestamp,
        _ ledger: inout Ledger
    ) {
        guard self.rents.hasRoom(for: cycle),
            ledger.hold(amount, from: payer, at: time, cause: LedgerCause.rent.text(cycle))
        else { return }
        self.rents.hold(RentBook.Hold(payer: payer, amount: amount), for: cycle)
    }

    /// A cycle is over: what was held goes to those who did their work, the rest back.
    mutating func settle(
        _ cycle: RentCycle,
        _ work: RentWork,
        at time: Timestamp,
        _ ledger: inout Ledger
    ) {
        guard let held = self.rents.release(cycle) else { return }
        ledger.deliver(
            work.shares(of: held.amount),
            of: held.amount,
            from: held.payer,
            at: time,
            cause: LedgerCause.rent.text(cycle)
        )
    }

    /// A cycle was missed: what was held goes back whole.
    mutating func giveBack(_ cycle: RentCycle, at time: Timestamp, _ ledger: inout Ledger) {
        guard let held = self.rents.release(cycle) else { return }
        ledger.deliver(
            [],
            of: held.amount,
            from: held.payer,
            at: time,
            cause: LedgerCause.rent.text(cycle)
        )
    }

    /// A provider announces that it hands a copy over; nobody gets the fee (D-65).
    func handedOver(
        _ transfer: MessageID,
        by provider: NodeID,
        at time: Timestamp,
        _ ledger: inout Ledger
    ) {
        ledger.charge(
            StorageTerms.transferFee,
            to: provider,
            at: time,
            cause: LedgerCause.transfer.text(transfer)
        )
    }

    // MARK: Failures

    /// A provider failed a challenge; one that is suspended is left alone.
    mutating func failed(
        _ provider: NodeID,
        on content: ContentHash,
        at time: Timestamp,
        _ ledger: inout Ledger
    ) {
        self.failed(provider, at: time, &ledger, LedgerCause.failure.text(content))
    }

    /// A provider confirmed a copy and failed its first challenge: a failure as others, which counts once
    /// a day with them, and costs more where it is the first.
    mutating func abandoned(
        _ content: ContentHash,
        by provider: NodeID,
        at time: Timestamp,
        _ ledger: inout Ledger
    ) {
        let cause = LedgerCause.abandonment.text(content)
        self.failed(provider, at: time, &ledger, cause, atLeast: EarningLimits.abandoned)
    }

    private mutating func failed(
        _ provider: NodeID,
        at time: Timestamp,
        _ ledger: inout Ledger,
        _ cause: String,
        atLeast least: FixedPoint = .zero
    ) {
        let identity = ledger.identity(of: provider)
        guard !ledger.isSuspended(identity),
            let failure = self.failures.failed(identity, at: time)
        else { return }
        ledger.charge(
            max(failure.penalty, least),
            to: identity,
            at: time,
            cause: "\(cause), number \(failure.number) in seven days"
        )
    }

    /// A key begins where everybody does: it starts over, or takes the place of another one (D-13, D-83).
    mutating func startedOver(_ key: NodeID) { self.failures.forget(key) }
}

extension StorageBookings: BookKeeper {
    mutating func present(to reader: inout some BookReader) {
        reader.book("rents", &self.rents)
        reader.book("failures", &self.failures)
    }
}
