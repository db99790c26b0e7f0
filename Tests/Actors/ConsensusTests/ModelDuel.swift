import Identities
import Messages
import Primitives
import TestSupport

@testable import Consensus

/// Lives a history through the state machine, by real messages, and through the plain rules.
struct ModelDuel {
    let cast: ModelCast
    var machine = Governance()
    var plain = PlainAssembly()
    var now = ModelCast.start
    var said = 1_000
    /// What the log has of proposals.
    private(set) var texts: [MessageID: Message] = [:]

    private init(_ cast: ModelCast) { self.cast = cast }

    /// Lives a history.
    ///
    /// - Returns: where the two differ in a decision, or at the end.
    static func run(_ steps: [ModelStep], _ cast: ModelCast) throws -> Difference? {
        var duel = ModelDuel(cast)
        for step in steps { try duel.take(step) }
        return try duel.difference()
    }

    /// Lives a history.
    ///
    /// - Returns: the state machine at its end.
    static func end(of steps: [ModelStep], _ cast: ModelCast) throws -> Governance {
        var duel = ModelDuel(cast)
        for step in steps { try duel.take(step) }
        return duel.machine
    }

    var timestamp: Timestamp { Timestamp(milliseconds: self.now) }

    private mutating func take(_ step: ModelStep) throws {
        self.now += 1
        defer { self.advance() }
        switch step {
        case .wait(let minutes): self.now += minutes * 60_000
        case .observe(let active, let hours, let multiplier, let daysAgo):
            let hint = daysAgo.map { self.now - $0 * PlainClock.day }
            for _ in 0..<hours { self.observe(active, multiplier, hint) }
        case .propose, .vote, .poll, .balance, .withdraw, .adopt: try self.govern(step)
        case .amend(let threshold): self.amend(threshold)
        case .announce(let person, let degraded): try self.announce(person, isDegraded: degraded)
        case .rate(let person, let reputation, let suspended, let tenure):
            self.rate(person, reputation, isSuspended: suspended, tenureFactor: tenure)
        case .rateAll(let scores):
            for (person, score) in scores.enumerated() { self.rate(person, score) }
        case .keys(let step): try self.changeKeys(step)
        case .decide(let active, let reputation): try self.decide(active, reputation)
        case .finish(let number, let days, let active, let reputation):
            let end = self.plain.proposals[number]?.deadline ?? self.now
            self.now = max(self.now, end + days * PlainClock.day + 1)
            try self.decide(active, reputation)
        }
    }

    /// What was voted for comes into force.
    mutating func advance() {
        _ = self.machine.advance(to: self.timestamp)
        self.plain.advance(to: self.now)
    }

    private mutating func observe(_ active: Int, _ multiplier: Int64, _ hint: Int64?) {
        self.now += PlainClock.hour - self.now % PlainClock.hour
        let hour = HourObservation(
            hour: self.now / PlainClock.hour - 1,
            activeIdentities: active,
            multiplier: FixedPoint(millionths: multiplier)
        )
        self.machine.observed(hour)
        self.plain.clock.hours.append(
            .init(end: self.now, active: active, multiplier: multiplier)
        )
        if active >= 16, let hint {
            let said = GovernanceHint(since: Timestamp(milliseconds: hint))
            self.machine.learnt(said, at: self.timestamp)
            self.plain.clock.hints.append(.init(since: hint, known: self.now))
        }
        self.plain.takeBackDecisions()
    }

    private mutating func rate(
        _ person: Int,
        _ reputation: Int64,
        isSuspended: Bool = false,
        tenureFactor: Int64 = 1_000_000
    ) {
        self.plain.ratings.append(
            .init(
                identity: person,
                from: self.now,
                reputation: reputation,
                isSuspended: isSuspended,
                tenureFactor: tenureFactor
            )
        )
    }

    private mutating func amend(_ threshold: Int64) {
        self.said += 1
        let id = self.cast.id(self.said)
        let change = Propose.Resolution(
            kind: .parameter,
            name: "standard_threshold",
            value: threshold
        )
        let decision = DecisionFact(
            on: id,
            author: NodeID(Bytes32.zero),
            effectiveAt: self.timestamp,
            resolution: change
        )
        guard let ratified = ResolutionRatified(decision) else { return }
        self.machine.ratified(ratified)
        self.plain.thresholds.append((from: self.now, value: threshold, rank: id.array))
    }

    // MARK: Saying

    /// Gives a message of the assembly to the machine.
    ///
    /// - Returns: whether it was accepted; void messages never come so far.
    private mutating func judge(_ message: Message, score: Int64) -> Bool {
        let identity = self.machine.signers.registry.identity(of: message.from)
        let admitted = message.admitted(
            at: self.timestamp,
            sender: SenderStanding(identity: identity),
            reputation: FixedPoint(millionths: score)
        )
        for case .refuse in self.machine.judge(admitted) { return false }
        _ = self.machine.logged(admitted)
        return true
    }

