import Messages
import Primitives
import TestSupport
import Testing

@testable import Identities

private typealias Fixture = RegistryFixture
private let hour: Int64 = 3_600_000
private let day: Int64 = 86_400_000

@Suite("§1 Linking")
struct LinkingTests {
    private var keys = RegistryFixture()

    @Test("R-01-022, LINK-02, LINK-15: the first link of a child wins")
    mutating func firstWins() throws {
        let first = self.keys.take(try Fixture.link("A", "B"))
        let second = self.keys.take(try Fixture.link("C", "B"))
        #expect(first == nil)
        #expect(second?.code == .rule)
        #expect(try self.keys.identity("B") == Fixture.node("A"))
    }

    @Test("D-15: the same link signed again is accepted and changes nothing")
    mutating func repeated() throws {
        _ = self.keys.take(try Fixture.link("A", "B"))
        let before = StateRecord(self.keys.registry.table)
        let again = self.keys.take(try Fixture.link("A", "B", at: Fixture.start + 30 * day))
        #expect(again == nil)
        #expect(StateRecord(self.keys.registry.table) == before)
        #expect(self.keys.registry.keyCount(of: try Fixture.node("A")) == 2)
    }

    @Test("R-01-024, LINK-N06, LINK-N05: sets are flat, and no key is its own child")
    mutating func flat() throws {
        _ = self.keys.take(try Fixture.link("A", "B"))
        let byChild = self.keys.take(try Fixture.link("B", "C"))
        let itself = self.keys.take(try Fixture.link("D", "D"))
        #expect(byChild?.code == .rule)
        #expect(itself?.code == .rule)
    }

    @Test(
        "R-01-023, LINK-03, D-12: a root cannot become a child, not even after its last child left"
    )
    mutating func roots() throws {
        _ = self.keys.take(try Fixture.link("A", "B"))
        _ = self.keys.take(try Fixture.revoke("A", "B"))
        let refusal = self.keys.take(try Fixture.link("C", "A"))
        #expect(refusal?.code == .rule)
    }

    @Test("LINK-N07, D-12: a node that stands alone may be linked")
    mutating func solo() throws {
        _ = self.keys.take(try Fixture.request(by: "B", at: Fixture.start))
        let refusal = self.keys.take(try Fixture.link("A", "B"))
        #expect(refusal == nil)
        #expect(try self.keys.identity("B") == Fixture.node("A"))
    }

    @Test("In its grace hour a retired key links neither its successor nor for its root")
    mutating func retiredSigner() throws {
        _ = self.keys.take(try Fixture.rotate("A", "B"))
        let ownSuccessor = self.keys.take(try Fixture.link("A", "B", at: Fixture.start + 1))
        #expect(ownSuccessor?.code == .rule)
        #expect(try self.keys.identity("A") == Fixture.node("B"))
        _ = self.keys.take(try Fixture.link("C", "D"))
        _ = self.keys.take(try Fixture.rotate("D", "E", at: Fixture.start + 1))
        let forTheRoot = self.keys.take(try Fixture.link("D", "F", at: Fixture.start + 2))
        #expect(forTheRoot?.code == .rule)
        #expect(self.keys.registry.keyCount(of: try Fixture.node("C")) == 2)
    }

    @Test("R-16-087: there is no limit on keys")
    mutating func many() throws {
        for child in "BCDEFGHIJKLMNOPQRSTUVWXYZ" {
            let refusal = self.keys.take(try Fixture.link("A", child))
            #expect(refusal == nil)
        }
        #expect(self.keys.registry.keyCount(of: try Fixture.node("A")) == 26)
    }
}

@Suite("§1 Revocation")
struct RevocationTests {
    private var keys = RegistryFixture()

    @Test("R-01-037, LINK-04: what a revoked key signs from then on is refused")
    mutating func silence() throws {
        _ = self.keys.take(try Fixture.link("A", "B"))
        _ = self.keys.take(try Fixture.revoke("A", "B", at: Fixture.start + hour))
        let earlier = self.keys.take(try Fixture.request(by: "B", at: Fixture.start + hour - 1))
        let later = self.keys.take(try Fixture.request(by: "B", at: Fixture.start + hour))
        #expect(earlier == nil, "signed before, counts for the root (D-14)")
        #expect(later?.code == .keyNotValid)
    }

