import Messages
import Primitives
import TestSupport
import Testing

@testable import StorageMarket

@Suite("§6 The market against the rules written a second time")
struct MarketModelTests {
    @Test("contracts, rent, grace and work agree over random histories")
    func agree() async {
        // A history is months long.
        let differences = await ModelRunner.differences(
            histories: 60,
            MarketStep.history,
            MarketDuel.run
        )
        #expect(differences.isEmpty, "\(differences.joined(separator: "\n"))")
    }

    /// What long runs found.
    private static let found: [[MarketStep]] = [
        [
            // A fifth receipt of one provider; the fourth of them counts for a contract.
            .receive(person: 4, content: 1), .deliver(person: 4, content: 1, to: [4, 3, 1]),
            .deliver(person: 0, content: 1, to: [4, 3]), .receive(person: 4, content: 1),
            .receive(person: 4, content: 1),
        ],
        [
            // A notice of a contract that failed has the number of one that is owed later.
            .deliver(person: 0, content: 1, to: [0, 2, 5]), .wait(hours: 170),
            .notice(content: 1, back: 2), .deliver(person: 0, content: 1, to: [4]),
            .wait(hours: 170), .notice(content: 1, back: 2),
        ],
        [
            // One contract comes into grace after another one did, which is not over for that.
            .fill(person: 2, millionths: 135), .deliver(person: 1, content: 1, to: [2, 4, 0]),
            .deliver(person: 2, content: 1, to: [0, 3, 4]), .wait(hours: 50), .wait(hours: 170),
            .notice(content: 1, back: 4), .deliver(person: 2, content: 1, to: [1, 2]),
            .wait(hours: 170),
        ],
    ]

    @Test("contracts and rent agree over histories in which they did not", arguments: Self.found)
    func agreeAgain(steps: [MarketStep]) throws {
        let difference = try MarketDuel.run(steps, ModelCast())
        #expect(difference == nil, "\(difference.map { "\($0)" } ?? "")")
    }
}

/// Something that people of a market do.
enum MarketStep: Sendable {
    case wait(hours: Int64)
    /// Until so long after the next cycle of the contract in force begins, or before it.
    case edge(content: Int, milliseconds: Int64)
    case request(person: Int, content: Int, copies: Int)
    case accept(person: Int, content: Int)
    case assign(person: Int, content: Int, to: [Int])
    case receive(person: Int, content: Int)
    /// Request, acceptances, assignment and confirmations.
    case deliver(person: Int, content: Int, to: [Int])
    case challenge(by: Int, of: Int, content: Int, passed: Bool)
    /// Those who hold copies challenge each other, and some fail.
    case challengeAll(content: Int, failing: [Int])
    /// The notice of the cycle that lasts, or of one before it.
    case notice(content: Int, back: Int64)
    case withdraw(person: Int, content: Int, days: Int64)
    case propose(person: Int, content: Int, days: Int64, voters: [Int])
    case fill(person: Int, millionths: Int64)
    case move(person: Int, network: Int)

    private static func person(_ chance: inout HistoryGenerator) -> Int {
        Int.random(in: 0..<MarketDuel.people, using: &chance)
    }

    private static func people(_ chance: inout HistoryGenerator) -> [Int] {
        let count = Int.random(in: 1...3, using: &chance)
        return Array((0..<MarketDuel.people).shuffled(using: &chance).prefix(count))
    }

    static func history(_ chance: inout HistoryGenerator) -> [MarketStep] {
        (0..<Int.random(in: 5...30, using: &chance)).map { _ in self.step(&chance) }
    }

