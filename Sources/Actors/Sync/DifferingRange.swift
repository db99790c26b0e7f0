import Messages
import Primitives

/// A range in which a peer holds something else than this node.
struct DifferingRange: Sendable {
    let range: SettledRange
    /// What the peer holds there.
    let digest: RangeDigest
    /// How many messages; 0 when that cannot be told.
    let messages: UInt64

    private init(range: SettledRange, digest: RangeDigest, messages: UInt64) {
        self.range = range
        self.digest = digest
        self.messages = messages
    }

    /// The range that a difference is about; nil for the last one of a question about a part of the
    /// log, which lies beyond that part.
    init?(_ difference: SyncDifference, in question: SyncComparison, isPart: Bool) {
        let edges = question.edges
        guard edges.indices.contains(difference.range),
            question.digests.contains(where: { $0.phase == difference.phase })
        else { return nil }
        let until = ComparedRanges.end(of: difference.range, in: edges)
        guard until != nil || !isPart else { return nil }
        let from = edges[difference.range]
        self.range = SettledRange(phase: difference.phase, from: from, until: until)
        self.digest = difference.digest
        self.messages = difference.digest.count
    }

    /// The same without a number of messages.
    var uncounted: DifferingRange {
        DifferingRange(range: self.range, digest: self.digest, messages: 0)
    }

    /// What is to be read of it.
    var stretch: Stretch {
        Stretch(
            phase: self.range.phase,
            from: self.range.from,
            until: self.range.until,
            messages: self.messages
        )
    }
}

/// A range of one phase.
struct SettledRange: Hashable, Comparable, Sendable {
    let phase: Int
    let from: Timestamp
    let until: Timestamp?

    /// Whether nothing of it may still be on its way by gossip; else it waits for the next comparison.
    func isOld(now: Timestamp) -> Bool {
        let latest = now.adding(milliseconds: -SyncLimits.underWayMilliseconds)
        return self.until.map { $0 <= latest } ?? false
    }

    static func < (one: SettledRange, other: SettledRange) -> Bool {
        (one.phase, one.from, one.until?.milliseconds ?? .max)
            < (other.phase, other.from, other.until?.milliseconds ?? .max)
    }
}
