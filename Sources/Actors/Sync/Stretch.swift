import Primitives

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
