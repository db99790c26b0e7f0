import Messages
import Primitives

/// How far the clocks of this node and of those that it hears directly are apart (§2, D-92).
///
/// A message that its own author hands over was signed a moment ago, so that its age is the
/// difference of two clocks. What others relay says nothing, and would let anybody speak for all.
struct ClockOffsets: Sendable {
    /// What the offset means for this node.
    enum Standing: Sendable, Equatable {
        /// Near enough.
        case right
        /// Far enough to warn of it.
        case wrong
        /// So far that others take the node for unreliable.
        case unreliable
    }

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

    /// What the median means.
    var standing: Standing {
        let distance = self.median?.magnitude ?? 0
        if distance > VerificationLimits.clockUnreliableMilliseconds.magnitude {
            return .unreliable
        }
        return distance > VerificationLimits.clockWarningMilliseconds.magnitude ? .wrong : .right
    }

    /// Takes a sample from a message; whether the message is on time does not matter, or a clock
    /// that is wrong by more than the window would never be noticed.
    ///
    /// - Returns: whether it was one.
    mutating func heard(_ message: Message, _ origin: Origin, now: Timestamp) -> Bool {
        guard case .gossip(let relay, _, _) = origin, relay == message.from else { return false }
        // What was heard in the future was heard by a clock that has been put right.
        self.samples.removeAll {
            !(0...VerificationLimits.clockSampleMilliseconds)
                .contains(now.milliseconds(since: $0.heardAt))
        }
        let offset = now.milliseconds(since: message.timestamp)
        guard offset.magnitude <= VerificationLimits.clockSampleMilliseconds.magnitude,
            !self.samples.contains(where: { sample in
                sample.peer == relay
                    && now.milliseconds(since: sample.heardAt)
                        < VerificationLimits.clockSampleDistanceMilliseconds
            })
        else { return false }
        if self.samples.count == VerificationLimits.clockSamplesMax { self.samples.removeFirst() }
        self.samples.append(Sample(peer: relay, heardAt: now, offset: offset))
        return true
    }
}
