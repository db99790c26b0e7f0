import Primitives

/// The rules of contracts and rent written a second time: slowly, with people for identities, and every
/// question answered from all that was ever said.
struct PlainMarket {
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000
    static let patience: Int64 = 300_001

    struct Said<Body> {
        let at: Int64
        let by: Int
        let on: Int
        let body: Body
    }

    struct Request {
        let copies: Int
        let bytes: Int64
    }

    struct Hold: Equatable {
        let payer: Int
        let at: Int64
        let start: Int64
        let number: Int64
    }

    /// What a cycle came to.
    enum Outcome: Equatable {
        case held(on: Int, Int64, payer: Int, Int64)
        case missed(on: Int, Int64, payer: Int)
        case settled(on: Int, Int64, required: Int64, providers: String, validators: String)
    }

    enum State: Equatable {
        case gathering, delivering, active, grace, failed, decayed, withdrawn
    }

    var requests: [Said<Request>] = []
    var acceptances: [Said<Void>] = []
    var assignments: [Said<[Int]>] = []
    var receipts: [Said<Void>] = []
    var results: [Said<(of: Int, passed: Bool)>] = []
    var notices: [Said<Int64>] = []
    var withdrawals: [Said<Int64>] = []
    var proposals: [Said<Int64>] = []
    var endorsements: [Said<Int>] = []
    var purse: [Int: Int64] = [:]
    var network: [Int: Int] = [:]
    private(set) var findings: [Outcome] = []
    private(set) var holds: [Int: [Hold]] = [:]
    private var misses: [Said<Void>] = []
    private var payments: [Said<Void>] = []

    // MARK: Contracts

    /// One contract as it stands.
    struct Standing: Equatable {
        let payer: Int
        let start: Int64
        let state: State
        let confirmed: Int64?
        let holders: [Int]

        var isLiving: Bool { ![.failed, .decayed, .withdrawn].contains(self.state) }
    }

    func standing(on content: Int, at now: Int64) -> Standing? {
        var graces: [Int64] = []
        let all = self.counted(on: content, by: now).map { self.standing($0, at: now, &graces) }
        let living = all.filter(\.isLiving)
        // One that is paid, and of several the one that was confirmed first; of those that were at the same
        // time the earlier request.
        let confirmed = living.filter { $0.confirmed != nil }
        let paid = confirmed.filter { $0.state == .active }
        return (paid.isEmpty ? confirmed : paid)
            .min { ($0.confirmed ?? 0, $0.start) < ($1.confirmed ?? 0, $1.start) }
            ?? living.first ?? all.last
    }

    /// Requests that began a contract: whoever has one asks for nothing new.
    private func counted(on content: Int, by now: Int64) -> [Said<Request>] {
        var counted: [Said<Request>] = []
        for request in self.requests where request.on == content && request.at <= now {
            var graces: [Int64] = []
            let before = counted.map {
                (by: $0.by, standing: self.standing($0, at: request.at, &graces))
            }
            guard !before.contains(where: { $0.by == request.by && $0.standing.isLiving }) else {
                continue
            }
            counted.append(request)
        }
        return counted
    }

