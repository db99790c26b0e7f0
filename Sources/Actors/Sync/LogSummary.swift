import Messages
import Primitives

/// What the log holds, phase by phase and range by range: a fold over it, like every other state.
///
/// Digests add up, so each is kept for the minute of its message and for all larger blocks around it;
/// a range is then the sum of a few blocks, however long it is. Short blocks of long ago give way to
/// those of today, so that memory does not grow with all that the log ever held (ADR 0035). Which
/// blocks there are follows from the messages alone, whatever their order.
struct LogSummary: Sendable, Codable {
    /// Where a block is kept; of those that share a place only the youngest is wanted.
    private struct Place: Hashable, Sendable, Codable {
        let phase: Int
        let level: Int
        let slot: Int64
    }

    private struct Block: Sendable, Codable {
        let number: Int64
        var digest = RangeDigest.empty
    }

    private static let lengths = SyncLimits.comparedBlocksMilliseconds
    private var blocks: [Place: Block] = [:]
    private var newest: Int64 = 0
    /// Phases of which there was ever a message; most logs know nothing of some.
    private var phases: Set<Int> = []

    /// Adds a message of the log.
    mutating func add(_ message: MessageID, at time: Timestamp, phase: Int) {
        self.newest = max(self.newest, time.milliseconds)
        self.phases.insert(phase)
        self.change(at: time.milliseconds, phase: phase) { $0.add(message) }
    }

    /// Takes a message out that nobody is offered any more; it may be added afterwards.
    mutating func remove(_ message: MessageID, at time: Timestamp, phase: Int) {
        self.change(at: time.milliseconds, phase: phase) { $0.remove(message) }
    }

    private mutating func change(
        at time: Int64,
        phase: Int,
        _ change: (inout RangeDigest) -> Void
    ) {
        for level in Self.lengths.indices where self.isKept(level, at: time) {
            let number = time / Self.lengths[level]
            let place = Self.place(of: number, level: level, phase: phase)
            var block = self.blocks[place] ?? Block(number: number)
            // The block that had this place is too old to be asked for by now.
            if block.number != number { block = Block(number: number) }
            change(&block.digest)
            self.blocks[place] = block
        }
    }

    private static func place(of number: Int64, level: Int, phase: Int) -> Place {
        let slot = SyncLimits.comparedBlocksKept[level].map { number % $0 } ?? number
        return Place(phase: phase, level: level, slot: slot)
    }

    /// Whether there are blocks of a length at a time: the last ones up to the newest message.
    private func isKept(_ level: Int, at time: Int64) -> Bool {
        guard let most = SyncLimits.comparedBlocksKept[level] else { return true }
        return time / Self.lengths[level] > self.newest / Self.lengths[level] - most
    }

    /// The length of the shortest blocks at a time, in milliseconds; no shorter range can be told from
    /// what is around it.
    func shortestBlock(at time: Timestamp) -> Int64 {
        Self.lengths[self.shortestLevel(at: time.milliseconds)]
    }

    private func shortestLevel(at time: Int64) -> Int {
        // The longest ones are kept for ever.
        Self.lengths.indices.first { self.isKept($0, at: time) } ?? Self.lengths.count - 1
    }

    /// The digest of a range; without an end it reaches as far as messages do.
    ///
    /// A range that begins or ends within the shortest blocks of its time is taken with the whole of
    /// these blocks. So it may seem to differ where it does not, and is then read in vain; but a range
    /// that does differ never seems equal.
    func digest(of phase: Int, from start: Timestamp, until end: Timestamp?) -> RangeDigest {
        var digest = RangeDigest.empty
        guard self.phases.contains(phase) else { return digest }
        var time = start.milliseconds
        // Behind the last message there is nothing.
        let last = min(end?.milliseconds ?? Int64.max, self.newest + Self.lengths[0])
        while time < last {
            let level = self.level(at: time, until: last)
            let number = time / Self.lengths[level]
            let block = self.blocks[Self.place(of: number, level: level, phase: phase)]
            if let block, block.number == number { digest.add(block.digest) }
            time = (number + 1) * Self.lengths[level]
        }
        return digest
    }

    /// The longest block that begins at a time and does not end too late, or else the shortest one that
    /// the time is in.
    private func level(at time: Int64, until last: Int64) -> Int {
        let fitting = Self.lengths.indices.last { level in
            let length = Self.lengths[level]
            return time % length == 0 && time <= last.saturatingSubtracting(length)
                && self.isKept(level, at: time)
        }
        return fitting ?? self.shortestLevel(at: time)
    }
}
