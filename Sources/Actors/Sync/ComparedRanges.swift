import Messages
import Primitives

/// The ranges of time by which two logs are compared: short ones lately, long ones long ago.
///
/// Their bounds do not depend on who compares, so that a range that was once settled is known again.
enum ComparedRanges {
    /// Bounds, rising from 0; the last range begins before the newest possible message and has no end.
    static func edges(now: Timestamp) -> [Timestamp] {
        let lengths = SyncLimits.comparedBlocksMilliseconds
        var edge = Self.floor(now.milliseconds, lengths[0])
        var edges: [Int64] = []
        for (level, length) in lengths.enumerated() {
            let next = lengths.indices.contains(level + 1) ? lengths[level + 1] : length
            var taken = 0
            while edge > 0, taken < SyncLimits.comparedBlocks[level] || edge % next != 0 {
                edges.append(edge)
                edge -= length
                taken += 1
            }
        }
        if edges.last != 0 { edges.append(0) }
        return edges.reversed().map { Timestamp(milliseconds: $0) }
    }

    /// Bounds of equal parts of a large range, as many as one question may have; the last one is its end.
    ///
    /// Each part is a number of blocks, as both sides know nothing of shorter ones at that time.
    static func edges(from start: Timestamp, until end: Timestamp, inBlocksOf block: Int64)
        -> [Timestamp]
    {
        let parts = Int64(WireLimits.comparedRangesMax - 1)
        let blocks = (end.milliseconds(since: start) + block - 1) / block
        let length = (blocks + parts - 1) / parts * block
        let starts = stride(from: start.milliseconds, to: end.milliseconds, by: Int(length))
        return starts.map { Timestamp(milliseconds: $0) } + [end]
    }

    private static func floor(_ time: Int64, _ length: Int64) -> Int64 {
        max(0, time) / length * length
    }

    /// Where a range ends; nil for the last one.
    static func end(of range: Int, in edges: [Timestamp]) -> Timestamp? {
        edges.indices.contains(range + 1) ? edges[range + 1] : nil
    }
}
