import Cryptography
import Messages
import Primitives

@testable import Reputation

/// Messages of people with a number, and a ledger that knows some of them as founders.
enum Fixture {
    static let start = Timestamp(milliseconds: 1_767_225_600_000)
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000

    static func key(_ number: Int) throws -> SigningKey {
        try SigningKey(seed: SHA256Digest.hash(Array("person \(number)".utf8)).array)
    }

    static func person(_ number: Int) throws -> NodeID { NodeID(try Self.key(number).publicKey) }

    static func id(_ number: Int) -> MessageID {
        MessageID(SHA256Digest.hash(Array("message \(number)".utf8)))
    }

    static func at(_ offset: Int64) -> Timestamp { Self.start.adding(milliseconds: offset) }

    /// A ledger of person 0 with these founders.
    static func ledger(founders: [Int: Int64] = [:]) throws -> ReputationStateMachine {
        let genesis = try founders.sorted { $0.key < $1.key }.map { number, score in
            ReputationConfiguration.Founder(
                identity: try Self.person(number),
                score: FixedPoint(millionths: score)
            )
        }
        let own = try Self.person(0)
        return ReputationStateMachine(
            configuration: ReputationConfiguration(genesis: genesis, ownIdentity: own)
        )
    }

    static func admitted(
        _ type: MessageType,
        _ payload: [(String, JSONValue)],
        by person: Int,
        identity: Int? = nil,
        at offset: Int64
    ) throws -> AdmittedMessage {
        AdmittedMessage(
            message: try EnvelopeCodec.sign(
                type,
                payload: .object(payload),
                timestamp: Self.at(offset),
                key: try Self.key(person)
            ),
            origin: .local(nil),
            receivedAt: Self.at(offset),
            sender: SenderStanding(identity: try Self.person(identity ?? person)),
            reputation: FixedPoint(millionths: 500_000)
        )
    }

    static func proposal(by author: Int, at offset: Int64 = 0) throws -> AdmittedMessage {
        try Self.admitted(
            .propose,
            [
                ("title", .string("t")), ("body", .string("b")),
                ("content_hash", .string(SHA256Digest.hash([1]).hex)),
                ("content_type", .string("text/plain")), ("content_size", .integer(1)),
                ("tier", .string("standard")),
                ("voting_deadline", .integer(Self.at(offset + Self.day).milliseconds)),
            ],
            by: author,
            at: offset
        )
    }

    static func adoption(
        of proposal: AdmittedMessage,
        by person: Int,
        identity: Int? = nil,
        at offset: Int64 = hour,
        success: Bool = true
    ) throws -> AdmittedMessage {
        let members: [(String, JSONValue)] = [
            ("proposal_id", .string(proposal.message.id.hex)), ("success", .bool(success)),
        ]
        return try Self.admitted(.adopt, members, by: person, identity: identity, at: offset)
    }

    static func announcement(by person: Int, at offset: Int64) throws -> AdmittedMessage {
        let proof = VDF.prove(
            try Self.person(person).bytes,
            computedAt: Self.at(offset),
            difficulty: 10
        )
        return try Self.admitted(
            .peerAnnounce,
            [
                ("addresses", .array([])), ("capabilities", .array([])),
                ("version", .integer(0)), ("uptime_seconds", .integer(0)),
                ("vdf_proof", proof.json),
            ],
            by: person,
            at: offset
        )
    }
}

extension ReputationStateMachine {
    /// The direct score of a person in millionths.
    func direct(_ person: Int) throws -> Int64 {
        self.history(of: try Fixture.person(person)).direct.millionths
    }
}

/// All orders of a few things.
func permutations<Element>(_ elements: [Element]) -> [[Element]] {
    guard let first = elements.first else { return [[]] }
    return permutations(Array(elements.dropFirst())).flatMap { rest in
        (0...rest.count).map { place in Array(rest[..<place]) + [first] + Array(rest[place...]) }
    }
}