    private static func step(_ chance: inout HistoryGenerator) -> MarketStep {
        let content = Int.random(in: 0..<2, using: &chance)
        let person = Self.person(&chance)
        switch Int.random(in: 0..<24, using: &chance) {
        case 0..<6:
            return .wait(hours: Int64([1, 7, 24, 50, 170].randomElement(using: &chance) ?? 1))
        case 6:
            return .request(
                person: person,
                content: content,
                copies: .random(in: 1...3, using: &chance)
            )
        case 7: return .accept(person: person, content: content)
        case 8: return .assign(person: person, content: content, to: Self.people(&chance))
        case 9, 10: return .receive(person: person, content: content)
        case 11..<14: return .deliver(person: person, content: content, to: Self.people(&chance))
        case 14: return .challengeAll(content: content, failing: Self.people(&chance))
        case 15, 16:
            return .challenge(
                by: person,
                of: Self.person(&chance),
                content: content,
                passed: .random(using: &chance)
            )
        case 17..<20: return .notice(content: content, back: .random(in: 0...8, using: &chance))
        case 20:
            return .withdraw(
                person: person,
                content: content,
                days: .random(in: 1...4, using: &chance)
            )
        case 21:
            return .propose(
                person: person,
                content: content,
                days: .random(in: 1...9, using: &chance),
                voters: (0..<4).map { _ in Self.person(&chance) }
            )
        case 22: return .fill(person: person, millionths: .random(in: 0...2_000, using: &chance))
        default: return .move(person: person, network: .random(in: 0..<3, using: &chance))
        }
    }
}

/// Lives a history through the state machine, by real messages, and through the plain rules.
struct MarketDuel {
    static let people = 6
    private static let rent: Int64 = 335
    private static let bytes: Int64 = 10_485_760

    private let cast: ModelCast
    private var machine = StorageMarketStateMachine()
    private var books = MarketBooks()
    private var plain = PlainMarket()
    private var now = ModelCast.start
    private var wakeAt: Int64?
    private var said = 0
    private var findings: [StorageFact] = []

    /// Most can pay, and come from networks of their own.
    private init(_ cast: ModelCast) {
        self.cast = cast
        for person in 0..<4 {
            self.plain.purse[person] = 10_000
            self.plain.network[person] = 10 + person
        }
    }

    static func run(_ steps: [MarketStep], _ cast: ModelCast) throws -> Difference? {
        var duel = MarketDuel(cast)
        try duel.perform(duel.machine.replayFinished(now: duel.timestamp))
        try duel.perform(duel.machine.caughtUp(now: duel.timestamp))
        for step in steps {
            try duel.take(step)
            if let difference = try duel.difference() { return difference }
        }
        return nil
    }

    private var timestamp: Timestamp { Timestamp(milliseconds: self.now) }

    private func content(_ number: Int) -> ContentHash { Trade.content(number) }

    // MARK: Steps

    private mutating func take(_ step: MarketStep) throws {
        switch step {
        case .wait(let hours): try self.pass(hours * PlainMarket.hour)
        case .edge(let content, let milliseconds): try self.edge(content, milliseconds)
        case .request(let person, let content, let copies):
            try self.request(person, content, copies)
        case .accept(let person, let content):
            try self.pass(1)
            self.plain.acceptances.append(self.note(person, content, ()))
            try self.say(
                ReplicateAccept(contentHash: self.content(content), capacityAvailable: 1),
                by: person
            )
        case .assign(let person, let content, let others): try self.assign(person, content, others)
        case .receive(let person, let content): try self.receive(person, content)
        case .deliver(let person, let content, let others):
            try self.request(person, content, others.count)
            try self.assign(person, content, others)
            for other in others { try self.receive(other, content) }
        case .challenge(let validator, let provider, let content, let passed):
            try self.challenge(validator, provider, content, passed)
        case .challengeAll(let content, let failing):
            guard let standing = self.plain.standing(on: content, at: self.now) else { return }
            for validator in [standing.payer] + standing.holders {
                for provider in standing.holders {
                    try self.challenge(validator, provider, content, !failing.contains(provider))
                }
            }
        case .notice(let content, let back): try self.notice(content, back)
        case .withdraw(let person, let content, let days):
            try self.withdraw(person, content, days)
        case .propose(let person, let content, let days, let voters):
            try self.propose(person, content, days, voters)
        case .fill(let person, let millionths): self.plain.purse[person] = millionths
        case .move(let person, let network): self.plain.network[person] = network
        }
    }

    private func note<Body>(_ person: Int, _ content: Int, _ body: Body) -> PlainMarket.Said<Body> {
        PlainMarket.Said(at: self.now, by: person, on: content, body: body)
    }

