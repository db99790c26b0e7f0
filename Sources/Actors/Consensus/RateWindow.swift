import OrderedCollections
import Primitives

/// Counts signed timestamps in a rolling window, in whatever order they arrive (D-86).
struct RateWindow<Key: Hashable & Sendable>: Sendable {
    private var times: OrderedDictionary<Key, [Timestamp]> = [:]
    private let count: Int
    private let milliseconds: Int64

    /// Allows `count` in `milliseconds`.
    init(count: Int, milliseconds: Int64) {
        self.count = count
        self.milliseconds = milliseconds
    }

    /// Whether one more at this time stays within the limit.
    func allows(_ key: Key, at time: Timestamp) -> Bool {
        let near = (self.times[key] ?? []).filter {
            let distance = time.milliseconds(since: $0)
            return distance >= 0 && distance < self.milliseconds
        }
        return near.count < self.count
    }

    /// Counts one.
    mutating func record(_ key: Key, at time: Timestamp) {
        self.times[key, default: []].append(time)
    }
}
