import Kernel
import Logging
import Messages
import Node
import Persistence
import StorageMarket

/// What of a simulated node outlives its subsystems.
struct SimulatedBody {
    let number: Int
    let settings: NodeSettings
    let network: SimulatedNetwork
    let pool: SimulatedPool
    let log: MemoryLog
    let entropy: SeededEntropy
    let clock: ManualClock
    let plugIn: (Kernel) -> Void
    let blobs = MemoryBlobs()
    let calls = NetworkCallBox()
    let caller = SimulatedCaller()

    /// Makes a node of it, which has not replayed its log yet.
    func bear(after jump: ClockJump? = nil) throws -> SimulatedNode {
        let kernel = Kernel(
            clock: self.clock,
            entropy: self.entropy,
            logger: Logger(label: "simulation")
        )
        let devices = NodeDevices(
            transport: SimulatedTransport(
                network: self.network,
                node: self.number,
                clock: self.clock,
                calls: self.calls
            ),
            pool: self.pool,
            log: self.log,
            blobs: self.blobs,
            api: self.caller
        )
        let persistence = Topology.plug(
            into: kernel,
            self.settings,
            devices,
            entropy: self.entropy,
            startedAt: self.clock.now,
            after: jump
        )
        let courier = kernel.add { boot in Courier(boot) }
        self.plugIn(kernel)
        _ = try kernel.boot(standard: SubsystemName.standard)
        return SimulatedNode(
            kernel: kernel,
            clock: self.clock,
            caller: self.caller,
            courier: courier,
            persistence: persistence,
            calls: self.calls
        )
    }
}

/// A whole node with a clock of its own.
struct SimulatedNode: Sendable {
    let kernel: Kernel
    let clock: ManualClock
    let caller: SimulatedCaller
    let courier: Courier
    let persistence: Persistence
    let calls: NetworkCallBox

    /// When it wants to wake next, in the time of the world.
    var nextWake: Moment? { self.kernel.nextWake.map { self.clock.steady(at: $0) } }

    /// How far its clock jumped, when that ended its subsystems.
    var jump: Duration? {
        if case .clockJumped(let distance) = self.kernel.exit { distance } else { nil }
    }

    /// Does what is due before a moment: what arrives, and what the node itself wants to wake for.
    func live(_ deliveries: [SimulatedDelivery], until horizon: Moment) async {
        var rest = deliveries[...]
        while true {
            let wake = self.nextWake
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
            guard await self.kernel.settle() == nil else { return }
        }
    }

    /// It is now this late at least, in the time of the world.
    func reach(_ moment: Moment) { self.clock.set(steady: max(self.clock.steady, moment)) }
}