    @Test(
        "D-14: it acts from the earlier time, at most 30 days back",
        arguments: [(-day, -day), (-40 * day, -30 * day), (day, 0)] as [(Int64, Int64)]
    )
    mutating func retroactive(stated: Int64, acting: Int64) throws {
        _ = self.keys.take(try Fixture.link("A", "B", at: Fixture.start - 50 * day))
        let revocation = try Fixture.revoke("A", "B", effective: Fixture.start + stated)
        let change = self.keys.registry.apply(revocation)
        #expect(!change.isEmpty)
        let before = self.keys.take(
            try Fixture.request(by: "B", at: Fixture.start + acting - 1)
        )
        let after = self.keys.take(try Fixture.request(by: "B", at: Fixture.start + acting))
        #expect(before == nil)
        #expect(after?.code == .keyNotValid)
    }

    @Test("R-01-043, LINK-06: a root does not revoke itself")
    mutating func itself() throws {
        _ = self.keys.take(try Fixture.link("A", "B"))
        let refusal = self.keys.take(try Fixture.revoke("A", "A"))
        #expect(refusal?.code == .rule)
    }

    @Test("R-01-035: a device cannot revoke another one of its root")
    mutating func siblings() throws {
        _ = self.keys.take(try Fixture.link("A", "B"))
        _ = self.keys.take(try Fixture.link("A", "C"))
        let refusal = self.keys.take(try Fixture.revoke("B", "C"))
        #expect(refusal?.code == .rule)
        #expect(try self.keys.identity("C") == Fixture.node("A"))
    }

    @Test("R-01-039, R-01-042, LINK-N09: a revoked key is never linked again")
    mutating func final() throws {
        _ = self.keys.take(try Fixture.link("A", "B"))
        _ = self.keys.take(try Fixture.revoke("A", "B"))
        let bySame = self.keys.take(try Fixture.link("A", "B", at: Fixture.start + 1))
        let byOther = self.keys.take(try Fixture.link("C", "B", at: Fixture.start + 1))
        #expect(bySame?.code == .rule)
        #expect(byOther?.code == .rule)
    }

    @Test(
        "R-01-040, LINK-12, LINK-17, D-13: it starts over with a newer proof and votes after 60 days"
    )
    mutating func rebirth() throws {
        _ = self.keys.take(try Fixture.link("A", "B"))
        _ = self.keys.take(try Fixture.revoke("A", "B"))
        let stale = self.keys.take(
            try Fixture.announce(by: "B", proofAt: Fixture.start, at: Fixture.start + 1)
        )
        #expect(stale?.code == .keyNotValid)
        let fresh = try Fixture.announce(
            by: "B",
            proofAt: Fixture.start + 1,
            at: Fixture.start + hour
        )
        let announced = self.keys.take(fresh)
        #expect(announced == nil)
        let between = self.keys.take(try Fixture.request(by: "B", at: Fixture.start + hour - 1))
        #expect(between?.code == .keyNotValid)
        let message = try Fixture.request(by: "B", at: Fixture.start + hour)
        let standing = try self.keys.registry.standing(of: message).get()
        #expect(standing.identity == (try Fixture.node("B")))
        #expect(standing.votingOpensAt?.milliseconds == Fixture.start + 60 * day)
        let linked = self.keys.take(try Fixture.link("C", "B", at: Fixture.start + 2 * hour))
        #expect(linked?.code == .rule)
    }

