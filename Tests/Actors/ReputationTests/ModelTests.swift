import Foundation
import Identities
import Messages
import Primitives
import Testing

@testable import Reputation

/// One thing that happens; people and proposals are named by numbers that always name something, so
/// that any part of a history is a history.
enum Step: Sendable {
    case wait(minutes: Int64)
    /// Days on which this node is awake.
    case watch(days: Int64)
    case announce(Int, network: Int?)
    /// A person announces itself through all hours of the day that follows.
    case stay(Int)
    case propose(Int, host: Int?)
    case adopt(Int, of: Int, lateByHours: Int64)
    case assess(Int, of: Int, overall: Int64, formedBefore: Int64)
    case link(Int, Int)
    case rotate(Int, Int)
    case earn(Int, Int64)
    /// The most that a day allows, on some days in a row.
    case earnDaily(Int, days: Int64)
    case flag(Int)
    case ban(Int)
    case vote([Int])
}

/// Where and how the two differ.
struct Difference: Error, CustomStringConvertible {
    let description: String
}

/// Lives a history through the state machine, by real messages, and through the plain rules.
struct Duel {
    private static let people = 0..<8
    private static let founders: [Int: Int64] = [1: 500_000, 2: 300_000, 3: 999_000]
    private var machine: ReputationStateMachine
    private var plain = PlainLedger(founders: founders)
    private var now: Int64 = 0
    private var proposals: [AdmittedMessage] = []
    private var decisions = 0

    init() throws {
        self.machine = try Fixture.ledger(founders: Self.founders) { $0.detectsCollusion = false }
    }

    private var time: Int64 { Fixture.at(self.now).milliseconds }

    static func run(_ steps: [Step]) -> Difference? {
        do {
            var duel = try Duel()
            for (number, step) in steps.enumerated() {
                try duel.take(step)
                if let difference = try duel.difference() {
                    return Difference(description: "after step \(number): \(difference)")
                }
            }
            return try duel.pastDifference().map { Difference(description: $0) }
        } catch {
            return Difference(description: "\(error)")
        }
    }

    /// Gives a message to both, if its sender may sign it and its judge would let it through.
    private mutating func say(
        _ admitted: AdmittedMessage,
        by person: Int,
        _ effect: (inout PlainLedger) -> Void
    ) {
        let message = admitted.message
        let registry = self.machine.ledger.keys
        guard case .success = registry.standing(of: message),
            registry.refusal(of: message, receivedAt: admitted.receivedAt, isFromSync: false) == nil
        else { return }
        self.machine.logged(admitted)
        self.plain.arrive(at: admitted.receivedAt.milliseconds)
        // Keys change first: the message is already one of the new identity.
        switch message.type {
        case .didLink, .keyRotate: effect(&self.plain)
        default: break
        }
        var isDirect = true
        if case .sync = admitted.origin { isDirect = false }
        self.plain.spoke(
            person,
            message.typeName,
            at: message.timestamp.milliseconds,
            isDirect: isDirect
        )
        switch message.type {
        case .didLink, .keyRotate: break
        default: effect(&self.plain)
        }
    }

    private mutating func take(_ step: Step) throws {
        self.now += 1
        let time = self.time
        switch step {
        case .wait(let minutes): self.now += minutes * 60_000
        case .watch(let days): self.watch(days)
        case .announce(let person, let network): try self.announce(person, network)
        case .stay(let person):
            self.now += Fixture.day - self.now % Fixture.day
            for _ in 0..<21 {
                try self.announce(person, nil)
                self.now += Fixture.hour
            }
        case .propose(let person, let host): try self.propose(person, host)
        case .adopt(let person, let number, let late): try self.adopt(person, number, late)
        case .assess(let person, let subject, let overall, let before):
            let gossip = try Fixture.gossip(
                by: person,
                [(subject, overall)],
                at: self.now,
                formedAt: self.now - before
            )
            self.say(gossip, by: person) { plain in
                plain.said(person, of: subject, overall, at: time - before)
            }
        case .link(let root, let child):
            // Unlike a chain of links, a second link of the same pair changes nothing.
            guard self.plain.who(root) != self.plain.who(child) else { return }
            let link = try Fixture.link(root, child, at: self.now)
            self.say(link, by: root) { $0.linked(root, child, at: time) }
        case .rotate(let old, let new):
            // A second rotation of a key would suspend; other tests are about that.
            guard old != new, !self.rotated.contains(old) else { return }
            let rotation = try Fixture.rotation(old, new, at: self.now)
            let before = self.machine.ledger.keys.digest
            self.say(rotation, by: old) { $0.rotated(old, new) }
            if self.machine.ledger.keys.digest != before { self.rotated.insert(old) }
        case .earn(let person, let raw):
            self.machine.ledger.earn(
                FixedPoint(millionths: raw),
                by: try Fixture.person(person),
                at: Fixture.at(self.now),
                cause: "test"
            )
            self.plain.earn(raw, by: person, at: time)
        case .earnDaily(let person, let days):
            for _ in 0..<days {
                try self.take(.earn(person, 20_500))
                self.now += Fixture.day
            }
        case .flag(let person): try self.decide(.flag, on: person)
        case .ban(let person): try self.decide(.ban, on: person)
        case .vote(let voters): try self.decide(voters)
        }
    }

