import Cryptography
import Identities
import Messages
import Primitives
import TestSupport

@testable import Consensus
@testable import Identity
@testable import Reputation

/// People with names and the three subsystems that fold their keys, in step.
struct Household {
    /// What a node makes of a message.
    enum Outcome: String {
        case accept, reject, ignored
    }

    private static let step: Int64 = 60_000
    private(set) var identity = Registrar(KeyRegistry())
    private(set) var assembly = Assembly()
    private(set) var reputation: Bookkeeping
    private(set) var proposals: [String: MessageID] = [:]
    private(set) var now = Assembly.start
    private let score: FixedPoint

    /// - Parameters:
    ///   - score: what everybody's reputation is at admission.
    ///   - founders: people whose ledger does not start at 0.2.
    /// - Throws: when a name makes no key, which none does.
    init(
        score: FixedPoint = FixedPoint(millionths: 500_000),
        founders: [(name: String, score: FixedPoint)] = []
    ) throws {
        self.score = score
        self.reputation = Bookkeeping(
            configuration: ReputationConfiguration(
                genesis: try founders.map {
                    .init(identity: try Assembly.node($0.name), score: $0.score)
                },
                ownIdentity: try Assembly.node("this node")
            )
        )
    }

    /// The identity that a person's key acts for.
    func owner(of name: String) throws -> NodeID {
        self.identity.registry.identity(of: try Assembly.node(name))
    }

    mutating func wait(until moment: Timestamp) { self.now = moment }

    // MARK: Steps

    /// Carries out one step of a case: an operation and its operands.
    mutating func take(_ step: [RawJSON]) throws -> Outcome {
        self.now = self.now.adding(milliseconds: Self.step)
        guard let operation = step.first?.string else { throw VectorFailure("a step has no name") }
        let names = step.dropFirst().compactMap(\.string)
        switch (operation, names.count) {
        case ("link", 2): return try self.hear(Assembly.link(names[0], names[1], at: self.now))
        case ("revoke", 2): return try self.hear(self.revocation(names[0], names[1]))
        case ("rotate", 2):
            return try self.hear(Assembly.rotation(names[0], names[1], at: self.now))
        case ("reregister", 1): return try self.hear(self.announcement(names[0]))
        case ("announce", 1): return try self.hear(self.announcement(names[0]))
        case ("propose", 2): return try self.propose(names[1], by: names[0])
        case ("withdraw", 2): return try self.withdraw(names[1], by: names[0])
        case ("vote", 3): return try self.vote(names[2], on: names[1], by: names[0])
        default: return try self.takeNumbered(operation, Array(step.dropFirst()))
        }
    }

    /// Steps whose last operand is a number.
    private mutating func takeNumbered(_ operation: String, _ operands: [RawJSON]) throws
        -> Outcome
    {
        guard operands.count == 2, let number = operands[1].integer else {
            throw VectorFailure("no way to take the step \(operation)")
        }
        let name = operands[0].string ?? ""
        switch operation {
        case "gain":
            let amount = FixedPoint(millionths: number)
            let key = try Assembly.node(name)
            self.reputation.earn(amount, by: key, at: self.now, cause: operation)
        case "penalty":
            let amount = FixedPoint(millionths: number)
            let key = try Assembly.node(name)
            self.reputation.charge(amount, to: key, at: self.now, cause: operation)
        case "announce-daily":
            for _ in 0..<number {
                self.now = self.now.adding(milliseconds: Assembly.day)
                guard try self.hear(self.announcement(name)) == .accept else { return .reject }
            }
        case "vote-identically":
            try self.voteAlike((operands[0].elements ?? []).compactMap(\.string), Int(number))
        default:
            throw VectorFailure("no way to take the step \(operation)")
        }
        return .accept
    }

    private mutating func propose(_ title: String, by name: String) throws -> Outcome {
        let message = try Assembly.proposal(by: name, title: title, at: self.now)
        self.proposals[title] = message.id
        return try self.hear(message)
    }

