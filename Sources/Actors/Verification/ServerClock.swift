import Messages
import OrderedCollections
import Primitives

/// When time servers are asked, and what their answers mean (R-02-023, R-02-024, ADR 0066).
///
/// It never sets a clock: that is for the operator, whose other programs have the same one.
struct ServerClock: Sendable {
    /// The servers, and from when on each may be asked again.
    private var servers: OrderedDictionary<String, Timestamp>
    /// When they are asked next; nil before the node has started.
    private var next: Timestamp?
    /// Rounds in a row that nobody answered.
    private var failures: Int64 = 0
    /// How the own clock compares; nil before any answered.
    private(set) var comparison: ServerTime?

    init(servers: [String]) {
        // A server that is named twice is asked once.
        self.servers = OrderedDictionary(
            servers.map { ($0, Timestamp(milliseconds: 0)) },
            uniquingKeysWith: { one, _ in one }
        )
    }

    /// The node has started.
    mutating func started(now: Timestamp) -> [VerificationAction] {
        self.next = now
        return self.woke(now: now)
    }

    /// A wake has come.
    mutating func woke(now: Timestamp) -> [VerificationAction] {
        guard let next, !self.servers.isEmpty else { return [] }
        guard now >= next else { return [.wake(at: next)] }
        let askable = self.servers.filter { $0.value <= now }.keys
        // Should the answers never come, they are asked again all the same.
        let wake = self.pause(until: now.adding(milliseconds: self.retryMilliseconds))
        return askable.isEmpty ? wake : [.askTime(Array(askable))] + wake
    }

    private var retryMilliseconds: Int64 {
        let doublings = min(self.failures, 16)
        let pause = VerificationLimits.timeRetryMilliseconds << doublings
        return min(pause, VerificationLimits.timeMilliseconds)
    }

    private mutating func pause(until moment: Timestamp) -> [VerificationAction] {
        self.next = moment
        return [.wake(at: moment)]
    }

    /// The servers answered, or did not.
    mutating func heard(_ answers: [TimeAnswer], now: Timestamp, entropy: UInt64)
        -> [VerificationAction]
    {
        for answer in answers { self.note(answer, now: now) }
        let offsets = answers.compactMap(\.offset).sorted()
        guard !offsets.isEmpty else {
            let again = now.adding(milliseconds: self.retryMilliseconds)
            self.failures += 1
            return self.pause(until: again)
        }
        self.failures = 0
        let spread = entropy % UInt64(VerificationLimits.timeSpreadMilliseconds)
        let pause = VerificationLimits.timeMilliseconds - Int64(spread)
        return self.compare(with: offsets, now: now)
            + self.pause(until: now.adding(milliseconds: pause))
    }

    /// A server that asks for less is left alone for longer, or for good (RFC 5905, section 7.4).
    private mutating func note(_ answer: TimeAnswer, now: Timestamp) {
        switch answer.outcome {
        case .ahead, .unanswered: break
        case .denied: self.servers[answer.server] = nil
        case .tooOften:
            guard self.servers[answer.server] != nil else { return }
            let pause = 2 * VerificationLimits.timeMilliseconds
            self.servers[answer.server] = now.adding(milliseconds: pause)
        }
    }

    /// One liar among three changes nothing: the lower median counts.
    private mutating func compare(with offsets: [Int64], now: Timestamp) -> [VerificationAction] {
        let median = offsets[(offsets.count - 1) / 2]
        let wasOff = self.comparison?.isOff ?? false
        let comparison = ServerTime(
            offsetMilliseconds: median,
            servers: offsets.count,
            askedAt: now,
            isOff: median.magnitude > VerificationLimits.timeWarningMilliseconds.magnitude
        )
        self.comparison = comparison
        return comparison.isOff || wasOff ? [.warnOfServers(comparison)] : []
    }
}

extension TimeAnswer {
    fileprivate var offset: Int64? {
        if case .ahead(let offset) = self.outcome { offset } else { nil }
    }
}
