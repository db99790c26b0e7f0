import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("What waits for the disk, without a disk")
struct LogInboxTests {
    /// An entry of others that is in no hurry.
    private static func slow(_ number: Int = 1) throws -> LogEntry {
        .message(try LogFixture.admitted(number))
    }

    /// An entry of this node.
    private static func own(_ number: Int = 1) throws -> LogEntry {
        .message(try LogFixture.admitted(number, origin: .local(nil)))
    }

    private static func record(_ entry: LogEntry, _ sequence: UInt64) -> AppendOutcome {
        .logged(LogRecord(sequence: sequence, entry: entry))
    }

    private static func inbox(_ entries: [LogEntry] = []) -> LogInbox {
        var inbox = LogInbox()
        for entry in entries { inbox.add(entry) }
        return inbox
    }

    /// Whether a knock is due; it is taken.
    private static func isKnocked(_ inbox: inout LogInbox) -> Bool { inbox.takeReport() != nil }

    @Test("an entry of others lingers once; further ones join it")
    func lingers() throws {
        var inbox = Self.inbox([try Self.slow()])
        #expect(inbox.schedule() == .afterLinger)
        inbox.add(try Self.slow(2))
        #expect(inbox.schedule() == .none)
        #expect(inbox.group().count == 2)
        #expect(inbox.schedule() == .afterLinger, "what is not committed is looked at again")
    }

    @Test("own entries, facts and identity messages are written at once, and take others along")
    func urgent() throws {
        let identity = LogEntry.message(try LogFixture.admitted(1, type: .didRevoke))
        for entry in [try Self.own(), .fact(LogFixture.fact()), identity] {
            var inbox = Self.inbox([try Self.slow(7)])
            #expect(inbox.schedule() == .afterLinger)
            inbox.add(entry)
            #expect(inbox.schedule() == .now)
            #expect(inbox.schedule() == .none, "once is enough")
            #expect(inbox.group().count == 2)
        }
    }

    @Test("hurry ends with what was urgent")
    func calm() throws {
        let entry = try Self.own()
        var inbox = Self.inbox([entry])
        #expect(inbox.schedule() == .now)
        _ = inbox.group()
        inbox.committed([Self.record(entry, 1)])
        #expect(inbox.waiting.isEmpty && inbox.waitingBytes == 0)
        inbox.add(try Self.slow())
        #expect(inbox.schedule() == .afterLinger)
    }

    @Test("256 waiting entries are written at once, and no group has more than 1,024")
    func groups() throws {
        let entry = try Self.slow()
        var inbox = Self.inbox(Array(repeating: entry, count: 255))
        #expect(inbox.schedule() == .afterLinger)
        inbox.add(entry)
        #expect(inbox.schedule() == .now)
        for _ in 0..<1_000 { inbox.add(entry) }
        #expect(inbox.group().count == PersistenceLimits.groupRecordsMax)
        #expect(inbox.waiting.count == 1_256, "they stay until they are on the disk")
    }

    @Test("a commit takes what it wrote, and leaves what came meanwhile")
    func committed() throws {
        let entries = [try Self.slow(1), try Self.slow(2), try Self.slow(3)]
        var inbox = Self.inbox(entries)
        inbox.committed([Self.record(entries[0], 1), .duplicate(MessageID(LogFixture.id("2")))])
        #expect(inbox.waiting.map(\.messageID) == [entries[2].messageID])
        #expect(inbox.waitingBytes == entries[2].byteCount)
        #expect(inbox.takeOutcomes().map(\.text) == ["logged 1", "duplicate"])
        #expect(inbox.takeOutcomes().map(\.text) == [])
    }

    @Test("nothing is written while there is no room; a log with room for own entries is")
    func rooms() throws {
        var inbox = Self.inbox([try Self.own()])
        #expect(inbox.note(.none(reason: "full")) == true)
        #expect(inbox.schedule() == .none)
        #expect(inbox.note(.none(reason: "still full")) == false, "no news")
        #expect(inbox.note(.own(reason: "little")) == true)
        #expect(inbox.schedule() == .now)
        #expect(inbox.note(.all) == true)
        #expect(inbox.takeOutcomes().map(\.text) == ["stopped", "takes own", "resumed"])
    }

