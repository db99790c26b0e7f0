import Identities
import Messages
import OrderedCollections
import Primitives

/// Requests, until nobody needed them for a week.
struct RequestBook: Sendable, Codable {
    private var requests: OrderedDictionary<MessageID, Message> = [:]
    /// The newest clock hour in which expired requests were looked for, counted from 1970.
    private var lookedInHour = Int64.min

    /// How many there are.
    var count: Int { self.requests.count }

    /// A request, in outline; nil when it is not known.
    subscript(id: MessageID) -> Message? { self.requests[id] }

    /// Keeps a request, unless the log has it behind an hour that came after it was judged and in which
    /// it would have been dropped.
    mutating func add(_ message: Message, receivedAt time: Timestamp) {
        let hour = max(self.lookedInHour, time.clockHour)
        if !Self.isForgotten(message, in: hour) { self.requests[message.id] = message }
    }

    /// Requests that nobody needed for a week leave memory and all answers; the log has them still.
    mutating func drop(at time: Timestamp) {
        let hour = time.clockHour
        guard hour > self.lookedInHour else { return }
        self.lookedInHour = hour
        self.requests.removeAll { _, message in Self.isForgotten(message, in: hour) }
    }

    /// Whether a request has left memory in a clock hour: it must not matter when in the hour one looks.
    private static func isForgotten(_ message: Message, in hour: Int64) -> Bool {
        let oldest = Timestamp(clockHour: hour)
            .adding(milliseconds: -ConsensusLimits.undecidedRetentionMilliseconds)
        return message.isExpiredRequest(at: oldest)
    }

    /// Requests that are not past their end, or all of them, or a single one; newest first.
    ///
    /// - Parameters:
    ///   - query: which ones.
    ///   - now: the time.
    ///   - isWanted: what must hold of each besides.
    /// - Returns: them.
    func list(
        _ query: Requests,
        now: Timestamp,
        where isWanted: (Message) -> Bool = { _ in true }
    ) -> [Message] {
        if let id = query.id { return self[id].map { [$0] } ?? [] }
        let wanted = self.requests.values.filter { message in
            (query.includesExpired || !message.isExpiredRequest(at: now))
                && query.after?.isBefore(message) != false && isWanted(message)
        }
        let newest = wanted.sorted { ($0.timestamp, $0.id) > ($1.timestamp, $1.id) }
        return Array(newest.prefix(max(0, query.limit)))
    }
}

extension RequestBook: Digestible {
    func digest(into writer: inout some StateWriter) {
        writer.field("requests", self.requests.ascending)
        writer.field("lookedInHour", self.lookedInHour)
    }
}

extension Message {
    /// Whether it is a request with one of some tags; where there are none, any will do.
    func hasTag(among tags: [String]) -> Bool {
        guard !tags.isEmpty, case .request(let request) = self.payload else { return true }
        return request.tags.contains { tag in
            tags.contains { $0.utf8.elementsEqual(tag.utf8) }
        }
    }

    /// Whether it is a request past its end.
    func isExpiredRequest(at now: Timestamp) -> Bool {
        guard case .request(let request) = self.payload else { return false }
        return request.expires.map { $0 < now } ?? false
    }
}
