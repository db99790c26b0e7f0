import Gossip
import HeapModule
import Kernel

/// Something that happens to a node at a time.
struct SimulatedEvent: Comparable, Sendable {
    let at: Moment
    /// Breaks ties in the order of scheduling.
    let order: UInt64
    let node: Int

    static func < (left: Self, right: Self) -> Bool {
        (left.at, left.order) < (right.at, right.order)
    }

    static func == (left: Self, right: Self) -> Bool { left.order == right.order }
}
