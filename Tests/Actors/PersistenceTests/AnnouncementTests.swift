import Messages
import Primitives
import Testing

@testable import Persistence

@Suite("Each record is announced once, in the order of the log")
struct AnnouncementTests {
    private static func records(_ numbers: ClosedRange<UInt64>) throws -> [LogRecord] {
        try numbers.map {
            LogRecord(sequence: $0, entry: .message(try LogFixture.admitted(Int($0))))
        }
    }

    private static func machine(holding last: UInt64) -> PersistenceStateMachine {
        var status = LogStatus()
        status.lastSequence = last
        status.lastArrival = last == 0 ? nil : Timestamp(milliseconds: 9)
        return PersistenceStateMachine(status)
    }

    private static func sequences(_ actions: [PersistenceAction]) -> [String] {
        actions.map { action in
            switch action {
            case .lookForNews: "news"
            case .read(let sequence, let count): "\(count) after \(sequence)"
            case .messageLogged(let sequence, _, let isReplay):
                "message \(sequence)\(isReplay ? " again" : "")"
            case .factLogged(let sequence, _, let isReplay):
                "fact \(sequence)\(isReplay ? " again" : "")"
            case .replayFinished(let last, _): "end at \(last)"
            case .stopped(let reason, _): "stopped: \(reason)"
            case .resumed: "resumed"
            case .loadCheckpoint: "load"
            case .checkpointFound(let checkpoint): "from \(checkpoint.sequence)"
            case .checkpointDue: "due"
            case .saveCheckpoint(let checkpoint): "save \(checkpoint.sequence)"
            }
        }
    }

    @Test("an empty log is replayed with one empty step, which says so once")
    func empty() {
        var machine = Self.machine(holding: 0)
        #expect(Self.sequences(machine.step(100)) == ["news", "0 after 0"])
        #expect(machine.stepped([]) == [.replayFinished(lastSequence: 0, lastArrival: nil)])
        #expect(machine.step(100) == [])
        #expect(machine.stepped([]) == [])
    }

    @Test("a step takes what is asked, at least one, and never more than the log had")
    func steps() throws {
        var machine = Self.machine(holding: 10)
        for (asked, count) in [(4, 4), (0, 1), (-9, 1), (100, 10)] {
            #expect(machine.step(asked) == [.lookForNews, .read(after: 0, count: count)])
        }
        _ = machine.stepped(try Self.records(1...7))
        #expect(machine.step(100) == [.lookForNews, .read(after: 7, count: 3)])
        _ = machine.stepped(try Self.records(8...10))
        #expect(machine.step(100) == [.lookForNews, .read(after: 10, count: 0)])
        let most = PersistenceLimits.replayStepMax
        var endless = Self.machine(holding: .max)
        let large = endless.step(.max)
        #expect(large == [.lookForNews, .read(after: 0, count: most)])
    }

    @Test("what comes during the replay is announced behind its end, as live")
    func held() throws {
        var machine = Self.machine(holding: 2)
        let live = try Self.records(3...4).map { AppendOutcome.logged($0) }
        #expect(try machine.told([live[0]]) == [])
        #expect(
            Self.sequences(machine.stepped(try Self.records(1...2))) == [
                "message 1 again", "message 2 again",
            ]
        )
        #expect(try machine.told([live[1]]) == [])
        #expect(Self.sequences(machine.stepped([])) == ["end at 2", "message 3", "message 4"])
        let later = try Self.records(5...5).map { AppendOutcome.logged($0) }
        #expect(Self.sequences(try machine.told(later)) == ["message 5"])
    }

    @Test("C3-14: what the log has room for is told at once, also during the replay")
    func room() throws {
        var machine = Self.machine(holding: 5)
        let told = try machine.told([.stopped(reason: "full", takes: .nothing), .resumed])
        #expect(told == [.stopped(reason: "full", takes: .nothing), .resumed])
    }

    @Test("duplicates are not announced, and facts are announced as facts")
    func kinds() throws {
        var machine = Self.machine(holding: 0)
        _ = machine.stepped([])
        let fact = LogRecord(sequence: 1, entry: .fact(LogFixture.fact()))
        let told = try machine.told([.duplicate(MessageID(LogFixture.id("a"))), .logged(fact)])
        #expect(Self.sequences(told) == ["fact 1"])
    }

    @Test("C3-12: an entry that was dropped ends the life of the subsystems, whatever came with it")
    func dropped() throws {
        var machine = Self.machine(holding: 0)
        let entry = LogEntry.fact(LogFixture.fact())
        #expect(throws: LogError.overrun) { try machine.told([.resumed, .dropped(entry)]) }
    }
}

@Suite("What an entry says of itself")
struct LogEntryTests {
    @Test("own and identity messages and facts are urgent, other messages are not")
    func urgency() throws {
        let gossip = Origin.gossip(relay: LogFixture.peer, topic: .votes, ticket: 1)
        for (type, origin, isUrgent) in [
            (.adopt, gossip, false), (.adopt, .local(nil), true), (.didRevoke, gossip, true),
            (.comment, .sync(peer: LogFixture.peer), false),
        ] as [(MessageType, Origin, Bool)] {
            let entry = LogEntry.message(try LogFixture.admitted(1, type: type, origin: origin))
            #expect(entry.isUrgent == isUrgent, "\(type)")
        }
        #expect(LogEntry.fact(LogFixture.fact()).isUrgent)
    }

