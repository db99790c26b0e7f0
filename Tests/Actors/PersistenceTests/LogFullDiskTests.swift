import Foundation
import Messages
import Primitives
import Synchronization
import Testing

@testable import Persistence

@Suite("A full disk stops the log; it goes on when there is room")
struct LogFullDiskTests {
    @Test("below the reserve nothing is written, reads go on, and all is written later")
    func guarded() throws {
        try LogFixture.withDirectory { path in
            let free = FreeSpace()
            var options = LogStoreOptions()
            options.diskSpace = { _ in DiskSpace(free: free.bytes, total: 1 << 40) }
            options.retryPause = .seconds(600)
            let store = try LogFixture.open(path, options)
            let entries = try LogFixture.entries(0..<4)
            _ = LogFixture.append([entries[0]], to: store)

            free.bytes = PersistenceLimits.diskReserveBytes - 1
            let stopped = LogFixture.append(Array(entries[1...2]), to: store)
            #expect(stopped.map(\.text) == ["stopped"])
            let reason = try #require(store.status.stoppedBecause)
            #expect(reason.contains("255 MiB left") && reason.contains("Make room"))
            #expect(try LogFixture.all(store).count == 1)
            #expect(LogFixture.append([entries[3]], to: store).isEmpty)

            free.bytes = PersistenceLimits.diskReserveBytes
            #expect(LogFixture.settle(store).isEmpty, "no flutter at the very edge")

            free.bytes = 1 << 39
            let resumed = LogFixture.settle(store).map(\.text)
            #expect(resumed == ["resumed", "logged 2", "logged 3", "logged 4"])
            #expect(store.status.stoppedBecause == nil)
        }
    }

    @Test("where the operator's cap is what is short, it is named, and so is what to do")
    func capped() throws {
        try LogFixture.withDirectory { path in
            let mebibyte: UInt64 = 1 << 20
            var options = LogStoreOptions()
            options.diskSpace = { _ in
                DiskSpace(free: 3 * mebibyte, total: 256 * mebibyte, cap: 256 * mebibyte)
            }
            options.retryPause = .seconds(600)
            let store = try LogFixture.open(path, options)
            _ = LogFixture.append(try LogFixture.entries(0..<1), to: store)
            let reason = try #require(store.status.stoppedBecause)
            #expect(reason.contains("of the 256 MiB that max-disk lets"), "\(reason)")
            #expect(reason.contains("Raise max-disk") && !reason.contains("Make room"))
        }
    }

    @Test(
        "a small disk keeps a twentieth free, a large one 256 MiB, and half as much for own messages"
    )
    func reserve() {
        let mebibyte: UInt64 = 1 << 20
        let small = DiskSpace(free: 60 * mebibyte, total: 1_000 * mebibyte)
        #expect(small.writable == 0, "50 MiB for the machine, 25 MiB for own messages")
        let roomy = DiskSpace(free: 90 * mebibyte, total: 1_000 * mebibyte)
        #expect(roomy.writable == 15 * mebibyte)
        let large = DiskSpace(free: 1_024 * mebibyte, total: 1 << 40)
        #expect(large.writable == 640 * mebibyte)
        #expect(DiskSpace(free: 49 * mebibyte, total: 1_000 * mebibyte).writable == 0)
    }

