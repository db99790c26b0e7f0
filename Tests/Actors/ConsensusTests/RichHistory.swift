import Messages
import Primitives
import TestSupport

@testable import Consensus

/// What a log may hold.
enum Entry {
    case message(AdmittedMessage)
    case fact(LocalFact)

    /// The message, if it is one.
    var message: MessageID? {
        if case .message(let admitted) = self { admitted.message.id } else { nil }
    }

    /// The proposal that a fact is about.
    var proposal: MessageID? {
        guard case .fact(let fact) = self else { return nil }
        return DecisionFact(fact)?.proposal ?? AdoptionFact(fact)?.proposal
    }

    /// The same at another time.
    func arriving(at offset: Int64) -> Entry {
        switch self {
        case .message(let admitted): .message(admitted.arriving(at: offset))
        case .fact(let fact):
            .fact(
                LocalFact(
                    owner: fact.owner,
                    kind: fact.kind,
                    body: fact.body,
                    recordedAt: Fixture.at(offset)
                )
            )
        }
    }
}

/// A history in which something is written into every book.
struct RichHistory {
    private(set) var entries: [Entry] = []
    private let proposals: [AdmittedMessage]

    /// Writes it down, after so many hours of a large network.
    init(hours: Int) throws {
        self.proposals = try Self.proposals()
        let facts = ObservedHours.facts(hours, until: Fixture.start, activeIdentities: 1_024)
        self.entries = facts.map { .fact($0) }
        self.write(
            HourObservation(
                hour: Fixture.start.clockHour,
                activeIdentities: 3,
                multiplier: FixedPoint(millionths: 1_330_000)
            )
        )
        self.write(GovernanceHint(since: Fixture.at(-2 * Fixture.day)))
        self.entries += self.proposals.map { .message($0) }
        try self.requests()
        try self.votes()
        try self.orphans()
        try self.network()
        try self.decisions()
    }

    private func id(_ number: Int) -> MessageID { self.proposals[number].message.id }

    private mutating func say(_ messages: AdmittedMessage...) {
        self.entries += messages.map { .message($0) }
    }

    private mutating func write(_ fact: some Fact) {
        self.entries.append(.fact(fact.fact(recordedAt: Fixture.at(Fixture.voting + 1))))
    }

    // MARK: Proposals

    private static func proposals() throws -> [AdmittedMessage] {
        let first = try Fixture.proposal()
        let flag = Propose.Resolution(
            kind: .flag,
            contentHash: ContentHash(SHA256Digest.hash([1])),
            subject: try Fixture.person(5),
            messageID: .named("content")
        )
        return [
            first,
            try Fixture.proposal(
                by: 1,
                at: 1,
                [("supersedes", .string(first.message.id.hex))],
                isInline: false
            ),
            try Fixture.proposal(
                by: 2,
                at: 2,
                [("supersedes", .string(MessageID.named("unknown").hex))],
                score: 300_000
            ),
            // Nobody knew of any governance then.
            try Fixture.proposal(by: 3, at: -40 * Fixture.day, [("resolution", flag.json)]),
            try Self.amendment(by: 4, .standardThreshold, 700_000),
            try Self.amendment(by: 5, .quorumShare, 200_000),
        ]
    }

    private static func amendment(by person: Int, _ parameter: NetworkParameter, _ value: Int64)
        throws -> AdmittedMessage
    {
        let change = Self.change(parameter, value)
        return try Fixture.proposal(
            by: person,
            at: Int64(person),
            [("resolution", change.json)],
            constitutional: true
        )
    }

    private static func change(_ parameter: NetworkParameter, _ value: Int64)
        -> Propose.Resolution
    {
        Propose.Resolution(kind: .parameter, name: parameter.rawValue, value: value)
    }

    // MARK: Requests and comments

    private mutating func requests() throws {
        let soon = Draft(
            Request(title: "soon", body: "b", tags: [], expires: Fixture.at(Fixture.hour))
        )
        let short = try Fixture.admitted(soon, by: 1, at: 0)
        let endless = try Fixture.admitted(.request(), by: 2, at: 0)
        self.say(
            short,
            endless,
            try Fixture.comment(on: short.message.id, by: 2, at: 1),
            try Fixture.comment(on: endless.message.id, by: 3, at: 2),
            try Fixture.comment(on: self.id(0), by: 3, at: 3, score: 500_000),
            try Fixture.comment(on: self.id(0), by: 4, at: 4)
        )
    }

    // MARK: What is said about proposals

