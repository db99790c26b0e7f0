import Foundation
import Messages
import Primitives
import TestSupport
import Testing

@testable import Identities

private typealias Fixture = RegistryFixture
private let minute: Int64 = 60_000
private let hour: Int64 = 3_600_000
private let day: Int64 = 86_400_000

/// All orders of small histories in which keys change hands (ADR 0014).
@Suite("§1 Rotations in every order of arrival")
struct RotationOrderTests {
    /// All orders end in one state.
    ///
    /// - Returns: the state that they end in.
    private func converge(_ heard: [Heard], _ keys: String) throws -> RegistryFixture {
        let orders = permutations(heard)
        try Self.compare(orders, Array(keys), "")
        return Listener(heard).keys
    }

    private static func compare(_ orders: [[Heard]], _ keys: [Character], _ comment: String) throws
    {
        let outlooks = try Outlook.all(orders, keys: keys)
        let first = try #require(outlooks.first)
        if let index = outlooks.firstIndex(where: { $0 != first }) {
            let differences = zip(first.lines, outlooks[index].lines).filter { $0 != $1 }
            let names = [orders[0], orders[index]].map { $0.map(Self.name) }
            Issue.record("\(comment) \(names): \(differences)")
        }
    }

    private func converge(_ messages: [Message], _ keys: String) throws -> RegistryFixture {
        try self.converge(messages.map { .message($0) }, keys)
    }

    private static func name(_ heard: Heard) -> String {
        switch heard {
        case .message(let message):
            let other = KeyDeed(message).map { Self.letter($0.other) } ?? ""
            let time = (message.timestamp.milliseconds - Fixture.start) / minute
            return "\(message.typeName) \(Self.letter(message.from))\(other) \(time)"
        case .vote(let ratified):
            return "vote \(ratified.resolution.subject.map(Self.letter) ?? "")"
        }
    }

    private static func letter(_ node: NodeID) -> String {
        let letter = "ABCDEFGRS".first { (try? Fixture.node($0)) == node }
        return letter.map { String($0) } ?? "?"
    }

    private func at(_ offset: Int64) -> Int64 { Fixture.start + offset }

