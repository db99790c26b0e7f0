import NIOCore
import Yamux

/// When the streams of a connection must have done their work.
///
/// A table instead of one timer a stream: a timer would outlive its stream, and a peer opens and
/// resets streams faster than timers run out.
struct StreamDeadlines {
    private var deadlines: [YamuxStreamID: NIODeadline] = [:]

    var count: Int { self.deadlines.count }

    /// When the next stream is late; nil when none can be.
    var next: NIODeadline? { self.deadlines.values.min() }

    mutating func set(_ deadline: NIODeadline, for id: YamuxStreamID) {
        self.deadlines[id] = deadline
    }

    mutating func remove(_ id: YamuxStreamID) { self.deadlines[id] = nil }

    /// Takes out the streams that are late.
    mutating func takeLate(at now: NIODeadline) -> [YamuxStreamID] {
        let late = self.deadlines.filter { $0.value <= now }.keys.sorted {
            $0.rawValue < $1.rawValue
        }
        for id in late { self.deadlines[id] = nil }
        return late
    }
}

/// Counts what a peer does in a span of time.
struct RateBudget {
    private let limit: Int
    private let window: TimeAmount
    private var windowEnd = NIODeadline.uptimeNanoseconds(0)
    private var count = 0

    init(_ limit: Int, in window: TimeAmount) {
        self.limit = limit
        self.window = window
    }

    /// Notes one more.
    ///
    /// - Returns: false when there were too many in the present window.
    mutating func note(at now: NIODeadline) -> Bool {
        if now >= self.windowEnd {
            self.windowEnd = now + self.window
            self.count = 0
        }
        self.count += 1
        return self.count <= self.limit
    }
}
