import Chronicle
import Gossip
import Kernel
import LocalAPI
import Messages
import Primitives
import Verification

/// Stands where a device would be: for a kernel that never runs, and for a node that says nothing and hears
/// nothing.
struct NoDevice: GossipTransport, VerificationPool, APIServer, ChronicleWriter {
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