    private var rotated: Set<Int> = []

    private mutating func watch(_ days: Int64) {
        for _ in 0..<days * 24 {
            self.now += Fixture.hour
            self.machine.ledger.advance(to: Fixture.at(self.now))
            self.plain.arrive(at: self.time)
        }
    }

    private mutating func announce(_ person: Int, _ network: Int?) throws {
        let announcement = try Fixture.announcement(by: person, at: self.now, network: network)
        let time = self.time
        self.say(announcement, by: person) { $0.announced(person, network: network, at: time) }
    }

    private mutating func propose(_ person: Int, _ host: Int?) throws {
        var share: MessageID?
        if let host {
            let shared = try Fixture.share(by: host, at: self.now)
            let before = self.machine.ledger.keys
            if case .success = before.standing(of: shared.message) { share = shared.message.id }
            self.say(shared, by: host) { _ in }
            self.now += 1
        }
        let proposal = try Fixture.proposal(by: person, at: self.now, origin: share)
        guard case .success = self.machine.ledger.keys.standing(of: proposal.message) else {
            return
        }
        self.proposals.append(proposal)
        let known = share == nil ? nil : host
        self.say(proposal, by: person) { plain in
            plain.offers.append(PlainLedger.Offer(author: plain.who(person), host: known))
        }
    }

    private mutating func adopt(_ person: Int, _ number: Int, _ late: Int64) throws {
        guard !self.proposals.isEmpty else { return }
        let index = number % self.proposals.count
        let at = self.now - late * Fixture.hour
        let adoption = try Fixture.admitted(
            .adopt,
            [
                ("proposal_id", .string(self.proposals[index].message.id.hex)),
                ("success", .bool(true)),
            ],
            by: person,
            at: at,
            arrival: self.now,
            isSync: late > 0
        )
        let time = Fixture.at(at).milliseconds
        self.say(adoption, by: person) { $0.adopted(index, by: person, at: time) }
    }

    private mutating func decide(_ kind: Propose.Resolution.Kind, on person: Int) throws {
        self.decisions += 1
        let fact = try Fixture.decision(
            on: Fixture.id(self.decisions),
            .ratified,
            resolution: try Fixture.resolution(kind, subject: person),
            at: self.now
        )
        self.machine.logged(fact)
        self.plain.arrive(at: self.time)
        switch kind {
        case .ban: self.plain.ban(person)
        default: self.plain.charge(50_000, to: person, at: self.time)
        }
    }

    private mutating func decide(_ voters: [Int]) throws {
        self.decisions += 1
        let fact = try Fixture.decision(
            on: Fixture.id(self.decisions),
            votes: voters.map { (person: $0, stance: .endorse) },
            votedAt: self.now,
            at: self.now
        )
        self.machine.logged(fact)
        self.plain.arrive(at: self.time)
        for voter in voters { self.plain.voted(voter, at: self.time) }
    }

    // MARK: Comparing

    private func difference() throws -> String? {
        for person in Self.people {
            let direct = (try self.machine.direct(person), self.plain.direct(person))
            if direct.0 != direct.1 { return "direct of \(person) is \(direct.0), not \(direct.1)" }
            let score = (try self.machine.score(person), self.plain.score(person))
            if score.0 != score.1 { return "score of \(person) is \(score.0), not \(score.1)" }
        }
        return nil
    }

