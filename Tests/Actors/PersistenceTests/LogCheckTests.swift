import Foundation
import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("The log's structure is checked before LMDB maps it, and rebuilt from the records")
struct LogCheckTests {
    /// A log of small and large messages with a fact, written in two commits, and what it answers.
    private struct Sound {
        let path: String
        let entries: [LogEntry]
        let answers: [[UInt8]]
        let status: LogStatus
        let data: Data
        /// The file before the last commit.
        let older: Data

        var file: URL { URL(fileURLWithPath: "\(self.path)/log/data.mdb") }

        init(_ path: String) throws {
            self.path = path
            var entries = try LogFixture.entries(0..<300)
            for number in stride(from: 300, to: 330, by: 1) {
                entries.append(try LogFixture.large(number, bytes: number * 20))
            }
            entries.insert(.fact(LogFixture.fact()), at: 100)
            self.entries = entries
            let store = try LogFixture.open(path)
            _ = LogFixture.append(Array(entries.dropLast(2)), to: store)
            let file = URL(fileURLWithPath: "\(path)/log/data.mdb")
            self.older = try Data(contentsOf: file)
            _ = LogFixture.append(Array(entries.suffix(2)), to: store)
            self.answers = try Self.answers(store, entries)
            self.status = store.status
            store.close()
            self.data = try Data(contentsOf: file)
        }

        /// All records, all pages by type and time, all messages by identifier.
        static func answers(_ store: LogStore, _ entries: [LogEntry]) throws -> [[UInt8]] {
            let records = try LogFixture.all(store).map {
                RecordCodec.encode($0.entry, sequence: $0.sequence)
            }
            let page = try store.page(
                PageRequest(
                    types: [],
                    since: Timestamp(milliseconds: 0),
                    sinceID: nil,
                    limit: 1_000,
                    bytesMax: .max
                )
            )
            return records + page.messages
                + (try store.messages(ids: entries.compactMap(\.messageID)))
        }

        /// Whether the log on the disk answers as it did; an error is an answer too, but no silence.
        func check(_ what: @autoclosure () -> String) throws {
            let opened: LogStore
            do throws(LogError) {
                opened = try LogStore(dataDirectory: self.path, nodeID: LogFixture.node)
            } catch {
                #expect("\(error)".contains("Check the disk"), "\(what()): \(error)")
                return
            }
            defer { opened.close() }
            do {
                #expect(try Self.answers(opened, self.entries) == self.answers, "\(what())")
                #expect(opened.status.digest == self.status.digest, "\(what())")
            } catch let error as LogError {
                #expect("\(error)".contains("Check the disk"), "\(what()): \(error)")
            }
        }

        /// Opens the log, which must have been rebuilt without a loss.
        func checkRebuilt() throws {
            let opened = try LogFixture.open(self.path)
            #expect(try Self.answers(opened, self.entries) == self.answers)
            #expect(opened.status.digest == self.status.digest)
            #expect(FileManager.default.fileExists(atPath: self.file.path + ".damaged"))
            opened.close()
            try FileManager.default.removeItem(atPath: self.file.path + ".damaged")
        }
    }

    @Test("C3-7, C3-8: a flipped bit anywhere in the file is told, repaired or harmless")
    func anywhere() throws {
        try LogFixture.withDirectory { path in
            let sound = try Sound(path)
            let mark = try Data(contentsOf: URL(fileURLWithPath: "\(path)/log.format"))
            var random = SystemRandomNumberGenerator()
            for trial in 0..<150 {
                var damaged = sound.data
                // A third each: a page's head, a meta page, anywhere.
                let page = Int.random(in: 0..<(damaged.count / 4_096), using: &random) * 4_096
                let place =
                    switch trial % 3 {
                    case 0: page + Int.random(in: 0..<32, using: &random)
                    case 1: trial % 2 * 4_096 + Int.random(in: 0..<152, using: &random)
                    default: page + Int.random(in: 0..<4_096, using: &random)
                    }
                let bit = UInt8.random(in: 0..<8, using: &random)
                damaged[place] ^= 1 << bit
                try damaged.write(to: sound.file)
                try mark.write(to: URL(fileURLWithPath: "\(path)/log.format"))
                try sound.check("bit \(bit) of byte \(place)")
            }
        }
    }

    @Test("C3-7: a flipped bit in the index by type and time is told and the index rebuilt")
    func timeIndex() throws {
        try LogFixture.withDirectory { path in
            let sound = try Sound(path)
            for number in [0, 150, 299] {
                let message = try LogFixture.message(number, at: 1_000 + Int64(number))
                let type = TypeCode.of(message.type)
                let key = IndexKey(type: type, timestamp: message.timestamp, id: message.id)
                // Type, time, identifier, and the position that follows the key.
                for offset in [1, 9, 20, IndexKey.size + 7] {
                    var damaged = sound.data
                    for place in Self.places(of: key.bytes, in: damaged) {
                        damaged[place + offset] ^= 1
                    }
                    try damaged.write(to: sound.file)
                    try sound.checkRebuilt()
                }
            }
        }
    }

    @Test("C3-7: a flipped bit in the index by identifier is told and the index rebuilt")
    func identifierIndex() throws {
        try LogFixture.withDirectory { path in
            let sound = try Sound(path)
            let id = try #require(sound.entries[42].messageID).array
            let header: [UInt8] = [8, 0, 0, 0, 0, 0, 32, 0]
            for offset in [0, 8, 30, 47] {
                var damaged = sound.data
                for place in Self.places(of: header + id, in: damaged) {
                    damaged[place + offset] ^= 4
                }
                try damaged.write(to: sound.file)
                try sound.checkRebuilt()
            }
        }
    }

