import Messages
import Primitives
import TestSupport

@testable import Reputation

// Messages of people with a number.
extension Fixture {
    static let artefact: [UInt8] = [1]
    static let content = ContentHash(SHA256Digest.hash(artefact))

    static func proposal(
        by author: Int,
        at offset: Int64 = 0,
        claims: Int = 0,
        origin: MessageID? = nil
    ) throws -> AdmittedMessage {
        try Self.admitted(
            .proposal(content: Self.artefact, until: Self.at(offset + Self.day)).adding([
                Draft.claims(claims), ("origin_share_id", origin.map { .string($0.hex) } ?? .null),
            ]),
            by: author,
            at: offset
        )
    }

    static func adoption(
        of proposal: AdmittedMessage,
        by person: Int,
        at offset: Int64 = hour,
        success: Bool = true
    ) throws -> AdmittedMessage {
        let draft = Draft.adoption(of: proposal.message.id, success: success)
        return try Self.admitted(draft, by: person, at: offset)
    }

    static func share(by host: Int, at offset: Int64) throws -> AdmittedMessage {
        try Self.admitted(.share([Self.artefact]), by: host, at: offset)
    }

    static func upload(by uploader: Int, at offset: Int64) throws -> AdmittedMessage {
        try Self.admitted(.upload(Self.artefact), by: uploader, at: offset)
    }

    static func announcement(
        by person: Int,
        at offset: Int64,
        network: Int? = nil,
        proofAt: Int64? = nil,
        arrival: Int64? = nil
    ) throws -> AdmittedMessage {
        try Self.admitted(
            .announcement(
                .easy(of: try Self.person(person), at: Self.at(proofAt ?? offset)),
                addresses: network.map { ["/ip4/20.\($0).0.1/tcp/1"] } ?? []
            ),
            by: person,
            at: offset,
            arrival: arrival
        )
    }

    static func gossip(
        by assessor: Int,
        _ words: [(subject: Int, overall: Int64)],
        at offset: Int64,
        formedAt: Int64? = nil,
        domain: String? = nil
    ) throws -> AdmittedMessage {
        let words = try words.map { subject, overall in
            (try Self.person(subject), FixedPoint(millionths: overall))
        }
        return try Self.admitted(
            .assessments(words, formedAt: Self.at(formedAt ?? offset), domain: domain),
            by: assessor,
            at: offset
        )
    }

    static func comment(
        on proposal: AdmittedMessage,
        by person: Int,
        claim: Int64,
        result: String,
        at offset: Int64 = hour
    ) throws -> AdmittedMessage {
        let draft = Draft.verification(of: proposal.message.id, claim: claim, result: result)
        return try Self.admitted(draft, by: person, at: offset)
    }

    static func flag(
        _ severity: Flag.Severity,
        by flagger: Int,
        at offset: Int64 = 0,
        content: ContentHash = content,
        hashMatch: String? = nil
    ) throws -> AdmittedMessage {
        let draft = Draft.flag(severity, on: content, hashMatch: hashMatch)
        return try Self.admitted(draft, by: flagger, at: offset)
    }

    // MARK: Keys

    static func link(_ root: Int, _ child: Int, at offset: Int64 = 0) throws -> AdmittedMessage {
        let draft = Draft.link(try Self.key(root), try Self.key(child))
        return try Self.admitted(draft, by: root, at: offset)
    }

    static func revocation(_ root: Int, _ child: Int, at offset: Int64) throws -> AdmittedMessage {
        let draft = Draft.revocation(try Self.person(root), try Self.person(child))
        return try Self.admitted(draft, by: root, at: offset)
    }

    static func rotation(_ old: Int, _ new: Int, at offset: Int64 = 0) throws -> AdmittedMessage {
        let draft = Draft.rotation(try Self.key(old), try Self.key(new))
        return try Self.admitted(draft, by: old, at: offset)
    }

    // MARK: Decisions

    static func resolution(
        _ kind: Propose.Resolution.Kind,
        subject: Int,
        successor: Int? = nil,
        content: ContentHash? = nil
    ) throws -> Propose.Resolution {
        Draft.resolution(
            kind,
            subject: try Self.person(subject),
            successor: try successor.map { try Self.person($0) },
            content: content
        )
    }

    /// The resolution of `proposal new --decide-flag`: it names the content and nobody.
    static func upholding(
        _ content: ContentHash = content,
        _ kind: Propose.Resolution.Kind = .flag
    ) -> Propose.Resolution {
        Propose.Resolution(kind: kind, contentHash: content)
    }

    /// A vote banned a person.
    static func ban(of person: Int, at offset: Int64 = 0) throws -> LocalFact {
        try Self.decision(
            on: Self.id(1),
            .ratified,
            resolution: try Self.resolution(.ban, subject: person),
            at: offset
        )
    }

    /// A decision of this node on a proposal, with votes that counted.
    static func decision(
        on proposal: MessageID,
        _ state: ProposalState = .rejected,
        author: Int = 90,
        votes: [(person: Int, stance: Vote.Stance)] = [],
        votedAt: Int64 = 0,
        resolution: Propose.Resolution? = nil,
        objection: String? = nil,
        at offset: Int64 = 0,
        effectiveAt: Int64? = nil
    ) throws -> LocalFact {
        let ballots = try votes.map { person, stance in
            DecisionFact.Ballot(
                stance,
                of: try Self.person(person),
                voteID: Self.id(person),
                at: Self.at(votedAt)
            )
        }
        let decision = DecisionFact(
            on: proposal,
            state,
            author: try Self.person(author),
            effectiveAt: Self.at(effectiveAt ?? offset),
            resolution: resolution,
            objection: objection,
            votes: ballots
        )
        return decision.recorded(at: Self.at(offset))
    }
}