    private mutating func edge(_ content: Int, _ milliseconds: Int64) throws {
        guard let standing = self.plain.standing(on: content, at: self.now) else { return }
        let number = (self.now - standing.start) / PlainMarket.day + 1
        try self.pass(standing.start + number * PlainMarket.day + milliseconds - self.now)
    }

    private mutating func request(_ person: Int, _ content: Int, _ copies: Int) throws {
        try self.pass(1)
        let body = PlainMarket.Request(copies: copies, bytes: Self.bytes)
        self.plain.requests.append(self.note(person, content, body))
        let described = ContentDescription(
            contentHash: self.content(content),
            contentType: "text/plain",
            contentSize: Self.bytes,
            tags: []
        )
        try self.say(
            ReplicateRequest(content: described, copyCount: Int64(copies), reputationStake: .zero),
            by: person
        )
    }

    private mutating func assign(_ person: Int, _ content: Int, _ others: [Int]) throws {
        try self.pass(1)
        self.plain.assignments.append(self.note(person, content, others))
        let providers = try others.map { try self.cast.node($0) }
        try self.say(
            CopyAssignment(contentHash: self.content(content), providers: providers),
            by: person
        )
    }

    private mutating func receive(_ person: Int, _ content: Int) throws {
        try self.pass(1)
        self.plain.receipts.append(self.note(person, content, ()))
        try self.say(CopyReceived(contentHash: self.content(content)), by: person)
    }

    private mutating func challenge(
        _ validator: Int,
        _ provider: Int,
        _ content: Int,
        _ passed: Bool
    )
        throws
    {
        try self.pass(1)
        self.plain.results.append(self.note(validator, content, (of: provider, passed: passed)))
        try self.say(
            ChallengeResult(
                challengeID: self.cast.id(self.said),
                contentHash: self.content(content),
                challengedNode: try self.cast.node(provider),
                result: passed ? .pass : .fail
            ),
            by: validator
        )
    }

    private mutating func notice(_ content: Int, _ back: Int64) throws {
        try self.pass(1)
        guard let standing = self.plain.standing(on: content, at: self.now) else { return }
        let number = max(0, (self.now - standing.start) / PlainMarket.day - back)
        self.plain.notices.append(self.note(standing.payer, content, number))
        try self.say(
            RentPayment(
                contentHash: self.content(content),
                billingCycle: number,
                amount: .zero,
                providers: []
            ),
            by: standing.payer
        )
        self.plain.look(at: self.now)
    }

    private mutating func withdraw(_ person: Int, _ content: Int, _ days: Int64) throws {
        try self.pass(1)
        let end = self.now + days * PlainMarket.day
        self.plain.withdrawals.append(self.note(person, content, end))
        try self.say(
            ContentWithdraw(
                contentHash: self.content(content),
                effectiveAfter: Timestamp(milliseconds: end)
            ),
            by: person
        )
    }

    private mutating func propose(_ person: Int, _ content: Int, _ days: Int64, _ voters: [Int])
        throws
    {
        try self.pass(1)
        let end = self.now + days * PlainMarket.day
        let index = self.plain.proposals.count
        self.plain.proposals.append(self.note(person, content, end))
        let proposal = try self.say(
            Propose(
                title: "t",
                body: "b",
                contentHash: self.content(content),
                contentType: "text/plain",
                contentSize: 1,
                tier: .standard,
                votingDeadline: Timestamp(milliseconds: end)
            ),
            by: person
        )
        for voter in voters {
            try self.pass(1)
            self.plain.endorsements.append(self.note(voter, content, index))
            try self.say(
                Vote(proposalID: proposal, stance: .endorse, syncStatus: .synced),
                by: voter
            )
        }
    }

    // MARK: The machine

    @discardableResult
    private mutating func say(_ payload: some WirePayload, by person: Int) throws -> MessageID {
        self.said += 1
        let message = try self.cast.message(self.said, by: person, at: self.now, memo: nil) {
            Draft(payload)
        }
        let admitted = message.admitted()
        switch message.type {
        case .propose, .vote: break
        default:
            let actions = self.machine.judge(admitted, now: admitted.receivedAt)
            if case .refuse? = actions.first { return message.id }
            self.books.apply(admitted)
            try self.perform(actions)
        }
        self.books.logged(admitted)
        let entry = MessageLogged(sequence: 1, admitted: admitted, isReplay: false)
        try self.perform(self.machine.logged(entry))
        // What this message made due is looked at at once.
        try self.wake(until: self.now)
        return message.id
    }