    @Test(
        "C3-7: an index that goes bad while the node runs is noticed, and rebuilt between two lives"
    )
    func whileRunning() throws {
        try LogFixture.withDirectory { path in
            let sound = try Sound(path)
            let store = try LogFixture.open(path)
            store.connect {}
            let message = try LogFixture.message(150, at: 1_150)
            let key = IndexKey(
                type: TypeCode.of(message.type),
                timestamp: message.timestamp,
                id: message.id
            )
            let handle = try FileHandle(forWritingTo: sound.file)
            for place in Self.places(of: key.bytes, in: sound.data) {
                // The position of another record.
                try handle.seek(toOffset: UInt64(place + IndexKey.size + 7))
                try handle.write(contentsOf: Data([3]))
            }
            let error = #expect(throws: LogError.self) {
                try Sound.answers(store, sound.entries)
            }
            #expect(error == .damagedIndex(path: "\(path)/log", sequence: 3))
            store.connect {}
            #expect(try Sound.answers(store, sound.entries) == sound.answers)
            #expect(store.status.digest == sound.status.digest)
            let more = LogFixture.append([.fact(LogFixture.fact("more"))], to: store)
            #expect(more.map(\.text) == ["logged \(sound.status.lastSequence + 1)"])
            store.close()
        }
    }

    @Test("C2-16, C3-7: an assertion of LMDB ends the process with a message, not with a signal")
    func assertion() async throws {
        try await LogFixture.withDirectory { path in
            _ = await #expect(processExitsWith: .exitCode(1)) { [path = path as String] in
                let sound = try Sound(path)
                let store = try LogFixture.open(path)
                let handle = try FileHandle(forWritingTo: sound.file)
                for page in stride(from: 8_192, to: sound.data.count, by: 4_096)
                where sound.data[page + 10] == UInt8(DatabasePage.branchFlag) {
                    // A branch with a single child, in the file that is mapped.
                    try handle.seek(toOffset: UInt64(page + 12))
                    try handle.write(contentsOf: Data([18, 0]))
                }
                _ = try? Sound.answers(store, sound.entries)
                exit(7)
            }
        }
    }

    @Test("C3-8: meta pages that show the commit before the last are told, and nothing is lost")
    func olderMeta() throws {
        try LogFixture.withDirectory { path in
            let sound = try Sound(path)
            var damaged = sound.data
            damaged.replaceSubrange(0..<8_192, with: sound.older.prefix(8_192))
            try damaged.write(to: sound.file)
            try sound.checkRebuilt()
        }
    }

    @Test("C3-8: a database from before the last commit is refused with both positions")
    func olderDatabase() throws {
        try LogFixture.withDirectory { path in
            let sound = try Sound(path)
            try sound.older.write(to: sound.file)
            let error = #expect(throws: LogError.self) { try LogFixture.open(path) }
            let text = "\(try #require(error))"
            #expect(text.contains("ends with record 329, but record 331 was stored"))
            #expect(text.contains("record 330 of 331 is not readable any more"))
            #expect(try Data(contentsOf: sound.file) == sound.older, "left as it was")
        }
    }

    @Test("C3-8: a torn or damaged mark is no harm, and is written anew")
    func tornMark() throws {
        try LogFixture.withDirectory { path in
            let sound = try Sound(path)
            let file = URL(fileURLWithPath: "\(path)/log.format")
            let mark = try Data(contentsOf: file)
            for places in [[4_096], [8_192], [4_100, 8_200], [0]] {
                var damaged = mark
                for place in places { damaged[place] ^= 0x40 }
                try damaged.write(to: file)
                try sound.check("\(places)")
                let healed = CommitMarkFile(file.path).read()
                guard case .mark(let found) = healed else {
                    Issue.record("\(places): \(healed)")
                    return
                }
                #expect(found.tail.sequence == sound.status.lastSequence)
            }
            try mark.prefix(5_000).write(to: file)
            try sound.check("cut")
            try Data("1\n".utf8).write(to: file)
            try sound.check("a log of a version without marks")
        }
    }

    @Test("C3-7: of records that claim one position those are taken that the digest knows")
    func leftovers() throws {
        try LogFixture.withDirectory { path in
            let sound = try Sound(path)
            var damaged = sound.data
            for number in 0..<3 {
                let leftover = LogEntry.message(try LogFixture.admitted(900 + number))
                damaged.append(
                    contentsOf: RecordCodec.encode(leftover, sequence: 40 + UInt64(number))
                )
            }
            damaged[10] ^= 1
            try damaged.write(to: sound.file)
            try sound.checkRebuilt()
        }
    }

    @Test("C3-8: the mark follows every commit before anybody is told")
    func markFollows() throws {
        try LogFixture.withDirectory { path in
            let store = try LogFixture.open(path)
            for number in 0..<5 {
                _ = LogFixture.append(try LogFixture.entries(number..<(number + 1)), to: store)
                guard case .mark(let mark) = CommitMarkFile("\(path)/log.format").read() else {
                    Issue.record("no mark")
                    return
                }
                #expect(mark.tail.sequence == store.status.lastSequence)
                #expect(mark.tail.digest == store.status.digest)
                #expect(mark.owner == LogOwner(format: 1, node: LogFixture.node))
            }
            store.close()
        }
    }

    private static func places(of pattern: [UInt8], in data: Data) -> [Int] {
        var places: [Int] = []
        var start = data.startIndex
        while let found = data.range(of: Data(pattern), in: start..<data.endIndex) {
            places.append(found.lowerBound)
            start = found.upperBound
        }
        return places
    }
}
