import Cryptography
public import Kernel
import Logging
import Messages
import Persistence
import Primitives
import StorageMarket
import Verification

/// Who sends what to whom, from the wiring itself.
public enum TopologyPicture {
    /// The graph of a complete node; no device is touched.
    public static func graph() throws -> TopologyGraph { try Self.boot().kernel.graph }

    /// Boots a kernel that never runs, without some of the subsystems.
    static func boot(omitting absent: Set<SubsystemName> = []) throws
        -> (kernel: Kernel, report: BootReport)
    {
        let kernel = Kernel(
            clock: ManualClock(),
            entropy: SeededEntropy(seed: 0),
            logger: Logger(label: "topology")
        )
        let devices = NodeDevices(
            transport: NoDevice(),
            pool: NoDevice(),
            log: MemoryLog(),
            blobs: MemoryBlobs(),
            api: NoDevice(),
            chronicle: NoDevice()
        )
        let settings = NodeSettings(key: .generate())
        _ = Topology.plug(
            into: kernel,
            settings,
            devices,
            entropy: SeededEntropy(seed: 0),
            startedAt: Moment(nanoseconds: 0),
            omitting: absent
        )
        return (kernel, try kernel.boot(standard: SubsystemName.standard))
    }

    /// The graph as a Mermaid flowchart.
    public static func mermaid() throws -> String { try Self.graph().mermaid }
}
