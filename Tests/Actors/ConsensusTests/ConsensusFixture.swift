import Cryptography
import Messages
import Primitives

@testable import Consensus

/// Messages of people with a number, and what a machine makes of them.
enum Fixture {
    static let start = Timestamp(milliseconds: 1_767_225_600_000)
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000
    /// Votes are open for this long.
    static let voting: Int64 = 10 * hour

    static func key(_ number: Int) throws -> SigningKey {
        try SigningKey(seed: SHA256Digest.hash(Array("person \(number)".utf8)).array)
    }

    static func person(_ number: Int) throws -> NodeID { NodeID(try Self.key(number).publicKey) }

    static func at(_ offset: Int64) -> Timestamp { Self.start.adding(milliseconds: offset) }

    static func admitted(
        _ type: MessageType,
        _ payload: [(String, JSONValue)],
        by person: Int,
        identity: Int? = nil,
        at offset: Int64,
        score: Int64 = 500_000
    ) throws -> AdmittedMessage {
        let message = try EnvelopeCodec.sign(
            type,
            payload: .object(payload),
            timestamp: Self.at(offset),
            key: try Self.key(person)
        )
        return AdmittedMessage(
            message: message,
            origin: .sync(peer: try Self.person(99)),
            receivedAt: Self.at(offset),
            sender: SenderStanding(identity: try Self.person(identity ?? person)),
            reputation: FixedPoint(millionths: score)
        )
    }

    static func proposal(
        by author: Int = 0,
        at offset: Int64 = 0,
        title: String = "t",
        _ more: [(String, JSONValue)] = [],
        constitutional: Bool = false
    ) throws -> AdmittedMessage {
        let artefact = Array("artefact".utf8)
        let span = constitutional ? 90 * Self.day : Self.voting
        return try Self.admitted(
            .propose,
            [
                ("title", .string(title)), ("body", .string("b")),
                ("content_hash", .string(SHA256Digest.hash(artefact).hex)),
                ("content_type", .string("text/plain")),
                ("content_size", .integer(Int64(artefact.count))),
                ("tier", .string(constitutional ? "constitutional" : "standard")),
                ("voting_deadline", .integer(Self.at(offset + span).milliseconds)),
            ] + more,
            by: author,
            at: offset
        )
    }

    static func vote(
        _ stance: String,
        on proposal: MessageID,
        by voter: Int,
        identity: Int? = nil,
        at offset: Int64 = hour,
        score: Int64 = 500_000,
        status: String = "synced"
    ) throws -> AdmittedMessage {
        try Self.admitted(
            .vote,
            [
                ("proposal_id", .string(proposal.hex)), ("stance", .string(stance)),
                ("sync_status", .string(status)),
            ],
            by: voter,
            identity: identity,
            at: offset,
            score: score
        )
    }

    static func adoption(of proposal: MessageID, by person: Int, at offset: Int64 = hour) throws
        -> AdmittedMessage
    {
        let members: [(String, JSONValue)] = [
            ("proposal_id", .string(proposal.hex)), ("success", .bool(true)),
        ]
        return try Self.admitted(.adopt, members, by: person, at: offset)
    }

    static func withdrawal(
        of proposal: MessageID,
        by person: Int,
        identity: Int? = nil,
        at offset: Int64 = hour
    ) throws -> AdmittedMessage {
        let members: [(String, JSONValue)] = [("proposal_id", .string(proposal.hex))]
        return try Self.admitted(.withdraw, members, by: person, identity: identity, at: offset)
    }

    static func comment(on proposal: MessageID, by person: Int, at offset: Int64) throws
        -> AdmittedMessage
    {
        let members: [(String, JSONValue)] = [
            ("target_id", .string(proposal.hex)), ("body", .string("comment at \(offset)")),
        ]
        return try Self.admitted(.comment, members, by: person, at: offset)
    }

    static func network(_ identities: Int = 4, _ reputation: Int64 = 2_000_000) -> NetworkSize {
        NetworkSize(
            activeIdentities: identities,
            activeReputation: FixedPoint(millionths: reputation)
        )
    }
}

extension ConsensusStateMachine {
    /// Judges a message; nil when it is accepted, else why not.
    mutating func refusalCode(_ admitted: AdmittedMessage) -> Refusal.Code? {
        switch self.judge(admitted).first {
        case .refuse(_, let refusal): refusal.code
        default: nil
        }
    }

    /// Decides what is due and lets the decisions take effect.
    @discardableResult
    mutating func decideNow(at offset: Int64, _ network: NetworkSize = Fixture.network())
        -> [ProposalState]
    {
        let actions = self.decide(network: network, now: Fixture.at(offset))
        let decisions = actions.compactMap { action -> Decision? in
            if case .record(let decision) = action { decision } else { nil }
        }
        for decision in decisions { self.decided(decision) }
        return decisions.map(\.state)
    }

    func view(of proposal: MessageID, _ network: NetworkSize = Fixture.network()) -> ProposalView? {
        self.views(Proposals(id: proposal, limit: 1), network: network).first
    }
}

/// All orders of a few things.
func permutations<Element>(_ elements: [Element]) -> [[Element]] {
    guard let first = elements.first else { return [[]] }
    return permutations(Array(elements.dropFirst())).flatMap { rest in
        (0...rest.count).map { place in Array(rest[..<place]) + [first] + Array(rest[place...]) }
    }
}
