import Identities
import Messages
import Primitives

// Who keeps what for whom (ADR 0048, Contracts).
extension MarketBooks {
    /// The contract on an artefact as it stands at a moment; nil when nobody asked for copies by then.
    ///
    /// What was stamped later does not count yet: whoever reacts to a message asks for the later one of
    /// now and its stamp.
    func contract(on content: ContentHash, at moment: Timestamp) -> Contract? {
        self.life(of: content, at: moment)?.contract
    }

    /// The contracts on an artefact that anybody asked for by a moment, the one in force first.
    func contracts(on content: ContentHash, at moment: Timestamp) -> [Contract] {
        let lives = self.lives(of: content, at: moment)
        guard let first = Self.inForce(lives)?.contract else { return [] }
        return [first] + lives.map(\.contract).filter { $0.request != first.request }
    }

    /// The contract in force, or the one that ended last.
    func life(of content: ContentHash, at moment: Timestamp) -> ContractLife? {
        Self.inForce(self.lives(of: content, at: moment))
    }

    /// The contract in force: of those that did not end the one that was confirmed first, and one that is
    /// paid before one in grace, so that what is kept on either side of a partition survives it (D-79).
    ///
    /// What comes about later, with whatever stamps, takes nothing from it (ADR 0053). Among those that
    /// are not confirmed the earliest request comes first, and stands in nobody's way.
    private static func inForce(_ lives: [ContractLife]) -> ContractLife? {
        let open = lives.filter { !$0.isOver }
        let confirmed = open.filter(\.isConfirmed)
        let paid = confirmed.filter(\.isActive)
        let first = (paid.isEmpty ? confirmed : paid).min {
            ($0.standsSince ?? .distantFuture) < ($1.standsSince ?? .distantFuture)
        }
        return first ?? open.first ?? lives.last
    }

    /// All contracts on an artefact that were asked for until a moment by somebody who might (R-06-036), in
    /// the order of the requests.
    ///
    /// An identity has one contract at a time on an artefact: what it asks for meanwhile is nothing new.
    func lives(of content: ContentHash, at moment: Timestamp) -> [ContractLife] {
        self.workings.lives(of: content, at: moment)
            ?? self.play(content, until: moment)?.lives ?? []
    }

    /// Plays the contracts on an artefact through until a moment; nil when nobody asked for one who might.
    func play(_ content: ContentHash, until moment: Timestamp) -> Workings.Lives? {
        guard let dossier = self.contracts[content], dossier.isWanted else { return nil }
        let events = self.events(on: content, dossier)
        var lives: [ContractLife] = []
        var graces: [Timestamp] = []
        for request in dossier[.request]
        where request.at <= moment && request.permits(.replicate) {
            guard case .request(let body) = request.body,
                let uploader = self.keys.owner(of: request),
                !lives.contains(where: { $0.uploader == uploader && $0.isOpen(at: request.at) })
            else { continue }
            var life = ContractLife(
                ContractLife.Beginning(
                    id: request.id,
                    at: request.at,
                    heardAt: request.heardAt,
                    uploader: uploader,
                    reputation: request.reputation,
                    request: body,
                    withdrawsAt: self.withdrawal(
                        of: content,
                        by: uploader,
                        since: request.at,
                        moment
                    )
                ),
                after: graces,
                in: self.calendar
            )
            life.play(events, until: moment)
            graces = life.graces
            lives.append(life)
        }
        let news = events.first { $0.at > moment }?.at
        // The moment of a deadline may be the last before a change, or the first after it.
        let changes = lives.compactMap(\.changesAt).map { $0.adding(milliseconds: -1) }
        return Workings.Lives(
            from: moment,
            until: ([news].compactMap(\.self) + changes)
                .map { max($0, moment.adding(milliseconds: 1)) }.min(),
            lives: lives
        )
    }

