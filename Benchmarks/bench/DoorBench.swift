import Foundation
import NIOCore
import Synchronization

/// What agents wait for: a read over HTTP, the same as a tool over MCP, and a route of the HTTP library that
/// asks no node; each alone, and then while the node takes in gossip and tells hundreds what happens.
///
/// Both nodes and all clients share this process, so that under load every time includes theirs. Requests
/// go out at fixed times and are timed from then on, so that one answer that is late makes those behind it late.
struct DoorBench {
    let effort: Effort
    let parent: String

    private static let readers = 200
    private static let readsPerSecond = 100
    /// Each makes an event for each who follows: two thousand a second, written and read in this process.
    private static let gossipPerSecond = 10
    private static let connections = 8
    /// What the read, the tool and the plain route answer with.
    private static let operation = "status"
    /// What agents read most, one after the other.
    private static let reads = [
        "/v1/status", "/v1/inbox", "/v1/requests", "/v1/proposals", "/v1/reputation",
    ]

    func run(into report: inout Report) async throws {
        try await TemporaryFolder.with(parent: self.parent) { path in
            let node = try await DoorNode(at: path)
            for number in 0..<20 { try await node.gossip(number) }
            let read = node.question("/v1/\(Self.operation)")
            let answer = try await KeptConnection.with(port: node.port) { try await $0.ask(read) }
            let plain = try await PlainRoute(answer: answer)
            try await self.measureAlone(node, plain, read, into: &report)
            try await self.measureLoaded(node, plain, into: &report)
            await plain.stop()
            await node.stop()
        }
    }

    // MARK: One request at a time

    private func measureAlone(
        _ node: DoorNode,
        _ plain: PlainRoute,
        _ read: KeptConnection.Question,
        into report: inout Report
    ) async throws {
        let tool = try node.call(ofTool: Self.operation)
        let count = self.effort.scaled(2_000)
        var times: [(plain: Double, read: Double, tool: Double)] = []
        for run in 0...self.effort.runs {
            let time = (
                plain: try await Self.time(count, PlainRoute.question, plain.port),
                read: try await Self.time(count, read, node.port),
                tool: try await Self.time(count, tool, node.port)
            )
            // The first one warms up.
            if run > 0 { times.append(time) }
        }
        report.add("door_plain_route", Sample(times.map(\.plain)), unit: "us/request")
        report.add("door_read", Sample(times.map(\.read)), unit: "us/request")
        report.add("door_tool", Sample(times.map(\.tool)), unit: "us/request")
        report.add("door_read_to_plain", Sample(times.map { $0.read / $0.plain }), unit: "ratio")
        report.add("door_tool_to_read", Sample(times.map { $0.tool / $0.read }), unit: "ratio")
    }

    private static func time(_ count: Int, _ question: KeptConnection.Question, _ port: Int)
        async throws -> Double
    {
        try await KeptConnection.with(port: port) { connection in
            let cost = try await Stopwatch.cost {
                for _ in 0..<count { try await connection.ask(question) }
            }.cost
            return cost.seconds / Double(count) * 1_000_000
        }
    }

    // MARK: Under load

    private func measureLoaded(_ node: DoorNode, _ plain: PlainRoute, into report: inout Report)
        async throws
    {
        let seconds = self.effort.isQuick ? 1 : 10
        let questions = Self.reads.map(node.question)
        var figures: (plain: [Latencies], read: [Latencies]) = ([], [])
        for _ in 0..<self.effort.runs {
            let run = try await EventAudience.with(Self.readers, of: node) { audience in
                let messages = seconds * Self.gossipPerSecond
                // Half of the time each.
                async let told: Void = Self.pace(messages * 2, Self.gossipPerSecond) { number in
                    try await node.gossip(number)
                }
                let read = try await Self.latencies(seconds, questions, node.port)
                let plain = try await Self.latencies(seconds, [PlainRoute.question], plain.port)
                try await told
                try await audience.wait(untilEachHeard: messages * 2)
                return (read, plain)
            }
            figures.read.append(run.0)
            figures.plain.append(run.1)
        }
        report.add("door_loaded_plain_p99", Sample(figures.plain.map(\.p99)), unit: "ms")
        report.add("door_loaded_read_p50", Sample(figures.read.map(\.p50)), unit: "ms")
        report.add("door_loaded_read_p99", Sample(figures.read.map(\.p99)), unit: "ms")
    }

