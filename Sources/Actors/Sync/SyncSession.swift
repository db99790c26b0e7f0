import Messages
import Primitives

/// One pass over the phases with one peer, or over what a comparison of the logs shows.
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
    /// What is still to be read, the part that is being read first.
    var stretches: [Stretch]
    var cursor: Cursor
    var step: Step
    /// Set when the session is a comparison.
    var comparison: Comparison?
    /// Whether the page that is being judged is the last one of its phase.
    var isLastPage = false
    /// Throttled answers since the last page.
    var throttles = 0

    /// A position in a peer's messages of one phase (R-05-005).
    struct Cursor: Sendable, Equatable {
        var timestamp: Timestamp
        var id: MessageID?
    }

    /// Begins a session.
    init(peer: NodeID, stretches: [Stretch], comparison: Comparison? = nil, step: Step) {
        self.peer = peer
        self.stretches = stretches
        self.cursor = Self.start(of: stretches.first)
        self.comparison = comparison
        self.step = step
    }

    /// Goes on with the next stretch.
    mutating func proceed(to stretches: some Sequence<Stretch>) {
        self.stretches = Array(stretches)
        self.cursor = Self.start(of: self.stretches.first)
    }

    private static func start(of stretch: Stretch?) -> Cursor {
        Cursor(timestamp: stretch?.from ?? Timestamp(milliseconds: 0), id: nil)
    }

    /// Whether the page behind which the cursor stands was the last one of its stretch.
    var isStretchRead: Bool {
        self.isLastPage || self.stretches.first?.until.map { $0 <= self.cursor.timestamp } ?? false
    }

    /// The payload of the next request.
    var request: JSONValue {
        if let comparison = self.comparison, !comparison.isAnswered { return comparison.request }
        let types = self.stretches.first.map { SyncPhases.types(of: $0.phase) } ?? []
        return .object([
            ("since_timestamp", .integer(self.cursor.timestamp.milliseconds)),
            ("since_id", self.cursor.id.map { .string($0.hex) } ?? .null),
            ("types", .array(types.map { .string($0.rawValue) })),
            ("limit", .integer(Int64(SyncLimits.pageMessages))),
        ])
    }
}
