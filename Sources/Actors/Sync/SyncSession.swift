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
    var progress: SessionProgress
    /// What is still to be read, the part that is being read first.
    private(set) var stretches: [Stretch]
    private(set) var cursor: Cursor
    var step: Step
    /// Set when the session is a comparison.
    var comparison: Comparison?
    /// Whether the page that is being judged is the last one of its phase.
    private(set) var isLastPage = false
    /// Throttled answers since the last page.
    var throttles = 0
    /// This node had no room for a message of the stretch that is being read.
    var isStretchBusy = false
    /// The same for any stretch.
    private(set) var wasBusy = false
    /// Answers about the phase that is being read.
    private var answers = 0

    /// A position in a peer's messages of one phase (R-05-005).
    struct Cursor: Sendable, Equatable {
        var timestamp: Timestamp
        /// Nil excludes the whole millisecond.
        var id: MessageID?

        /// Whether it lies behind another one.
        func isBehind(_ other: Cursor) -> Bool {
            guard self.timestamp == other.timestamp else {
                return self.timestamp > other.timestamp
            }
            guard let otherID = other.id else { return false }
            return self.id.map { $0 > otherID } ?? true
        }
    }

    /// Begins a session.
    init(peer: NodeID, stretches: [Stretch], comparison: Comparison? = nil, now: Timestamp) {
        self.peer = peer
        self.progress = SessionProgress(now: now)
        self.stretches = stretches
        self.comparison = comparison
        self.step = .pausing(until: now)
        self.cursor = Cursor(timestamp: Timestamp(milliseconds: 0), id: nil)
        self.proceed(to: stretches)
    }

    // MARK: Going on

    /// Goes on with the next stretch.
    mutating func proceed(to stretches: some Sequence<Stretch>) {
        let phase = self.stretches.first?.phase
        self.stretches = Array(stretches)
        if self.stretches.first?.phase != phase { self.answers = 0 }
        self.isStretchBusy = false
        // A cursor excludes the moment at which it stands, and a range begins with its first one.
        let start = self.stretches.first?.from.milliseconds ?? 0
        let from = self.comparison == nil ? start : max(0, start - 1)
        self.cursor = Cursor(timestamp: Timestamp(milliseconds: from), id: nil)
    }

    /// Takes the place that a page leads to.
    ///
    /// - Returns: false when the peer claims more without leading there: every cursor must lie behind the
    ///   one before, or the peer could go round in circles for ever.
    mutating func take(_ page: SyncResponse) -> Bool {
        self.answers += 1
        self.isLastPage = !page.hasMore
        let next = Cursor(
            timestamp: page.nextTimestamp ?? self.cursor.timestamp,
            id: page.nextID
        )
        guard page.hasMore else { return true }
        guard next.isBehind(self.cursor) else { return false }
        self.cursor = next
        return self.progress.goesOn(messages: page.messages.count)
    }

    /// The first stretch was read to its end.
    mutating func endStretch() {
        if self.isStretchBusy {
            self.wasBusy = true
            self.comparison?.left.append(contentsOf: self.stretches.prefix(1))
        }
        self.proceed(to: self.stretches.dropFirst())
        self.leaveIfLong()
    }

    /// The peer said where the large range, which comes first, differs.
    mutating func narrow(to stretches: [Stretch]) {
        self.answers += 1
        self.proceed(to: stretches + self.stretches.dropFirst())
        self.leaveIfLong()
    }

    /// Leaves the rest of a phase to the next comparison when it has taken long; the other phases follow.
    private mutating func leaveIfLong() {
        guard self.comparison != nil, self.answers >= SyncLimits.comparisonAnswersMax,
            let phase = self.stretches.first?.phase
        else { return }
        let rest = self.stretches.prefix { $0.phase == phase }
        self.comparison?.left.append(contentsOf: rest)
        self.proceed(to: self.stretches.dropFirst(rest.count))
    }

    /// Whether the page behind which the cursor stands was the last one of its stretch.
    var isStretchRead: Bool {
        self.isLastPage || self.stretches.first?.until.map { $0 <= self.cursor.timestamp } ?? false
    }

    /// The payload of the next request.
    var request: SyncRequest {
        if let question = self.comparison?.question { return Comparison.request(question) }
        let types = self.stretches.first.map { SyncPhases.types(of: $0.phase) } ?? []
        return SyncRequest(
            sinceTimestamp: self.cursor.timestamp,
            sinceID: self.cursor.id,
            types: types.map(\.rawValue),
            limit: self.limit
        )
    }

    /// Of a short range no more than it holds, and one behind it that shows its end.
    private var limit: Int {
        guard let messages = self.stretches.first?.messages, messages > 0 else {
            return SyncLimits.pageMessages
        }
        return Int(min(messages, UInt64(SyncLimits.pageMessages - 1))) + 1
    }
}
