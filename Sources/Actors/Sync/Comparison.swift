import Messages
import Primitives

/// One comparison of the log with that of a peer, while it goes on.
struct Comparison: Sendable, Equatable {
    /// What this node holds, as the peer is to compare it; nil while pages are read.
    var question: SyncComparison?
    /// Whether the newest minute counts, too.
    let includesNewest: Bool
    /// Where the peer holds something else, as it said.
    var differing: [SettledRange: RangeDigest] = [:]
    /// What is to be read another time.
    var left: [Stretch] = []

    /// The ranges of which everything was read and found room.
    var settled: [SettledRange: RangeDigest] {
        guard !self.left.isEmpty else { return self.differing }
        return self.differing.filter { range, _ in !self.left.contains { $0.touches(range) } }
    }

    /// The payload that asks for it; a peer that does not know the member answers with an empty page.
    static func request(_ question: SyncComparison) -> SyncRequest {
        let types = SyncPhases.types(of: question.digests.first?.phase ?? 1)
        return SyncRequest(
            sinceTimestamp: Timestamp(milliseconds: Int64.max >> 11),
            types: types.map(\.rawValue),
            limit: 1,
            comparison: question
        )
    }
}

/// A range of one phase.
struct SettledRange: Hashable, Comparable, Sendable {
    let phase: Int
    let from: Timestamp
    let until: Timestamp?

    static func < (one: SettledRange, other: SettledRange) -> Bool {
        (one.phase, one.from, one.until?.milliseconds ?? .max)
            < (other.phase, other.from, other.until?.milliseconds ?? .max)
    }
}

/// A part of one phase that a session reads from a peer.
struct Stretch: Sendable, Equatable {
    let phase: Int
    let from: Timestamp
    /// Where it ends; nil reads to the end of the peer's log.
    var until: Timestamp?

    /// How many messages the peer says it holds there; 0 when it did not say.
    var messages: UInt64 = 0

    /// Whether they have a moment of one phase in common.
    func touches(_ range: SettledRange) -> Bool {
        self.phase == range.phase && self.until.map { range.from < $0 } ?? true
            && range.until.map { self.from < $0 } ?? true
    }

    /// Puts stretches that touch together, as long as they stay small, newest first in each phase.
    ///
    /// Phases keep their order, as what later ones say rests on earlier ones.
    static func joined(_ stretches: [Stretch]) -> [Stretch] {
        var result: [Stretch] = []
        for stretch in stretches.sorted(by: { ($0.phase, $1.from) < ($1.phase, $0.from) }) {
            if let last = result.last, last.phase == stretch.phase, last.from == stretch.until,
                last.messages <= SyncLimits.stretchMessages,
                stretch.messages <= SyncLimits.stretchMessages - last.messages
            {
                result[result.count - 1] = Stretch(
                    phase: last.phase,
                    from: stretch.from,
                    until: last.until,
                    messages: last.messages + stretch.messages
                )
            } else {
                result.append(stretch)
            }
        }
        return result
    }
}
