import Messages
import Primitives

/// One pass over the phases with one peer.
struct SyncSession: Sendable, Equatable {
    /// What the session waits for.
    enum Step: Sendable, Equatable {
        /// The next request may go out at this time.
        case pausing(until: Timestamp)
        /// A request is under way.
        case asking(OutboundExchange)
        /// The messages of a page are being judged.
        case judging(remaining: Int, until: Timestamp)
    }

    let peer: NodeID
    var phases: [Int]
    var cursor: Cursor
    var step: Step
    /// Whether the page that is being judged is the last one of its phase.
    var isLastPage = false
    /// Throttled answers since the last page.
    var throttles = 0

    /// A position in a peer's messages of one phase (R-05-005).
    struct Cursor: Sendable, Equatable {
        var timestamp: Timestamp
        var id: MessageID?
    }

    /// The payload of the next request.
    var request: JSONValue {
        let types = self.phases.first.map { SyncPhases.types(of: $0) } ?? []
        return .object([
            ("since_timestamp", .integer(self.cursor.timestamp.milliseconds)),
            ("since_id", self.cursor.id.map { .string($0.hex) } ?? .null),
            ("types", .array(types.map { .string($0.rawValue) })),
            ("limit", .integer(Int64(SyncLimits.pageMessages))),
        ])
    }
}
