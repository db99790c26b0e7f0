import Messages
import Primitives

/// Reads phases of one peer's log, or what a comparison of the logs shows.
///
/// It says what an answer comes to; whether the next request goes out, and to whom, is decided outside.
struct SyncSession: Sendable {
    private enum Step: Sendable, Equatable {
        /// The next request may go out at this time.
        case pausing(until: Timestamp)
        /// A request is under way.
        case asking(OutboundExchange)
        /// The messages of a page are being judged.
        case judging(remaining: Int, until: Timestamp)
    }

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

    /// What an answer of the peer comes to.
    enum Outcome: Sendable {
        /// These messages are to be judged.
        case page([[UInt8]])
        /// Its log differs in these ranges; what is to be read of them is named with
        /// ``SyncSession/read(_:now:)``.
        case differing([DifferingRange])
        /// It does not compare logs; what is to be read of its own is named likewise.
        case incomparable
        /// It is asked the same again after a pause.
        case paused
        /// It leads nowhere.
        case broken
    }

    /// Whom it asks now.
    private(set) var peer: NodeID
    /// The phases that it was begun for; none of a comparison.
    let phases: [Int]
    /// Set when the session is a comparison.
    private(set) var comparison: Comparison?
    /// This node had no room for a message of a stretch that was read.
    private(set) var wasBusy = false
    /// The same for the stretch that is being read.
    private var isStretchBusy = false
    private var progress: SessionProgress
    private var step: Step
    /// What is still to be read, the part that is being read first.
    private var stretches: [Stretch] = []
    private var cursor = Cursor(timestamp: Timestamp(milliseconds: 0), id: nil)
    /// Where the first page of the stretch led to: a peer's log may begin long after the time asked for.
    private var firstPlace: Timestamp?
    /// How much of the stretch's time lies behind the cursor, in percent; nil before its first page.
    private(set) var percent: Int?
    /// Whether the page that is being judged is the last one of its phase.
    private var isLastPage = false
    /// Throttled answers since the last page.
    private var throttles = 0
    /// Answers about the phase that is being read.
    private var answers = 0

    /// Begins to read phases.
    init(reading stretches: [Stretch], with peer: NodeID, now: Timestamp) {
        self.init(with: peer, of: stretches.map(\.phase), now: now)
        self.proceed(to: stretches)
    }

    /// Begins a comparison; what is to be read follows from it.
    init(comparing comparison: Comparison, with peer: NodeID, now: Timestamp) {
        self.init(with: peer, now: now)
        self.comparison = comparison
    }

    private init(with peer: NodeID, of phases: [Int] = [], now: Timestamp) {
        self.peer = peer
        self.phases = phases
        self.progress = SessionProgress(now: now)
        self.step = .pausing(until: now)
    }

    // MARK: Where it stands

    /// Whether everything was read.
    var isOver: Bool { self.stretches.isEmpty }

    /// Whether the next request may go out.
    func mayAsk(now: Timestamp) -> Bool {
        if case .pausing(let until) = self.step { until <= now } else { false }
    }

    /// Whether a page has had its time; a message that was not judged by now will not be.
    func isPageOver(now: Timestamp) -> Bool {
        if case .judging(_, let until) = self.step { until <= now } else { false }
    }

    /// Whether this exchange is the one that it waits for.
    func isWaiting(for exchange: OutboundExchange) -> Bool { self.step == .asking(exchange) }

    /// Whether it has taken too long for what it brought.
    mutating func isStuck(now: Timestamp) -> Bool {
        self.progress.isStuck(isComparison: self.comparison != nil, now: now)
    }

    /// Something that the peer served was new to the log.
    mutating func brought() { self.progress.brought() }

    // MARK: Asking

    /// The next request goes out.
    mutating func ask(on exchange: OutboundExchange, _ log: HeldLog) -> SyncRequest {
        if let next = self.stretches.first { self.comparison?.ask(log.question(about: next)) }
        self.step = .asking(exchange)
        return self.request
    }