    @Test("the reason of a stop is the newest one, and gone with the stop")
    func reasons() {
        var inbox = Self.inbox()
        _ = inbox.note(.none(reason: "one"))
        _ = inbox.note(.none(reason: "two"))
        #expect(inbox.stop?.reason == "two" && inbox.stop?.takes == .nothing)
        _ = inbox.note(.own(reason: "three"))
        #expect(inbox.stop?.reason == "three" && inbox.stop?.takes == .reserved)
        _ = inbox.note(.all)
        #expect(inbox.stop == nil)
        #expect(DiskRoom.all.reason == nil && DiskRoom.own(reason: "r").reason == "r")
        #expect(DiskRoom.none(reason: "r").level < DiskRoom.own(reason: "r").level)
    }

    @Test("somebody looks again as long as there is no room, and one is enough")
    func watch() {
        var inbox = Self.inbox()
        #expect(inbox.watch() == false, "there is room")
        _ = inbox.note(.none(reason: "full"))
        #expect(inbox.watch() == true)
        #expect(inbox.watch() == false, "somebody does already")
        inbox.endWatch()
        #expect(inbox.watch() == true)
        inbox.endWatch()
        _ = inbox.note(.all)
        #expect(inbox.watch() == false)
    }

    @Test("one knock for all outcomes until they are taken")
    func knocks() throws {
        let entry = try Self.slow()
        var inbox = Self.inbox()
        inbox.reset(onOutcomes: {})
        let early = Self.isKnocked(&inbox)
        #expect(!early)
        for sequence in 1...3 as ClosedRange<UInt64> {
            inbox.add(entry)
            inbox.committed([Self.record(entry, sequence)])
        }
        let (first, second) = (Self.isKnocked(&inbox), Self.isKnocked(&inbox))
        #expect(first && !second)
        #expect(inbox.takeOutcomes().count == 3)
        inbox.add(entry)
        inbox.committed([Self.record(entry, 4)])
        let next = Self.isKnocked(&inbox)
        #expect(next)
    }

    @Test("a new session forgets what waited and what was told, but not that there is no room")
    func reset() throws {
        var inbox = Self.inbox([try Self.own()])
        _ = inbox.note(.none(reason: "full"))
        inbox.reset(onOutcomes: {})
        #expect(inbox.waiting.isEmpty && inbox.waitingBytes == 0)
        #expect(inbox.takeOutcomes().map(\.text) == ["stopped"])
        var free = Self.inbox([try Self.own()])
        free.reset(onOutcomes: {})
        #expect(free.takeOutcomes().map(\.text) == [])
        #expect(free.schedule() == .none)
    }

    @Test("C3-3: half of the bytes that may wait are a crowd, a quarter is none any more")
    func crowd() throws {
        let entry = try LogFixture.large(1, bytes: 1_000_000)
        var inbox = Self.inbox()
        let half = PersistenceLimits.waitingBytesMax / 4 * PersistenceLimits.largeQuarters
        while inbox.waitingBytes + entry.byteCount <= half { inbox.add(entry) }
        #expect(inbox.stop == nil)
        inbox.add(entry)
        #expect(inbox.stop?.takes == .own)
        let quarter = PersistenceLimits.waitingBytesMax / 4 * PersistenceLimits.caughtUpQuarters
        while inbox.waitingBytes - entry.byteCount > quarter {
            inbox.committed([Self.record(entry, 1)])
            #expect(inbox.stop?.takes == .own, "\(inbox.waitingBytes)")
        }
        inbox.committed([Self.record(entry, 1)])
        #expect(inbox.stop == nil)
        let told = inbox.takeOutcomes().map(\.text).filter { $0 != "logged 1" }
        #expect(told == ["crowded", "resumed"])
    }

    @Test("a full disk is told before a crowd, a crowd before what is kept for own messages")
    func precedence() throws {
        let entry = try LogFixture.large(1, bytes: 8_000_000)
        var inbox = Self.inbox(Array(repeating: entry, count: 5))
        #expect(inbox.stop?.takes == .own)
        _ = inbox.note(.own(reason: "little"))
        #expect(inbox.stop?.takes == .own)
        _ = inbox.note(.none(reason: "full"))
        #expect(inbox.stop?.takes == .nothing)
    }

    @Test("more than may wait is dropped and counted")
    func drops() throws {
        let entry = try LogFixture.large(1, bytes: 8_000_000)
        let fits = PersistenceLimits.waitingBytesMax / entry.byteCount
        var inbox = Self.inbox(Array(repeating: entry, count: fits + 2))
        #expect(inbox.waiting.count == fits && inbox.dropped == 2)
        #expect(inbox.takeOutcomes().map(\.text).filter { $0 == "dropped" }.count == 2)
        #expect(inbox.waitingBytes <= PersistenceLimits.waitingBytesMax)
    }
}
