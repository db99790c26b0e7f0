import Messages
import Primitives
import TestSupport
import Testing

@testable import Identities

private typealias Fixture = RegistryFixture
private let minute: Int64 = 60_000
private let day: Int64 = 86_400_000

@Suite("§1 Orders of arrival")
struct IdentityOrderTests {
    private static func outlooks(_ orders: [[Message]], _ keys: [Character]) throws -> [Outlook] {
        try Outlook.all(orders.map { $0.map { .message($0) } }, keys: keys)
    }

    /// All orders end in one state, and nothing stays refused.
    private func converge(_ messages: [Message], _ keys: [Character]) throws {
        let orders = permutations(messages)
        let outlooks = try Self.outlooks(orders, keys)
        let first = try #require(outlooks.first)
        #expect(outlooks.allSatisfy { $0 == first })
        #expect(orders.allSatisfy { Listener($0).refused.isEmpty })
    }

    @Test("D-20, R-01-036: a revocation that overtakes its link holds once the link is there")
    func linksAndRevocations() throws {
        try self.converge(
            [
                try Fixture.link("A", "B", at: Fixture.start - 5 * day),
                try Fixture.link("A", "C", at: Fixture.start - 5 * day),
                try Fixture.revoke("A", "B", at: Fixture.start),
                try Fixture.link("D", "E", at: Fixture.start - 3 * day),
            ],
            ["A", "B", "C", "D", "E"]
        )
    }

    @Test("D-14: of several revocations of one key the earliest counts, in every order")
    func revocations() throws {
        let link = try Fixture.link("A", "B", at: Fixture.start - 50 * day)
        let revocations = try [(0, -10 * day), (minute, -25 * day), (2 * minute, 0)].map {
            try Fixture.revoke(
                "A",
                "B",
                at: Fixture.start + $0.0,
                effective: Fixture.start + $0.1
            )
        }
        let messages = [link] + revocations
        let outlooks = try Self.outlooks(
            permutations(revocations).map { [link] + $0 },
            ["A", "B"]
        )
        let first = try #require(outlooks.first)
        #expect(outlooks.allSatisfy { $0 == first })
        let registry = Listener(messages).keys.registry
        let effective = registry.revocation(of: try Fixture.node("B"))?.effective
        #expect(effective?.milliseconds == Fixture.start - 10 * day)
    }

    @Test("R-01-058: links, a revocation and the rotation of the root end alike in every order")
    func rotatedRoot() throws {
        try self.converge(
            [
                try Fixture.link("A", "B", at: Fixture.start - day),
                try Fixture.link("A", "C", at: Fixture.start - day),
                try Fixture.rotate("A", "D", at: Fixture.start - minute),
                try Fixture.revoke("D", "B", at: Fixture.start),
            ],
            ["A", "B", "C", "D"]
        )
    }

    @Test("D-08, D-33: contradicting rotations suspend both successors, whichever came first")
    func contradiction() throws {
        let messages = [
            try Fixture.link("A", "B", at: Fixture.start - day),
            try Fixture.rotate("A", "C", at: Fixture.start),
            try Fixture.rotate("A", "D", at: Fixture.start + minute),
        ]
        let successors = try ["C", "D"].map { try Fixture.node($0) }.sorted()
        for order in permutations(messages) {
            var keys = Listener(order).keys
            #expect(keys.registry.suspended == successors)
            #expect(try keys.identity("B") == Fixture.node("C"), "the earlier one has the place")
            _ = try keys.resolve("A", "D")
            #expect(keys.registry.suspended.isEmpty)
            #expect(try keys.identity("B") == Fixture.node("D"))
            #expect(keys.registry.keyCount(of: try Fixture.node("D")) == 2)
        }
    }

    @Test("R-01-025: two roots that link one key: the first seen wins, and exactly one has it")
    func contendedChild() throws {
        let messages = [
            try Fixture.link("A", "B"), try Fixture.link("C", "B", at: Fixture.start + 1),
        ]
        for order in permutations(messages) {
            let listener = Listener(order)
            #expect(listener.keys.registry.identity(of: try Fixture.node("B")) == order[0].from)
            #expect(listener.refused.map(\.id) == [order[1].id])
        }
    }

    @Test("D-20: random histories without contention end alike in random orders", arguments: 0..<60)
    func randomHistories(seed: Int) throws {
        var dice = SplitMix64(seed: UInt64(seed + 1))
        let (messages, keys) = try Self.history(&dice)
        let orders = (0..<6).map { _ in messages.shuffled(using: &dice) }
        let outlooks = try Self.outlooks([messages] + orders, keys)
        #expect(outlooks.allSatisfy { $0 == outlooks[0] }, "seed \(seed)")
    }

    /// Roots with devices: linked, linked again, revoked once or more, the root rotated.
    private static func history(_ dice: inout SplitMix64) throws -> ([Message], [Character]) {
        var messages: [Message] = []
        var fresh = "ABCDEFGHIJKLMNOP".makeIterator()
        var keys: [Character] = []
        func key() -> Character {
            let next = fresh.next() ?? "Z"
            keys.append(next)
            return next
        }
        for _ in 0..<2 {
            let root = key()
            let children = (0..<(1 + dice.index(below: 3))).map { _ in key() }
            for child in children {
                let time = Fixture.start - Int64(10 + dice.index(below: 10)) * day
                messages.append(try Fixture.link(root, child, at: time))
            }
            var signer = root
            if dice.index(below: 2) == 0 {
                signer = key()
                messages.append(try Fixture.rotate(root, signer, at: Fixture.start - 2 * day))
            }
            for child in children where dice.index(below: 2) == 0 {
                let stated = Fixture.start - Int64(dice.index(below: 20)) * day
                messages.append(
                    try Fixture.revoke(signer, child, at: Fixture.start - day, effective: stated)
                )
            }
        }
        return (messages, keys)
    }
}
