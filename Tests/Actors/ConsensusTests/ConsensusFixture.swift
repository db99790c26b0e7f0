import Cryptography
import Identities
import Messages
import Primitives
import TestSupport

@testable import Consensus

/// Messages of people with a number, and what a machine makes of them.
enum Fixture {
    static let start = Timestamp(milliseconds: 1_767_225_600_000)
    static let hour: Int64 = 3_600_000
    static let day: Int64 = 86_400_000
    /// Votes are open for this long.
    static let voting: Int64 = 10 * hour
    /// From here on the node looks at what the votes came to.
    static let looking = voting + ConsensusLimits.settlingMilliseconds + 1

    static func key(_ number: Int) throws -> SigningKey { try .named("person \(number)") }

    static func person(_ number: Int) throws -> NodeID { NodeID(try Self.key(number).publicKey) }

    static func at(_ offset: Int64) -> Timestamp { Self.start.adding(milliseconds: offset) }

    static func admitted(
        _ draft: Draft,
        by person: Int,
        at offset: Int64,
        score: Int64 = 500_000,
        isOwn: Bool = false
    ) throws -> AdmittedMessage {
        try draft.signed(by: try Self.key(person), at: Self.at(offset)).admitted(
            from: isOwn ? .local(nil) : .sync(peer: try Self.person(99)),
            reputation: FixedPoint(millionths: score)
        )
    }

    static func proposal(
        by author: Int = 0,
        at offset: Int64 = 0,
        title: String = "t",
        _ more: [Draft.Member] = [],
        isInline: Bool = true,
        constitutional: Bool = false,
        score: Int64 = 500_000,
        isOwn: Bool = false
    ) throws -> AdmittedMessage {
        let span = constitutional ? 90 * Self.day : Self.voting
        return try Self.admitted(
            .proposal(
                title: title,
                isInline: isInline,
                tier: constitutional ? .constitutional : .standard,
                until: Self.at(offset + span)
            ).adding(more),
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
            .vote(stance, on: proposal, status: status),
            by: voter,
            at: offset,
            score: score,
            isOwn: isOwn
        )
    }

    static func adoption(of proposal: MessageID, by person: Int, at offset: Int64 = hour) throws
        -> AdmittedMessage
    {
        try Self.admitted(.adoption(of: proposal), by: person, at: offset)
    }

    static func withdrawal(
        of proposal: MessageID,
        by person: Int,
        at offset: Int64 = hour
    ) throws -> AdmittedMessage {
        try Self.admitted(.withdrawal(of: proposal), by: person, at: offset)
    }

    static func comment(
        on target: MessageID,
        by person: Int,
        at offset: Int64,
        answering parent: MessageID? = nil,
        score: Int64 = 900_000,
        isOwn: Bool = false
    ) throws -> AdmittedMessage {
        try Self.admitted(
            .comment(on: target, body: "comment at \(offset)", answering: parent),
            by: person,
            at: offset,
            score: score,
            isOwn: isOwn
        )
    }

    // MARK: Keys

    static func link(_ root: Int, _ child: Int, at offset: Int64 = 0) throws -> AdmittedMessage {
        let draft = Draft.link(try Self.key(root), try Self.key(child))
        return try Self.admitted(draft, by: root, at: offset)
    }

    static func revocation(_ root: Int, _ key: Int, at offset: Int64, from effective: Int64)
        throws -> AdmittedMessage
    {
        let draft = Draft.revocation(
            try Self.person(root),
            try Self.person(key),
            from: Self.at(effective)
        )
        return try Self.admitted(draft, by: root, at: offset)
    }

    static func rotation(_ old: Int, _ new: Int, at offset: Int64) throws -> AdmittedMessage {
        let draft = Draft.rotation(try Self.key(old), try Self.key(new))
        return try Self.admitted(draft, by: old, at: offset)
    }

    /// Somebody announces itself with a proof of that moment.
    static func announcement(by person: Int, at offset: Int64) throws -> AdmittedMessage {
        let proof = VDFProof.easy(of: try Self.person(person), at: Self.at(offset))
        return try Self.admitted(.announcement(proof), by: person, at: offset)
    }

    // MARK: The network

    /// Somebody says since when there has been governance (D-59).
    static func announcement(by person: Int, governanceSince: Int64) throws -> AdmittedMessage {
        let proof = VDFProof.easy(of: try Self.person(person), at: Self.start)
        let since = JSONValue.integer(Self.at(governanceSince).milliseconds)
        let draft = Draft.announcement(proof).adding([("governance_since", since)])
        return try Self.admitted(draft, by: person, at: 0)
    }

    static func announcement(by person: Int, status: SyncState, at offset: Int64) throws
        -> AdmittedMessage
    {
        let proof = VDFProof.easy(of: try Self.person(person), at: Self.start)
        return try Self.admitted(
            Draft.announcement(proof, status: status),
            by: person,
            at: offset
        )
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
    /// Whether Consensus judges it.
    var isForConsensus: Bool {
        switch self.message.type {
        case .request, .propose, .withdraw, .vote, .adopt, .comment: true
        default: false
        }
    }

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

extension Governance {
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
        guard admitted.isForConsensus else { return self.logged(admitted) }
        let actions = self.judge(admitted)
        guard case .accept = actions.first else { return actions }
        return actions + self.logged(admitted)
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

    /// Digests of what nodes agree on that heard the same messages in another order.
    ///
    /// Left out is which of the orphans goes first, and what keys signed at all.
    var agreed: [Bytes32] {
        [
            self.requests.digest, self.proposals.digest, self.comments.digest,
            self.observations.digest, self.clock.digest, self.parameters.digest,
        ]
    }

    /// A machine that saw these hours.
    init(_ hours: [HourObservation]) {
        self.init()
        for hour in hours { self.observed(hour) }
    }
}
