import Cryptography
import Foundation
import Primitives
import Testing

@testable import KnownSenders

@Suite("ADR 0078: tables of senders")
struct SenderTablesTests {
    private static func keys(_ count: Int) -> [Bytes32] {
        (0..<count).map { _ in SigningKey.generate().publicKey.rawBytes }
    }

    @Test("the second good signature of a key builds its table")
    func second() throws {
        let tables = SenderTables()
        let key = Self.keys(1)[0]
        tables.noteGood(key)
        #expect(tables.sender(key) == nil && tables.count == 0)
        tables.noteGood(key)
        let sender = try #require(tables.sender(key))
        #expect(tables.sender(key) === sender && tables.byteCount == KnownSender.byteCount)
        tables.noteGood(key)
        tables.noteGood(key)
        #expect(tables.sender(key) === sender && tables.count == 1)
        tables.removeAll()
        #expect(tables.sender(key) == nil && tables.byteCount == 0)
    }

    @Test("tables take as many bytes as they say, and no more than they may")
    func bounded() {
        let bytesMax = 20 * KnownSender.byteCount + 17
        let tables = SenderTables(bytesMax: bytesMax)
        for key in Self.keys(60) {
            for _ in 0..<2 { tables.noteGood(key) }
            for _ in 0..<8 { _ = tables.sender(key) }
            #expect(tables.byteCount <= bytesMax)
        }
        #expect(tables.count == 20)
        #expect(KnownSender.byteCount == 12_288)
    }

    @Test("keys that are no points, and those of small order, get no table")
    func bad() throws {
        let tables = SenderTables()
        for hex in [
            "0100000000000000000000000000000000000000000000000000000000000000",
            "0200000000000000000000000000000000000000000000000000000000000000",
            "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        ] {
            let key = try #require(Bytes32(hex: hex))
            for _ in 0..<4 { tables.noteGood(key) }
            #expect(tables.count == 0)
        }
    }

    @Test("strangers with two messages each do not push known senders out")
    func strangers() {
        let tables = SenderTables(bytesMax: 10 * KnownSender.byteCount)
        let known = Self.keys(6)
        for key in known {
            for _ in 0..<2 { tables.noteGood(key) }
            for _ in 0..<30 { _ = tables.sender(key) }
        }
        for stranger in Self.keys(200) {
            for _ in 0..<2 { tables.noteGood(stranger) }
        }
        #expect(known.allSatisfy { tables.sender($0) != nil })
        #expect(tables.count <= 10)
    }

    @Test("many threads use and build tables side by side")
    func concurrent() {
        let tables = SenderTables(bytesMax: 16 * KnownSender.byteCount)
        let keys = Self.keys(24)
        DispatchQueue.concurrentPerform(iterations: 8) { worker in
            var chance = SplitMix64(seed: UInt64(worker))
            for _ in 0..<400 {
                let key = keys[chance.index(below: keys.count)]
                if tables.sender(key) == nil { tables.noteGood(key) }
            }
        }
        #expect((1...16).contains(tables.count))
    }

    @Test("a key is seen a second time once, then it is new again")
    func sightings() {
        var sightings = Sightings(capacity: 4_096)
        let key = SenderRanksTests.key(1)
        #expect((0..<4).map { _ in sightings.isSecond(of: key) } == [false, true, false, true])
        let found = (0..<2_000).filter { sightings.isSecond(of: SenderRanksTests.key($0 + 10)) }
        #expect(found.isEmpty)
    }
}