    @Test("C3-2: room is kept for own messages when those of others have filled the rest")
    func reserveForOwn() throws {
        try LogFixture.withDirectory { path in
            let free = FreeSpace()
            var options = LogStoreOptions()
            options.diskSpace = { _ in DiskSpace(free: free.bytes, total: 1 << 40) }
            options.retryPause = .seconds(600)
            let store = try LogFixture.open(path, options)
            let own = try (0..<4).map {
                LogEntry.message(try LogFixture.admitted($0, origin: .local(nil)))
            }
            free.bytes = PersistenceLimits.diskReserveBytes * 3 / 2 - 1
            #expect(
                LogFixture.append([own[0]], to: store).map(\.text) == ["takes own", "logged 1"]
            )
            let reason = try #require(store.status.stoppedBecause)
            #expect(reason.contains("383 MiB left") && reason.contains("own messages"))
            #expect(LogFixture.append([own[1]], to: store).map(\.text) == ["logged 2"])

            free.bytes = PersistenceLimits.diskReserveBytes - 1
            #expect(LogFixture.append([own[2]], to: store).map(\.text) == ["stopped"])
            free.bytes = PersistenceLimits.diskReserveBytes * 3 / 2
            #expect(LogFixture.settle(store).map(\.text) == ["takes own", "logged 3"])
            free.bytes = 1 << 39
            #expect(LogFixture.settle(store).map(\.text) == ["resumed"])
            #expect(store.status.stoppedBecause == nil)
            store.close()
        }
    }

    @Test("C4-10: a log that is opened on a full disk is read, and says that it cannot write")
    func opensFull() throws {
        try LogFixture.withDirectory { path in
            try LogFixture.write(LogFixture.entries(0..<4), to: path)
            var options = LogStoreOptions()
            options.diskSpace = { _ in DiskSpace(free: 0, total: 1 << 40) }
            options.retryPause = .seconds(600)
            let store = try LogFixture.open(path, options)
            store.connect {}
            #expect(store.takeOutcomes().map(\.text) == ["stopped"], "before anything is written")
            #expect(try LogFixture.all(store).count == 4)
            store.close()
        }
    }

    @Test("it resumes by itself")
    func resumesByItself() async throws {
        try await LogFixture.withDirectory { path in
            let free = FreeSpace()
            var options = LogStoreOptions()
            options.diskSpace = { _ in DiskSpace(free: free.bytes, total: 1 << 40) }
            options.retryPause = .milliseconds(5)
            let store = try LogFixture.open(path, options)
            free.bytes = 0
            store.append([.fact(LogFixture.fact())])
            store.queue.sync {}
            #expect(store.status.stoppedBecause != nil)
            free.bytes = 1 << 39
            for _ in 0..<400 where store.status.lastSequence == 0 {
                try await Task.sleep(for: .milliseconds(5))
            }
            #expect(store.status.lastSequence == 1)
        }
    }

    @Test(
        "C3-3: large messages that come faster than the disk writes are refused before any is dropped"
    )
    func crowded() throws {
        try LogFixture.withDirectory { path in
            let store = try LogFixture.open(path)
            let large = try (0..<5).map {
                try LogFixture.large($0, bytes: PersistenceLimits.waitingBytesMax / 9)
            }
            store.queue.suspend()
            store.append(Array(large.prefix(4)))
            #expect(store.takeOutcomes().isEmpty)
            store.append([large[4]])
            #expect(store.takeOutcomes().map(\.text) == ["crowded"])
            #expect(store.status.stoppedBecause?.contains("More comes in") == true)
            store.queue.resume()
            let caughtUp = LogFixture.settle(store).map(\.text)
            #expect(caughtUp == (1...5).map { "logged \($0)" } + ["resumed"])
            #expect(store.status.stoppedBecause == nil && store.status.dropped == 0)
            store.close()
        }
    }

    @Test("C3-3: a crowd is told again after a full disk, and forgotten with the session")
    func crowdedAndFull() throws {
        var inbox = LogInbox()
        let fact = LogEntry.fact(LogFixture.fact())
        let half = PersistenceLimits.waitingRecordsMax / 4 * PersistenceLimits.largeQuarters
        for _ in 0...half { inbox.add(fact) }
        _ = inbox.note(.none(reason: "full"))
        _ = inbox.note(.own(reason: "nearly full"))
        #expect(inbox.takeOutcomes().map(\.text) == ["crowded", "stopped", "crowded"])
        inbox.reset {}
        #expect(inbox.takeOutcomes().map(\.text) == ["takes own"])
    }

    @Test("ADR 0045: before anything is dropped the log takes nothing at all, until half has gone")
    func hugeCrowd() throws {
        var inbox = LogInbox()
        let fact = LogEntry.fact(LogFixture.fact())
        let quarter = PersistenceLimits.waitingRecordsMax / 4
        for _ in 0..<(quarter * PersistenceLimits.hugeQuarters) { inbox.add(fact) }
        #expect(inbox.takeOutcomes().map(\.text) == ["crowded"])
        inbox.add(fact)
        #expect(inbox.takeOutcomes().map(\.text) == ["stopped"])
        for _ in 1..<quarter { inbox.add(fact) }
        #expect(inbox.dropped == 0 && inbox.waiting.count == PersistenceLimits.waitingRecordsMax)
        #expect(inbox.takeOutcomes().isEmpty)
        inbox.committed((0..<quarter).map { .duplicate(MessageID(LogFixture.id("\($0)"))) })
        #expect(!inbox.takeOutcomes().map(\.text).contains("crowded"), "no flutter")
        inbox.committed((0..<quarter).map { .duplicate(MessageID(LogFixture.id("\($0)"))) })
        #expect(inbox.takeOutcomes().last?.text == "crowded")
        inbox.committed((0..<quarter).map { .duplicate(MessageID(LogFixture.id("\($0)"))) })
        #expect(inbox.takeOutcomes().last?.text == "resumed")
    }

    @Test("C3-14: after a rebuild, a log that cannot write does not say that it writes again")
    func rebuilt() async throws {
        try await LogFixture.withDirectory { path in
            await #expect(processExitsWith: .success) { [path = path as String] in
                let store = try Self.stopped(path, holding: 4, of: 8, filesMax: 0)
                store.connect {}
                guard store.takeOutcomes().map(\.text) == ["stopped"] else { exit(3) }
                guard LogFixture.settle(store).isEmpty else { exit(4) }
                Self.limitFiles(to: rlim_t.max)
                guard LogFixture.settle(store).map(\.text) == ["resumed"] else { exit(5) }
            }
            let store = try LogFixture.open(path)
            #expect(try LogFixture.all(store).count == 4)
        }
    }

    @Test("C3-14: a life of the subsystems that begins on a broken disk knows it before any write")
    func connects() async throws {
        try await LogFixture.withDirectory { path in
            await #expect(processExitsWith: .success) { [path = path as String] in
                signal(SIGXFSZ, SIG_IGN)
                let store = try LogFixture.open(path)
                Self.limitFiles(to: 0)
                store.connect {}
                guard store.takeOutcomes().map(\.text) == ["stopped"] else { exit(2) }
            }
            let store = try LogFixture.open(path)
            #expect(try LogFixture.all(store).isEmpty)
        }
    }

    @Test("what waits for the disk is bounded, and drops are counted")
    func bounded() throws {
        var inbox = LogInbox()
        _ = inbox.note(.none(reason: "full"))
        let fact = LogEntry.fact(LogFixture.fact())
        for _ in 0...PersistenceLimits.waitingRecordsMax { inbox.add(fact) }
        #expect(inbox.waiting.count == PersistenceLimits.waitingRecordsMax)
        #expect(inbox.dropped == 1)
        #expect(inbox.takeOutcomes().map(\.text) == ["stopped", "dropped"])
    }

    @Test("a write that the system refuses stops the log, loses nothing and is made up for")
    func refusedWrites() async throws {
        try await LogFixture.withDirectory { path in
            await #expect(processExitsWith: .success) { [path = path as String] in
                let store = try Self.stopped(path, holding: 100, of: 600, filesMax: 65_536)
                guard try LogFixture.all(store).count == 100 else { exit(3) }
                Self.limitFiles(to: rlim_t.max)
                let resumed = LogFixture.settle(store)
                guard resumed.count == 501, resumed.first?.text == "resumed" else { exit(4) }
                guard try LogFixture.all(store).count == 600 else { exit(5) }
            }
            let store = try LogFixture.open(path)
            #expect(try LogFixture.all(store).count == 600)
        }
    }

    /// A log that wrote the first of some entries, and whose other ones the system refuses to write.
    ///
    /// For a process of its own, which ends with 2 when the log does not stop.
    private static func stopped(
        _ path: String,
        holding written: Int,
        of all: Int,
        filesMax: rlim_t
    ) throws -> LogStore {
        signal(SIGXFSZ, SIG_IGN)
        var options = LogStoreOptions()
        options.retryPause = .seconds(600)
        let store = try LogFixture.open(path, options)
        _ = LogFixture.append(try LogFixture.entries(0..<written), to: store)
        Self.limitFiles(to: filesMax)
        let outcomes = LogFixture.append(try LogFixture.entries(written..<all), to: store)
        guard outcomes.map(\.text) == ["stopped"] else { exit(2) }
        return store
    }

    /// Makes writes beyond an offset fail, as on a full disk.
    static func limitFiles(to bytes: rlim_t) {
        var limit = rlimit(rlim_cur: bytes, rlim_max: rlim_t.max)
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    }
}

/// Free bytes of a disk that a test fills and empties.
final class FreeSpace: Sendable {
    private let value = Mutex<UInt64>(1 << 39)

    var bytes: UInt64 {
        get { self.value.withLock { $0 } }
        set { self.value.withLock { $0 = newValue } }
    }
}
