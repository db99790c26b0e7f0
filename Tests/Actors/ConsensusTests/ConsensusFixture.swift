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
        at offset: Int64,
        score: Int64 = 500_000,
        isOwn: Bool = false
    ) throws -> AdmittedMessage {
        let message = try EnvelopeCodec.sign(
            type,
            payload: .object(payload),
            timestamp: Self.at(offset),
            key: try Self.key(person)
        )
        return AdmittedMessage(
            message: message,
            origin: isOwn ? .local(nil) : .sync(peer: try Self.person(99)),
            receivedAt: Self.at(offset),
            sender: SenderStanding(identity: try Self.person(person)),
            reputation: FixedPoint(millionths: score)
        )
    }

    static func proposal(
        by author: Int = 0,
        at offset: Int64 = 0,
        title: String = "t",
        _ more: [(String, JSONValue)] = [],
        constitutional: Bool = false,
        score: Int64 = 500_000,
        isOwn: Bool = false
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
            at: offset,
            score: score,
            isOwn: isOwn
        )
    }

    static func vote(
        _ stance: String,
        on proposal: MessageID,
        by voter: Int,
        at offset: Int64 = hour,
        score: Int64 = 500_000,
        status: String = "synced",
        isOwn: Bool = false
    ) throws -> AdmittedMessage {
        try Self.admitted(
            .vote,
            [
                ("proposal_id", .string(proposal.hex)), ("stance", .string(stance)),
                ("sync_status", .string(status)),
            ],
            by: voter,
            at: offset,
            score: score,
            isOwn: isOwn
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
        at offset: Int64 = hour
    ) throws -> AdmittedMessage {
        let members: [(String, JSONValue)] = [("proposal_id", .string(proposal.hex))]
        return try Self.admitted(.withdraw, members, by: person, at: offset)
    }

    static func comment(
        on target: MessageID,
        by person: Int,
        at offset: Int64,
        answering parent: MessageID? = nil,
        score: Int64 = 900_000,
        isOwn: Bool = false
    ) throws -> AdmittedMessage {
        let members: [(String, JSONValue)] = [
            ("target_id", .string(target.hex)), ("body", .string("comment at \(offset)")),
            ("parent_comment_id", parent.map { .string($0.hex) } ?? .null),
        ]
        return try Self.admitted(
            .comment,
            members,
            by: person,
            at: offset,
            score: score,
            isOwn: isOwn
        )
    }

    // MARK: Keys

    private static let signature = JSONValue.string(String(repeating: "0", count: 128))

    static func link(_ root: Int, _ child: Int, at offset: Int64 = 0) throws -> AdmittedMessage {
        let members: [(String, JSONValue)] = [
            ("root_key", .string(try Self.person(root).hex)),
            ("child_key", .string(try Self.person(child).hex)),
            ("child_signature", Self.signature),
        ]
        return try Self.admitted(.didLink, members, by: root, at: offset)
    }

    static func revocation(_ root: Int, _ key: Int, at offset: Int64, from effective: Int64)
        throws -> AdmittedMessage
    {
        let members: [(String, JSONValue)] = [
            ("root_key", .string(try Self.person(root).hex)),
            ("revoked_key", .string(try Self.person(key).hex)),
            ("reason", .string("stolen")),
            ("effective_from", .integer(Self.at(effective).milliseconds)),
        ]
        return try Self.admitted(.didRevoke, members, by: root, at: offset)
    }

    static func rotation(_ old: Int, _ new: Int, at offset: Int64) throws -> AdmittedMessage {
        let members: [(String, JSONValue)] = [
            ("old_key", .string(try Self.person(old).hex)),
            ("new_key", .string(try Self.person(new).hex)),
            ("new_key_signature", Self.signature),
        ]
        return try Self.admitted(.keyRotate, members, by: old, at: offset)
    }

    // MARK: The network

    /// Somebody says since when there has been governance (D-59).
    static func announcement(by person: Int, governanceSince: Int64) throws
        -> AdmittedMessage
    {
        let proof: [(String, JSONValue)] = [
            ("input_data", .string(try Self.person(person).hex)),
            ("output", .string(String(repeating: "0", count: 64))),
            ("difficulty", .integer(1)), ("checkpoints", .array([])),
            ("computed_at", .integer(Self.start.milliseconds)),
        ]
        let members: [(String, JSONValue)] = [
            ("addresses", .array([])), ("capabilities", .array([])), ("version", .integer(0)),
            ("uptime_seconds", .integer(1)), ("vdf_proof", .object(proof)),
            ("governance_since", .integer(Self.at(governanceSince).milliseconds)),
        ]
        return try Self.admitted(.peerAnnounce, members, by: person, at: 0)
    }

    /// Hours in which a number of identities were active, the last of them before `start`.
    static func hours(_ runs: [(active: Int, count: Int)]) -> [HourObservation] {
        let active = runs.flatMap { Array(repeating: $0.active, count: $0.count) }
        let first = Self.start.clockHour - Int64(active.count)
        return active.enumerated().map { index, count in
            HourObservation(hour: first + Int64(index), activeIdentities: count, multiplier: .one)
        }
    }

    static func network(_ identities: Int = 4, _ reputation: Int64 = 2_000_000) -> NetworkSize {
        NetworkSize(
            activeIdentities: identities,
            activeReputation: FixedPoint(millionths: reputation)
        )
    }
}

extension AdmittedMessage {
    /// The same, brought later by a peer.
    func arriving(at offset: Int64) -> AdmittedMessage {
        AdmittedMessage(
            message: self.message,
            origin: self.origin,
            receivedAt: Fixture.at(offset),
            sender: self.sender,
            reputation: self.reputation
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

    /// Takes a message of any type: judged if it is one of ours, and logged when it holds.
    @discardableResult
    mutating func take(_ admitted: AdmittedMessage) -> [ConsensusAction] {
        switch admitted.message.type {
        case .request, .propose, .withdraw, .vote, .adopt, .comment:
            let actions = self.judge(admitted)
            guard case .accept = actions.first else { return actions }
            return actions + self.logged(admitted.message)
        default: return self.logged(admitted.message)
        }
    }

    /// Decides what is due and lets the decisions take effect.
    @discardableResult
    mutating func decideNow(
        at offset: Int64,
        _ network: NetworkSize = Fixture.network(),
        _ standings: Standings = Standings()
    ) -> [ProposalState] {
        let now = Fixture.at(offset)
        let decisions = self.decide(
            self.due(now: now),
            network: network,
            standings,
            now: now
        )
        for decision in decisions { self.decided(decision, at: now) }
        return decisions.map(\.state)
    }

    func view(
        of proposal: MessageID,
        _ network: NetworkSize = Fixture.network(),
        at offset: Int64 = 0,
        _ standings: Standings = Standings()
    ) -> ProposalView? {
        let outside = Outside(now: Fixture.at(offset), network: network, standings: standings)
        return self.views(Proposals(id: proposal, limit: 1), outside).first
    }

    /// A machine that saw these hours.
    init(_ hours: [HourObservation]) {
        self.init()
        for hour in hours { self.observed(hour) }
    }
}

/// All orders of a few things.
func permutations<Element>(_ elements: [Element]) -> [[Element]] {
    guard let first = elements.first else { return [[]] }
    return permutations(Array(elements.dropFirst())).flatMap { rest in
        (0...rest.count).map { place in Array(rest[..<place]) + [first] + Array(rest[place...]) }
    }
}