    @Test("C1-15, D-13: a handshake with a newer proof starts a revoked key's new life, too")
    mutating func handshake() throws {
        _ = self.keys.take(try Fixture.link("A", "B"))
        let (key, time) = (try Fixture.node("B"), Timestamp(milliseconds: Fixture.start))
        let free = KeyStartedOver(key: key, computedAt: time.adding(milliseconds: 1))
        let before = self.keys.registry.apply(free)
        #expect(before.isEmpty && !self.keys.registry.startsOver(free), "it is not revoked")
        _ = self.keys.take(try Fixture.revoke("A", "B"))
        let stale = self.keys.registry.apply(KeyStartedOver(key: key, computedAt: time))
        #expect(stale.isEmpty, "its proof is not newer than the revocation")
        let start = KeyStartedOver(key: key, computedAt: time.adding(milliseconds: hour))
        #expect(KeyStartedOver(start.fact(recordedAt: time)) == start)
        let changes = self.keys.registry.apply(start)
        #expect(changes == [.reborn(key: key)])
        let again = self.keys.registry.startsOver(start)
        #expect(!again, "a life begins once")
        let between = self.keys.take(try Fixture.request(by: "B", at: Fixture.start + hour - 1))
        #expect(between?.code == .keyNotValid)
        let message = try Fixture.request(by: "B", at: Fixture.start + hour)
        let standing = try self.keys.registry.standing(of: message).get()
        #expect(standing.identity == key)
        #expect(standing.votingOpensAt?.milliseconds == Fixture.start + 60 * day)
    }
}

@Suite("§1 Rotation")
struct RotationTests {
    private var keys = RegistryFixture()

    @Test(
        "R-01-011, SIG-05, SIG-06, ROT-N01: the grace hour is by message time",
        arguments: [(0, true), (hour - 1, true), (hour, true), (hour + 1, false)] as [(Int64, Bool)]
    )
    mutating func grace(offset: Int64, holds: Bool) throws {
        _ = self.keys.take(try Fixture.rotate("A", "B"))
        let refusal = self.keys.take(try Fixture.request(by: "A", at: Fixture.start + offset))
        #expect((refusal == nil) == holds)
        #expect(try self.keys.identity("A") == Fixture.node("B"))
    }

    @Test("ROT-N10: a chain of rotations leads to its end")
    mutating func chain() throws {
        _ = self.keys.take(try Fixture.rotate("A", "B"))
        _ = self.keys.take(try Fixture.rotate("B", "C", at: Fixture.start + day))
        #expect(try self.keys.identity("A") == Fixture.node("C"))
    }

    @Test("R-01-058, LINK-11: children follow a rotated root")
    mutating func root() throws {
        _ = self.keys.take(try Fixture.link("A", "B"))
        _ = self.keys.take(try Fixture.rotate("A", "D"))
        #expect(try self.keys.identity("B") == Fixture.node("D"))
        let revoked = self.keys.take(try Fixture.revoke("D", "B", at: Fixture.start + 1))
        #expect(revoked == nil, "the new root has all rights of the old one")
    }

    @Test("R-01-059, R-01-060, LINK-13: a rotated child stays linked and cannot be captured")
    mutating func child() throws {
        _ = self.keys.take(try Fixture.link("A", "B"))
        _ = self.keys.take(try Fixture.rotate("B", "D"))
        let capture = self.keys.take(try Fixture.link("C", "D"))
        #expect(capture?.code == .rule)
        #expect(try self.keys.identity("D") == Fixture.node("A"))
        #expect(self.keys.registry.keyCount(of: try Fixture.node("A")) == 2)
    }

    @Test("D-83, ROT-N11: the new key must be fresh", arguments: ["B", "C", "E"] as [Character])
    mutating func freshness(used: Character) throws {
        _ = self.keys.take(try Fixture.link("B", "C"))
        _ = self.keys.take(try Fixture.request(by: "E", at: Fixture.start - hour))
        let refusal = self.keys.take(try Fixture.rotate("A", used))
        #expect(refusal?.code == .rule)
    }

    @Test("SIG-03, SIG-04, ROT-N05, ROT-N06: a second successor suspends both, the same one nobody")
    mutating func contradiction() throws {
        _ = self.keys.take(try Fixture.rotate("A", "B"))
        let same = self.keys.take(try Fixture.rotate("A", "B", at: Fixture.start + 5))
        #expect(same == nil)
        #expect(!self.keys.registry.isSuspended(try Fixture.node("B")))
        let other = self.keys.take(try Fixture.rotate("A", "C", at: Fixture.start + hour))
        #expect(other == nil, "it is evidence and travels on")
        #expect(self.keys.registry.isSuspended(try Fixture.node("B")))
        #expect(self.keys.registry.isSuspended(try Fixture.node("C")))
        #expect(try self.keys.identity("A") == Fixture.node("B"), "the later one is not applied")
    }

