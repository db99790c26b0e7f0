import Gossip
import Kernel
import Messages
import Primitives
import Synchronization

/// Something that one end wants of the network, and when.
struct NetworkCall: Sendable {
    /// A question on a stream of its own.
    struct Question: Sendable {
        let token: UInt64
        let peer: NodeID
        let protocolID: String
        let frame: [UInt8]
    }

    enum Deed: Sendable {
        case dial(String)
        case disconnect(NodeID, reason: String)
        case send([UInt8], to: NodeID)
        case ask(Question)
        case answer(UInt64, [UInt8]?)
    }

    let at: Moment
    let deed: Deed
}

/// What a node wants of the network while it runs beside others.
///
/// It is passed to the network when all nodes have stopped, in an order that does not depend on which
/// was faster.
final class NetworkCallBox: Sendable {
    private let calls = Mutex<[NetworkCall]>([])

    func put(_ call: NetworkCall) { self.calls.withLock { $0.append(call) } }

    func takeAll() -> [NetworkCall] {
        self.calls.withLock { calls in
            defer { calls = [] }
            return calls
        }
    }
}

/// Signals that reach a node at one moment.
struct SimulatedDelivery: Sendable {
    let at: Moment
    let node: Int
    let signals: [TransportSignal]
    let inlet: Inlet<TransportSignal>
}

/// A question or an answer on a stream of its own, as somebody on the wire hears it.
struct OverheardFrame {
    /// Time since the start of the simulation at which it left.
    let at: Duration
    let from: Int
    let to: Int
    /// The protocol of a question; nil for an answer.
    let protocolID: String?
    let frame: [UInt8]
}

/// Hears of questions and answers in the order in which they leave.
typealias ExchangeTap = @Sendable (OverheardFrame) -> Void