    private func standing(_ request: Said<Request>, at now: Int64, _ graces: inout [Int64])
        -> Standing
    {
        let withdrawn = self.withdrawals.filter {
            $0.on == request.on && $0.by == request.by && $0.at >= request.at && $0.at <= now
                && !self.isBlocked($0)
        }.map(\.body).min()
        let last = min(now, withdrawn ?? .max)
        func standing(_ state: State, _ confirmed: Int64?, until end: Int64) -> Standing {
            let isWithdrawn = withdrawn.map { $0 <= min(now, end) } ?? false
            return Standing(
                payer: request.by,
                start: request.at,
                state: isWithdrawn ? .withdrawn : state,
                confirmed: confirmed,
                holders: self.holders(request, at: min(end, isWithdrawn ? last - 1 : now))
            )
        }
        let accepting = request.at + 2 * Self.day
        let accepted = Set(
            self.acceptances.filter {
                $0.on == request.on && $0.by != request.by && $0.at >= request.at
                    && $0.at <= min(accepting, last)
            }.map(\.by)
        ).count
        let mine = self.assignments.filter {
            $0.on == request.on && $0.by == request.by && $0.at >= request.at && $0.at <= last
        }
        var delivering = accepting + 7 * Self.day
        if let first = mine.first?.at, first <= accepting || accepted >= request.body.copies,
            first <= delivering
        {
            delivering = first + 7 * Self.day
        } else if now <= accepting {
            return standing(.gathering, nil, until: now)
        } else if accepted < request.body.copies {
            return standing(.failed, nil, until: accepting)
        }
        let received = self.receipts.filter { $0.on == request.on && $0.at >= request.at }
        let moments = mine.map(\.at).merged(with: received.map(\.at))
        let confirmed = moments.first {
            $0 >= request.at && $0 <= min(delivering, last)
                && self.holders(request, at: $0).count >= request.body.copies
                && mine.contains { [moment = $0] in $0.at <= moment }
        }
        guard let confirmed else {
            return now > delivering
                ? standing(.failed, nil, until: delivering) : standing(.delivering, nil, until: now)
        }
        let (state, end) = self.paying(request, since: confirmed, until: last, &graces)
        return standing(state, confirmed, until: end)
    }

    /// Who is named in the newest assignment and confirmed a copy since it was not released.
    private func holders(_ request: Said<Request>, at moment: Int64) -> [Int] {
        let mine = self.assignments.filter {
            $0.on == request.on && $0.by == request.by && $0.at >= request.at && $0.at <= moment
        }
        guard let newest = mine.last else { return [] }
        return Set(newest.body).filter { person in
            guard person != request.by else { return false }
            var released = request.at
            for (one, next) in zip(mine, mine.dropFirst())
            where one.body.contains(person) && !next.body.contains(person) {
                released = next.at
            }
            return self.receipts.contains {
                $0.on == request.on && $0.by == person && $0.at >= released && $0.at <= moment
            }
        }.sorted()
    }

    /// Goes through misses and payments.
    private func paying(
        _ request: Said<Request>,
        since confirmed: Int64,
        until now: Int64,
        _ graces: inout [Int64]
    ) -> (State, end: Int64) {
        var paid = self.payments.filter { $0.on == request.on && $0.by == request.by }.map(\.at)
        for hold in self.holds[request.on] ?? [] where hold.payer == request.by {
            if let notice = self.notice(on: request.on, hold) { paid.append(max(notice, hold.at)) }
        }
        let missed = self.misses.filter { $0.on == request.on && $0.by == request.by }.map(\.at)
        var resumed = confirmed
        for miss in missed where miss >= resumed && miss <= now {
            let recent = graces.count { $0 <= miss && miss - $0 < 90 * Self.day }
            graces.append(miss)
            let end = miss + [7, 3, 0][min(recent, 2)] * Self.day
            guard let payment = paid.filter({ $0 > miss && $0 < end && $0 <= now }).min() else {
                return now >= end ? (.decayed, end) : (.grace, now)
            }
            resumed = payment
        }
        return (.active, now)
    }

    private func isBlocked(_ withdrawal: Said<Int64>) -> Bool {
        self.proposals.contains {
            $0.on == withdrawal.on && $0.at < withdrawal.at && $0.body >= withdrawal.at
        }
    }

    // MARK: Rent

    /// Time passes, from one moment that matters to the next.
    mutating func pass(from start: Int64, to end: Int64) {
        var now = start
        while let next = self.next(after: now), next <= end {
            now = next
            self.look(at: now)
        }
    }

    private func next(after now: Int64) -> Int64? {
        let starts = self.requests.map { $0.at + ((now - $0.at) / Self.day + 1) * Self.day }
        let ends = self.holds.values.joined().flatMap {
            [$0.start + Self.day + Self.patience, $0.start + 7 * Self.day + Self.patience]
        }
        return (starts + ends).filter { $0 > now }.min()
    }

    /// Decides on what is due; twice, since what is decided may be followed by something else.
    mutating func look(at now: Int64) {
        for content in self.holds.keys.sorted() {
            for hold in self.holds[content] ?? [] { self.end(hold, on: content, at: now) }
        }
        for content in Set(self.requests.map(\.on)).sorted() { self.begin(on: content, at: now) }
    }

