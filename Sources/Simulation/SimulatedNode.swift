import Kernel
import Logging
import Messages
import Node
import Persistence
import StorageMarket

/// What of a simulated node outlives its subsystems.
struct SimulatedBody {
    let number: Int
    var settings: NodeSettings
    let network: SimulatedNetwork
    let pool: SimulatedPool
    let log: MemoryLog
    /// Nil when the log commits at once.
    let disk: SimulatedDisk?
    let entropy: SeededEntropy
    let clock: ManualClock
    let plugIn: PlugIn
    let blobs = MemoryBlobs()
    let checkpoints = MemoryCheckpoint()
    let calls = NetworkCallBox()
    let caller = SimulatedCaller()
    let fuse = Fuse()

    /// Makes a node of it, which has not replayed its log yet.
    func bear(after jump: ClockJump? = nil) throws -> SimulatedNode {
        let fuse = self.fuse
        var journal: (@Sendable (EnvelopeRecord) -> Void)?
        if self.disk != nil { journal = { _ in fuse.burn() } }
        let kernel = Kernel(
            clock: self.clock,
            entropy: self.entropy,
            logger: Logger(label: "simulation"),
            journal: journal
        )
        fuse.attach(to: kernel)
        var devices = NodeDevices(
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
        devices.checkpoints = self.checkpoints
        let persistence = Topology.plug(
            into: kernel,
            self.settings,
            devices,
            entropy: self.entropy,
            startedAt: self.clock.now,
            after: jump,
            extensions: self.plugIn.extensions
        )
        let courier = kernel.add { boot in Courier(boot) }
        self.plugIn.add(kernel)
        let report = try kernel.boot(standard: SubsystemName.standard)
        return SimulatedNode(
            kernel: kernel,
            clock: self.clock,
            caller: self.caller,
            courier: courier,
            persistence: persistence,
            calls: self.calls,
            disk: self.disk,
            report: report
        )
    }

    /// Makes a second node of what is on the disk now; nobody hears of it, and it hears of nobody.
    ///
    /// - Parameter checkpoints: where it finds what was folded before, and keeps what it folds.
    /// - Returns: the node, which has not replayed its log yet.
    /// - Throws: what its boot refuses.
    func double(keeping checkpoints: MemoryCheckpoint) throws -> SimulatedNode {
        let clock = ManualClock(self.clock.now)
        let kernel = Kernel(
            clock: clock,
            entropy: SeededEntropy(seed: UInt64(self.number)),
            logger: Logger(label: "simulation")
        )
        let caller = SimulatedCaller()
        var devices = NodeDevices(
            transport: NullTransport(),
            pool: self.pool,
            log: self.log.copy(),
            blobs: MemoryBlobs(),
            api: caller
        )
        devices.checkpoints = checkpoints
        let persistence = Topology.plug(
            into: kernel,
            self.settings,
            devices,
            entropy: SeededEntropy(seed: UInt64(self.number)),
            startedAt: clock.now
        )
        let courier = kernel.add { boot in Courier(boot) }
        let report = try kernel.boot(standard: SubsystemName.standard)
        return SimulatedNode(
            kernel: kernel,
            clock: clock,
            caller: caller,
            courier: courier,
            persistence: persistence,
            calls: NetworkCallBox(),
            disk: nil,
            report: report
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
    let disk: SimulatedDisk?
    let report: BootReport

    /// When it or its disk wants to wake next, in the time of the world; nil when it is dead.
    var nextWake: Moment? {
        guard self.kernel.exit == nil else { return nil }
        let wake = self.kernel.nextWake.map { self.clock.steady(at: $0) }
        return [wake, self.disk?.next].compactMap(\.self).min()
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
                self.disk?.act(at: next)
                self.kernel.fireWakes()
            }
            guard await self.settle() == nil else { return }
        }
    }

    /// Does what it has to do now.
    @discardableResult
    func settle() async -> KernelExit? {
        let exit = await self.kernel.settle()
        self.disk?.look(at: self.clock.steady)
        return exit
    }

    /// It is now this late at least, in the time of the world.
    func reach(_ moment: Moment) { self.clock.set(steady: max(self.clock.steady, moment)) }
}
