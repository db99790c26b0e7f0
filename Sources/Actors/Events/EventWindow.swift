import DequeModule
import Messages

/// The newest events, in the order of the log.
struct EventWindow: Sendable, Codable {
    private let countMax: Int
    private var events: Deque<NodeEvent> = []
    /// All events behind this position are held.
    private(set) var beginsAfter: UInt64 = 0

    init(countMax: Int) { self.countMax = countMax }

    /// Adds the next event; the oldest one gives way.
    mutating func append(_ event: NodeEvent) {
        self.events.append(event)
        guard self.events.count > self.countMax else { return }
        self.beginsAfter = self.events.removeFirst().sequence
    }

    /// Events behind a position that are wanted, oldest first.
    func events(after sequence: UInt64, _ filter: EventFilter, limit: Int) -> [NodeEvent] {
        let start = self.firstIndex(after: sequence)
        return Array(self.events[start...].lazy.filter { filter.admits($0) }.prefix(limit))
    }

    /// The newest events that are wanted, oldest first.
    func newest(_ filter: EventFilter, limit: Int) -> [NodeEvent] {
        self.events.reversed().lazy.filter { filter.admits($0) }.prefix(limit).reversed()
    }

    private func firstIndex(after sequence: UInt64) -> Int {
        var (low, high) = (self.events.startIndex, self.events.endIndex)
        while low < high {
            let middle = (low + high) / 2
            if self.events[middle].sequence > sequence { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
