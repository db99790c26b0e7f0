import Kernel
import Messages
import Primitives
import Synchronization
import Testing

@testable import Persistence

/// A log that notes what it is asked and answers with what a test wants.
private final class AskedLog: LogDevice {
    private struct State {
        var appended: [LogEntry] = []
        var pages: [PageRequest] = []
        var ids: [[MessageID]] = []
        var steps: [(after: UInt64, count: Int, bytesMax: Int)] = []
    }

    private let state = Mutex(State())
    let reply: MessagesAfter.Reply?
    let status: LogStatus

    init(_ status: LogStatus = LogStatus(), page: MessagesAfter.Reply? = nil) {
        self.status = status
        self.reply = page
    }

    var appended: Int { self.state.withLock { $0.appended.count } }
    var pages: [PageRequest] { self.state.withLock { $0.pages } }
    var ids: [[MessageID]] { self.state.withLock { $0.ids } }
    var steps: [(after: UInt64, count: Int, bytesMax: Int)] { self.state.withLock { $0.steps } }

    func connect(_ onOutcomes: @escaping @Sendable () -> Void) {}
    func takeOutcomes() -> [AppendOutcome] { [] }
    func append(_ entries: [LogEntry]) { self.state.withLock { $0.appended += entries } }

    func records(
        after sequence: UInt64,
        count: Int,
        bytesMax: Int
    ) throws(LogError) -> [LogRecord] {
        self.state.withLock { $0.steps.append((sequence, count, bytesMax)) }
        return []
    }

    func page(_ request: PageRequest) throws(LogError) -> MessagesAfter.Reply {
        self.state.withLock { $0.pages.append(request) }
        guard let reply = self.reply else { throw .damagedIndex(path: "/log", sequence: 4) }
        return reply
    }

    func messages(ids: [MessageID]) throws(LogError) -> [[UInt8]] {
        self.state.withLock { $0.ids.append(ids) }
        return [[1]]
    }
}

@Suite("What Persistence asks its log")
struct PersistenceQueryTests {
    private static let query = MessagesAfter(
        types: [.vote, .adopt],
        since: Timestamp(milliseconds: 17),
        sinceID: MessageID(LogFixture.id("since")),
        limit: 3,
        bytesMax: 4_000
    )

    @Test("R-05-005: a page is asked for and answered as it was asked for")
    func page() async throws {
        let reply = MessagesAfter.Reply(
            messages: [[1], [2]],
            hasMore: true,
            nextTimestamp: Timestamp(milliseconds: 99),
            nextID: MessageID(LogFixture.id("next"))
        )
        let log = AskedLog(page: reply)
        let bench = try PersistenceBench(log)
        await bench.say(.after(Self.query))
        let request = try #require(log.pages.first)
        #expect(request.types == [.vote, .adopt] && request.since == Self.query.since)
        #expect(request.sinceID == Self.query.sinceID)
        #expect(request.limit == 3 && request.bytesMax == 4_000)
        #expect(await bench.probe.lastPage == reply)
    }

    @Test("identifiers are asked for in their order")
    func identifiers() async throws {
        let log = AskedLog()
        let bench = try PersistenceBench(log)
        let ids = [2, 1, 3].map { MessageID(LogFixture.id("\($0)")) }
        await bench.say(.byID(ids))
        #expect(log.ids == [ids])
        #expect(await bench.probe.seen == ["found 1"])
    }

    @Test("a page that cannot be read is a fault that names the cause, not an empty page")
    func unreadable() async throws {
        let bench = try PersistenceBench(AskedLog())
        await bench.say(.after(Self.query))
        #expect(await bench.probe.lastPage == nil)
        guard case .faulted(let fault) = bench.kernel.exit else {
            Issue.record("no fault")
            return
        }
        #expect("\(fault)".contains("does not agree with record 4"))
    }

    @Test("the figures of the log are told as they are")
    func status() async throws {
        var status = LogStatus()
        status.lastSequence = 12
        status.digest = LogFixture.id("digest")
        status.bytesUsed = 34
        status.bytesFree = 56
        status.stoppedBecause = "full"
        let bench = try PersistenceBench(AskedLog(status))
        await bench.say(.status)
        let told = try #require(await bench.probe.lastStatus)
        #expect(told.lastSequence == 12 && told.digest == LogFixture.id("digest"))
        #expect(told.bytesUsed == 34 && told.bytesFree == 56 && told.stoppedBecause == "full")
    }

    @Test("ADR 0007: what was accepted and says nothing new is not stored")
    func notLogged() async throws {
        let log = AskedLog()
        let bench = try PersistenceBench(log)
        await bench.say(.accept(try LogFixture.admitted(1), isLogged: false))
        #expect(log.appended == 0)
        await bench.say(.accept(try LogFixture.admitted(1)))
        #expect(log.appended == 1)
    }

    @Test("C3-3: a replay asks for steps of a bounded size, from where the last one ended")
    func steps() async throws {
        var status = LogStatus()
        status.lastSequence = 10
        let log = AskedLog(status)
        let bench = try PersistenceBench(log)
        await bench.replay(step: 4)
        let step = try #require(log.steps.first)
        #expect(log.steps.count == 1 && step.after == 0 && step.count == 4)
        #expect(step.bytesMax == PersistenceLimits.replayStepBytesMax)
        #expect(bench.persistence.isReplayed, "a log that gives no more is at its end")
    }
}
