import ArgumentParser
import Messages
import Node
import Primitives
import Synchronization

/// Which events are wanted, for all commands that show some.
struct EventOptions: ParsableArguments {
    @Option(help: "Only these types, with commas between; `valence-node call` tells of them.")
    var types: String?

    @Option(
        name: .customLong("for"),
        help: """
            Only what concerns you so: votes, deadlines, proposals, requests, answers, score, storage, \
            identity; with commas between.
            """
    )
    var concerns: String?

    @Option(help: "Requests only with one of these tags, with commas between.") var tags: String?

    /// The same as arguments of the operation.
    var arguments: [(String, JSONValue?)] {
        [
            ("types", Self.list(self.types)), ("for", Self.list(self.concerns)),
            ("tags", Self.list(self.tags)),
        ]
    }

    private static func list(_ text: String?) -> JSONValue? {
        text.map { .array($0.split(separator: ",").map { .string(String($0)) }) }
    }
}

/// The command `valence-node events`.
struct EventsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Show what happened, or follow what happens.",
        discussion: """
            With --jsonl, and with --json, each line is one JSON object; its `sequence` is what --after takes, \
            so that nothing is lost when this command or the node ends.

            Example: valence-node events --follow --for votes,deadlines --jsonl
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var wanted: EventOptions
    @ArgumentParser.Flag(help: "Wait for more.") var follow = false
    @OptionGroup var stream: StreamOptions
    @Option(help: "Begin behind this position; default: the newest, or what comes.") var after:
        UInt64?
    @Option(help: "Most events, 1 to 1000; default: 100, or no end with --follow.") var limit: Int?

    func validate() throws {
        try ListOptions.check(self.limit)
    }

    func run() async throws {
        try self.stream.check(self.common)
        let shows = self.stream.jsonl || self.common.json
        try await EventReport.follow(
            self.common.client(),
            self.wanted.arguments + [
                ("follow", .bool(self.follow)),
                ("after", self.after.map { .integer(Int64(clamping: $0)) }),
                ("limit", self.limit.map { .integer(Int64($0)) }),
            ],
            isEndless: self.follow && self.limit == nil
        ) { kind, event in
            if shows { Console.json(event) } else { Console.line(EventReport.line(kind, event)) }
        }
    }
}

/// The command `valence-node watch`.
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Watch what happens, one line each, until it is interrupted.",
        discussion: "Example: valence-node watch --for proposals,score"
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var wanted: EventOptions
    @Option(help: "How many past events to begin with, 0 to 1000.") var last = 10

    func validate() throws {
        guard (0...1_000).contains(self.last) else {
            throw ValidationError("--last is a number from 0 to 1000")
        }
    }

    func run() async throws {
        let client = try self.common.client()
        let isJSON = self.common.json
        let place = Mutex<Int64?>(nil)
        let show: @Sendable (String, JSONValue) -> Void = { kind, event in
            if isJSON { Console.json(event) } else { Console.line(EventReport.line(kind, event)) }
            if let sequence = event["sequence"]?.integer { place.withLock { $0 = sequence } }
        }
        if self.last > 0 {
            let past: [(String, JSONValue?)] = [
                ("follow", .bool(false)), ("limit", .integer(Int64(self.last))),
            ]
            try await EventReport.follow(client, self.wanted.arguments + past, show)
        }
        let after = place.withLock { $0 }.map { JSONValue.integer($0) }
        let future: [(String, JSONValue?)] = [("follow", .bool(true)), ("after", after)]
        try await EventReport.follow(
            client,
            self.wanted.arguments + future,
            isEndless: true,
            show
        )
    }
}

/// Events for people and programs.
enum EventReport {
    /// Hands on events as they come.
    ///
    /// - Parameters:
    ///   - client: the node.
    ///   - arguments: which ones.
    ///   - isEndless: whether it is a failure that they end.
    ///   - show: is given each with its kind.
    /// - Throws: ``CommandFailure``.
    static func follow(
        _ client: APIClient,
        _ arguments: [(String, JSONValue?)],
        isEndless: Bool = false,
        _ show: @escaping @Sendable (String, JSONValue) throws -> Void
    ) async throws {
        let place = Mutex<Int64?>(nil)
        do {
            try await client.follow(arguments) { kind, event in
                try show(kind, event)
                if let sequence = event["sequence"]?.integer { place.withLock { $0 = sequence } }
            }
            guard isEndless else { return }
        } catch is LocalConnection.Broken {
            guard isEndless else { throw APIClient.ended }
        }
        let next = place.withLock { $0 }.map { " and go on with --after \($0)" } ?? ""
        throw CommandFailure(
            .notRunning,
            "the node said no more; start it with `valence-node run`\(next)"
        )
    }

    /// One aligned line.
    static func line(_ kind: String, _ event: JSONValue) -> String {
        guard let sequence = event["sequence"]?.integer else {
            return "- \(kind): \(event["reason"]?.string ?? "")"
        }
        let concerns = (event["concerns"]?.elements ?? []).compactMap(\.string)
        let subject = event["subject"] ?? event["message"] ?? event["content_hash"] ?? event["key"]
        let details = [
            event["outcome"]?.string, event["amount"]?.integer.map { Score.text($0) },
            event["deadline"]?.integer.map { "until \(Moments.text($0))" },
            event["title"]?.string.map { PeerText.shown($0, bytesMax: 80) },
        ]
        let columns = [
            Moments.text(event["at"]?.integer), TextWidth.padded("\(sequence)", to: 8),
            TextWidth.padded(kind, to: 10),
            TextWidth.padded(concerns.isEmpty ? "-" : concerns.joined(separator: ","), to: 15),
            TextWidth.padded(String((subject?.string ?? "-").prefix(12)), to: 12),
        ]
        return (columns + details.compactMap(\.self)).joined(separator: "  ")
    }
}
