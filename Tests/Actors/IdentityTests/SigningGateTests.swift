import Cryptography
import Kernel
import Messages
import Primitives
import TestSupport
import Testing

@testable import Identity

/// What a plugged-in subsystem might say.
private protocol Spoken: WireExtension {}

extension Spoken {
    static var topic: Topic { .votes }
    static var judge: SubsystemName { "Almanac" }
    func write(to payload: inout PayloadWriter) {}
}

private struct Remark: Spoken {
    static var typeName: String { "REMARK" }
    init() {}
    init(reading payload: PayloadReader) throws(SchemaError) {}
}

/// Poses as a vote.
private struct Ballot: Spoken {
    static var typeName: String { "VOTE" }
    init() {}
    init(reading payload: PayloadReader) throws(SchemaError) {}
}

private let start = Timestamp(milliseconds: 1_700_000_000_000)

@Suite("§5 What a node may say before it is synced")
struct SigningGateTests {
    private static let governed: [MessageType] = [.propose, .vote, .comment, .flag]

    /// Types that the node refuses to sign with the reason that it is not synced.
    private static func refused(_ change: SyncStateChanged?, _ types: [MessageType]) throws
        -> [MessageType]
    {
        var machine = IdentityStateMachine(key: .generate())
        if let change { machine.changed(change, now: start) }
        return types.filter { type in
            let command = PublishMessage(type: type, payload: .emptyObject)
            let draft = MessageDraft(type: type, payload: .emptyObject)
            guard case .refuse(.local, nil, let refusal) = machine.publish(command, now: start)
            else { return false }
            guard case .refused(let told, _) = machine.draft(draft, now: start) else {
                Issue.record("a dry run of \(type) is not refused")
                return false
            }
            #expect(told == refusal, "ADR 0059: a dry run tells the same")
            // An empty payload is refused anyhow, once the gate is open.
            guard refusal.code == .notSynced else { return false }
            #expect(refusal.retryAt.map { $0 > start } ?? false)
            return true
        }
    }

    /// Why a type of a plugged-in subsystem is not signed.
    private static func refusal(
        of payload: some WireExtension,
        _ change: SyncStateChanged? = nil
    ) throws -> Refusal.Code? {
        var machine = IdentityStateMachine(key: .generate())
        if let change { machine.changed(change, now: start) }
        guard
            case .refuse(_, _, let refusal) = machine.publish(PublishExtension(payload), now: start)
        else { return nil }
        return refusal.code
    }

    @Test("ADR 0047: a plugged-in subsystem says nothing before it could propose, and never votes")
    func plugged() throws {
        let syncing = SyncStateChanged(state: .syncing, finishedPhases: [1, 2, 3])
        #expect(try Self.refusal(of: Remark(), syncing) == .notSynced)
        let early = SyncStateChanged(state: .degraded, finishedPhases: [1, 2])
        #expect(try Self.refusal(of: Remark(), early) == .notSynced)
        let late = SyncStateChanged(state: .degraded, finishedPhases: [1, 2, 3])
        #expect(try Self.refusal(of: Remark(), late) == nil)
        #expect(try Self.refusal(of: Remark()) == nil)
        #expect(try Self.refusal(of: Ballot()) == .rule)
    }

    @Test(
        "C1-3: R-05-006, R-05-013: a syncing node proposes, votes, comments and flags nothing, and says why"
    )
    func syncing() throws {
        let change = SyncStateChanged(state: .syncing, finishedPhases: [1, 2, 3])
        #expect(try Self.refused(change, Self.governed) == Self.governed)
        #expect(try Self.refused(change, [.request, .peerAnnounce, .withdraw, .share]).isEmpty)
    }

    @Test("C1-3: R-05-098 R-05-101 R-05-103 R-05-104 D-35: finished phases decide while degraded")
    func degraded() throws {
        let expected: [([Int], [MessageType])] = [
            ([], Self.governed), ([1], Self.governed), ([2, 3], Self.governed),
            ([1, 2], [.propose, .comment, .flag]), ([1, 2, 3], [.flag]),
        ]
        for (phases, types) in expected {
            let change = SyncStateChanged(state: .degraded, finishedPhases: phases)
            #expect(try Self.refused(change, Self.governed) == types, "phases \(phases)")
        }
    }

    @Test("R-05-096: a synced node, and one without Sync, is not held up")
    func synced() throws {
        #expect(try Self.refused(SyncStateChanged(state: .synced), Self.governed).isEmpty)
        #expect(try Self.refused(nil, Self.governed).isEmpty)
    }
}