    /// Everything that happened to an artefact, in order.
    private func events(on content: ContentHash, _ dossier: ContractBook.Dossier)
        -> [ContractEvent]
    {
        var events = dossier.all.compactMap { statement in
            self.keys.owner(of: statement).map {
                ContractEvent(
                    at: statement.at,
                    heardAt: statement.heardAt,
                    id: statement.id,
                    key: statement.key,
                    what: .said(self.resolved(statement.body), by: $0)
                )
            }
        }
        // A challenge decides about a contract only where copies change hands.
        if !dossier[.transfer].isEmpty {
            events += self.challenges.results(on: content, self.keys).filter(\.isPass).map {
                ContractEvent(
                    at: $0.at,
                    heardAt: $0.heardAt,
                    id: $0.id,
                    what: .passed($0.provider, by: $0.validator)
                )
            }
        }
        events += self.payments(for: content)
        return events.sorted(by: ContractEvent.precedes)
    }

    /// A word with the identities of the keys that it names.
    private func resolved(_ word: ContractBook.Word) -> ContractBook.Word {
        switch word {
        case .assignment(let keys): .assignment(keys.map { self.keys.identity(of: $0) })
        case .transfer(let receiver): .transfer(to: self.keys.identity(of: receiver))
        case .acknowledgement(let transfer, let from):
            .acknowledgement(of: transfer, from: self.keys.identity(of: from))
        case .request, .acceptance, .receipt, .withdrawal: word
        }
    }

    /// What this node found of cycles that were paid and missed.
    private func payments(for content: ContentHash) -> [ContractEvent] {
        let event = { (at: Timestamp, what: ContractEvent.What) in
            ContractEvent(at: at, heardAt: at, id: MessageID(.zero), what: what)
        }
        let missed = self.cycles.misses(on: content).map {
            event($0.at, .missed(payer: self.keys.identity(of: $0.payer)))
        }
        let paid = self.cycles.payments(on: content).map {
            event($0.at, .paid(payer: self.keys.identity(of: $0.payer)))
        }
        let covered = self.cycles.open(on: content).compactMap { cycle, hold in
            self.paidAt(cycle, hold).map {
                event($0, .paid(payer: self.keys.identity(of: hold.payer)))
            }
        }
        return missed + paid + covered
    }

    /// When a cycle was paid: the rent was held and the notice was given.
    func paidAt(_ cycle: RentCycle, _ hold: CycleBook.Hold) -> Timestamp? {
        self.notice(of: cycle, hold).map { max($0, hold.at) }
    }

    /// When the timely notice of a cycle that is held was signed; nil when none has come.
    ///
    /// The cycle belongs to the payer's request that was in force when it was held.
    func notice(of cycle: RentCycle, _ hold: CycleBook.Hold) -> Timestamp? {
        self.calendar(of: cycle, hold).flatMap { calendar in
            self.notices.first(
                cycle,
                by: self.keys.identity(of: hold.payer),
                calendar,
                self.keys
            )?.at
        }
    }

    /// The days by which a cycle that is held is counted; nil when its request is not known.
    func calendar(of cycle: RentCycle, _ hold: CycleBook.Hold) -> BillingCalendar? {
        self.calendars(of: self.keys.identity(of: hold.payer), on: cycle.content)
            .first { $0.cycle(at: hold.at) == cycle.number }
    }

    /// The days of all contracts on an artefact that an identity asked for.
    func calendars(of uploader: NodeID, on content: ContentHash) -> [BillingCalendar] {
        let requests = self.contracts[content]?[.request] ?? []
        return requests.filter { self.keys.owner(of: $0) == uploader }
            .map { BillingCalendar(start: $0.at, market: self.calendar) }
    }

    // MARK: Withdrawals

    /// When the earliest withdrawal of an uploader takes effect; nil when there is none, or a proposal
    /// stands against it (D-74).
    private func withdrawal(
        of content: ContentHash,
        by uploader: NodeID,
        since start: Timestamp,
        _ moment: Timestamp
    ) -> Timestamp? {
        let withdrawals = self.contracts[content]?[.withdrawal] ?? []
        let ends = withdrawals.compactMap { statement -> Timestamp? in
            guard case .withdrawal(let effective) = statement.body, statement.at >= start,
                statement.at <= moment, self.keys.owner(of: statement) == uploader,
                !self.references.block(statement, on: content, self.keys)
            else { return nil }
            return effective
        }
        return ends.min()
    }
}
