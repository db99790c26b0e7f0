import Identities
import Messages
import Primitives
import TestSupport
import Testing

@testable import Identity

@Suite("ADR 0041: what the digest of identities knows")
struct DigestTests {
    /// Stored properties that are no part of the digest, and why.
    private static let omitted = [
        "OwnKey.key": "is given, not folded",
        "OwnKey.acceptsHistory": "is given, not folded",
        "OwnKey.gate": "what this node may say follows from how far sync is",
        "OwnKey.stamps": "run ahead of the log",
        "Registrar.freshlyRevoked": "the log does not have it yet",
        "Registrar.published": "follows from who is revoked, and may be a minute old",
        "Registrar.heldBack": "the log has nothing of what was refused",
        "Registrar.announcedConflicts": "what this node told of is this life's",
        "IdentityStateMachine.live": "the log does not have it yet",
        "QuietGuard.restored": "is given, not folded",
        "OwnKey.highWater": "is given, not folded",
        "QuietGuard.isSynced": "is this life's",
        "QuietGuard.peers": "is this life's",
        "QuietGuard.quietSince": "is this life's",
        "OwnHistory.key": "is given, not folded",
        "OwnHistory.startedAt": "is this life's",
        "OwnHistory.past": "is needed until this life begins",
        "OwnHistory.signed": "is this life's",
        "OwnHistory.announced": "is this life's",
        "OwnHistory.restored": "counts what came in this life",
    ]

    private static let restored = RestoredKey(instance: Bytes32.zero, highWater: Fixture.now)

    private func machine() throws -> IdentityStateMachine {
        IdentityStateMachine(key: try Fixture.key(0), restored: Self.restored)
    }

    /// Keys that are linked, with and without a name, rotated, revoked and contested; links that were
    /// broadcast again, and a stranger who signs with the own key.
    private func rich(_ number: Int) throws -> IdentityStateMachine {
        var machine = try self.machine()
        let rotations = try [12, 13].map {
            try Fixture.rotation(11, to: $0, consenting: $0, by: 11, at: Int64($0))
        }
        let named = Draft.link(try Fixture.key(0), try Fixture.key(2))
            .adding([("label", .string("phone"))])
        let messages =
            [
                try Fixture.link(0, child: 1, consenting: 1, by: 0),
                try Fixture.admitted(named, by: 0, at: 1),
                try Fixture.link(3, child: 4, consenting: 4, by: 3, at: 2),
                try Fixture.revocation(3, of: 4, by: 3),
            ] + rotations
        for message in messages.prefix(4 + number) { _ = machine.judge(message) }
        if number == 2 {
            let notice = Draft(
                .keyConflict,
                [
                    ("old_key", .string(try Fixture.node(11).hex)),
                    ("rotate_message_1_id", .string(rotations[0].message.id.hex)),
                    ("rotate_message_2_id", .string(rotations[1].message.id.hex)),
                    ("new_key_1", .string(try Fixture.node(12).hex)),
                    ("new_key_2", .string(try Fixture.node(13).hex)),
                ]
            )
            _ = machine.judge(try Fixture.admitted(notice, by: 5, at: 50))
        }
        let now = Fixture.now.adding(milliseconds: Int64(number))
        let repeated = LinksRepeated(ids: [messages[number].message.id])
        _ = machine.logged(repeated.fact(recordedAt: now))
        guard number > 0 else { return machine }
        let cleared = RestoredKeyCleared(instance: Self.restored.instance)
        _ = machine.logged(cleared.fact(recordedAt: now))
        let stranger = OwnHistory.Stranger(
            id: messages[number].message.id,
            type: "TYPE\(number)",
            timestamp: now
        )
        _ = machine.logged(OwnHistory(of: try Fixture.node(0)).fact(stranger, at: now))
        return machine
    }

    @Test(
        "every stored property of what Identity folds is in the digest, with the value that it has"
    )
    func complete() throws {
        var walk = StateWalk(
            omitted: Self.omitted,
            samples: StateWalk.commonSamples + MessageType.allCases,
            boundaries: ["KeyRegistry"]
        )
        walk.walk(try self.machine())
        for number in 0...2 { walk.walk(try self.rich(number)) }
        #expect(walk.flaws.isEmpty, "\(walk.flaws.joined(separator: "\n"))")
    }
}