    private mutating func pass(_ milliseconds: Int64) throws {
        let end = self.now + milliseconds
        self.plain.pass(from: self.now, to: end)
        try self.wake(until: end)
        self.now = end
    }

    private mutating func wake(until end: Int64) throws {
        while let wake = self.wakeAt, wake <= end {
            self.now = max(self.now, wake)
            self.wakeAt = nil
            try self.perform(self.machine.woke(now: self.timestamp, entropy: [1]))
        }
    }

    private mutating func perform(_ actions: [StorageMarketAction]) throws {
        for action in actions {
            switch action {
            case .wake(let moment):
                self.wakeAt = min(self.wakeAt ?? .max, moment.milliseconds)
            case .record(let fact):
                if let finding = StorageFact(fact) { self.findings.append(finding) }
                self.books.logged(fact)
                try self.perform(self.machine.logged(fact))
            case .ask(.scores(let query, let purpose)):
                let reply = self.scores(query)
                try self.perform(self.machine.heard(reply, for: purpose, now: self.timestamp))
            default: break
            }
        }
    }

    private func scores(_ query: Scores) -> Scores.Reply {
        let entries = (query.identities ?? []).map { identity in
            let person = self.cast.number(identity)
            return Scores.Entry(
                identity: identity,
                overall: .one,
                observations: 0,
                isActive: true,
                spendable: FixedPoint(millionths: self.plain.purse[person, default: 0]),
                network: NetworkName("\(self.plain.network[person, default: 0])")
            )
        }
        return Scores.Reply(entries: entries, activeIdentities: 1, activeReputation: .one)
    }

    // MARK: Comparing

    private func difference() throws -> Difference? {
        for content in 0..<2 {
            let plain = self.plain.standing(on: content, at: self.now)
            let real = self.books.contract(on: self.content(content), at: self.timestamp)
                .map { self.standing($0) }
            guard real == plain else {
                return Difference(
                    "content \(content): \(real as Any), and by the rules \(plain as Any)"
                )
            }
        }
        let real = self.findings.compactMap { self.finding($0) }.map { "\($0)" }.sorted()
        let plain = self.plain.findings.map { "\($0)" }.sorted()
        guard real != plain else { return nil }
        return Difference("\(real) and by the rules \(plain)")
    }

    private func standing(_ contract: Contract) -> PlainMarket.Standing {
        let state: PlainMarket.State =
            switch contract.state {
            case .gathering: .gathering
            case .delivering: .delivering
            case .active: .active
            case .grace: .grace
            case .failed: .failed
            case .decayed: .decayed
            case .withdrawn: .withdrawn
            }
        return PlainMarket.Standing(
            payer: self.cast.number(contract.uploader),
            start: contract.requestedAt.milliseconds,
            state: state,
            confirmed: contract.confirmedAt?.milliseconds,
            holders: contract.holders.map { self.cast.number($0.identity) }.sorted()
        )
    }

    private func finding(_ finding: StorageFact) -> PlainMarket.Outcome? {
        switch finding {
        case .rentHeld(let cycle, let payer, let amount):
            .held(
                on: self.number(cycle.content),
                cycle.number,
                payer: self.cast.number(payer),
                amount.millionths
            )
        case .rentMissed(let cycle, let payer):
            .missed(on: self.number(cycle.content), cycle.number, payer: self.cast.number(payer))
        case .rentSettled(let cycle, let work):
            .settled(
                on: self.number(cycle.content),
                cycle.number,
                required: work.required,
                providers: self.counts(work.providers),
                validators: self.counts(work.validators)
            )
        case .challengeFailed, .copyAbandoned, .copiesHeld, .transferFee: nil
        }
    }

    private func number(_ content: ContentHash) -> Int { content == self.content(0) ? 0 : 1 }

    private func counts(_ shares: [RentWork.Share]) -> String {
        shares.map { "\(self.cast.number($0.identity)): \($0.count)" }.sorted()
            .joined(separator: ", ")
    }
}
