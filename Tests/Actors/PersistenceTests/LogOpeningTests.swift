import Foundation
import Messages
import Primitives
import TestSupport
import Testing

@testable import Persistence

@Suite("ADR 0028: what the operator is told when a log is opened")
struct LogOpeningTests {
    @Test("a sound log with its mark is opened without a word")
    func silent() throws {
        try LogFixture.withDirectory { path in
            let (records, lines) = try ClosedLog(path).reopen()
            #expect(records == 20 && lines.isEmpty)
        }
    }

    @Test("a log without a mark, or with a damaged one, is opened with a word, once")
    func marks() throws {
        try LogFixture.withDirectory { path in
            let log = try ClosedLog(path)
            for mark in [nil, Data("1\n".utf8)] {
                if let mark {
                    try mark.write(to: log.mark)
                } else {
                    try FileManager.default.removeItem(at: log.mark)
                }
                let (records, lines) = try log.reopen()
                #expect(records == 20 && lines.count == 1)
                #expect(lines.first?.hasPrefix("notice: the log had no mark") == true)
                #expect(try log.reopen().lines.isEmpty, "it has one from now on")
            }
            var mark = try Data(contentsOf: log.mark)
            for place in [4_100, 8_200] { mark[place] ^= 1 }
            try mark.write(to: log.mark)
            let (records, lines) = try log.reopen()
            #expect(records == 20 && lines.count == 1)
            #expect(lines.first?.hasPrefix("warning: the mark of the last commit in") == true)
            #expect(lines.first?.contains(log.mark.path) == true)
        }
    }

    @Test("a log that is rebuilt is told with what was wrong, what is kept, and where")
    func rebuilt() throws {
        try LogFixture.withDirectory { path in
            let log = try ClosedLog(path)
            for bit in [1, 2] as [UInt8] {
                try log.change { $0[10] ^= bit }
                let damaged = try Data(contentsOf: log.file)
                let (records, lines) = try log.reopen()
                #expect(records == 20 && lines.count == 2)
                #expect(lines.first?.contains("page 0 is no description of a commit") == true)
                #expect(lines.last?.contains("rebuilt from its 20 records") == true)
                #expect(lines.last?.contains(log.damagedFile.path) == true)
                #expect(try Data(contentsOf: log.damagedFile) == damaged, "the newest one is kept")
                #expect(try log.reopen().lines.isEmpty)
            }
        }
    }

    @Test("what a rebuild left that was cut off is removed, and never taken for a log")
    func unfinished() throws {
        try LogFixture.withDirectory { path in
            let log = try ClosedLog(path)
            let folder = "\(path)/log.rebuilt"
            try DataDirectory.create(folder)
            for name in ["data.mdb", "lock.mdb"] {
                try Data("half".utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            }
            #expect(try log.reopen().records == 20)
            #expect(!FileManager.default.fileExists(atPath: folder))
        }
    }

    @Test("a start that was cut off before the first record is begun anew")
    func cutOff() throws {
        try LogFixture.withDirectory { path in
            let log = try ClosedLog(path, 0)
            let junk = Data(repeating: 0x5A, count: 32_768)
            try junk.write(to: log.file)
            try FileManager.default.removeItem(at: log.mark)
            #expect(try log.reopen().records == 0)
            #expect(try Data(contentsOf: log.damagedFile) == junk)
        }
    }

    @Test("C3-8: a damaged log whose end nobody knows is refused, with what is readable of it")
    func noEnd() throws {
        try LogFixture.withDirectory { path in
            let log = try ClosedLog(path)
            try log.change { data in
                data[10] ^= 1
                data.replaceAll(LogTail.key, with: Array("lost".utf8))
            }
            let mark = try Data(contentsOf: log.mark)
            let damaged = try Data(contentsOf: log.file)
            for (unknown, left) in [
                (Data("1\n".utf8), "records 1 to 20 are readable, but nothing says where it ended"),
                (Data(), "records 1 to 20 are readable, but nothing says where it ended"),
            ] {
                try unknown.write(to: log.mark)
                #expect(
                    log.refusal()
                        == .damaged(
                            path: "\(path)/log",
                            cause: "page 0 is no description of a commit",
                            left: left
                        )
                )
            }
            #expect(try Data(contentsOf: log.file) == damaged, "left as it was")
            try mark.write(to: log.mark)
            #expect(try log.reopen().records == 20, "the mark beside it says where it ended")
        }
    }

    @Test("C3-8: records that are sound but not those that were written are not taken for them")
    func otherRecords() throws {
        try LogFixture.withDirectory { path in
            let log = try ClosedLog(path)
            let written = RecordCodec.encode(log.entries[4], sequence: 5)
            let message = try LogFixture.message(4, at: 1_004)
            let sender = SenderStanding(identity: LogFixture.node, keyCount: 2)
            let other = message.admitted(
                from: .gossip(relay: LogFixture.peer, topic: .proposals, ticket: 9),
                at: Timestamp(milliseconds: 1_009),
                sender: sender
            )
            try log.change { data in
                data[10] ^= 1
                data.replaceAll(written, with: RecordCodec.encode(.message(other), sequence: 5))
            }
            guard case .damaged(_, _, let left) = log.refusal() else {
                Issue.record("not refused as damaged")
                return
            }
            #expect(left == "its records are readable, but they are not those that were written")
        }
    }

    @Test("a message that is in the log twice is no log of ours, and nothing is changed")
    func twice() throws {
        try LogFixture.withDirectory { path in
            let log = try ClosedLog(path, 0)
            let environment = try LogEnvironment(path: "\(path)/log", mapBytes: 1_048_576)
            var tail = LogTail()
            try environment.write { (writer) throws(LogError) in
                guard let entry = try? LogEntry.message(LogFixture.admitted(1)) else {
                    throw .closed
                }
                for sequence in [1, 2] as [UInt64] {
                    let record = RecordCodec.encode(entry, sequence: sequence)
                    try writer.append(record, at: sequence)
                    let sum = record.withUnsafeBytes { RecordCodec.checksum(of: $0) }
                    tail.sequence = sequence
                    tail.digest = LogDigest.adding(sum, to: tail.digest)
                    tail.arrival = entry.arrival
                }
                try writer.setTail(tail)
            }
            environment.close()
            let before = try Data(contentsOf: log.file)
            let cause = "the message of record 2 is there twice"
            #expect(log.refusal() == .damaged(path: "\(path)/log", cause: cause, left: nil))
            #expect(try Data(contentsOf: log.file) == before)
            #expect(!FileManager.default.fileExists(atPath: "\(path)/log.rebuilt"))
        }
    }
}