    private mutating func begin(on content: Int, at now: Int64) {
        guard let standing = self.standing(on: content, at: now),
            [.active, .grace].contains(standing.state), let confirmed = standing.confirmed,
            let request = self.requests.first(where: {
                $0.on == content && $0.at == standing.start
            })
        else { return }
        let number = (now - standing.start) / Self.day
        let start = standing.start + number * Self.day
        let earlier = self.standing(on: content, at: start)
        guard let earlier, earlier.start == standing.start,
            [.active, .grace].contains(earlier.state)
        else { return }
        let begun = self.begun.contains { $0 == Begun(content, number, standing.payer, start) }
        let isOpen = (self.holds[content] ?? []).contains { $0.number == number }
        guard start >= confirmed, !begun, !isOpen,
            !self.isExempt(content, of: standing.payer, at: start)
        else { return }
        self.begun.append(Begun(content, number, standing.payer, start))
        let rent = max(1, request.body.bytes * 32_000 / 1_000_000_000)
        guard self.purse[standing.payer, default: 0] >= rent else {
            self.findings.append(.missed(on: content, number, payer: standing.payer))
            self.misses.append(Said(at: now, by: standing.payer, on: content, body: ()))
            return
        }
        self.findings.append(.held(on: content, number, payer: standing.payer, rent))
        self.holds[content, default: []].append(
            Hold(payer: standing.payer, at: now, start: start, number: number)
        )
    }

    private struct Begun: Equatable {
        let on: Int
        let number: Int64
        let payer: Int
        let start: Int64

        init(_ content: Int, _ number: Int64, _ payer: Int, _ start: Int64) {
            self.on = content
            self.number = number
            self.payer = payer
            self.start = start
        }
    }

    private var begun: [Begun] = []

    private func isExempt(_ content: Int, of payer: Int, at start: Int64) -> Bool {
        self.proposals.indices.contains { index in
            let proposal = self.proposals[index]
            let voters = Set(
                self.endorsements.filter { $0.body == index && $0.at < start }.map(\.by)
            )
            return proposal.on == content && proposal.at <= start && proposal.body >= start
                && voters.subtracting([payer, proposal.by]).count >= 3
        }
    }

    private func notice(on content: Int, _ hold: Hold) -> Int64? {
        self.notices.first {
            $0.on == content && $0.by == hold.payer && $0.body == hold.number
                && $0.at >= hold.start && $0.at <= hold.start + 7 * Self.day
        }?.at
    }

    private mutating func end(_ hold: Hold, on content: Int, at now: Int64) {
        if let notice = self.notice(on: content, hold) {
            guard now >= hold.start + Self.day + Self.patience else { return }
            self.settle(hold, on: content)
            let paid = max(notice, hold.at)
            self.payments.append(Said(at: paid, by: hold.payer, on: content, body: ()))
        } else {
            guard now >= hold.start + 7 * Self.day + Self.patience else { return }
            self.findings.append(.missed(on: content, hold.number, payer: hold.payer))
            self.misses.append(Said(at: now, by: hold.payer, on: content, body: ()))
        }
        self.holds[content]?.removeAll { $0 == hold }
    }

    // MARK: Work

    private mutating func settle(_ hold: Hold, on content: Int) {
        let end = hold.start + Self.day
        let first = hold.start - hold.number * Self.day
        guard let request = self.requests.first(where: { $0.on == content && $0.at == first })
        else {
            return
        }
        let everybody = self.everHeld(request, until: end)
        let counted = self.results.filter { result in
            result.on == content && result.by != result.body.of && result.at <= end
                && (result.by == request.by
                    || everybody[result.by].map { $0 <= result.at } ?? false)
        }
        let recent = counted.filter { $0.at > end - 30 * Self.day }
        let required = min(10, (hold.number + 3) / 3)
        let holders = self.lastHolders(request, at: end)
        var providers: [Int: Int64] = [:]
        for holder in holders {
            let since = everybody[holder].map { max($0, self.since(holder, request, end)) } ?? end
            let passes = recent.filter {
                $0.body.of == holder && $0.body.passed && $0.at > since
            }
            let networks = Set(passes.map { self.network[$0.by, default: 0] })
            providers[holder] = min(
                Int64(passes.count),
                networks.count < 2 ? required / 2 : required
            )
        }
        self.findings.append(
            .settled(
                on: content,
                hold.number,
                required: required,
                providers: Self.text(providers),
                validators: Self.text(
                    self.weights(recent.filter { holders.contains($0.body.of) }, counted)
                )
            )
        )
    }

