import Primitives
import Testing

@testable import KnownSenders

@Suite("ADR 0078: which keys keep their table")
struct SenderRanksTests {
    static func key(_ number: Int) -> Bytes32 {
        SHA256Digest.hash(withUnsafeBytes(of: number) { Array($0) })
    }

    @Test("there are never more keys than the room allows, whatever comes")
    func bounded() {
        var chance = SplitMix64(seed: 3)
        for capacity in [2, 3, 5, 10, 64] {
            var ranks = SenderRanks(capacity: capacity)
            var held: Set<Bytes32> = []
            for _ in 0..<4_000 {
                let key = Self.key(chance.index(below: 3 * capacity))
                if held.contains(key) {
                    ranks.use(key)
                } else {
                    held.insert(key)
                    if let dropped = ranks.add(key) {
                        #expect(held.remove(dropped) != nil && dropped != key)
                    }
                }
                #expect(ranks.count == held.count && held.count <= capacity)
            }
            #expect(held.count == capacity)
        }
    }

    @Test("keys that are used often stay, however many strangers come and do little")
    func strangers() {
        var ranks = SenderRanks(capacity: 50)
        let known = (0..<40).map(Self.key)
        var lost: Set<Bytes32> = []
        for key in known {
            if let dropped = ranks.add(key) { lost.insert(dropped) }
            for _ in 0..<20 { ranks.use(key) }
        }
        for stranger in 1_000..<6_000 {
            if let dropped = ranks.add(Self.key(stranger)) { lost.insert(dropped) }
            for _ in 0..<6 { ranks.use(Self.key(stranger)) }
            ranks.use(known[stranger % 40])
        }
        #expect(lost.isDisjoint(with: known))
        #expect(lost.count >= 4_990 && ranks.count == 50)
    }

    @Test("a key that is used more than one that stays takes its place in time")
    func newcomers() {
        var ranks = SenderRanks(capacity: 10)
        let old = (0..<8).map(Self.key)
        for key in old {
            _ = ranks.add(key)
            for _ in 0..<100 { ranks.use(key) }
        }
        let new = (100..<108).map(Self.key)
        var lost: Set<Bytes32> = []
        for key in new {
            if let dropped = ranks.add(key) { lost.insert(dropped) }
            for _ in 0..<400 { ranks.use(key) }
        }
        #expect(lost.isDisjoint(with: new))
        #expect(lost.count == 6 && lost.isSubset(of: old))
    }

    @Test("of the keys on trial the one goes that was used longest ago")
    func order() {
        var ranks = SenderRanks(capacity: 3)
        for number in 0..<3 { #expect(ranks.add(Self.key(number)) == nil) }
        ranks.use(Self.key(0))
        #expect(ranks.add(Self.key(3)) == Self.key(1))
        #expect(ranks.add(Self.key(4)) == Self.key(2))
        #expect(ranks.add(Self.key(5)) == Self.key(0))
    }

    @Test("a list by use gives elements back in that order")
    func list() {
        var list = RecencyList<Int>()
        for number in 0..<6 { list.use(number) }
        for number in [0, 3, 5, 5] { list.use(number) }
        list.remove(2)
        list.remove(9)
        list.use(7)
        #expect(list.count == 6 && list.oldest == 1)
        #expect((0..<7).map { _ in list.popOldest() } == [1, 4, 0, 3, 5, 7, nil])
        list.use(8)
        #expect(list.oldest == 8 && list.count == 1)
    }
}
