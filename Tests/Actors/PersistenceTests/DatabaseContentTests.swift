import CLMDB
import Foundation
import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("C3-7: what the tables of a sound database must say of one another")
struct DatabaseContentTests {
    private static let owner = LogOwner(
        format: PersistenceLimits.formatVersion,
        node: LogFixture.node
    )

    /// Writes a database by hand and says what the check finds in it.
    private static func contents(
        _ write: (borrowing LogWriter) throws -> Void
    ) throws -> DatabaseContents {
        try LogFixture.withDirectory { path in
            try DataDirectory.create(path)
            let environment = try LogEnvironment(path: path, mapBytes: 1_048_576)
            try environment.write { (writer) throws(LogError) in
                do {
                    try write(writer)
                } catch {
                    throw .closed
                }
            }
            environment.close()
            return try DatabaseCheck.inspect(DatabaseFile(DataDirectory.databasePath(in: path)))
        }
    }

    /// Says that the check finds this in a database that is written by hand.
    private static func expect(
        _ cause: String,
        _ comment: Testing.Comment? = nil,
        sourceLocation: SourceLocation = #_sourceLocation,
        _ write: (borrowing LogWriter) throws -> Void
    ) {
        let error = #expect(throws: DatabaseDamage.self, sourceLocation: sourceLocation) {
            try Self.contents(write)
        }
        #expect(error?.cause == cause, comment, sourceLocation: sourceLocation)
    }

    /// Some records with their index entries, and the figures of the last one.
    private static func put(
        _ numbers: ClosedRange<Int>,
        _ writer: borrowing LogWriter,
        leavingOut left: Set<Part> = []
    ) throws {
        var tail = LogTail()
        for number in numbers {
            let sequence = UInt64(number)
            let admitted = try LogFixture.admitted(number)
            let record = RecordCodec.encode(.message(admitted), sequence: sequence)
            try writer.append(record, at: sequence)
            let read = try record.withUnsafeBytes {
                try RecordReader($0, sequence: sequence).indexKey
            }
            let key = try #require(read)
            if !left.contains(.identifier) { _ = try writer.claim(key.id, sequence) }
            if !left.contains(.time) { try writer.index(key, sequence) }
            tail.sequence = sequence
            tail.arrival = admitted.receivedAt
        }
        if !left.contains(.tail) { try writer.setTail(tail) }
        try writer.setOwner(Self.owner)
    }

    private enum Part { case identifier, time, tail }

    @Test("the owner and the last position are what was written")
    func sound() throws {
        let contents = try Self.contents { try Self.put(1...3, $0) }
        #expect(contents.owner == Self.owner && contents.tail?.sequence == 3)
        let new = try Self.contents { _ in }
        #expect(new == DatabaseContents(tail: nil, owner: nil))
    }

    @Test("records have the positions from 1 on, without a gap")
    func positions() {
        Self.expect("record 1 is missing") { try Self.put(2...3, $0) }
        Self.expect("record 3 is missing") { writer in
            try Self.put(1...2, writer)
            try writer.append(RecordCodec.encode(.fact(LogFixture.fact()), sequence: 4), at: 4)
        }
        Self.expect("record 1 is missing") { try $0.append([1, 2, 3], at: 0) }
    }

    @Test("what is too short for a record is none")
    func shortRecord() {
        let overhead = RecordCodec.headerSize + RecordCodec.checksumSize
        let short = [UInt8](repeating: 0, count: overhead - 1)
        Self.expect("record 1 has \(short.count) bytes") { try $0.append(short, at: 1) }
    }

    @Test("each message is in both indexes, once, at its position, and nothing else is")
    func indexes() {
        let byID = "the index by identifier does not agree with the records"
        let byTime = "the index by type and time does not agree with the records"
        let other = MessageID(LogFixture.id("other"))
        let key = IndexKey(type: 1, timestamp: Timestamp(milliseconds: 1), id: other)
        Self.expect(byID) { try Self.put(1...3, $0, leavingOut: [.identifier]) }
        Self.expect(byTime) { try Self.put(1...3, $0, leavingOut: [.time]) }
        Self.expect(byID) { writer in
            try Self.put(1...3, writer)
            _ = try writer.claim(other, 2)
        }
        Self.expect(byTime) { writer in
            try Self.put(1...3, writer)
            try writer.index(key, 2)
        }
        let fact = RecordCodec.encode(.fact(LogFixture.fact()), sequence: 1)
        Self.expect(byID, "a fact has no identifier") { writer in
            try writer.append(fact, at: 1)
            _ = try writer.claim(other, 1)
        }
    }

    @Test("the log's figures are those of its last record")
    func figures() throws {
        let wrong = "its figures are not those of its last record"
        Self.expect(wrong) { try Self.put(1...3, $0, leavingOut: [.tail]) }
        let arrival = try LogFixture.admitted(3).receivedAt
        let others: [(UInt64, Timestamp?)] = [
            (2, arrival), (4, arrival), (3, nil), (3, arrival.adding(milliseconds: 1)),
        ]
        for (sequence, time) in others {
            var tail = LogTail()
            tail.sequence = sequence
            tail.arrival = time
            Self.expect(wrong, "\(sequence)") { writer in
                try Self.put(1...3, writer)
                try writer.setTail(tail)
            }
        }
    }

    // MARK: - Tables of others

    /// What the check says of a database that LMDB itself was told to write.
    private static func damage(tables: (OpaquePointer?) -> Void) throws -> String? {
        try LogFixture.withDirectory { path in
            try DataDirectory.create(path)
            var environment: OpaquePointer?
            try check(mdb_env_create(&environment), "create")
            try check(mdb_env_set_maxdbs(environment, 8), "reserve")
            try check(mdb_env_open(environment, path, 0, 0o600), "open")
            var transaction: OpaquePointer?
            try check(mdb_txn_begin(environment, nil, 0, &transaction), "begin")
            tables(transaction)
            try check(mdb_txn_commit(transaction), "commit")
            mdb_env_close(environment)
            let file = try DatabaseFile(DataDirectory.databasePath(in: path))
            let error = #expect(throws: DatabaseDamage.self) { try DatabaseCheck.inspect(file) }
            return error?.cause
        }
    }

    /// Opens a table, or makes it.
    @discardableResult
    private static func open(
        _ table: String,
        _ transaction: OpaquePointer?,
        flags: Int32 = 0
    ) -> MDB_dbi {
        var number: MDB_dbi = 0
        let code = mdb_dbi_open(transaction, table, UInt32(MDB_CREATE | flags), &number)
        #expect(code == 0)
        return number
    }

    /// Makes all tables of a log, and puts one entry into one of them.
    private static func put(
        _ key: [UInt8],
        _ value: [UInt8],
        into table: String,
        _ transaction: OpaquePointer?
    ) {
        for name in LogTables.names.sorted() { Self.open(name, transaction) }
        let number = Self.open(table, transaction)
        let code = withValue(key) { key in
            withValue(value) { mdb_put(transaction, number, key, $0, 0) }
        }
        #expect(code == 0)
    }

    @Test("tables that are not the log's, or not all of them, are no log")
    func tables() throws {
        let foreign = try Self.damage { transaction in
            for name in LogTables.names.sorted() + ["other"] { Self.open(name, transaction) }
        }
        #expect(foreign == "there is a table other of 48 bytes")
        let few = try Self.damage { Self.open("log", $0) }
        #expect(few == "there are 1 tables")
        let kind = try Self.damage { transaction in
            for name in LogTables.names.sorted() {
                Self.open(name, transaction, flags: name == "id" ? MDB_DUPSORT : 0)
            }
        }
        #expect(kind == "the table id is of kind \(MDB_DUPSORT)")
    }

    @Test("a position has eight bytes, and a figure its own name and size")
    func values() throws {
        let position = try Self.damage { transaction in
            Self.put(LogFixture.id("1").array, [0, 0, 0, 1], into: "id", transaction)
        }
        #expect(position == "an index leads to no position")
        for (key, value) in [
            (LogTail.key, [UInt8](repeating: 0, count: LogTail.size - 1)),
            (LogOwner.key, [0, 0, 1]),
            (Array("colour".utf8), [UInt8](repeating: 0, count: LogTail.size)),
        ] {
            let figure = try Self.damage { transaction in
                Self.put(key, value, into: "meta", transaction)
            }
            #expect(figure == "its figures cannot be read")
        }
    }
}
