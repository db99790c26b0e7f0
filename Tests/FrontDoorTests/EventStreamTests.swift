import Doors
import Foundation
import LocalAPI
import Messages
import Primitives
import Testing

@testable import valence_node

@Suite("Events over HTTP", .serialized, .timeLimit(.minutes(2)))
struct EventStreamTests {
    private static func with(
        last: UInt64,
        connectionsMax: Int = 16,
        _ body: (StandIn) async throws -> Void
    ) async throws {
        let log = EventLog(last: last)
        try await StandIn.with(
            connectionsMax: connectionsMax,
            answering: { log.answer($0) },
            body
        )
    }

    @Test("the finite mode tells the log and ends, over as many pages as it takes")
    func finite() async throws {
        try await Self.with(last: 600) { node in
            let all = try EventReader("/v1/events?follow=false&after=0&limit=1000", to: node)
            #expect(all.read { $0.isWhole })
            #expect(all.ids == Array(1...600))
            let head = all.text.lowercased()
            #expect(head.contains("content-type: text/event-stream"))
            #expect(head.contains("cache-control: no-store"))
            #expect(head.contains("x-accel-buffering: no"))
            #expect(all.values(of: "retry") == ["3000"])
            let data = try #require(all.values(of: "data").first)
            let event = try JSONDocument(scanning: Array(data.utf8)).root.value
            #expect(NodeEvent.schema.flaw(of: event) == nil)
            let some = try EventReader("/v1/events?follow=false&after=7&limit=300", to: node)
            #expect(some.read { $0.isWhole })
            #expect(some.ids == Array(8...307))
            let newest = try EventReader("/v1/events?follow=false&limit=2", to: node)
            #expect(newest.read { $0.isWhole })
            #expect(newest.ids == [599, 600])
        }
    }

    @Test("who follows gets the log from where it left off, then what happens, each once, in order")
    func resume() async throws {
        try await Self.with(last: 5) { node in
            let reader = try EventReader("/v1/events?after=1", to: node, ["Last-Event-ID: 3"])
            #expect(reader.read { $0.ids == [4, 5] })
            // What was told while the log was read comes from both sides.
            for sequence: UInt64 in 4...8 { node.tell(.at(sequence)) }
            #expect(reader.read { $0.ids == [4, 5, 6, 7, 8] })
        }
    }

    @Test("who begins now gets nothing of the past, and only what its filter admits")
    func filter() async throws {
        try await Self.with(last: 5) { node in
            let reader = try EventReader("/v1/events?types=score", to: node)
            #expect(reader.read { !$0.values(of: "retry").isEmpty })
            // The page that tells where the log ends is asked for before the head is sent.
            node.tell(.at(6, .vote))
            node.tell(.at(7, .score))
            #expect(reader.read { !$0.ids.isEmpty })
            #expect(reader.ids == [7])
            #expect(reader.kinds == ["score"])
        }
    }

    @Test("a position that the log does not have is a gap, and the stream goes on behind the log")
    func gap() async throws {
        try await Self.with(last: 5) { node in
            let reader = try EventReader("/v1/events?after=9", to: node)
            #expect(reader.read { !$0.kinds.isEmpty })
            #expect(reader.kinds == ["gap"] && reader.ids == [5])
            node.tell(.at(6))
            #expect(reader.read { $0.ids == [5, 6] })
            let odd = try node.send("GET /v1/events?after=x")
            #expect(odd.status == 400)
            let header = try EventReader("/v1/events", to: node, ["Last-Event-ID: x"])
            #expect(header.read { $0.text.contains("bad_request") })
        }
    }

    @Test("a reader that does not read loses what waits, and is let go")
    func slow() async throws {
        try await Self.with(last: 0) { node in
            let reader = try EventReader("/v1/events", to: node, buffer: 65_536)
            #expect(reader.read { !$0.values(of: "retry").isEmpty })
            let title = String(repeating: "x", count: 500)
            let count: UInt64 = 40_000
            for sequence in 1...count { node.tell(.at(sequence, title: title)) }
            // Longer than the time for the last bytes.
            try await Task.sleep(for: .seconds(4))
            reader.readToEnd(seconds: 20)
            #expect(reader.isOver)
            let ids = reader.ids
            #expect(!ids.isEmpty && ids.count < count / 2)
            #expect(ids == Array(Array(1...count).prefix(ids.count)))
        }
    }

