import Foundation
import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("A log is written anew without its free pages")
struct LogCompactionTests {
    private static let entries = 400

    /// A closed log of many commits, which leave pages behind, and what it answers.
    private func withLog(_ body: (String, LogStatus, [[UInt8]]) throws -> Void) throws {
        try LogFixture.withDirectory { path in
            let store = try LogFixture.open(path)
            for number in 0..<Self.entries / 20 {
                _ = LogFixture.append(
                    try LogFixture.entries(20 * number..<20 * (number + 1)),
                    to: store
                )
            }
            let (status, records) = (store.status, try self.bytes(store))
            store.close()
            try body(path, status, records)
        }
    }

    private func bytes(_ store: LogStore) throws -> [[UInt8]] {
        try LogFixture.all(store).map { RecordCodec.encode($0.entry, sequence: $0.sequence) }
    }

    private func check(_ path: String, _ status: LogStatus, _ records: [[UInt8]]) throws {
        let store = try LogFixture.open(path)
        defer { store.close() }
        #expect(store.status.lastSequence == status.lastSequence)
        #expect(store.status.digest == status.digest)
        #expect(try self.bytes(store) == records)
    }

    private func names(_ path: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }

    @Test("it takes less room, and holds and takes what it did")
    func compacts() throws {
        try self.withLog { path, status, records in
            let result = try #require(try LogCompaction(dataDirectory: path).run())
            #expect(result.after < result.before)
            let size = try Data(contentsOf: URL(fileURLWithPath: "\(path)/log/data.mdb")).count
            #expect(size == result.after)
            try self.check(path, status, records)
            #expect(try self.names(path) == ["LOCK", "log", "log.format"])
            let store = try LogFixture.open(path)
            _ = LogFixture.append(try LogFixture.entries(1_000..<1_010), to: store)
            #expect(store.status.lastSequence == status.lastSequence + 10)
            store.close()
            let again = try #require(try LogCompaction(dataDirectory: path).run())
            #expect(again.after <= again.before)
        }
    }

    @Test(
        "what a crash leaves at any step is a whole log, and a folder that the next start removes"
    )
    func crashes() throws {
        try self.withLog { path, status, records in
            var left: [(LogCompaction.Step, String)] = []
            _ = try LogCompaction(dataDirectory: path).run { step in
                let copy = "\(path)-\(left.count)"
                try? FileManager.default.copyItem(atPath: path, toPath: copy)
                left.append((step, copy))
            }
            defer { for (_, copy) in left { try? FileManager.default.removeItem(atPath: copy) } }
            #expect(left.map(\.0) == LogCompaction.Step.allCases)
            for (step, copy) in left {
                #expect(try self.names(copy).contains("log.compact"), "\(step)")
                try self.check(copy, status, records)
                LogCompaction(dataDirectory: copy).removeUnfinished()
                #expect(try self.names(copy) == ["LOCK", "log", "log.format"], "\(step)")
            }
        }
    }

    @Test("a damaged log, one that ends before its last commit, and a full disk change nothing")
    func refuses() throws {
        try self.withLog { path, _, _ in
            let file = URL(fileURLWithPath: "\(path)/log/data.mdb")
            let sound = try Data(contentsOf: file)
            let full = LogCompaction(dataDirectory: path) { _ in
                DiskSpace(free: 1_000, total: 1 << 40)
            }
            #expect(throws: LogError.self) { try full.run() }
            // One meta page is newer than the other: without it the log ends a commit earlier.
            var older = sound
            let isOdd = older[4_096 + 144] > older[144]
            older.replaceSubrange(
                (isOdd ? 4_096 : 0)..<(isOdd ? 8_192 : 4_096),
                with: Data(count: 4_096)
            )
            for damaged in [older, Data(sound.prefix(20_000))] {
                try damaged.write(to: file)
                #expect(throws: LogError.self) { try LogCompaction(dataDirectory: path).run() }
                #expect(try Data(contentsOf: file) == damaged)
            }
            try FileManager.default.removeItem(at: file)
            #expect(try LogCompaction(dataDirectory: path).run() == nil)
        }
    }
}
