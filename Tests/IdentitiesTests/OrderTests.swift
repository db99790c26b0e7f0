import Messages
import Primitives
import Testing

@testable import Identities

private typealias Fixture = RegistryFixture
private let minute: Int64 = 60_000
private let day: Int64 = 86_400_000

/// What a node says of every key, without the order in which it learned it.
private struct Outlook: Equatable {
    let identities: [NodeID]
    let keySets: [Set<NodeID>]
    let suspended: [NodeID]
    let standings: [String]

    init(_ registry: KeyRegistry, keys: [Character], probes: [Message]) throws {
        let nodes = try keys.map { try Fixture.node($0) }
        self.identities = nodes.map { registry.identity(of: $0) }
        self.keySets = nodes.map { Set(registry.keys(of: $0)) }
        self.suspended = registry.suspended
        self.standings = probes.map { probe in
            switch registry.standing(of: probe) {
            case .success(let standing):
                "\(standing.identity) \(standing.keyCount) \(standing.isSuspended) "
                    + "\(standing.votingOpensAt?.milliseconds ?? 0)"
            case .failure(let refusal): refusal.code.rawValue
            }
        }
    }
}

/// A node that gets messages in some order; what it refuses comes again, as sync brings it.
private struct Listener {
    var keys = RegistryFixture()
    private(set) var refused: [Message] = []

    init(_ messages: [Message]) {
        var waiting = messages
        while !waiting.isEmpty {
            let before = waiting.count
            waiting = waiting.filter { self.keys.take($0) != nil }
            if waiting.count == before { break }
        }
        self.refused = waiting
    }
}

@Suite("§1 Orders of arrival")
struct IdentityOrderTests {
    /// Every order of a few messages.
    private static func permutations(_ items: [Message]) -> [[Message]] {
        guard let first = items.first else { return [[]] }
        return Self.permutations(Array(items.dropFirst())).flatMap { rest in
            (0...rest.count).map { place in
                var order = rest
                order.insert(first, at: place)
                return order
            }
        }
    }

    private static func probes(_ keys: [Character]) throws -> [Message] {
        try keys.flatMap { key in
            try [-20 * day, -minute, 0, 30 * minute, 10 * day].map {
                try Fixture.request(by: key, at: Fixture.start + $0)
            }
        }
    }

    private static func outlooks(_ orders: [[Message]], _ keys: [Character]) throws -> [Outlook] {
        let probes = try Self.probes(keys)
        return try orders.map {
            try Outlook(Listener($0).keys.registry, keys: keys, probes: probes)
        }
    }

    /// All orders end in one state, and nothing stays refused.
    private func converge(_ messages: [Message], _ keys: [Character]) throws {
        let orders = Self.permutations(messages)
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
            Self.permutations(revocations).map { [link] + $0 },
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
        for order in Self.permutations(messages) {
            var registry = Listener(order).keys.registry
            #expect(registry.suspended == successors)
            // The vote that names the successor ends the difference.
            _ = registry.resolve(try Fixture.node("A"), successor: try Fixture.node("D"))
            #expect(registry.suspended.isEmpty)
            #expect(registry.identity(of: try Fixture.node("B")) == (try Fixture.node("D")))
            #expect(registry.keyCount(of: try Fixture.node("D")) == 2)
        }
    }

    @Test("R-01-025: two roots that link one key: the first seen wins, and exactly one has it")
    func contendedChild() throws {
        let messages = [
            try Fixture.link("A", "B"), try Fixture.link("C", "B", at: Fixture.start + 1),
        ]
        for order in Self.permutations(messages) {
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
