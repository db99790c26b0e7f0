import Messages
import Primitives
import Testing

@testable import Persistence

/// The same pages from both logs.
@Suite("§5 Pull (Sync): pages in the order of (timestamp, id)")
struct LogPageTests {
    private static let types: [MessageType] = [.adopt, .comment, .withdraw]

    /// Thirty messages of three types on five timestamps, in no order.
    private static func entries() throws -> [LogEntry] {
        try (0..<30).map { number in
            let time = 1_000 + Int64(number * 7 % 5)
            return .message(
                try LogFixture.admitted(number, at: time, type: Self.types[number % 3])
            )
        }
    }

    private static func expected(_ entries: [LogEntry], _ types: [MessageType]) -> [[UInt8]] {
        entries.compactMap { entry -> Message? in
            guard case .message(let admitted) = entry else { return nil }
            return admitted.message
        }
        .filter { message in message.type.map { types.contains($0) } ?? false }
        .sorted { ($0.timestamp, $0.id) < ($1.timestamp, $1.id) }
        .map(\.canonical)
    }

    private static func request(
        _ types: [MessageType],
        _ since: Int64 = 0,
        id: MessageID? = nil,
        limit: Int = 100,
        bytesMax: Int = 1_000_000
    ) -> PageRequest {
        PageRequest(
            types: types,
            since: Timestamp(milliseconds: since),
            sinceID: id,
            limit: limit,
            bytesMax: bytesMax
        )
    }

    @Test("R-05-005: every page size gives all messages once, in cursor order", arguments: 1...9)
    func pages(limit: Int) throws {
        try LogFixture.withDirectory { path in
            let entries = try Self.entries()
            let store = try LogFixture.open(path)
            let memory = MemoryLog()
            _ = LogFixture.append(entries, to: store)
            memory.append(entries)
            for log in [store as any LogDevice, memory] {
                for types in [Self.types, [.comment], []] {
                    let wanted = types.isEmpty ? Self.types : types
                    #expect(
                        try Self.walk(log, types, limit: limit)
                            == Self.expected(entries, wanted)
                    )
                }
            }
        }
    }

    private static func walk(
        _ log: any LogDevice,
        _ types: [MessageType],
        limit: Int
    ) throws -> [[UInt8]] {
        var messages: [[UInt8]] = []
        var request = Self.request(types, limit: limit)
        while true {
            let page = try log.page(request)
            #expect(page.messages.count <= limit)
            messages += page.messages
            guard page.hasMore else { return messages }
            request.since = page.nextTimestamp
            request.sinceID = page.nextID
        }
    }

    @Test("without an identifier the cursor includes its own timestamp, with one it excludes it")
    func cursorEdges() throws {
        try LogFixture.withDirectory { path in
            let entries = try (0..<3).map { LogEntry.message(try LogFixture.admitted($0, at: 50)) }
            let store = try LogFixture.open(path)
            let memory = MemoryLog()
            _ = LogFixture.append(entries, to: store)
            memory.append(entries)
            let ids = entries.compactMap(\.messageID).sorted()
            let unknown = MessageID(Bytes32.zero)
            for log in [store as any LogDevice, memory] {
                for (since, id, count) in [
                    (50, nil, 3), (50, unknown, 3), (50, ids[0], 2), (50, ids[2], 0), (51, nil, 0),
                    (49, ids[2], 3), (51, ids[0], 0),
                ] as [(Int64, MessageID?, Int)] {
                    let page = try log.page(Self.request([], since, id: id))
                    #expect(page.messages.count == count, "\(log): \(since)")
                }
            }
        }
    }

    @Test("an empty page keeps the cursor")
    func emptyPage() throws {
        let id = MessageID(LogFixture.id("cursor"))
        let page = try MemoryLog().page(Self.request([], 9, id: id))
        #expect(page.nextTimestamp == Timestamp(milliseconds: 9))
        #expect(page.nextID == id)
        #expect(!page.hasMore)
    }

    @Test("bytes bound a page, but never to nothing")
    func bytes() throws {
        try LogFixture.withDirectory { path in
            let store = try LogFixture.open(path)
            let entries = try Self.entries()
            _ = LogFixture.append(entries, to: store)
            let all = Self.expected(entries, Self.types)
            let two = all[0].count + all[1].count
            #expect(try store.page(Self.request([], bytesMax: 1)).messages == [all[0]])
            let page = try store.page(Self.request([], bytesMax: two))
            #expect(page.messages == Array(all[0...1]))
            #expect(page.hasMore)
        }
    }

    @Test("a hostile limit and cursor do no harm", arguments: [Int.min, -1, 0, Int.max])
    func limits(limit: Int) throws {
        try LogFixture.withDirectory { path in
            let store = try LogFixture.open(path)
            _ = LogFixture.append(try Self.entries(), to: store)
            let page = try store.page(Self.request([], .min, limit: limit))
            #expect(page.messages.count == (limit == .max ? 30 : 1))
            #expect(try store.page(Self.request([], .max, limit: limit)).messages.isEmpty)
        }
    }
}