    /// The proposal of a name; a stranger makes it when nobody has yet.
    private mutating func proposal(_ title: String) throws -> MessageID {
        if let known = self.proposals[title] { return known }
        let message = try Assembly.proposal(by: "author of \(title)", title: title, at: self.now)
        self.proposals[title] = message.id
        _ = try self.hear(message)
        return message.id
    }

    private mutating func withdraw(_ title: String, by name: String) throws -> Outcome {
        let id = try self.proposal(title)
        return try self.hear(Assembly.withdrawal(of: id, by: name, at: self.now))
    }

    mutating func vote(
        _ stance: String,
        on title: String,
        by name: String,
        status: SyncState = .synced
    ) throws -> Outcome {
        guard let stance = Vote.Stance(rawValue: stance) else {
            throw VectorFailure("\(stance) is no stance")
        }
        let id = try self.proposal(title)
        let message = try Assembly.vote(stance, on: id, by: name, at: self.now, status: status)
        let outcome = try self.hear(message)
        let view = self.assembly.view(of: id, at: self.now)?.votes.first {
            $0.voteID == message.id
        }
        return outcome == .accept && view?.notCountedBecause != nil ? .ignored : outcome
    }

    private mutating func voteAlike(_ names: [String], _ count: Int) throws {
        for number in 0..<count {
            for name in names {
                _ = try self.vote("endorse", on: "shared \(number)", by: name)
            }
        }
    }

    // MARK: Messages

    func revocation(_ root: String, _ child: String) throws -> Message {
        let draft = Draft.revocation(try Assembly.node(root), try Assembly.node(child))
        return try Assembly.message(draft, by: root, at: self.now)
    }

    func announcement(
        _ name: String,
        status: SyncState = .synced,
        address: String? = nil
    ) throws -> Message {
        let proof = VDFProof.easy(of: try Assembly.node(name), at: self.now)
        let addresses = [address].compactMap { $0 }
        let draft = Draft.announcement(proof, addresses: addresses, status: status)
        return try Assembly.message(draft, by: name, at: self.now)
    }

    /// The line of admission: who sent it, then its judge, then the log.
    mutating func hear(_ message: Message) throws -> Outcome {
        let standing: SenderStanding
        switch self.identity.registry.standing(of: message) {
        case .success(let found): standing = found
        case .failure: return .reject
        }
        let admitted = message.admitted(
            from: .gossip(relay: message.from, topic: .peers, ticket: 0),
            sender: standing,
            reputation: self.score
        )
        if message.type?.isIdentityType == true {
            for case .refuse in self.identity.judge(admitted) { return .reject }
        }
        if self.assembly.hear(message, score: self.score) != nil { return .reject }
        _ = self.identity.logged(message, isReplay: false)
        self.reputation.logged(admitted)
        return .accept
    }

    // MARK: The ledger

    mutating func gain(_ amount: FixedPoint, by key: NodeID) -> FixedPoint {
        self.reputation.earn(amount, by: key, at: self.now, cause: "a test")
    }

    /// Has a person govern for so many cycles up to the present one; this node decides late on it.
    ///
    /// Decisions in time would let days pass, whose silence has its price.
    mutating func setTenure(of name: String, cycles: Int64) throws {
        let person = try Assembly.node(name)
        for cycle in 0..<cycles {
            let time = self.now.adding(milliseconds: -(cycle + 1) * 30 * Assembly.day)
            let decision = DecisionFact(
                on: .named("proposal of cycle \(cycle)"),
                .rejected,
                author: try Assembly.node("an author"),
                effectiveAt: time,
                votes: [
                    DecisionFact.Ballot(
                        .endorse,
                        of: person,
                        voteID: .named("vote of cycle \(cycle)"),
                        at: time
                    )
                ]
            )
            self.reputation.logged(decision.recorded(at: self.now))
        }
    }

    func tenure(of name: String) throws -> Int64 {
        self.reputation.verdicts.tenures.tenure(of: try Assembly.node(name), at: self.now).cycles
    }

    /// How many proposals a person may still make now.
    func proposalsLeft(of name: String) throws -> Int64 {
        var copy = self
        var count: Int64 = 0
        while try copy.hear(
            Assembly.proposal(by: name, title: "another \(count)", at: self.now)
        ) == .accept {
            count += 1
        }
        return count
    }
}
