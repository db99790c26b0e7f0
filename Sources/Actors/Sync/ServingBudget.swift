import DequeModule
import Messages
import OrderedCollections
import Primitives

/// Counts what each peer was served in the last minute (R-01-034, R-05-087).
///
/// The minute rolls: what was served a minute ago makes room, and nothing else does. Room for an answer
/// is reserved before the log is read, so that many requests at once get no more than one after the
/// other.
struct ServingBudget: Sendable {
    /// What a peer may have now.
    enum Grant: Sendable, Equatable {
        /// An answer of about so many bytes.
        case bytes(Int)
        /// Nothing, for so many milliseconds.
        case wait(Int64)
    }

    private struct Answer: Sendable {
        let exchange: UInt64
        let at: Timestamp
        var bytes: Int
        var isUnderWay = true
    }

    private var answers: OrderedDictionary<NodeID, Deque<Answer>> = [:]
    private static let minuteMilliseconds: Int64 = 60_000

    /// Takes one request out of the peer's budget, and the bytes of a whole page as far as there are any.
    mutating func reserve(_ exchange: InboundExchange, isSyncing: Bool, now: Timestamp) -> Grant {
        var answers = self.recent(of: exchange.peer, now: now)
        let requestsMax =
            isSyncing
            ? SyncLimits.requestsPerMinuteWhileSyncingMax : SyncLimits.requestsPerMinuteMax
        guard answers.count < requestsMax else {
            return .wait(Self.wait(until: answers[answers.count - requestsMax], now: now))
        }
        let left = SyncLimits.bytesPerMinuteMax - answers.reduce(0) { $0 + $1.bytes }
        guard left > 0 else { return .wait(Self.wait(for: 1, in: answers, now: now)) }
        let bytes = min(left, SyncLimits.pageBytesMax)
        answers.append(Answer(exchange: exchange.id, at: now, bytes: bytes))
        self.answers[exchange.peer] = answers
        return .bytes(bytes)
    }

    /// What was reserved for an answer that is under way.
    func reserved(for exchange: InboundExchange) -> Int {
        self.answers[exchange.peer]?.last { $0.exchange == exchange.id && $0.isUnderWay }?.bytes
            ?? 0
    }

    /// Charges the bytes of an answer in place of what was reserved for it.
    ///
    /// - Returns: nil when they are charged; how long to wait, in milliseconds, when there are more than
    ///   the peer may have now. Then the answer must not go out.
    mutating func charge(_ bytes: Int, for exchange: InboundExchange, now: Timestamp) -> Int64? {
        var answers = self.recent(of: exchange.peer, now: now)
        guard
            let place = answers.lastIndex(where: { $0.exchange == exchange.id && $0.isUnderWay })
        else { return Self.minuteMilliseconds }
        answers[place].isUnderWay = false
        answers[place].bytes = 0
        defer { self.answers[exchange.peer] = answers }
        let used = answers.reduce(0) { $0 + $1.bytes }
        guard used + bytes <= SyncLimits.bytesPerMinuteMax else {
            return Self.wait(for: bytes, in: answers, now: now)
        }
        answers[place].bytes = bytes
        return nil
    }

    /// How long until so many bytes are free; what is under way may turn out to be less soon.
    private static func wait(for bytes: Int, in answers: Deque<Answer>, now: Timestamp) -> Int64 {
        guard !answers.contains(where: \.isUnderWay) else {
            return SyncLimits.throttleMilliseconds.lowerBound
        }
        var used = answers.reduce(0) { $0 + $1.bytes }
        for answer in answers {
            used -= answer.bytes
            if used + bytes <= SyncLimits.bytesPerMinuteMax {
                return Self.wait(until: answer, now: now)
            }
        }
        return Self.minuteMilliseconds
    }

    private static func wait(until answer: Answer, now: Timestamp) -> Int64 {
        max(1, Self.minuteMilliseconds - now.milliseconds(since: answer.at))
    }

    /// The answers of the last minute, oldest first; makes room for a new peer.
    private mutating func recent(of peer: NodeID, now: Timestamp) -> Deque<Answer> {
        var answers = self.answers.removeValue(forKey: peer) ?? []
        while let oldest = answers.first,
            now.milliseconds(since: oldest.at) >= Self.minuteMilliseconds
        {
            answers.removeFirst()
        }
        if self.answers.count >= SyncLimits.countedPeersMax { self.answers.removeFirst() }
        self.answers[peer] = answers
        return answers
    }
}
