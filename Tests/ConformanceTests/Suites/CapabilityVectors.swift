import Messages
import Primitives
import TestSupport

@testable import Consensus
@testable import Reputation

/// What a score permits: what is done with that score, what is held back, and what people are told.
enum CapabilityVectors {
    static func run(_ vector: VectorCase) throws {
        let score = try vector.input.fraction("reputation")
        let named = try self.namedAbove(score)
        for name in vector.expect.names {
            guard let capability = Capability(rawValue: name) else {
                throw VectorFailure("no capability is called \(name)")
            }
            let expected = try vector.expect.bool(name)
            try Check.same("\(name), as people are told", !named.contains(name), expected)
            if let draft = try self.message(for: capability) {
                let isFree = try !self.isHeldBack(draft, for: capability, at: score)
                try Check.same("\(name), as an own message", isFree, expected)
            }
            if let isDone = try self.deed(capability, at: score) {
                try Check.same(name, isDone, expected)
            }
        }
    }

    private static let person = "somebody"
    private static let content: [UInt8] = [1]
    private static var now: Timestamp { Timestamp(milliseconds: LedgerLine.start) }

    private static func ledger(at score: FixedPoint) throws -> LedgerLine {
        try LedgerLine(founders: [(self.person, score)])
    }

    // MARK: What people are told

    /// What a node names when it is asked what comes next, from gate to gate.
    ///
    /// This is all that a node makes of some capabilities: nothing else asks for them.
    private static func namedAbove(_ score: FixedPoint) throws -> Set<String> {
        var names: Set<String> = []
        var next: FixedPoint? = score
        while let score = next {
            let gate = try self.gate(above: score)
            names.formUnion(gate?.permits ?? [])
            next = gate?.score
        }
        return names
    }

    private static func gate(above score: FixedPoint) throws -> ScoreHistory.Gate? {
        let history = try self.ledger(at: score).books.history(of: LedgerLine.node(self.person))
        return history.nextGate
    }

    // MARK: Own messages

    /// A message that the gate for own messages looks at for the sake of a capability, or lets
    /// through at any score; nil for capabilities that no type of message stands for.
    private static func message(for capability: Capability) throws -> Draft? {
        let target = LedgerLine.message("a proposal")
        let deadline = self.now.adding(milliseconds: 86_400_000)
        return switch capability {
        case .adopt: .adoption(of: target)
        case .propose: .proposal(until: deadline)
        case .vote: .vote(Vote.Stance.endorse.rawValue, on: target)
        case .comment: .comment(on: target)
        case .replicate: .upload(self.content)
        case .flagDispute: .flag(.dispute, on: ContentHash(SHA256Digest.hash(self.content)))
        default: nil
        }
    }

    /// Whether a node refuses to send a message, or warns that others may not count it (D-51).
    private static func isHeldBack(
        _ draft: Draft,
        for capability: Capability,
        at score: FixedPoint
    ) throws -> Bool {
        let machine = try self.ledger(at: score).books
        let node = try LedgerLine.node(self.person)
        let message = try draft.signed(by: try LedgerLine.key(self.person), at: self.now)
        let rating = RateSender(
            message: message,
            origin: .local(nil),
            receivedAt: self.now,
            sender: SenderStanding(identity: node)
        )
        if let refusal = machine.gateRefusal(rating) {
            try Check.same("the refusal of \(message.typeName)", refusal.code, .belowGate)
            return true
        }
        let history = machine.history(of: node)
        guard let gate = history.nextGate, gate.permits.contains(capability.rawValue) else {
            return false
        }
        return history.warnings.contains { $0.contains("just below \(gate.score)") }
    }

    // MARK: Deeds

    /// Whether what somebody with a score does counts; nil where nothing looks at the score.
    private static func deed(_ capability: Capability, at score: FixedPoint) throws -> Bool? {
        switch capability {
        case .adopt: try self.adopts(score)
        case .propose: try self.proposes(score)
        case .vote: try VoteVectors.vote(score: score).notCountedBecause == nil
        case .comment: try self.comments(score)
        case .flagDispute: try self.flags(.dispute, score)
        case .flagIllegal: try self.flags(.illegal, score)
        default: nil
        }
    }

    /// Whether a proposal of such an author is ratified when all others endorse it.
    private static func proposes(_ score: FixedPoint) throws -> Bool {
        var poll = try Poll(
            in: Assembly(),
            on: try Assembly.proposal(by: self.person),
            authorScore: score
        )
        for _ in 0..<ConsensusLimits.votersMin { try poll.vote("endorse", weight: .one) }
        return try poll.stateAtLast() == .ratified
    }

    private static func adopts(_ score: FixedPoint) throws -> Bool {
        var (assembly, proposal) = try self.proposal()
        let draft = Draft.adoption(of: proposal)
        let adoption = try Assembly.message(draft, by: self.person, at: Assembly.start)
        let isAccepted = assembly.hear(adoption, score: score, isOwn: true) == nil
        return isAccepted && assembly.view(of: proposal)?.adoptions.count == 1
    }

    private static func comments(_ score: FixedPoint) throws -> Bool {
        var (assembly, proposal) = try self.proposal()
        let draft = Draft.comment(on: proposal)
        let comment = try Assembly.message(draft, by: self.person, at: Assembly.start)
        let isSent = assembly.hear(comment, score: score, isOwn: true) == nil
        return isSent && assembly.view(of: proposal)?.comments.count == 1
    }

    private static func proposal() throws -> (Assembly, MessageID) {
        var assembly = Assembly()
        let proposal = try Assembly.proposal(by: "author")
        _ = assembly.hear(proposal)
        return (assembly, proposal.id)
    }

    /// A flag that counts puts something at risk.
    private static func flags(_ severity: Flag.Severity, _ score: FixedPoint) throws -> Bool {
        var line = try self.ledger(at: score)
        let content = ContentHash(SHA256Digest.hash(self.content))
        try line.log(.flag(severity, on: content), by: self.person)
        let history = line.books.history(of: try LedgerLine.node(self.person))
        return history.record.stakeAtRisk > .zero
    }
}