    private static func text(_ counts: [Int: Int64]) -> String {
        counts.map { "\($0.key): \($0.value)" }.sorted().joined(separator: ", ")
    }

    /// Holders when a contract ended, or at a moment before.
    private func lastHolders(_ request: Said<Request>, at end: Int64) -> [Int] {
        var graces: [Int64] = []
        for earlier in self.counted(on: request.on, by: request.at - 1) {
            _ = self.standing(earlier, at: end, &graces)
        }
        return self.standing(request, at: end, &graces).holders
    }

    /// Since when somebody holds the copy that it holds.
    private func since(_ person: Int, _ request: Said<Request>, _ end: Int64) -> Int64 {
        let mine = self.assignments.filter {
            $0.on == request.on && $0.by == request.by && $0.at >= request.at && $0.at <= end
        }
        var released = request.at
        for (one, next) in zip(mine, mine.dropFirst())
        where one.body.contains(person) && !next.body.contains(person) {
            released = next.at
        }
        return self.receipts.first {
            $0.on == request.on && $0.by == person && $0.at >= released
        }?.at ?? .max
    }

    /// Everybody who held a copy of a contract at some time, and since when first.
    private func everHeld(_ request: Said<Request>, until end: Int64) -> [Int: Int64] {
        var found: [Int: Int64] = [:]
        let given = self.assignments.filter { $0.on == request.on && $0.by == request.by }
        let received = self.receipts.filter { $0.on == request.on }
        let moments = given.map(\.at).merged(with: received.map(\.at))
        for moment in moments where moment >= request.at && moment <= end {
            for holder in self.lastHolders(request, at: moment) where found[holder] == nil {
                found[holder] = self.since(holder, request, moment)
            }
        }
        return found
    }

    private func weights(
        _ recent: [Said<(of: Int, passed: Bool)>],
        _ all: [Said<(of: Int, passed: Bool)>]
    ) -> [Int: Int64] {
        var weights: [Int: Int64] = [:]
        for validator in Set(recent.map(\.by)) {
            let own = recent.filter { $0.by == validator }.prefix(30)
            let verdicts = own.map { self.verdict($0, all) }
            let accepted = zip(own, verdicts).filter { $0.1 != .worthless }.map(\.0.body.of)
            var weight = Int64(Set(accepted).count)
            if !self.accuses(validator, recent) {
                weight += Int64(verdicts.count { $0 == .first })
            }
            if weight > 0 { weights[validator] = weight }
        }
        return weights
    }

    private enum Verdict { case accepted, first, worthless }

    private func verdict(
        _ result: Said<(of: Int, passed: Bool)>,
        _ all: [Said<(of: Int, passed: Bool)>]
    ) -> Verdict {
        if result.body.passed { return .accepted }
        let same = all.filter { $0.body.of == result.body.of }
        var seconds: Set<Int64> = []
        for one in same where !one.body.passed && !seconds.contains(one.at) {
            let next = same.first { $0.at > one.at && $0.by != one.by }
            guard let next, next.at - one.at <= Self.day, !next.body.passed else { continue }
            if one.at == result.at { return .first }
            seconds.insert(next.at)
        }
        return seconds.contains(result.at) ? .accepted : .worthless
    }

    private func accuses(_ validator: Int, _ recent: [Said<(of: Int, passed: Bool)>]) -> Bool {
        let own = recent.filter { $0.by == validator }
        let providers = Set(own.map(\.body.of))
        let all = recent.filter { providers.contains($0.body.of) }
        return own.count { !$0.body.passed } * all.count
            > 3 * all.count { !$0.body.passed } * own.count
    }
}

extension [Int64] {
    fileprivate func merged(with other: [Int64]) -> [Int64] { Set(self + other).sorted() }
}
