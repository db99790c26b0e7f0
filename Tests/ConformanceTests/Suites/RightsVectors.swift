import Identities
import Messages
import Primitives
import TestSupport

@testable import Consensus
@testable import Identity
@testable import Sync

/// What a node may say before it is synced, and what stays of what a revoked key said.
enum RightsVectors {
    @Sendable static func rights(_ vector: VectorCase) throws {
        guard let state = SyncState(rawValue: try vector.input.text("status")) else {
            throw VectorFailure("no such state")
        }
        var gate = SigningGate()
        let read = try vector.input.list("completed").compactMap(\.integer).map { Int($0) }
        gate.changed(SyncStateChanged(state: state, finishedPhases: read))
        let may = { (type: MessageType) in
            gate.obstacle(to: type.rawValue, now: SyncVectors.now) == nil
        }
        try Check.same("vote", may(.vote), try vector.expect.bool("vote"))
        try Check.same("propose", may(.propose), try vector.expect.bool("propose"))
        try Check.same("flag", may(.flag), try vector.expect.bool("flag"))
        let weight = may(.vote) ? try self.weight(of: state) : .zero
        try Check.same("weight", weight, try vector.expect.fraction("weight_factor"))
    }

    /// What a vote weighs of one who weighs one.
    private static func weight(of state: SyncState) throws -> FixedPoint {
        var poll = try Poll(in: Assembly(), on: try Assembly.proposal(by: "author"))
        try poll.vote("endorse", weight: .one, status: state)
        guard let vote = try poll.view().votes.first else { throw VectorFailure("no vote") }
        return vote.weight
    }

    /// A root revokes its child's key, which spoke before and after the time that the revocation names.
    @Sendable static func revocation(_ vector: VectorCase) throws {
        let (input, expect) = (vector.input, vector.expect)
        let signedAt = try input.time("revoke_timestamp")
        let from = input.optional("effective_from")?.integer.map { Timestamp(milliseconds: $0) }
        let (root, child) = (try Assembly.node("root"), try Assembly.node("child"))
        var assembly = Assembly()
        let linkedAt = signedAt.adding(milliseconds: -90 * Assembly.day)
        _ = assembly.hear(try Assembly.link("root", "child", at: linkedAt))
        let draft = Draft.revocation(root, child, from: from)
        _ = assembly.hear(try Assembly.message(draft, by: "root", at: signedAt))
        let speaks = { (time: Timestamp) in
            assembly.consensus.signers.registry.owner(of: child, at: time) != nil
        }
        if input.has("vote_timestamp") {
            let isKept = speaks(try input.time("vote_timestamp"))
            try Check.same("retained", isKept, try expect.bool("retained"))
        } else {
            let effective = try expect.time("effective")
            try Check.same("speaks before", speaks(effective.adding(milliseconds: -1)), true)
            try Check.same("speaks from then on", speaks(effective), false)
        }
    }
}
