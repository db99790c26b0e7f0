import Cryptography
import Identities
import Messages
import Primitives
import TestSupport

@testable import Consensus

/// People with names who speak to the state machine of governance.
struct Assembly {
    static let start = Timestamp(milliseconds: 1_700_000_000_000)
    static let day: Int64 = 86_400_000

    var consensus: Governance

    /// People in a network with these numbers, by default those of the protocol.
    init(parameters: NetworkParameters = NetworkParameters()) {
        self.consensus = Governance(parameters: parameters)
    }

    static func key(_ name: String) throws -> SigningKey { try .named("assembly \(name)") }

    static func node(_ name: String) throws -> NodeID { NodeID(try self.key(name).publicKey) }

    /// A message of a person.
    static func message(_ draft: Draft, by name: String, at time: Timestamp) throws -> Message {
        try draft.signed(by: try self.key(name), at: time)
    }

    /// Has a message judged, or folded when it is about keys.
    ///
    /// - Returns: why it was refused; nil when it was not.
    mutating func hear(
        _ message: Message,
        score: FixedPoint = FixedPoint(millionths: 500_000),
        isOwn: Bool = false
    ) -> Refusal? {
        switch message.type {
        case .didLink, .didRevoke, .keyRotate:
            _ = self.consensus.logged(message.admitted())
            return nil
        default: break
        }
        let admitted = message.admitted(
            from: isOwn ? .local(nil) : nil,
            reputation: score
        )
        for case .refuse(_, let refusal) in self.consensus.judge(admitted) { return refusal }
        _ = self.consensus.logged(admitted)
        return nil
    }

    func view(
        of id: MessageID,
        at time: Timestamp = start,
        network: NetworkSize = NetworkSize(activeIdentities: 10, activeReputation: .one),
        standings: Standings = Standings()
    ) -> ProposalView? {
        let outside = Outside(now: time, network: network, standings: standings)
        return self.consensus.views(Proposals(id: id, limit: 1), outside).first
    }

    // MARK: Messages

    static func proposal(
        by name: String,
        title: String = "title",
        at time: Timestamp = start,
        deadline: Timestamp? = nil,
        tier: Propose.Tier = .standard,
        supersedes: MessageID? = nil,
        endOfLife: Timestamp? = nil
    ) throws -> Message {
        let span = tier == .standard ? 14 * Self.day : 90 * Self.day
        let end = deadline ?? time.adding(milliseconds: span)
        let draft = Draft.proposal(title: title, tier: tier, until: end)
        return try self.message(
            draft.adding([
                ("supersedes", supersedes.map { .string($0.hex) } ?? .null),
                ("eol", endOfLife.map { .integer($0.milliseconds) } ?? .null),
            ]),
            by: name,
            at: time
        )
    }

    static func vote(
        _ stance: Vote.Stance,
        on proposal: MessageID,
        by name: String,
        at time: Timestamp,
        status: SyncState = .synced,
        reason: String? = nil
    ) throws -> Message {
        let draft = Draft.vote(stance.rawValue, on: proposal, status: status.rawValue)
        return try self.message(
            draft.adding(reason.map { [("reason", .string($0))] } ?? []),
            by: name,
            at: time
        )
    }

    static func withdrawal(of proposal: MessageID, by name: String, at time: Timestamp) throws
        -> Message
    {
        try self.message(.withdrawal(of: proposal), by: name, at: time)
    }

    static func link(_ root: String, _ child: String, at time: Timestamp = start) throws -> Message
    {
        try self.message(.link(try self.key(root), try self.key(child)), by: root, at: time)
    }

    static func rotation(_ old: String, _ new: String, at time: Timestamp) throws -> Message {
        try self.message(.rotation(try self.key(old), try self.key(new)), by: old, at: time)
    }
}
