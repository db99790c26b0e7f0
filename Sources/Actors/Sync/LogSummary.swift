import Messages
import Primitives

/// What the log holds, phase by phase and range by range: a fold over it, like every other state.
///
/// Digests add up, so each is kept for the minute of its message and for all larger blocks around it;
/// a range is then the sum of a few blocks, however long it is.
struct LogSummary: Sendable {
    private struct Block: Hashable, Sendable {
        let phase: Int
        let level: Int
        let number: Int64
    }

    private var blocks: [Block: RangeDigest] = [:]
    private var newest: Int64 = 0

    /// Adds a message of the log.
    mutating func add(_ message: Message, phase: Int) {
        self.newest = max(self.newest, message.timestamp.milliseconds)
        for (level, length) in SyncLimits.comparedBlocksMilliseconds.enumerated() {
            let number = message.timestamp.milliseconds / length
            let block = Block(phase: phase, level: level, number: number)
            self.blocks[block, default: .empty].add(message.id)
        }
    }

    /// The digest of a range, cut to whole minutes; without an end it reaches as far as messages do.
    func digest(of phase: Int, from start: Timestamp, until end: Timestamp?) -> RangeDigest {
        var digest = RangeDigest.empty
        let lengths = SyncLimits.comparedBlocksMilliseconds
        var place = start.milliseconds / lengths[0] * lengths[0]
        let end = end?.milliseconds ?? Int64.max
        // Blocks of the past are as long as they fit; behind the last message there is nothing.
        let last = min(end, self.newest + lengths[0])
        while place < last {
            let fitting = lengths.lastIndex { length in
                place % length == 0 && place <= last.saturatingSubtracting(length)
            }
            let level = fitting ?? 0
            let block = Block(phase: phase, level: level, number: place / lengths[level])
            if let part = self.blocks[block] { digest.add(part) }
            place += lengths[level]
        }
        return digest
    }
}
