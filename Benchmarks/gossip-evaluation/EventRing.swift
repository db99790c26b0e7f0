/// Frames on their way, by the millisecond of their arrival.
///
/// A slot a millisecond keeps the order of sending within it, and costs nothing to find.
struct EventRing {
    struct Delivery {
        let from: Int
        let to: Int
        /// With its length prefix, shared between all receivers.
        let frame: [UInt8]
    }

    private var slots: [[Delivery]]

    init(longestDelay: Int) {
        self.slots = Array(repeating: [], count: longestDelay + 1)
    }

    mutating func add(_ delivery: Delivery, at time: Int64) {
        self.slots[Int(time) % self.slots.count].append(delivery)
    }

    mutating func take(at time: Int64) -> [Delivery] {
        let slot = Int(time) % self.slots.count
        defer { self.slots[slot] = [] }
        return self.slots[slot]
    }
}