    @Test("200 readers follow at once; one more is told when to come again")
    func crowd() async throws {
        try await Self.with(last: 0, connectionsMax: 256) { node in
            let readers = try (0..<200).map { _ in
                let reader = try EventReader("/v1/events", to: node)
                #expect(reader.read { !$0.values(of: "retry").isEmpty })
                return reader
            }
            let surplus = try node.send("GET /v1/events")
            #expect(surplus.status == 503)
            #expect(try surplus.json()["code"]?.string == "too_many_readers")
            #expect(surplus.field("Retry-After") != nil)
            for sequence: UInt64 in 1...20 { node.tell(.at(sequence)) }
            for reader in readers { #expect(reader.read { $0.ids == Array(1...20) }) }
        }
    }

    @Test("who leaves makes room, and a server that stops lets all go at once")
    func leaving() async throws {
        try await Self.with(last: 0, connectionsMax: 256) { node in
            for _ in 0..<3 {
                let readers = try (0..<100).map { _ in try EventReader("/v1/events", to: node) }
                for reader in readers {
                    #expect(reader.read { !$0.values(of: "retry").isEmpty })
                }
                _ = consume readers
                try await Task.sleep(for: .milliseconds(200))
            }
            let last = try EventReader("/v1/events", to: node)
            #expect(last.read { !$0.values(of: "retry").isEmpty })
            let begin = ContinuousClock.now
            await node.stop()
            #expect(ContinuousClock.now - begin < .seconds(3))
            #expect(last.read { $0.isWhole })
        }
    }

    @Test("a comment comes every 15 s, so that both sides notice when the other is gone")
    func pulse() async throws {
        try await Self.with(last: 0) { node in
            let reader = try EventReader("/v1/events", to: node)
            #expect(reader.read(seconds: 20) { $0.text.contains("\r\n:\n\n") })
        }
    }

    @Test(
        "the command prints one JSON object a line, or an aligned line, and what the node refuses"
    )
    func commands() async throws {
        try await Self.with(last: 3) { node in
            let lines = try await node.run(["events", "--after", "1", "--jsonl"])
            let events = try lines.data.map {
                try JSONDocument(scanning: Array($0.utf8)).root.value
            }
            #expect(events.map { $0["sequence"]?.integer } == [2, 3])
            let people = try await node.run(["events", "--limit", "1"])
            #expect(people.data.count == 1)
            #expect(people.data.first?.contains("vote") == true)
            let odd = try await node.run(["events", "--types", "nonsense"])
            #expect(odd.failure?.detail.contains("types") == true)
            let gap = try await node.run(["events", "--after", "9", "--json"])
            #expect(gap.data == ["{\"reason\":\"position\"}"])
        }
    }
}

@Suite("Server-sent events as the command line reads them")
struct EventLinesTests {
    @Test("bytes may end anywhere; comments and unknown fields are nothing")
    func pieces() {
        let text =
            ": hello\n\nretry: 5\n\nid: 1\nevent: vote\ndata: {\"a\":1}\n\ndata: x\ndata: y\n\n"
        let whole = [
            EventLines.Event(kind: "vote", data: Array("{\"a\":1}".utf8)),
            EventLines.Event(kind: "message", data: Array("x\ny".utf8)),
        ]
        for step in 1...text.utf8.count {
            var lines = EventLines()
            var found: [EventLines.Event] = []
            var rest = Array(text.utf8)[...]
            while !rest.isEmpty {
                found += lines.take(Array(rest.prefix(step)))
                rest = rest.dropFirst(step)
            }
            #expect(found == whole, "in steps of \(step)")
        }
    }
}