    @Test("R-01-058, R-01-059: a link may arrive after the rotation of its child or its root")
    func links() throws {
        let end = try self.converge(
            [
                try Fixture.link("A", "B", at: self.at(-hour)),
                try Fixture.rotate("B", "C", at: self.at(-minute)),
                try Fixture.rotate("A", "D", at: self.at(0)),
                try Fixture.link("D", "E", at: self.at(minute)),
                try Fixture.request(by: "C", at: self.at(minute)),
            ],
            "ABCDE"
        )
        for key in "ABCDE" { #expect(try end.identity(key) == Fixture.node("D")) }
        #expect(end.registry.keyCount(of: try Fixture.node("D")) == 3)
    }

    @Test("D-08: a link that names a key which was rotated days ago takes nothing over")
    func stolenLink() throws {
        let rotation = try Fixture.rotate("A", "B", at: self.at(-2 * day))
        let link = try Fixture.link("C", "A", at: self.at(-3 * day))
        let listener = Listener([rotation, link])
        #expect(listener.refused.map(\.id) == [link.id])
        #expect(try listener.keys.identity("A") == Fixture.node("B"))
    }

    @Test("ROT-N10: the rotations of a chain may come in any order")
    func chain() throws {
        let end = try self.converge(
            [
                try Fixture.rotate("A", "B", at: self.at(0)),
                try Fixture.rotate("B", "C", at: self.at(minute)),
                try Fixture.rotate("C", "D", at: self.at(2 * minute)),
                try Fixture.link("R", "A", at: self.at(-minute)),
                try Fixture.request(by: "D", at: self.at(3 * minute)),
            ],
            "ABCDR"
        )
        for key in "ABCD" { #expect(try end.identity(key) == Fixture.node("R")) }
    }

    @Test("D-83: a new key may speak before its rotation has arrived, if it spoke after it")
    func earlySpeech() throws {
        let end = try self.converge(
            [
                try Fixture.rotate("A", "B", at: self.at(0)),
                // The clock of the new device is behind.
                try Fixture.request(by: "B", at: self.at(-2 * minute)),
                try Fixture.link("B", "C", at: self.at(minute)),
                try Fixture.link("A", "D", at: self.at(-day)),
            ],
            "ABCD"
        )
        #expect(try end.identity("D") == Fixture.node("B"))
        #expect(end.registry.keyCount(of: try Fixture.node("B")) == 3)
    }

    @Test("D-83: a key with a history of its own succeeds nobody, whenever that is heard")
    func history() throws {
        let end = try self.converge(
            [
                try Fixture.rotate("A", "B", at: self.at(0)),
                try Fixture.request(by: "B", at: self.at(-hour)),
                try Fixture.link("A", "D", at: self.at(-day)),
                try Fixture.rotate("B", "C", at: self.at(minute)),
            ],
            "ABCD"
        )
        #expect(try end.identity("A") == Fixture.node("A"))
        #expect(try end.identity("D") == Fixture.node("A"))
        #expect(try end.identity("B") == Fixture.node("C"))
    }

    @Test("R-01-009, R-01-013: of contradicting rotations the earliest has the place, all suspend")
    func contradiction() throws {
        let end = try self.converge(
            [
                try Fixture.rotate("A", "B", at: self.at(2 * minute)),
                try Fixture.rotate("A", "C", at: self.at(0)),
                try Fixture.rotate("A", "D", at: self.at(3 * minute)),
                try Fixture.link("A", "E", at: self.at(-day)),
            ],
            "ABCDE"
        )
        let suspended = try "BCD".map { try Fixture.node($0) }.sorted()
        #expect(end.registry.suspended == suspended)
    }

    @Test("R-01-013: a suspended successor does not shake the suspension off by rotating on")
    func rotatedOn() throws {
        let end = try self.converge(
            [
                try Fixture.rotate("A", "B", at: self.at(0)),
                try Fixture.rotate("A", "C", at: self.at(minute)),
                try Fixture.rotate("B", "D", at: self.at(2 * minute)),
                try Fixture.rotate("C", "E", at: self.at(3 * minute)),
            ],
            "ABCDE"
        )
        let suspended = try "BCDE".map { try Fixture.node($0) }.sorted()
        #expect(end.registry.suspended == suspended)
        #expect(end.registry.isSuspended(try end.identity("A")))
    }

    @Test(
        "D-61: a vote for a successor ends alike, wherever it comes between the rotations",
        arguments: ["B", "C"] as [Character]
    )
    func vote(winner: Character) throws {
        let vote = try Fixture.resolution("A", winner, at: self.at(day))
        let end = try self.converge(
            [
                .message(try Fixture.link("A", "F", at: self.at(-day))),
                .message(try Fixture.rotate("A", "B", at: self.at(0))),
                .message(try Fixture.rotate("A", "C", at: self.at(minute))),
                .message(try Fixture.rotate("B", "D", at: self.at(2 * minute))),
                .message(try Fixture.rotate("C", "E", at: self.at(3 * minute))),
                .vote(vote),
            ],
            "ABCDEF"
        )
        let heir = try Fixture.node(winner == "B" ? "D" : "E")
        #expect(end.registry.suspended.isEmpty)
        #expect(try end.identity("A") == heir)
        #expect(try end.identity("F") == heir)
    }

    @Test("D-08, D-61: a successor that a vote named is taken, however late its rotation comes")
    func named() throws {
        let heard: [Heard] = [
            .message(try Fixture.rotate("A", "B", at: self.at(-5 * day))),
            .message(try Fixture.rotate("A", "C", at: self.at(-5 * day + minute))),
            .vote(try Fixture.resolution("A", "C", at: self.at(-day))),
        ]
        let end = try self.converge(heard, "ABC")
        #expect(try end.identity("A") == Fixture.node("C"))
    }

    @Test("D-08: a rotation with a time of long ago takes no place from one that was heard first")
    func backdated() throws {
        let first = try Fixture.rotate("A", "B", at: self.at(0))
        let backdated = try Fixture.rotate("A", "C", at: self.at(-3 * hour))
        let keys = Listener([first, backdated]).keys
        #expect(try keys.identity("A") == Fixture.node("B"))
        #expect(keys.registry.suspended.count == 2)
    }

    @Test("R-01-009: where rivals came before the first rotation that holds, all follow it alike")
    func rivalsFirst() throws {
        let first = try Fixture.rotate("A", "B", at: self.at(0))
        let backdated = try Fixture.rotate("A", "C", at: self.at(-3 * hour))
        // It makes the first rotation void, and leaves the rival alone.
        let history = try Fixture.request(by: "B", at: self.at(-hour))
        let second = try Fixture.rotate("A", "D", at: self.at(minute))
        for order in [
            [first, backdated, history, second], [first, backdated, second, history],
        ] {
            var registry = KeyRegistry()
            // What Reputation and Consensus do: a rotation takes along what its old key had.
            var place = try Fixture.node("A")
            for change in order.flatMap({ registry.apply($0) }) {
                if case .rotated(place, let newKey) = change { place = newKey }
            }
            #expect(registry.identity(of: try Fixture.node("A")) == (try Fixture.node("D")))
            #expect(place == (try Fixture.node("D")))
            #expect(registry.isSuspended(place))
        }
    }

    @Test(
        "D-14: a device that a thief rotates before it is revoked is out, and so is what it became"
    )
    func stolenDevice() throws {
        let link = try Fixture.link("A", "B", at: self.at(-day))
        let rotation = try Fixture.rotate("B", "C", at: self.at(0))
        for (effective, suspect) in [(minute, "C"), (-minute, "B")] as [(Int64, Character)] {
            let revocation = try Fixture.revoke(
                "A",
                "B",
                at: self.at(2 * minute),
                effective: self.at(effective)
            )
            let end = try self.converge([link, rotation, revocation], "ABC")
            #expect(end.registry.keyCount(of: try Fixture.node("A")) == 1)
            let suspectKey = try Fixture.node(suspect)
            #expect(end.registry.revocation(of: suspectKey)?.root == (try Fixture.node("A")))
        }
    }

    @Test("R-01-041: a key that started over hands its wait on to its successor")
    func cooldown() throws {
        var keys = RegistryFixture()
        for message in [
            try Fixture.link("A", "B", at: self.at(-day)), try Fixture.revoke("A", "B"),
            try Fixture.announce(by: "B", proofAt: self.at(1), at: self.at(1)),
            try Fixture.rotate("B", "C", at: self.at(hour)),
        ] {
            let refusal = keys.take(message)
            #expect(refusal == nil)
        }
        let message = try Fixture.request(by: "C", at: self.at(2 * hour))
        let standing = try keys.registry.standing(of: message).get()
        #expect(standing.votingOpensAt?.milliseconds == self.at(60 * day))
        let void = try Fixture.request(by: "B", at: self.at(0))
        #expect(throws: Refusal.self) { try keys.registry.standing(of: void).get() }
    }

    /// `VALENCE_HISTORIES` sets another number of histories.
    private static let histories =
        ProcessInfo.processInfo.environment["VALENCE_HISTORIES"].flatMap { Int($0) } ?? 60

    @Test("R-01-013, R-01-058: random histories of rotations end alike")
    func randomHistories() throws {
        for seed in 0..<Self.histories {
            var dice = SplitMix64(seed: UInt64(seed + 1))
            let keys = "ABCDE"
            let heard = try (0..<7).map { _ in try Self.heard(&dice, Array(keys)) }
            let orders = [heard] + (0..<12).map { _ in heard.shuffled(using: &dice) }
            try Self.compare(orders, Array(keys + "RS"), "seed \(seed)")
        }
    }

    /// One root and its devices, and what may become of them; nobody else links them.
    private static func heard(_ dice: inout SplitMix64, _ keys: [Character]) throws -> Heard {
        let time = Fixture.start - Int64(dice.index(below: 50)) * minute
        let (one, two) = (keys[dice.index(below: keys.count)], keys[dice.index(below: keys.count)])
        switch dice.index(below: 9) {
        case 0: return .message(try Fixture.link("R", "S", at: time - day))
        case 1: return .message(try Fixture.link("R", "A", at: Fixture.start - 2 * day))
        case 2: return .message(try Fixture.request(by: one, at: time))
        case 3: return .message(try Fixture.revoke("R", "A", at: time))
        case 4: return .vote(try Fixture.resolution(one, two, at: Fixture.start + day))
        default: return .message(try Fixture.rotate(one, two, at: time))
        }
    }
}