    mutating func govern(_ step: ModelStep) throws {
        switch step {
        case .propose: try self.propose(step)
        case .vote(let person, let number, let ballot):
            let time = self.now - ballot.minutesAgo * 60_000
            try self.vote(person, number, ballot, at: time)
        case .poll(let number, let stances):
            for (person, letter) in stances.enumerated() {
                guard let stance = Self.stances[letter] else { continue }
                let ballot = ModelBallot(
                    stance: stance,
                    isDegraded: false,
                    minutesAgo: 0,
                    score: 500_000
                )
                try self.vote(person, number, ballot, at: self.now)
            }
        case .balance(let number, let endorse):
            for (person, score) in [endorse, 1_000_000 - endorse, 1_000_000].enumerated() {
                self.rate(person, score)
            }
            try self.govern(.poll(on: number, stances: "era"))
            try self.take(.finish(number, days: 0, active: 5, reputation: 3_000_000))
        case .withdraw(let person, let number): try self.withdraw(person, number)
        case .adopt(let person, let number, let success, let score):
            try self.adopt(person, number, success, score)
        default: break
        }
    }

    private static let stances: [Character: PlainAssembly.Stance] = [
        "e": .endorse, "r": .reject, "a": .abstain,
    ]

    private mutating func propose(_ step: ModelStep) throws {
        guard
            case .propose(
                let person,
                let number,
                let subject,
                let constitutional,
                let hours,
                let score
            ) = step,
            self.plain.proposals[number] == nil,
            self.plain.keys.allows(.speak, by: person, at: self.now)
        else { return }
        let proposal = PlainAssembly.Proposal(
            number: number,
            author: person,
            at: self.now,
            deadline: self.now
                + (constitutional ? 90 * PlainClock.day : hours * PlainClock.hour),
            isConstitutional: constitutional,
            remedy: self.remedy(subject),
            score: score
        )
        let message = try self.cast.proposal(proposal)
        self.texts[message.id] = message
        let isAccepted = self.judge(message, score: score)
        guard isAccepted == self.plain.mayPropose(person, at: self.now) else {
            throw Difference("proposal \(number) was accepted: \(isAccepted)")
        }
        guard isAccepted else { return }
        self.plain.keys.apply(.speak, by: person, at: self.now)
        self.plain.proposals[number] = proposal
    }

    private func remedy(_ subject: ModelSubject) -> PlainAssembly.Remedy {
        switch subject {
        case .content: return .nothing
        case .flag: return .flag
        case .threshold: return .threshold(500_000)
        case .version: return .version(grace: 200 * PlainClock.day)
        case .shortVersion: return .version(grace: 29 * PlainClock.day)
        case .successor:
            let contested = self.plain.keys.keys.filter { !$0.value.rivals.isEmpty }.keys.min()
            let rival = contested.flatMap { self.plain.keys.key($0).rivals.last?.key }
            return .successor(of: contested ?? 0, rival ?? 1)
        }
    }

    private mutating func vote(_ person: Int, _ number: Int, _ ballot: ModelBallot, at time: Int64)
        throws
    {
        guard self.plain.keys.allows(.speak, by: person, at: time) else { return }
        self.said += 1
        let message = try self.cast.vote(
            self.said,
            by: person,
            on: number,
            ballot.stance,
            isDegraded: ballot.isDegraded,
            at: time
        )
        guard self.judge(message, score: ballot.score) else {
            throw Difference("a vote of \(person) was refused")
        }
        self.plain.keys.apply(.speak, by: person, at: time)
        self.plain.votes[number, default: []].append(
            .init(
                key: person,
                at: time,
                stance: ballot.stance,
                isDegraded: ballot.isDegraded,
                score: ballot.score,
                rank: message.id.array
            )
        )
    }

    private mutating func withdraw(_ person: Int, _ number: Int) throws {
        guard self.plain.keys.allows(.speak, by: person, at: self.now) else { return }
        self.said += 1
        let message = try self.cast.withdrawal(self.said, by: person, of: number, at: self.now)
        let isAccepted = self.judge(message, score: 500_000)
        let isOwn =
            self.plain.proposals[number].map {
                self.plain.author(of: $0) == self.plain.identity(person, at: self.now)
            } ?? true
        guard isAccepted == isOwn else {
            throw Difference("a withdrawal by \(person) was accepted: \(isAccepted)")
        }
        if isAccepted { self.plain.keys.apply(.speak, by: person, at: self.now) }
        // What is refused now holds as soon as a link makes it the author's.
        self.plain.withdrawals[number, default: []].append((key: person, at: self.now))
    }

    private mutating func adopt(_ person: Int, _ number: Int, _ success: Bool, _ score: Int64)
        throws
    {
        guard self.plain.keys.allows(.speak, by: person, at: self.now) else { return }
        self.said += 1
        let message = try self.cast.adoption(
            self.said,
            by: person,
            of: number,
            success: success,
            at: self.now
        )
        let isAccepted = self.judge(message, score: score)
        let isInTime =
            self.plain.proposals[number].map {
                !$0.isConstitutional || self.now >= $0.effectiveAt
            } ?? true
        guard isAccepted == isInTime else {
            throw Difference("an adoption by \(person) was accepted: \(isAccepted)")
        }
        guard isAccepted else { return }
        self.plain.keys.apply(.speak, by: person, at: self.now)
        self.plain.adoptions[number, default: []].append(
            .init(
                key: person,
                at: self.now,
                isSuccess: success,
                score: score,
                rank: message.id.array
            )
        )
    }
}