    /// Scores and tenure at moments of the past and of the future.
    private func pastDifference() throws -> String? {
        let moments = (0..<8).map { self.now / 8 * Int64($0) } + [self.now, self.now + 1]
        let later = (1...3).map { self.now + Int64($0) * 90 * Fixture.day }
        for person in Self.people {
            for moment in moments + later {
                let identity = try Fixture.person(person)
                let at = Fixture.at(moment)
                let standing = self.machine.standing(
                    of: VoterStandings.Voter(identity: identity, at: at)
                )
                let plain = self.plain.score(person, at: at.milliseconds)
                let factor = self.plain.factor(person, at: at.milliseconds)
                if standing.reputation.millionths != plain {
                    return "score of \(person) at \(moment) is \(standing.reputation), not \(plain)"
                }
                if standing.tenureFactor.millionths != factor {
                    return "tenure of \(person) at \(moment) is \(standing.tenureFactor), "
                        + "not \(factor)"
                }
            }
        }
        return nil
    }
}

/// A history drawn from a seed.
struct HistoryGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed &* 0x9e37_79b9_7f4a_7c15 }

    mutating func next() -> UInt64 {
        self.state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    private mutating func person() -> Int { Int.random(in: 0..<8, using: &self) }

    mutating func steps() -> [Step] {
        (0..<Int.random(in: 1...24, using: &self)).map { _ in self.step() }
    }

    private mutating func step() -> Step {
        switch Int.random(in: 0..<100, using: &self) {
        case 0..<14: .wait(minutes: Int64.random(in: 1...3_000, using: &self))
        case 14..<17: .watch(days: Int64.random(in: 1...45, using: &self))
        case 17..<30:
            .announce(self.person(), network: [nil, 1, 2, 3].randomElement(using: &self) ?? nil)
        case 30..<32: .stay(self.person())
        case 32..<42: .propose(self.person(), host: Bool.random(using: &self) ? self.person() : nil)
        case 42..<56:
            .adopt(
                self.person(),
                of: Int.random(in: 0..<4, using: &self),
                lateByHours: [0, 0, 30].randomElement(using: &self) ?? 0
            )
        case 56..<74:
            .assess(
                self.person(),
                of: self.person(),
                overall: Int64.random(in: 0...1_000_000, using: &self),
                formedBefore: [0, 0, 1, 100_000_000].randomElement(using: &self) ?? 0
            )
        case 74..<79: .link(self.person(), self.person())
        case 79..<83: .rotate(self.person(), self.person())
        case 83..<85: .earnDaily(self.person(), days: Int64.random(in: 1...6, using: &self))
        case 85..<91: .earn(self.person(), Int64.random(in: 0...25_000, using: &self))
        case 91..<94: .flag(self.person())
        case 94..<95: .ban(self.person())
        default: .vote([self.person(), self.person()])
        }
    }
}

@Suite("§9 The ledger against the rules written a second time")
struct ModelTests {
    /// Histories of a run; `VALENCE_HISTORIES` sets another number, `VALENCE_SEED` the first seed.
    private static let environment = ProcessInfo.processInfo.environment
    private static let histories =
        Self.environment["VALENCE_HISTORIES"].flatMap { UInt64($0) } ?? 2_000
    private static let firstSeed = Self.environment["VALENCE_SEED"].flatMap { UInt64($0) } ?? 1

    @Test("score, ledger, tenure and past scores agree over random histories")
    func agree() async {
        await withTaskGroup(of: Void.self) { group in
            for part in 0..<4 as Range<UInt64> {
                group.addTask {
                    for seed in Self.firstSeed..<Self.firstSeed + Self.histories
                    where seed % 4 == part {
                        var generator = HistoryGenerator(seed: seed)
                        Self.check(generator.steps(), seed)
                    }
                }
            }
        }
    }

    private static func check(_ steps: [Step], _ seed: UInt64) {
        guard Duel.run(steps) != nil else { return }
        let smallest = Self.shrunk(steps)
        let difference = Duel.run(smallest).map { "\($0)" } ?? "it went away"
        Issue.record(
            "seed \(seed): \(difference)\n\(smallest.map { "\($0)" }.joined(separator: "\n"))"
        )
    }

    /// Leaves out steps as long as the two still differ.
    private static func shrunk(_ steps: [Step]) -> [Step] {
        var smallest = steps
        var index = 0
        while index < smallest.count {
            var fewer = smallest
            fewer.remove(at: index)
            if Duel.run(fewer) != nil { smallest = fewer } else { index += 1 }
        }
        return smallest
    }
}