    private mutating func votes() throws {
        let late = Fixture.voting + Fixture.hour
        self.say(
            try Fixture.vote("endorse", on: self.id(0), by: 1),
            try Fixture.vote("reject", on: self.id(0), by: 2, score: 400_000),
            try Fixture.vote("abstain", on: self.id(0), by: 3, at: 2 * Fixture.hour),
            try Fixture.vote("reject", on: self.id(0), by: 1, at: late),
            try Fixture.vote("endorse", on: self.id(1), by: 2, status: "degraded"),
            try Fixture.adoption(of: self.id(0), by: 4),
            try Fixture.adoption(of: self.id(0), by: 5, at: 2 * Fixture.hour),
            try Fixture.admitted(
                .adoption(of: self.id(1), success: false),
                by: 5,
                at: late,
                score: 300_000
            ),
            try Fixture.withdrawal(of: self.id(1), by: 1),
            // Refused until the link says that both are one.
            try Fixture.withdrawal(of: self.id(2), by: 7)
        )
        self.write(AdoptionFact(proposal: self.id(0)))
    }

    private mutating func orphans() throws {
        let targets = [MessageID.named("never"), .named("nowhere")]
        let standings = [
            SenderStanding(identity: try Fixture.person(1)),
            SenderStanding(
                identity: try Fixture.person(2),
                keyCount: 2,
                isSuspended: true,
                votingOpensAt: Fixture.start
            ),
        ]
        for (number, sender) in standings.enumerated() {
            let vote = try Fixture.vote("endorse", on: targets[number], by: number + 1)
            self.say(
                vote.message.admitted(
                    at: Fixture.at(Fixture.hour + Int64(number)),
                    sender: sender,
                    reputation: FixedPoint(millionths: 400_000 + Int64(number))
                ),
                try Fixture.adoption(of: targets[0], by: number + 3),
                try Fixture.withdrawal(of: targets[1], by: number + 5)
            )
        }
    }

    // MARK: The network

    private mutating func network() throws {
        self.say(
            try Fixture.announcement(by: 1, status: .degraded, at: Fixture.hour),
            try Fixture.announcement(by: 1, status: .synced, at: 2 * Fixture.hour),
            try Fixture.announcement(by: 2, governanceSince: -3 * Fixture.day),
            try Fixture.announcement(by: 3, governanceSince: -2 * Fixture.day),
            try Fixture.admitted(
                .challengeResult(of: try Fixture.person(2)),
                by: 1,
                at: Fixture.hour
            ),
            try Fixture.admitted(
                .challengeResult(of: try Fixture.person(3)),
                by: 2,
                at: 2 * Fixture.hour
            ),
            try Fixture.link(2, 7),
            try Fixture.link(3, 8),
            try Fixture.rotation(4, 14, at: Fixture.hour),
            try Fixture.revocation(3, 8, at: 2 * Fixture.hour, from: 2 * Fixture.hour),
            try Fixture.admitted(.upload([1]), by: 1, at: 0),
            try Fixture.admitted(.upload([2]), by: 2, at: 0),
            try Fixture.admitted(
                .withdrawal(ofContent: [1], after: Fixture.at(3 * Fixture.day)),
                by: 1,
                at: Fixture.hour
            ),
            // Nobody asked for copies of it so far.
            try Fixture.admitted(
                .withdrawal(ofContent: [3], after: Fixture.at(3 * Fixture.day)),
                by: 2,
                at: Fixture.hour
            )
        )
    }

    // MARK: Decisions

    private mutating func decisions() throws {
        let resolution = Propose.Resolution(
            kind: .keyConflict,
            contentHash: ContentHash(SHA256Digest.hash([2])),
            subject: try Fixture.person(6),
            successor: try Fixture.person(7),
            messageID: .named("rotation")
        )
        self.write(try Self.confirmation(of: self.id(0), resolution))
        self.write(
            DecisionFact(
                proposal: self.id(3),
                state: .rejected,
                hasQuorum: false,
                mode: .headcount,
                needsHalfOfHeads: true,
                activeIdentities: 20,
                activeReputation: .one,
                author: try Fixture.person(3),
                effectiveAt: Fixture.at(Fixture.voting),
                adopters: 1,
                resolution: nil,
                objection: "governance is frozen",
                restsOnPhase: true,
                votes: []
            )
        )
        for (number, parameter) in [(4, NetworkParameter.standardThreshold), (5, .quorumShare)] {
            self.write(
                DecisionFact(
                    on: self.id(number),
                    author: try Fixture.person(number),
                    effectiveAt: Fixture.at(Int64(number) * Fixture.day),
                    resolution: Self.change(parameter, 700_000 + Int64(number))
                )
            )
        }
    }

    private static func confirmation(of proposal: MessageID, _ resolution: Propose.Resolution)
        throws -> DecisionFact
    {
        let stances: [Vote.Stance] = [.endorse, .reject]
        let votes = try stances.enumerated().map { number, stance in
            DecisionFact.Ballot(
                identity: try Fixture.person(number + 1),
                voteID: .named("vote \(number)"),
                at: Fixture.at(Int64(number)),
                stance: stance,
                weight: FixedPoint(millionths: Int64(number)),
                isDegraded: number == 1,
                notCountedBecause: number == 1 ? "the key was revoked" : nil
            )
        }
        return DecisionFact(
            on: proposal,
            .confirming,
            author: try Fixture.person(0),
            effectiveAt: Fixture.at(Fixture.voting),
            resolution: resolution,
            votes: votes
        )
    }
}