    @Test("D-83: a key does not succeed itself")
    mutating func circle() throws {
        let refusal = self.keys.take(try Fixture.rotate("A", "A"))
        #expect(refusal?.code == .rule)
    }

    @Test("ROT-N07, D-08: a late second rotation is refused and suspends nobody")
    mutating func late() throws {
        _ = self.keys.take(try Fixture.rotate("A", "B"))
        let late = self.keys.take(try Fixture.rotate("A", "C", at: Fixture.start + hour + 1))
        #expect(late != nil)
        let backdated = self.keys.take(
            try Fixture.rotate("A", "C", at: Fixture.start + 1),
            receivedAt: Fixture.start + 2 * day
        )
        #expect(backdated?.code == .rule)
        #expect(!self.keys.registry.isSuspended(try Fixture.node("B")))
    }

    @Test(
        "D-61: a resolution lifts the suspension in favour of either successor",
        arguments: ["B", "C"] as [Character]
    )
    mutating func resolution(winner: Character) throws {
        _ = self.keys.take(try Fixture.rotate("A", "B"))
        _ = self.keys.take(try Fixture.rotate("A", "C", at: Fixture.start + 1))
        _ = try self.keys.resolve("A", winner)
        #expect(try self.keys.identity("A") == Fixture.node(winner))
        #expect(self.keys.registry.suspended.isEmpty)
        let loser: Character = winner == "B" ? "C" : "B"
        #expect(try self.keys.identity(loser) == Fixture.node(loser), "it is a stranger")
    }

    @Test("R-01-013, D-61: whoever loses its predecessor's place is out of its contradiction, too")
    mutating func inherited() throws {
        for (new, delay) in [("B", 0), ("D", 1)] as [(Character, Int64)] {
            _ = self.keys.take(try Fixture.rotate("A", new, at: Fixture.start + delay))
        }
        for (new, delay) in [("C", 2), ("D", 3)] as [(Character, Int64)] {
            _ = self.keys.take(try Fixture.rotate("B", new, at: Fixture.start + delay))
        }
        #expect(self.keys.registry.isSuspended(try Fixture.node("C")), "it came after B")
        _ = try self.keys.resolve("B", "D")
        #expect(!self.keys.registry.isSuspended(try Fixture.node("C")), "it is a stranger")
        #expect(self.keys.registry.isSuspended(try Fixture.node("D")), "A still names two")
    }

    @Test("D-61, D-83: a resolution for a key that was retired long ago closes no circle")
    mutating func ring() throws {
        _ = self.keys.take(try Fixture.rotate("B", "A"))
        _ = self.keys.take(try Fixture.rotate("A", "C", at: Fixture.start + 1))
        let contradiction = self.keys.take(try Fixture.rotate("A", "B", at: Fixture.start + 2))
        #expect(contradiction == nil)
        let changes = try self.keys.resolve("A", "B")
        #expect(changes.isEmpty)
        #expect(try self.keys.identity("B") == Fixture.node("C"))
        #expect(!self.keys.registry.isSuspended(try Fixture.node("C")))
    }

    @Test("D-61, R-01-022: a resolution takes no device away from its root")
    mutating func device() throws {
        _ = self.keys.take(try Fixture.link("R", "D"))
        _ = self.keys.take(try Fixture.rotate("A", "B"))
        _ = self.keys.take(try Fixture.rotate("A", "D", at: Fixture.start + 1))
        let changes = try self.keys.resolve("A", "D")
        #expect(changes.isEmpty)
        #expect(try self.keys.identity("D") == Fixture.node("R"))
        #expect(try self.keys.identity("A") == Fixture.node("B"))
    }
}
