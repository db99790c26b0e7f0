import LocalAPI
import Messages
import Primitives
import Synchronization
import Testing

@testable import valence_node

@Suite("Lists as streams", .serialized)
struct StreamTests {
    private static let id = MessageID(hex: Parsed.hex)

    private static func page(_ ids: ClosedRange<Int>, next: JSONValue) -> APIResponse {
        let entries = ids.map { JSONValue.object([("id", .string("\($0)"))]) }
        return APIResponse(.object([("proposals", .array(entries)), ("next_cursor", next)]))
    }

    @Test("--jsonl prints one object a line, page after page, until the list ends")
    func pages() async throws {
        let place = MessagePlace(timestamp: Timestamp(milliseconds: 5), id: try #require(Self.id))
        let cursor = "5.\(Parsed.hex)"
        try await StandIn.with(answering: { call in
            call == .proposals(limit: 100)
                ? Self.page(1...100, next: .string(cursor)) : Self.page(101...130, next: .null)
        }) { node in
            let printed = try await node.run(["proposal", "list", "--jsonl"])
            #expect(printed.data.count == 130 && printed.talk.isEmpty)
            #expect(printed.data.first == #"{"id":"1"}"# && printed.data.last == #"{"id":"130"}"#)
            #expect(node.calls == [.proposals(limit: 100), .proposals(limit: 100, after: place)])
        }
    }

    @Test("--limit ends a stream, and no more is asked for than is wanted")
    func limited() async throws {
        let endless = Self.page(1...7, next: .string("5.\(Parsed.hex)"))
        try await StandIn.with(answering: { _ in endless }) { node in
            let printed = try await node.run(["proposal", "list", "--jsonl", "--limit", "7"])
            #expect(printed.data.count == 7 && node.calls == [.proposals(limit: 7)])
        }
    }

    @Test(
        "every list has a stream; an empty one prints nothing at all",
        arguments: [
            ["proposal", "list"], ["request", "list"], ["peer", "list"], ["rep", "list"],
            ["content", "find"], ["storage", "challenges"],
        ]
    )
    func everywhere(words: [String]) async throws {
        try await StandIn.with(answering: { _ in APIResponse(.emptyObject) }) { node in
            let printed = try await node.run(words + ["--jsonl"])
            #expect(printed.data.isEmpty && printed.talk.isEmpty && printed.failure == nil)
            let both = try await node.run(words + ["--jsonl", "--json"])
            #expect(both.failure?.code == .usage && both.data.isEmpty)
        }
    }
}
