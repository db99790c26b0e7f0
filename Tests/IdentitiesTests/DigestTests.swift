import Messages
import OrderedCollections
import Primitives
import TestSupport
import Testing

@testable import Identities

@Suite("ADR 0041: what the digest of the registry knows")
struct DigestTests {
    private static let letters: [Character] = Array("ABCDEFGH")

    private static var samples: [any Digestible] {
        let kinds: [KeyDeed.Kind] = [
            .link, .rotate(contestsOnly: false), .rotate(contestsOnly: true), .resolve,
            .revoke(effective: Timestamp(milliseconds: 0)),
            .revoke(effective: Timestamp(milliseconds: 1)),
            .announce(computedAt: Timestamp(milliseconds: 0)),
            .announce(computedAt: Timestamp(milliseconds: 1)),
        ]
        return StateWalk.commonSamples + kinds
    }

    /// Eight keys that link, rotate, revoke, contradict each other and start over.
    private func registry(seed: UInt64) throws -> KeyRegistry {
        var chance = HistoryGenerator(seed: seed)
        var keys = RegistryFixture()
        func letter() -> Character { Self.letters[chance.number(0...7)] }
        for step in 0..<12 as Range<Int64> {
            let time = RegistryFixture.start + step * 60_000
            let (one, other) = (letter(), letter())
            switch chance.number(0...5) {
            case 0, 1: _ = keys.take(try RegistryFixture.link(one, other, at: time))
            case 2: _ = keys.take(try RegistryFixture.rotate(one, other, at: time))
            case 3: _ = keys.take(try RegistryFixture.revoke(one, other, at: time))
            case 4:
                _ = keys.take(try RegistryFixture.request(by: one, at: time))
                let revoked = Self.letters.first { letter in
                    (try? RegistryFixture.node(letter)).flatMap(keys.registry.revocation) != nil
                }
                guard let revoked else { continue }
                _ = keys.take(try RegistryFixture.announce(by: revoked, proofAt: time, at: time))
            default:
                let effective = time + Int64(chance.number(0...1)) * 86_400_000
                keys.registry.ratified(
                    try RegistryFixture.resolution(one, other, at: effective)
                )
                _ = keys.registry.advance(to: Timestamp(milliseconds: time))
            }
        }
        return keys.registry
    }

    /// A rotation that turns out to come behind one by the key that it names.
    private func idleRotation() throws -> KeyRegistry {
        var keys = RegistryFixture()
        _ = keys.take(try RegistryFixture.rotate("A", "B", at: RegistryFixture.start))
        _ = keys.take(try RegistryFixture.rotate("B", "C", at: RegistryFixture.start - 60_000))
        return keys.registry
    }

    @Test("every stored property of the registry is in the digest, with the value that it has")
    func complete() throws {
        var walk = StateWalk(
            omitted: [:],
            samples: Self.samples,
            // Rotations stay cut off only where there are too many deeds to put them in order.
            constant: ["KeyTable.cuts"]
        ) { place, value in
            guard place == "KeyTable.keys",
                let keys = value as? OrderedDictionary<NodeID, KeyRecord>
            else { return value }
            // A record that says nothing is none.
            return keys.filter { $0.value != KeyRecord() }
        }
        for seed in 1...120 as ClosedRange<UInt64> { walk.walk(try self.registry(seed: seed)) }
        walk.walk(try self.idleRotation())
        #expect(walk.flaws.isEmpty, "\(walk.flaws.joined(separator: "\n"))")
    }

    // MARK: The walk itself

    private struct Honest: Digestible {
        var number: Int64

        func digest(into writer: inout some StateWriter) { writer.field("number", self.number) }
    }

    private struct Forgetful: Digestible {
        var pages: [Honest]
        var text: String?

        func digest(into writer: inout some StateWriter) { writer.field("pages", self.pages) }
    }

    private struct Constant: Digestible {
        var number: Int64

        func digest(into writer: inout some StateWriter) { writer.field("number", 0 as Int64) }
    }

    private func flaws(of values: [any Digestible], omitted: [String: String] = [:]) -> [String] {
        var walk = StateWalk(omitted: omitted, samples: StateWalk.commonSamples)
        for value in values { walk.walk(value) }
        return walk.flaws
    }

    @Test("the walk finds a property that is forgotten, constant, unused, or without parts")
    func flaws() {
        let honest = [1, 2].map { Honest(number: $0) }
        #expect(self.flaws(of: honest).isEmpty)
        #expect(self.flaws(of: [honest[0]]) == ["DigestTests.Honest.number never had two values"])
        let forgetful = [[], honest].map { Forgetful(pages: $0, text: nil) }
        #expect(self.flaws(of: forgetful) == ["DigestTests.Forgetful.text is not written"])
        let reason = ["DigestTests.Forgetful.text": "is for people"]
        #expect(self.flaws(of: forgetful, omitted: reason).isEmpty)
        let wrong = [
            "DigestTests.Forgetful.pages": "", "DigestTests.Forgetful.text": "", "X.y": "",
        ]
        #expect(
            self.flaws(of: forgetful, omitted: wrong) == [
                "DigestTests.Forgetful.pages is written", "X.y is no stored property",
            ]
        )
        let constant = [0, 1].map { Constant(number: $0) }
        #expect(
            self.flaws(of: constant) == [
                "DigestTests.Constant.number is written as something else",
                "DigestTests.Constant.number never had two values",
            ]
        )
        #expect(self.flaws(of: [KeyDeed.Kind.link]) == ["KeyDeed.Kind has no parts"])
    }

    @Test("a digest tells values, lists, tables and what is nested in them apart")
    func different() {
        let texts: [[String]] = [[], [""], ["", ""], ["a", "b"], ["ab"], ["a"], ["b", "a"]]
        #expect(Set(texts.map(\.digest)).count == texts.count)
        let tables: [OrderedDictionary<Int64, Int64?>] = [
            [:], [1: nil], [1: 0], [0: 1], [0: 1, 1: 0], [1: 0, 0: 1],
        ]
        #expect(Set(tables.map(\.digest)).count == tables.count)
        #expect(Set(tables.map(\.ascending.digest)).count == tables.count - 1)
        let long = (0..<10_000 as Range<Int64>).map { $0 }
        #expect(long.digest != (long.dropLast() + [0]).digest)
        #expect(Set([3, 1, 2] as [Int64]).digest == ([1, 2, 3] as [Int64]).digest)
    }
}