    private var request: SyncRequest {
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

    // MARK: Answers

    /// The peer answered.
    mutating func take(_ response: SyncResponse, now: Timestamp) -> Outcome {
        guard response.error == nil else { return self.declined(response, now: now) }
        self.throttles = 0
        if self.comparison?.question != nil { return self.compared(response, now: now) }
        guard self.advance(to: response, now: now) else { return .broken }
        let messages = Array(response.messages.prefix(SyncLimits.pageMessages))
        self.step = .judging(
            remaining: messages.count,
            until: now.adding(milliseconds: SyncLimits.judgingMilliseconds)
        )
        return .page(messages)
    }

    /// A peer that throttles is asked the same again after the wait it names; that is no failure,
    /// unless it goes on for ever.
    private mutating func declined(_ response: SyncResponse, now: Timestamp) -> Outcome {
        guard response.isThrottled, self.throttles < SyncLimits.throttlesMax else {
            return .broken
        }
        self.throttles += 1
        self.step = .pausing(until: now.adding(milliseconds: response.wait))
        return .paused
    }

    /// The peer says where its log differs.
    private mutating func compared(_ response: SyncResponse, now: Timestamp) -> Outcome {
        let whole = self.stretches.first
        // A peer that compares whole ranges but no parts could otherwise make this node take a large
        // range for read.
        guard whole == nil || response.differing != nil else { return .broken }
        let ranges = self.comparison?
            .answered(response.differing ?? [], about: whole, now: now)
        return response.differing == nil ? .incomparable : .differing(ranges ?? [])
    }

    /// Takes the place that a page leads to.
    ///
    /// - Returns: false when the peer claims more without leading there: every cursor must lie behind the
    ///   one before, or the peer could go round in circles for ever.
    private mutating func advance(to page: SyncResponse, now: Timestamp) -> Bool {
        self.answers += 1
        self.isLastPage = !page.hasMore
        let next = Cursor(
            timestamp: page.nextTimestamp ?? self.cursor.timestamp,
            id: page.nextID
        )
        guard page.hasMore else { return true }
        guard next.isBehind(self.cursor) else { return false }
        self.cursor = next
        self.notePlace(next.timestamp, now: now)
        return self.progress.goesOn(messages: page.messages.count)
    }

    private mutating func notePlace(_ place: Timestamp, now: Timestamp) {
        let first = self.firstPlace ?? place
        self.firstPlace = first
        let whole = max(1, (self.stretches.first?.until ?? now).milliseconds(since: first))
        let read = min(max(0, place.milliseconds(since: first)), whole)
        self.percent = Int(read / max(1, whole / 100))
    }

    /// What is to be read of what the peer holds, in place of what it was asked about.
    mutating func read(_ stretches: [Stretch], now: Timestamp) {
        let wasAboutPart = !self.isOver
        if wasAboutPart { self.answers += 1 }
        self.proceed(to: stretches + self.stretches.dropFirst())
        if wasAboutPart { self.leaveIfLong() }
        self.step = .pausing(until: now)
    }

    // MARK: Pages

    /// One message of a page was accepted or refused.
    ///
    /// - Parameter wasBusy: this node had no room for it, so that it must be served again.
    /// - Returns: whether it was the last one.
    mutating func judged(wasBusy: Bool) -> Bool {
        guard case .judging(let remaining, let until) = self.step else { return false }
        self.step = .judging(remaining: remaining - 1, until: until)
        if wasBusy { self.isStretchBusy = true }
        return remaining <= 1
    }

    /// A page is over: goes on behind it.
    ///
    /// - Parameters:
    ///   - pause: how long to wait before another phase, in milliseconds.
    ///   - now: the time.
    /// - Returns: the phase that was read to its end, apart from comparisons.
    mutating func endPage(pausing pause: Int64, now: Timestamp) -> Int? {
        self.step = .pausing(until: now)
        guard self.isStretchRead, let phase = self.stretches.first?.phase else { return nil }
        let isFinished = self.comparison == nil && !self.isStretchBusy
        self.endStretch()
        if let next = self.stretches.first, next.phase != phase {
            self.step = .pausing(until: now.adding(milliseconds: pause))
        }
        return isFinished ? phase : nil
    }

    /// Whether the page behind which the cursor stands was the last one of its stretch.
    private var isStretchRead: Bool {
        self.isLastPage || self.stretches.first?.until.map { $0 <= self.cursor.timestamp } ?? false
    }

    /// The same session with another peer, which goes on where this one's cursor stands.
    func goingOn(with peer: NodeID, now: Timestamp) -> SyncSession {
        var session = self
        session.peer = peer
        session.throttles = 0
        session.step = .pausing(until: now)
        return session
    }

    // MARK: Stretches

    /// Goes on with the next stretch.
    private mutating func proceed(to stretches: some Sequence<Stretch>) {
        let phase = self.stretches.first?.phase
        self.stretches = Array(stretches)
        if self.stretches.first?.phase != phase { self.answers = 0 }
        self.isStretchBusy = false
        (self.firstPlace, self.percent) = (nil, nil)
        // A cursor excludes the moment at which it stands, and a range begins with its first one.
        let start = self.stretches.first?.from.milliseconds ?? 0
        let from = self.comparison == nil ? start : max(0, start - 1)
        self.cursor = Cursor(timestamp: Timestamp(milliseconds: from), id: nil)
    }

    /// The first stretch was read to its end.
    private mutating func endStretch() {
        if self.isStretchBusy {
            self.wasBusy = true
            self.comparison?.leave(self.stretches.prefix(1))
        }
        self.proceed(to: self.stretches.dropFirst())
        self.leaveIfLong()
    }

    /// Leaves the rest of a phase to the next comparison when it has taken long; the other phases follow.
    private mutating func leaveIfLong() {
        guard self.comparison != nil, self.answers >= SyncLimits.comparisonAnswersMax,
            let phase = self.stretches.first?.phase
        else { return }
        let rest = self.stretches.prefix { $0.phase == phase }
        self.comparison?.leave(rest)
        self.proceed(to: self.stretches.dropFirst(rest.count))
    }
}