    /// How late answers to requests at fixed times are.
    private static func latencies(
        _ seconds: Int,
        _ questions: [KeptConnection.Question],
        _ port: Int
    ) async throws -> Latencies {
        let count = seconds * Self.readsPerSecond
        return try await withThrowingTaskGroup(of: [Double].self) { group in
            let begin = ContinuousClock.now
            for connection in 0..<Self.connections {
                group.addTask {
                    try await KeptConnection.with(port: port) { kept in
                        var times: [Double] = []
                        for number in stride(from: connection, to: count, by: Self.connections) {
                            let due = begin + .seconds(1) * number / Self.readsPerSecond
                            try await Task.sleep(until: due)
                            try await kept.ask(questions[number % questions.count])
                            times.append((ContinuousClock.now - due) / .milliseconds(1))
                        }
                        return times
                    }
                }
            }
            return Latencies(try await group.reduce(into: []) { $0 += $1 })
        }
    }

    /// Does something so many times, so often a second.
    private static func pace(
        _ count: Int,
        _ perSecond: Int,
        _ body: (Int) async throws -> Void
    ) async throws {
        let begin = ContinuousClock.now
        for number in 0..<count {
            try await Task.sleep(until: begin + .seconds(1) * number / perSecond)
            try await body(number)
        }
    }
}

/// How late answers were, in milliseconds.
struct Latencies: Sendable {
    private let sorted: [Double]

    init(_ times: [Double]) { self.sorted = times.sorted() }

    var p50: Double { self.quantile(50) }
    var p99: Double { self.quantile(99) }

    private func quantile(_ percent: Int) -> Double {
        self.sorted.isEmpty ? 0 : self.sorted[(self.sorted.count - 1) * percent / 100]
    }
}

/// Those who follow the events of a node.
private final class EventAudience: Sendable {
    private let heard: Mutex<[Int]>

    private init(_ count: Int) { self.heard = Mutex(Array(repeating: -1, count: count)) }

    /// Lets so many follow while `body` runs.
    static func with<R: Sendable>(
        _ count: Int,
        of node: DoorNode,
        _ body: (EventAudience) async throws -> R
    ) async throws -> R {
        let audience = EventAudience(count)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            for reader in 0..<count {
                group.addTask { try await audience.follow(node, as: reader) }
                // A door lets in few at a time that have not shown a token.
                if reader % 20 == 19 || reader == count - 1 {
                    try await audience.wait(untilEachHeard: 0, of: reader + 1)
                }
            }
            let result = try await body(audience)
            group.cancelAll()
            // The places of those who leave are free once they have gone.
            while await group.nextResult() != nil {}
            return result
        }
    }

    private func follow(_ node: DoorNode, as reader: Int) async throws {
        try await KeptConnection.with(port: node.port) { connection in
            var lines = EventCounter()
            let question = node.question("/v1/events?follow=true&types=request")
            try await connection.follow(question) { buffer in
                let events = lines.count(buffer.readableBytesView)
                self.heard.withLock { $0[reader] = max($0[reader], 0) + events }
            }
        }
    }

    /// Waits until each of the first has heard so much; nil for all.
    func wait(untilEachHeard count: Int, of first: Int? = nil) async throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while let least = self.heard.withLock({ $0.prefix(first ?? $0.count).min() }), least < count
        {
            guard ContinuousClock.now < deadline else {
                throw BenchError("one who follows the events heard \(least) of \(count)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }
}

/// Counts events in a stream that comes in pieces: the lines that begin with `id:`.
private struct EventCounter {
    private static let mark = Array("id:".utf8)
    /// How many characters of the mark this line has begun with; nil when it is another line.
    private var matched: Int? = 0

    mutating func count(_ bytes: some Sequence<UInt8>) -> Int {
        var events = 0
        for byte in bytes {
            if byte == 0x0a {
                self.matched = 0
            } else if let matched = self.matched {
                let isMark = byte == Self.mark[matched]
                self.matched = isMark && matched + 1 < Self.mark.count ? matched + 1 : nil
                if isMark, self.matched == nil { events += 1 }
            }
        }
        return events
    }
}