    @Test("size, time and identifier are those of what it holds")
    func figures() throws {
        let admitted = try LogFixture.admitted(1, at: 500)
        let entry = LogEntry.message(admitted)
        #expect(entry.byteCount == admitted.message.canonical.count)
        #expect(entry.arrival == Timestamp(milliseconds: 505))
        #expect(entry.messageID == admitted.message.id)
        let fact = LogEntry.fact(LogFixture.fact())
        #expect(fact.byteCount == LogFixture.fact().body.count && fact.messageID == nil)
        #expect(fact.arrival == LogFixture.fact().recordedAt)
    }

    @Test("a way in is kept by kind, topic and peer, and nothing else is a way in")
    func origins() {
        let peer = LogFixture.peer
        let all: [StoredOrigin] = [
            .local(key: RequestKey(peer.bytes)), .gossip(relay: peer, topic: .proposals),
            .gossip(relay: peer, topic: .votes), .gossip(relay: peer, topic: .peers),
            .sync(peer: peer),
        ]
        for origin in all {
            let fields = origin.fields
            let read = StoredOrigin(kind: fields.kind, topic: fields.topic, party: peer.bytes)
            #expect(read == origin)
            #expect(StoredOrigin(origin.origin) == origin)
        }
        #expect(StoredOrigin(kind: 1, topic: 0, party: .zero) == .local(key: nil))
        let known = Set(all.map { [$0.fields.kind, $0.fields.topic] })
        #expect(known.count == all.count)
        for kind in 0..<UInt8.max {
            for topic in 0..<UInt8(5) where !known.contains([kind, topic]) {
                #expect(StoredOrigin(kind: kind, topic: topic, party: peer.bytes) == nil)
            }
        }
    }

    @Test("a page is of types that sync carries, each once; none means all of them")
    func types() {
        func wanted(_ types: [MessageType]) -> [MessageType] {
            PageRequest(
                types: types,
                since: Timestamp(milliseconds: 0),
                sinceID: nil,
                limit: 1,
                bytesMax: 1
            ).typesWanted
        }
        #expect(wanted([.vote, .adopt, .vote]) == [.vote, .adopt])
        #expect(wanted([.authChallenge, .syncRequest]).isEmpty)
        let all = wanted([])
        #expect(all.contains(.propose) && all.contains(.didLink) && !all.contains(.authChallenge))
        #expect(Set(all).count == all.count && all.allSatisfy { $0.syncPhase != nil })
    }
}

@Suite("§5 Pages out of several indexes")
struct PageMergeTests {
    /// An index in memory.
    private struct Row: IndexCursor {
        var keys: [IndexKey]
        var head: IndexKey? { self.keys.first }
        mutating func advance() { self.keys.removeFirst() }
    }

    private static func key(_ type: UInt16, _ time: Int64, _ id: UInt8) -> IndexKey {
        IndexKey(
            type: type,
            timestamp: Timestamp(milliseconds: time),
            id: MessageID(Bytes32([UInt8](repeating: 0, count: 31) + [id]) ?? .zero)
        )
    }

    private static func request(limit: Int = 100, bytesMax: Int = 1_000) -> PageRequest {
        PageRequest(
            types: [],
            since: Timestamp(milliseconds: 1),
            sinceID: nil,
            limit: limit,
            bytesMax: bytesMax
        )
    }

    /// Every envelope is ten bytes that tell its time and id.
    private static func page(_ rows: [[IndexKey]], _ request: PageRequest) -> MessagesAfter.Reply {
        PageMerge.page(request, from: rows.map { Row(keys: $0) }) { key in
            [UInt8(key.timestamp.milliseconds), key.id.array[31]]
                + [UInt8](repeating: 0, count: 8)
        }
    }

    private static func order(_ page: MessagesAfter.Reply) -> [[UInt8]] {
        page.messages.map { Array($0.prefix(2)) }
    }

    @Test("entries of all types come by time, then by identifier, whatever their type")
    func order() {
        let page = Self.page(
            [[Self.key(1, 5, 2), Self.key(1, 9, 1)], [Self.key(2, 5, 1), Self.key(2, 6, 7)], []],
            Self.request()
        )
        #expect(Self.order(page) == [[5, 1], [5, 2], [6, 7], [9, 1]])
        #expect(!page.hasMore && page.nextTimestamp == Timestamp(milliseconds: 9))
    }

    @Test("a full page says that there is more, and where it goes on")
    func full() {
        let rows = [[Self.key(1, 5, 1), Self.key(1, 5, 2), Self.key(1, 5, 3)]]
        let byCount = Self.page(rows, Self.request(limit: 2))
        #expect(Self.order(byCount) == [[5, 1], [5, 2]] && byCount.hasMore)
        #expect(byCount.nextID?.array[31] == 2)
        let byBytes = Self.page(rows, Self.request(bytesMax: 29))
        #expect(Self.order(byBytes) == [[5, 1], [5, 2]] && byBytes.hasMore)
        let exact = Self.page(rows, Self.request(limit: 3, bytesMax: 30))
        #expect(exact.messages.count == 3 && !exact.hasMore)
    }

    @Test("no limit is below one or above a thousand")
    func limits() {
        let row = (0..<255).map { Self.key(1, Int64($0), 0) }
        #expect(Self.page([row], Self.request(limit: 0, bytesMax: .max)).messages.count == 1)
        #expect(Self.page([row], Self.request(limit: -5, bytesMax: 0)).messages.count == 1)
        let many = Array(repeating: row, count: 5)
        let page = Self.page(many, Self.request(limit: .max, bytesMax: .max))
        #expect(page.messages.count == PersistenceLimits.pageMessagesMax && page.hasMore)
    }

    @Test("an envelope that cannot be read ends the page with that failure")
    func failure() {
        let rows = [Row(keys: [Self.key(1, 5, 1)])]
        #expect(throws: LogError.closed) {
            try PageMerge.page(Self.request(), from: rows) { _ throws(LogError) in throw .closed }
        }
    }
}
