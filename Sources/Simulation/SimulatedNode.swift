import Kernel
import Persistence

/// A whole node with a clock of its own.
struct SimulatedNode: Sendable {
    let kernel: Kernel
    let clock: ManualClock
    let caller: SimulatedCaller
    let courier: Courier
    let persistence: Persistence
    let log: MemoryLog
    let calls: NetworkCallBox

    /// Does what is due before a moment: what arrives, and what the node itself wants to wake for.
    func live(_ deliveries: [SimulatedDelivery], until horizon: Moment) async {
        var rest = deliveries[...]
        while true {
            let wake = self.kernel.nextWake
            let arrival = rest.first?.at
            guard let next = [arrival, wake].compactMap({ $0 }).min(), next < horizon else {
                return
            }
            self.reach(next)
            if arrival == next, let delivery = rest.popFirst() {
                for signal in delivery.signals { delivery.inlet.put(signal) }
            } else {
                self.kernel.fireWakes()
            }
            await self.kernel.settle()
        }
    }

    /// It is now this late at least.
    func reach(_ moment: Moment) { self.clock.set(to: max(self.clock.now, moment)) }
}
