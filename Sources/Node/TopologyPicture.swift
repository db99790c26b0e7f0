import Chronicle
import Cryptography
import Gossip
public import Kernel
import LocalAPI
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

/// Stands where a device would be, for a kernel that never runs.
private struct NoDevice: GossipTransport, VerificationPool, APIServer, ChronicleWriter {
    func start(reportingTo inlet: Inlet<TransportSignal>) {}
    func dial(_ address: String) {}
    func lookUp(_ name: String) {}
    func disconnect(_ peer: NodeID, reason: String) {}
    func sendGossip(_ frame: [UInt8], to peer: NodeID) {}
    func openExchange(token: UInt64, peer: NodeID, protocolID: String, frame: [UInt8]) {}
    func answerExchange(_ id: UInt64, frame: [UInt8]?) {}
    func protect(_ peer: NodeID, _ isProtected: Bool) {}
    func setValue(_ value: Int, of peer: NodeID) {}
    func setReading(paused: Bool) {}
    func submit(
        _ job: VerificationJob,
        token: UInt64,
        reportingTo inlet: Inlet<VerificationDone>
    ) {}
    func start(reportingTo inlet: Inlet<APIRequestReceived>) {}
    var isVerbose: Bool { false }
    func write(_ line: ChronicleLine) {}
    func respond(to request: RequestID, with response: APIResponse) {}
}
