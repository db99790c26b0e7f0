import Foundation
import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("ADR 0028: records are found by their own bytes, wherever they lie")
struct RecordSearchTests {
    private static func record(_ sequence: UInt64, _ variant: Int = 0) throws -> [UInt8] {
        let entry = LogEntry.message(try LogFixture.admitted(Int(sequence) + 1_000 * variant))
        return RecordCodec.encode(entry, sequence: sequence)
    }

    private static func tail(_ records: [[UInt8]]) -> LogTail {
        var tail = LogTail()
        for record in records {
            tail.sequence += 1
            let sum = record.withUnsafeBytes { RecordCodec.checksum(of: $0) }
            tail.digest = LogDigest.adding(sum, to: tail.digest)
        }
        return tail
    }

    /// The figures of a log as LMDB has them in a leaf: the length of the key, the key, the value.
    private static func note(_ tail: LogTail) -> [UInt8] {
        [UInt8(LogTail.key.count), 0] + LogTail.key + tail.bytes
    }

    private static func search<R>(
        _ bytes: [UInt8],
        _ body: (RecordSearch) throws -> R
    ) throws -> R {
        try LogFixture.withDirectory { path in
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            return try body(RecordSearch(DatabaseFile(path)))
        }
    }

    @Test("a record and the figures are found whatever edge of the search they lie across")
    func windows() throws {
        let record = try Self.record(1)
        let tail = Self.tail([record])
        let note = Self.note(tail)
        for shift in [1, 2, 3, 100, note.count - 1] {
            let gap = CheckLimits.searchWindow - shift
            let padding = [UInt8](repeating: 0x2E, count: gap)
            try Self.search(padding + record) { search in
                #expect(search.places[1]?.map(\.offset) == [gap], "\(shift)")
            }
            try Self.search(padding + note) { search in
                #expect(search.tails == [tail], "\(shift)")
            }
        }
    }

    @Test("first bytes without a record, and a record that is cut, hide none of those that follow")
    func falseStarts() throws {
        let records = try (1...2).map { try Self.record(UInt64($0)) }
        let magic = Array(records[0].prefix(4))
        let bytes = magic + magic + records[0] + records[1].dropLast(1) + records[1]
        try Self.search(bytes) { search in
            #expect(search.places.mapValues(\.count) == [1: 1, 2: 1])
            let place = try #require(search.places[2]?.first)
            #expect(search.bytes(place) == records[1] && search.firstMissing == 3)
        }
        try Self.search(records[0] + magic) { #expect($0.firstMissing == 2) }
    }

    @Test("a copy of a record is the same record, another one of its position is not")
    func copies() throws {
        let (one, other) = (try Self.record(1), try Self.record(1, 1))
        try Self.search(one + other + one) { search in
            #expect(search.places[1]?.map(\.offset) == [0, one.count])
        }
    }

    @Test("the longest line counts whose end somebody noted, in the file or beside it")
    func longest() throws {
        let records = try (1...4).map { try Self.record(UInt64($0)) }
        let all = records.flatMap { $0 }
        let two = Self.tail(Array(records.prefix(2)))
        let three = Self.tail(Array(records.prefix(3)))
        try Self.search(all) { search in
            #expect(search.longest(known: nil) == nil, "nobody says where it ends")
            #expect(search.longest(known: three)?.tail == three)
            #expect(search.longest(known: three)?.places.count == 3)
            #expect(search.longest(known: LogTail())?.places.isEmpty == true)
        }
        try Self.search(all + Self.note(three) + Self.note(two)) { search in
            #expect(search.longest(known: nil)?.tail == three)
            #expect(search.longest(known: two)?.tail == three)
        }
        try Self.search(records[0] + records[1] + records[3] + Self.note(two)) { search in
            #expect(search.longest(known: three)?.tail == two)
            #expect(search.firstMissing == 3)
        }
    }

    @Test("of leftovers of eight failed commits the right ones are put together; of nine not tried")
    func combinations() throws {
        for doubled in [2, 8, 9] {
            let wrong = try (1...doubled).map { try Self.record(UInt64($0), 1) }
            let right = try (1...10).map { try Self.record(UInt64($0)) }
            let tail = Self.tail(right)
            // All wrong ones lie before the right ones, so that these are tried last.
            try Self.search((wrong + right).flatMap { $0 }) { search in
                let found = search.longest(known: tail)
                #expect((found?.tail == tail) == (doubled <= 8), "\(doubled)")
                let bytes = found?.places.map { search.bytes($0) }
                #expect(bytes == (doubled <= 8 ? right : nil))
            }
        }
    }
}
