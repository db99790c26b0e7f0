import Cryptography
import Messages
import Primitives
import TestSupport
import Testing

@testable import Identity

@Suite("§1 Notices of contradicting rotations")
struct ConflictNoticeTests {
    private var machine: IdentityStateMachine
    private let rotations: [AdmittedMessage]

    init() throws {
        self.machine = IdentityStateMachine(key: try Fixture.key(0))
        self.rotations = try [2, 3].map {
            try Fixture.rotation(1, to: $0, consenting: $0, by: 1)
        }
    }

    /// A stranger's notice on key 1.
    private func notice(
        of ids: [MessageID]? = nil,
        leadingTo keys: [Int] = [2, 3],
        at offset: Int64 = 0
    ) throws -> AdmittedMessage {
        let ids = ids ?? self.rotations.map(\.message.id)
        let draft = Draft(
            .keyConflict,
            [
                ("old_key", .string(try Fixture.node(1).hex)),
                ("rotate_message_1_id", .string(ids[0].hex)),
                ("rotate_message_2_id", .string(ids[1].hex)),
                ("new_key_1", .string(try Fixture.node(keys[0]).hex)),
                ("new_key_2", .string(try Fixture.node(keys[1]).hex)),
            ]
        )
        return try Fixture.admitted(draft, by: 7, at: offset)
    }

    private func inventedNotice() throws -> AdmittedMessage {
        let ids = [1, 2].map { MessageID(SHA256Digest.hash([$0])) }
        return try self.notice(of: ids)
    }

    private static func announced(_ actions: [IdentityAction]) -> Int {
        actions.count { if case .announce = $0 { true } else { false } }
    }

    private static func fetched(_ actions: [IdentityAction]) -> [MessageID] {
        actions.flatMap { action -> [MessageID] in
            if case .fetch(let ids, _) = action { ids } else { [] }
        }
    }

    private func served(on key: Int) throws -> [MessageID] {
        let query = IdentityChain(
            key: try Fixture.node(key),
            types: [],
            since: Timestamp(milliseconds: 0),
            sinceID: nil,
            limit: 100
        )
        return self.machine.chain(query).entries.map(\.id)
    }

    @Test("R-01-016: a KEY_CONFLICT goes out on the topic of peers, in the node's own name, once")
    func broadcast() async throws {
        let node = try Node()
        await node.tell([.finish] + self.rotations.map { Log.Order.judge($0) })
        await node.tell(self.rotations.reversed().map { Log.Order.judge($0) })
        let sent = try await node.admission.bytes.map { try EnvelopeCodec.decode($0) }
        #expect(sent.map(\.typeName) == ["KEY_CONFLICT"])
        let notice = try #require(sent.first)
        #expect(notice.from == (try Fixture.node(0)))
        #expect(notice.type?.channel == .gossip(.peers))
        guard case .keyConflict(let payload) = notice.payload else {
            Issue.record("\(notice.payload)")
            return
        }
        #expect(payload.oldKey == (try Fixture.node(1)))
        #expect(Topic.peers.rawValue == "/valence/peers")
    }

    @Test("R-01-016: an invented notice keeps nobody silent when the key is really rotated twice")
    mutating func invented() throws {
        let invented = try self.inventedNotice()
        let actions = self.machine.judge(invented)
        #expect(Self.fetched(actions).count == 2)
        var announced = 0
        for rotation in self.rotations { announced += Self.announced(self.machine.judge(rotation)) }
        #expect(announced == 1)
    }

    @Test(
        "D-08: true identifiers prove nothing while one is missing, or where they lead elsewhere",
        arguments: [[2, 3], [2, 4], [2, 2]]
    )
    mutating func unproven(keys: [Int]) throws {
        _ = self.machine.judge(self.rotations[0])
        let actions = self.machine.judge(try self.notice(leadingTo: keys))
        #expect(Self.fetched(actions) == [self.rotations[1].message.id])
        let conflict = self.machine.judge(self.rotations[1])
        #expect(Self.announced(conflict) == 1)
    }

    @Test("R-01-016: after a proven notice, a restart tells of the conflict no second time")
    mutating func proven() throws {
        let third = try Fixture.rotation(1, to: 4, consenting: 4, by: 1)
        var replayed = self.machine
        for logged in self.rotations + [try self.notice()] {
            _ = replayed.logged(logged.message, isReplay: true)
        }
        let again = replayed.judge(third)
        #expect(Self.announced(again) == 0)
        for logged in self.rotations + [try self.inventedNotice()] {
            _ = self.machine.logged(logged.message, isReplay: true)
        }
        let first = self.machine.judge(third)
        #expect(Self.announced(first) == 1)
    }

    @Test("R-05-061: the identity tree holds no notices, proven or not")
    mutating func tree() throws {
        _ = self.machine.judge(try self.inventedNotice())
        #expect(self.machine.status().merkleRoot == MerkleTree(ids: []).root)
        for rotation in self.rotations { _ = self.machine.judge(rotation) }
        _ = self.machine.judge(try self.notice())
        let ids = self.rotations.map(\.message.id)
        #expect(self.machine.status().merkleRoot == MerkleTree(ids: ids).root)
    }

    @Test("D-89: of notices on a key one is served, and none before it is proven")
    mutating func served() throws {
        _ = self.machine.judge(try self.inventedNotice())
        _ = self.machine.judge(try self.notice(at: 1))
        #expect(try self.served(on: 1).isEmpty)
        for rotation in self.rotations { _ = self.machine.judge(rotation) }
        let proven = try [2, 3].map { try self.notice(at: $0) }
        for notice in proven { _ = self.machine.judge(notice) }
        let expected = Set((self.rotations + [proven[0]]).map(\.message.id))
        #expect(Set(try self.served(on: 1)) == expected)
        #expect(try self.served(on: 1).count == 3)
    }
}
