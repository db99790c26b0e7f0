import Messages
import Primitives
import TestSupport

@testable import Persistence
@testable import Sync

/// Pages of the log, and from where on a node asks for them.
enum PageVectors {
    // MARK: Pages

    /// Ids cannot be chosen; messages with ids in the same order stand for those of the vector.
    @Sendable static func page(_ vector: VectorCase) throws {
        let input = vector.input
        let places = try input.list("messages").map { json in
            guard let id = json["id"]?.string, let time = json["timestamp"]?.integer else {
                throw VectorFailure("no message: \(json)")
            }
            return (id: id, time: time)
        }
        let messages = try self.messages(places)
        let log = MemoryLog()
        log.append(
            places.compactMap { place in
                messages[place.id].map { LogEntry.message($0.admitted()) }
            }
        )
        let sinceID = input.optional("since_id")?.string
        let page = try log.page(
            PageRequest(
                types: [],
                since: try input.time("since_timestamp"),
                sinceID: sinceID.flatMap { messages[$0]?.id },
                limit: Int(try input.integer("limit")),
                bytesMax: 1_000_000
            )
        )
        let names = page.messages.compactMap { bytes in
            places.first { messages[$0.id]?.canonical == bytes }?.id
        }
        try Check.same("ids", names, try vector.expect.texts("ids"))
        try Check.same("more", page.hasMore, try vector.expect.bool("has_more"))
    }

    /// For each name a message, so that those of one time are in the order of their names.
    private static func messages(_ places: [(id: String, time: Int64)]) throws -> [String: Message]
    {
        var messages: [String: Message] = [:]
        for time in Set(places.map(\.time)).sorted() {
            let names = places.filter { $0.time == time }.map(\.id).sorted()
            let drawn = try names.indices.map { number in
                try Assembly.message(
                    .request(title: "\(number)"),
                    by: "author",
                    at: Timestamp(milliseconds: time)
                )
            }.sorted { $0.id < $1.id }
            for (name, message) in zip(names, drawn) { messages[name] = message }
        }
        return messages
    }

    // MARK: Where to begin

    /// From where a node asks whose newest message is of some time.
    private static func start(newest: Timestamp?, now: Timestamp, isCatchingUp: Bool) throws
        -> Timestamp
    {
        var log = HeldLog()
        if let newest {
            let message = try Assembly.message(.request(), by: "author", at: newest)
            log.add(message, isOwn: false)
        }
        log.markStart()
        return log.start(of: 3, isCatchingUp: isCatchingUp, now: now)
    }

    @Sendable static func resume(_ vector: VectorCase) throws {
        let newest = vector.input.optional("persisted")?.integer
            .map { Timestamp(milliseconds: $0) }
        let start = try self.start(
            newest: newest,
            now: try vector.input.time("now"),
            isCatchingUp: true
        )
        try Check.same("since", start, try vector.expect.time("since_timestamp"))
    }

    @Sendable static func window(_ vector: VectorCase) throws {
        let start = try self.start(
            newest: try vector.input.time("highest_seen"),
            now: try vector.input.time("now"),
            isCatchingUp: false
        )
        try Check.same("since", start, try vector.expect.time("since_timestamp"))
    }
}
