import Cryptography
import Identity
import Kernel
import Node
import Persistence
import Primitives

// What goes wrong in the network and with the disks of nodes.
extension World {
    /// What went wrong in the network so far.
    public var mishaps: FaultCount { self.network.mishaps }

    /// Splits the network: nodes hear those of their own island alone, until ``endFaults()``.
    public func divide(into islands: [[Int]]) { self.network.divide(islands) }

    /// What some nodes say does not reach others, whom they hear, until ``endFaults()``.
    public func silence(_ nodes: [Int], for others: [Int]) {
        self.network.silence(nodes, for: others)
    }

    /// Ends the connections that a division of the network cuts, as time-outs do after a while.
    public func dropCutConnections() { self.network.dropCutConnections(at: self.clock.now) }

    /// Two nodes never reach each other, also after ``endFaults()``.
    public func estrange(_ one: Int, _ other: Int) { self.network.estrange(one, other) }

    /// No partition and no loss from now on.
    public func endFaults() { self.network.endFaults() }

    /// From now on this goes wrong in the network; partitions that are there stay.
    public func begin(_ faults: FaultPlan) { self.network.begin(faults) }

    /// From now on the log of a node takes this long to be written; it must have a disk, see ``DiskPlan``.
    public func setDisk(of number: Int, _ plan: DiskPlan) {
        self.bodies[number].disk?.change(plan)
    }

    // MARK: Copies of data directories

    /// A copy of what is on the disk of a node at one moment.
    public struct DiskCopy {
        fileprivate let log: MemoryLog
    }

    /// Copies what is on the disk of a node now, as somebody does who makes backups.
    public func copyDisk(of number: Int) -> DiskCopy {
        DiskCopy(log: self.bodies[number].log.copy())
    }

    /// Kills a node, puts an older copy in the place of what is on its disk, and starts it.
    ///
    /// - Throws: what the boot refuses.
    public func restoreDisk(of number: Int, from copy: DiskCopy) async throws {
        self.killNow(number)
        self.bodies[number].log.becomeCopy(of: copy.log)
        self.bodies[number].checkpoints.discard()
        try await self.restart(number)
    }

    // MARK: Keys that are put back

    /// Kills a node and starts another one with its key, on an empty disk, as `backup restore` does.
    ///
    /// - Throws: what the boot refuses.
    public func putKeyBack(of number: Int) async throws {
        let instance = SHA256Digest.hash(Array("\(number) \(self.elapsed)".utf8))
        self.killNow(number)
        self.bodies[number].log.becomeCopy(of: MemoryLog())
        self.bodies[number].checkpoints.discard()
        self.bodies[number].settings.restored = RestoredKey(instance: instance, highWater: self.now)
        try await self.restart(number)
    }

    /// Starts a node anew whose operator says that no other process has its key.
    ///
    /// - Throws: what the boot refuses.
    public func restartAsOnlyInstance(_ number: Int) async throws {
        self.killNow(number)
        self.bodies[number].settings.acceptsOwnHistory = true
        try await self.restart(number)
        self.bodies[number].settings.acceptsOwnHistory = false
    }

    /// What signs in the name of a node that runs.
    func key(of number: Int) -> SigningKey { self.bodies[number].settings.key }
}
