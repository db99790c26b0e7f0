import Messages
import Primitives

/// How far the clocks of this node and of those that it hears directly are apart (§2, D-92).
///
/// A message that its own author hands over was signed a moment ago, and the answer to a challenge
/// was, so that its age is the difference of two clocks. What others relay says nothing, and would let anybody speak for all.
struct ClockOffsets: Sendable {
    private struct Sample: Sendable {
        let peer: NodeID
        let heardAt: Timestamp
        /// Arrival minus timestamp, in milliseconds.
        let offset: Int64
    }

    /// The newest ones, oldest first.
    private var samples: [Sample] = []

    /// The lower median of the newest offsets in milliseconds, positive when this node is ahead.
    ///
    /// Nil before anything was heard.
    var median: Int64? {
        let offsets = self.samples.map(\.offset).sorted()
        return offsets.isEmpty ? nil : offsets[(offsets.count - 1) / 2]
    }

    /// What the median means; nil before anything was heard.
    var comparison: ClockComparison? {
        guard let median = self.median else { return nil }
        let distance = median.magnitude
        let standing: ClockStanding =
            if distance > VerificationLimits.clockUnreliableMilliseconds.magnitude {
                .unreliable
            } else if distance > VerificationLimits.clockWarningMilliseconds.magnitude {
                .wrong
            } else {
                .right
            }
        let peers = Set(self.samples.map(\.peer)).count
        return ClockComparison(offsetMilliseconds: median, peers: peers, standing: standing)
    }

    /// Takes a sample from a message; whether the message is on time does not matter, or a clock
    /// that is wrong by more than the window would never be noticed.
    ///
    /// - Returns: whether it was one.
    mutating func heard(_ message: Message, _ origin: Origin, now: Timestamp) -> Bool {
        guard case .gossip(let relay, _, _) = origin, relay == message.from else { return false }
        let offset = now.milliseconds(since: message.timestamp)
        guard offset.magnitude <= VerificationLimits.clockSampleMilliseconds.magnitude else {
            return false
        }
        return self.take(offset, of: relay, now: now)
    }

    /// Takes a sample from a handshake, however far off: the answer to a fresh challenge is no older
    /// than the challenge.
    ///
    /// - Returns: whether it was one.
    mutating func heard(_ answer: CompareClock, now: Timestamp) -> Bool {
        self.take(answer.offsetMilliseconds, of: answer.peer, now: now)
    }

    private mutating func take(_ offset: Int64, of peer: NodeID, now: Timestamp) -> Bool {
        // What was heard in the future was heard by a clock that has been put right.
        self.samples.removeAll {
            !(0...VerificationLimits.clockSampleMilliseconds)
                .contains(now.milliseconds(since: $0.heardAt))
        }
        let isRepeated = self.samples.contains { sample in
            sample.peer == peer
                && now.milliseconds(since: sample.heardAt)
                    < VerificationLimits.clockSampleDistanceMilliseconds
        }
        guard !isRepeated else { return false }
        if self.samples.count == VerificationLimits.clockSamplesMax { self.samples.removeFirst() }
        self.samples.append(Sample(peer: peer, heardAt: now, offset: offset))
        return true
    }
}
