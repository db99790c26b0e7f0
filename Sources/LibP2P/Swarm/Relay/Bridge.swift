import Relay
import Yamux

/// A stream of a connection, as other connections name it.
struct StreamEnd: Sendable, Equatable {
    let connection: ConnectionManager.ID
    let stream: YamuxStreamID
}

/// A peer that wants to be joined to another one through this relay.
struct RelayCall: Sendable {
    let circuit: RelayServer.CircuitID
    let message: StopMessage
    let caller: StreamEnd
}

/// One of the two streams that a relay joins.
///
/// What came on the other one waits here until the peer has window for it; only then is the sender
/// given window back. So a circuit holds no more than one window each way, whatever its peers do.
struct Bridge: Sendable {
    let circuit: RelayServer.CircuitID
    /// Of the bytes that come on this stream.
    let direction: RelayServer.Direction
    let other: StreamEnd
    /// Bytes of the other stream that were not reported as taken.
    private(set) var owedBytes = 0
    /// Whether the peer of this stream will send no more.
    private var isInputClosed = false
    /// Whether the peer of the other stream will send no more.
    private var isOutputClosed = false

    init(
        _ circuit: RelayServer.CircuitID,
        _ direction: RelayServer.Direction,
        to other: StreamEnd
    ) {
        self.circuit = circuit
        self.direction = direction
        self.other = other
    }

    /// Whether the stream came to its end in good order.
    var isDone: Bool { self.isInputClosed && self.isOutputClosed }

    mutating func owe(_ count: Int) { self.owedBytes += count }

    /// Takes what is to be reported as taken.
    mutating func takeOwed() -> Int {
        defer { self.owedBytes = 0 }
        return self.owedBytes
    }

    mutating func closeInput() { self.isInputClosed = true }

    mutating func closeOutput() { self.isOutputClosed = true }
}
