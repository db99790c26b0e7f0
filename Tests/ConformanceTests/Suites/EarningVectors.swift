import Cryptography
import Messages
import Primitives
import TestSupport

@testable import Reputation

/// What creates and destroys reputation: a story in which it happens, and what it changes.
enum EarningVectors {
    static func run(_ vector: VectorCase) throws {
        let change = try self.change(by: try vector.input.text("event"))
        try Check.same("delta", change, try vector.expect.fraction("delta"))
    }

    private static func change(by event: String) throws -> FixedPoint {
        switch event {
        case "adopt": return try self.adoptions(1)
        case "adopt_cap_per_proposal": return try self.adoptions(12)
        case "claim_true": return try self.verified("true")[1]
        case "claim_false_found": return try self.verified("false")[2]
        case "first_contradiction":
            let changes = try self.verified("false")
            return changes[1] - changes[2]
        case "false_claim": return try self.verified("false")[0]
        case "uptime_day": return try self.uptime()
        case "collusion": return try self.collusion()
        case "flag_upheld": return try self.upheld()
        case "accept_and_abandon": return try self.abandoned()
        case "flag_stake_dispute": return try self.flagged(.dispute)
        case "flag_stake_illegal": return try self.flagged(.illegal)
        case "false_illegal_extra":
            return try self.flagged(.illegal, isRejected: true) - self.flagged(.illegal)
        case "inactive_day": return try self.silence()
        default: throw VectorFailure("no story tells of \(event)")
        }
    }

    // MARK: Stories

    private static let day: Int64 = 86_400_000
    private static let score = FixedPoint(millionths: 600_000)
    private static let people = (0..<14).map { "person \($0)" }
    private static let content: [UInt8] = [1]

    /// All have the same score and networks of their own.
    private static func line() throws -> LedgerLine {
        try LedgerLine(founders: self.people.map { ($0, self.score) }, isLocalProfile: true)
    }

    private static func change(_ line: LedgerLine, of person: Int = 0) throws -> FixedPoint {
        try line.direct(self.people[person]) - self.score
    }

    /// The first person proposes something with one claim.
    private static func propose(_ line: inout LedgerLine) throws -> MessageID {
        let deadline = Timestamp(milliseconds: LedgerLine.start + self.day)
        let draft = Draft.proposal(content: self.content, until: deadline)
        return try line.log(draft.adding([Draft.claims(1)]), by: self.people[0])
    }

    /// Others adopt it, one a day, so that no limit of a day is met first.
    private static func adoptions(_ count: Int) throws -> FixedPoint {
        var line = try self.line()
        let proposal = try self.propose(&line)
        for person in 1...count {
            try line.log(
                .adoption(of: proposal),
                by: self.people[person],
                at: LedgerLine.start + Int64(person) * self.day
            )
        }
        return try self.change(line)
    }

    /// Three others verify the claim; what that changes for its author and for them.
    private static func verified(_ result: String) throws -> [FixedPoint] {
        var line = try self.line()
        let proposal = try self.propose(&line)
        for person in 1...3 {
            try line.log(
                .verification(of: proposal, claim: 0, result: result),
                by: self.people[person],
                at: LedgerLine.start + Int64(person)
            )
        }
        return try (0...3).map { try self.change(line, of: $0) }
    }

    private static func uptime() throws -> FixedPoint {
        var line = try self.line()
        let midnight = LedgerLine.start - LedgerLine.start % self.day + self.day
        for hour in 0..<24 as Range<Int64> {
            let time = midnight + hour * 3_600_000
            try line.announce(self.people[0], proofAt: midnight, at: time)
        }
        return try self.change(line)
    }

    /// Three vote alike on twenty proposals, on which as many others are of two minds.
    private static func collusion() throws -> FixedPoint {
        var line = try self.line()
        for number in 0..<20 {
            let stance: Vote.Stance = number.isMultiple(of: 2) ? .endorse : .reject
            try line.decide(
                LedgerLine.message("proposal \(number)"),
                self.people.prefix(3).map { ($0, stance) } + [
                    (self.people[3], .endorse), (self.people[4], .reject),
                    (self.people[5], .endorse),
                ]
            )
        }
        return try self.change(line)
    }

    private static func upheld() throws -> FixedPoint {
        var line = try self.line()
        let subject = try LedgerLine.node(self.people[0])
        try line.decide(
            LedgerLine.message("a proposal"),
            [],
            .ratified,
            resolution: Draft.resolution(.flag, subject: subject)
        )
        return try self.change(line)
    }

    private static func abandoned() throws -> FixedPoint {
        var line = try self.line()
        let finding = StorageFact.copyAbandoned(
            provider: try LedgerLine.node(self.people[0]),
            content: ContentHash(SHA256Digest.hash(self.content))
        )
        let now = Timestamp(milliseconds: LedgerLine.start)
        line.books.logged(finding.fact(recordedAt: now))
        return try self.change(line)
    }

    /// A flag, and perhaps a vote that refuses to uphold it.
    private static func flagged(_ severity: Flag.Severity, isRejected: Bool = false) throws
        -> FixedPoint
    {
        var line = try self.line()
        let content = ContentHash(SHA256Digest.hash(self.content))
        try line.log(.flag(severity, on: content), by: self.people[0])
        if isRejected {
            let subject = try LedgerLine.node(self.people[1])
            let resolution = Draft.resolution(.flag, subject: subject, content: content)
            try line.decide(LedgerLine.message("a vote"), [], resolution: resolution)
        }
        return try self.change(line)
    }

    /// What the first silent day costs that costs anything.
    private static func silence() throws -> FixedPoint {
        var line = try self.line()
        for day in 0..<100 as Range<Int64> where try self.change(line) == .zero {
            line.watch(days: day..<day + 1)
        }
        return try self.change(line)
    }
}
