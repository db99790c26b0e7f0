import Messages
import Primitives
import TestSupport

@testable import Consensus

/// Which of several votes of an identity stands.
enum ReplacementVectors {
    /// A vote of a case; only the order of ids matters.
    private struct Entry {
        let id: String
        let time: Int64
        let stance: Vote.Stance
    }

    static func run(_ vector: VectorCase) throws {
        let list = try vector.input.list("votes")
        let entries = try list.filter { $0["deadline"] == nil }.map { vote in
            guard let id = vote["id"]?.string, let time = vote["ts"]?.integer,
                let stance = vote["stance"]?.string.flatMap({ Vote.Stance(rawValue: $0) })
            else { throw VectorFailure("a vote lacks id, ts or stance") }
            return Entry(id: id, time: time, stance: stance)
        }
        // Without a deadline all come in time.
        let last = entries.map(\.time).max() ?? 0
        let end = list.compactMap { $0["deadline"]?.integer }.first ?? last + 1
        let deadline = Assembly.start.adding(milliseconds: 14 * Assembly.day)
        let proposal = try Assembly.proposal(by: "author", deadline: deadline)
        let votes = try self.votes(entries, on: proposal.id) { entry in
            deadline.adding(milliseconds: entry.time - end)
        }
        for arrival in [votes, votes.reversed()] {
            let effective = try self.standing(of: arrival, on: proposal)
            let expected = vector.expect.optional("effective")?.string
            try Check.same("effective", effective, expected)
        }
    }

    /// Signs the votes, so that their ids are ordered like those of the case.
    private static func votes(
        _ entries: [Entry],
        on proposal: MessageID,
        at time: (Entry) -> Timestamp
    ) throws -> [Message] {
        let ids = Set(entries.map(\.id)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        return try entries.map { entry in
            let place = ids.firstIndex(of: entry.id) ?? 0
            return try self.vote(entry, on: proposal, at: time(entry)) { id in
                Int(id.bytes.array[0]) * ids.count / 256 == place
            }
        }
    }

    /// Gives one reason after the other, until the id is as wanted.
    private static func vote(
        _ entry: Entry,
        on proposal: MessageID,
        at time: Timestamp,
        whoseID isWanted: (MessageID) -> Bool
    ) throws -> Message {
        for attempt in 0..<100_000 {
            let vote = try Assembly.vote(
                entry.stance,
                on: proposal,
                by: "voter",
                at: time,
                reason: "reason \(attempt)"
            )
            if isWanted(vote.id) { return vote }
        }
        throw VectorFailure("no vote gets an id like \(entry.id)")
    }

    private static func standing(of votes: [Message], on proposal: Message) throws -> String? {
        var assembly = Assembly()
        for message in [proposal] + votes {
            if let refusal = assembly.hear(message) {
                throw VectorFailure("\(message.typeName) is refused: \(refusal)")
            }
        }
        guard let seen = assembly.view(of: proposal.id)?.votes, seen.count <= 1 else {
            throw VectorFailure("an identity has several votes")
        }
        return seen.first { $0.notCountedBecause == nil }?.stance
    }
}
